from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from linli.intake.enums import ForWhom
from linli.kernel.access import public
from linli.kernel.accounts.actors import Actor, visitor
from linli.kernel.operations.once import Reused
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices, label
from linli.kernel.ui.once import sent_by_form, settles_itself
from linli.kernel.ui.pages import form_page, page, unsent_page
from linli.kernel.ui.sent import MARKS, actor_of, typed
from linli.lib.areacodes import TOWNSHIP, VILLAGE, at_level, level_of
from linli.lib.receipts import grouped

from ..asking import COOKIE, Typed, draft_of, keep_draft, receipt_of, send, sent_before
from ..forms import AskForm, PlaceForm, ReachForm
from ..hours import hours_today, phone_line
from ..phrases import NEEDS, OTHER
from ..places import tapping
from ..queries import Here, here, nearest_site
from ..receipt import held, hold, with_receipt
from ..story import story_of

LARGE_CHOICES = 6
STEPS = 5


def url(name: str, **query: Any) -> str:
    """The address of a portal page with what is known so far."""
    told = {key: value for key, value in query.items() if value not in {None, ""}}
    return reverse(f"portal:{name}") + (f"?{urlencode(told)}" if told else "")


def _step(now: int, what: str) -> dict[str, Any]:
    done, left = [""] * (now - 1), [""] * (STEPS - now)
    return {"now": now, "total": STEPS, "label": what, "done": done, "left": left}


def _resident(request: HttpRequest) -> Actor:
    """At the public door everybody is a visitor, a signed-in colleague too."""
    actor = actor_of(request)
    return visitor(locale=actor.locale, now=actor.now)


def _needs(on: date, at: int | None) -> list[dict[str, Any]]:
    next_page = "what" if at is not None else "where"
    return [
        {
            "url": url(next_page, need=code, at=at),
            "title": title,
            "icon": NEEDS[code][0] if code in NEEDS else "help",
            "hint": NEEDS[code][1] if code in NEEDS else "",
        }
        for code, title in choices(TermList.NEED, on=on)
        if code != OTHER
    ]


@public("the first page of the public portal: what help is needed")
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    actor, told = actor_of(request), PlaceForm(request.GET).told()
    spot = here(told["at"], on=actor.today) if told["at"] is not None else None
    at = spot.code if spot and spot.is_precise and spot.is_served else None
    needs = _needs(actor.today, at)
    context = {
        "needs": needs[:LARGE_CHOICES],
        "more": needs[LARGE_CHOICES:],
        "other_url": url("what" if at is not None else "where", need=OTHER, at=at),
        "spot": spot if at is not None else None,
    }
    return page(request, "portal/start.html", context)


@public("tapping down to a place is part of asking for help")
@require_safe
def where(request: HttpRequest) -> HttpResponse:
    form = PlaceForm(request.GET)
    need, on = form.told()["need"], actor_of(request).today

    def url_of(code: int) -> str:
        return url("what" if level_of(code) == VILLAGE else "where", need=need, at=code)

    tap = tapping(form, url_of=url_of, on=on)
    if tap is None:
        raise Http404
    if level_of(tap.spot.code) == VILLAGE and tap.spot.is_served:
        return redirect(url_of(tap.spot.code))
    context = {
        "tap": tap,
        "need": need,
        "steps": _step(2, _("where")),
        "stop_url": url("what", need=need, at=tap.spot.code) if tap.spot.is_precise else "",
        "back_url": url("start"),
    }
    return page(request, "portal/where.html", context)


@public("describing a need is part of asking for help")
@cache_control(private=True, no_cache=True)
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: HttpRequest) -> HttpResponse:
    actor, told = _resident(request), PlaceForm(request.GET).told()
    need, at = told["need"], told["at"]
    spot = here(at, on=actor.today) if at is not None else None
    if spot is None or not (spot.is_precise and spot.is_served):
        return redirect(url("where", need=need, at=at))
    if need not in dict(choices(TermList.NEED, on=actor.today, area=at)):
        return redirect(url("start", at=at))
    key = request.COOKIES.get(COOKIE, "")
    draft = draft_of(key, now=actor.now)
    form = AskForm(request.POST if request.method == "POST" else None, initial=draft)
    if not form.is_valid():
        has_draft = bool(draft and not form.is_bound)
        shown = _what_page(request, form, spot, need, has_draft=has_draft)
        return _unkept(shown) if has_draft else shown
    said: Typed = form.cleaned_data | {"need": need, "area": str(spot.code)}
    return _kept(request, keep_draft(key, said, now=actor.now))


def _kept(request: HttpRequest, key: str) -> HttpResponse:
    """On to the next page; the key goes with the browser and ends with it."""
    response = redirect("portal:reach")
    response.set_cookie(COOKIE, key, httponly=True, samesite="Lax", secure=request.is_secure())
    return response


def _unkept(response: HttpResponse) -> HttpResponse:
    """A page with words that we keep is no page for the browser's own cache: it comes from us for
    as long as we have them. What is typed and not yet sent may stay where it was typed.
    """
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _what_page(
    request: HttpRequest, form: AskForm, spot: Here, need: str, *, has_draft: bool
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=_("What has happened?"),
        submit=_("Next"),
        template="portal/what.html",
        steps=_step(3, _("what has happened")),
        need=label(TermList.NEED, need),
        spot=spot,
        has_draft=has_draft,
        back_url=url("where", need=need, at=at_level(spot.code, TOWNSHIP)),
        phone_line=_talk(request, spot.code),
    )


def _talk(request: HttpRequest, area: int) -> dict[str, str] | None:
    actor = actor_of(request)
    site = nearest_site(area, on=actor.today)
    return phone_line(site, hours_today(site, now=actor.now)) if site else None


@settles_itself
@public("leaving a phone number is part of asking for help")
@cache_control(private=True, no_cache=True)
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest) -> HttpResponse:
    actor, key = _resident(request), request.COOKIES.get(COOKIE, "")
    sent = sent_by_form(request)
    try:
        is_repeated = sent_before(key, sent)
    except Reused:
        return _not_stored(request)
    draft = draft_of(key, now=actor.now)
    if draft is None:
        return _sent(request, key, actor, is_repeated=is_repeated)
    is_anonymous = draft["for_whom"] == ForWhom.ANONYMOUS
    form = ReachForm(request.POST if request.method == "POST" else None, is_anonymous=is_anonymous)
    if form.is_valid():
        try:
            send(key, actor=actor, reach=form.cleaned_data, sent=sent)
        except Reused as error:
            form.add_error(None, str(error))
        else:
            return _sent(request, key, actor)
    return _unkept(_reach_page(request, form, draft, is_anonymous=is_anonymous))


def _reach_page(
    request: HttpRequest, form: ReachForm, draft: Typed, *, is_anonymous: bool
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=_("How can we reach you?"),
        submit=_("Send the request"),
        template="portal/reach.html",
        steps=_step(4, _("how to reach you")),
        is_anonymous=is_anonymous,
        draft=draft,
        need=label(TermList.NEED, draft["need"]),
        spot=here(int(draft["area"]), on=actor_of(request).today),
        back_url=url("what", need=draft["need"], at=draft["area"]),
    )


def _forgotten() -> str:
    return _(
        "What was written here is kept for half an hour without a click and no longer, because"
        " others may use this computer. Please begin again, or follow your request with its"
        " receipt."
    )


def _not_stored(request: HttpRequest) -> HttpResponse:
    """The request of this page is on its way; what was changed on it afterwards is shown back."""
    return unsent_page(
        request,
        {},
        title=_("This was not stored"),
        lead=_(
            "Your request was sent before, and it is on its way. What you have changed now was not"
            " stored: open the request and add it there."
        ),
        texts=[one for held in typed(request, without=MARKS).values() for one in held if one],
        stored_url=reverse("portal:receipt"),
        status=409,
    )


def _sent(
    request: HttpRequest, key: str, actor: Actor, *, is_repeated: bool = False
) -> HttpResponse:
    """To the receipt of what this browser has sent; when that is shown no more, to the page that
    asks for it, and to the first page if nothing was sent."""
    kept = receipt_of(key, now=actor.now)
    if kept is None and is_repeated:
        messages.info(request, _("Your request was sent before. Open it with your receipt."))
        return redirect("portal:follow")
    if kept is None and key:
        messages.info(request, _forgotten())
    if kept is None:
        response = redirect("portal:start")
        response.delete_cookie(COOKIE)
        return response
    hold(request, kept.request_id)
    return redirect("portal:receipt")


@public("shown to the browser that sent the request, for half an hour")
@never_cache
@require_safe
@with_receipt
def receipt(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    kept = receipt_of(request.COOKIES.get(COOKIE, ""), now=actor.now)
    story = story_of(actor)
    if kept is None or story is None or kept.request_id != held(request):
        return redirect("portal:status")
    context = {
        "steps": _step(5, _("your receipt")),
        "groups": grouped(kept.number).split("-"),
        "pin": kept.pin,
        "story": story,
        "phone_line": story.phone_line,
    }
    return page(request, "portal/receipt.html", context)
