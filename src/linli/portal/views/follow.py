from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.dispatch.actions import reopen_order, take_verdict, urge_order, withdraw_order
from linli.intake.actions import (
    add_to_request,
    reopen_request,
    say_for_joined,
    withdraw_request,
)
from linli.intake.queries import followed
from linli.intake.receipts import WINDOW, TooManyTries, open_receipt
from linli.kernel.access import public
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.throttle import network_of
from linli.kernel.flow.machine import Stale
from linli.kernel.scope import scope
from linli.kernel.ui.carry import lay_down
from linli.kernel.ui.pages import actor_of, form_page, page, too_late
from linli.kernel.ui.views import back_to

from ..asking import COOKIE, forget
from ..forms import (
    WITHOUT_NAME,
    AddForm,
    ReceiptForm,
    ReopenForm,
    VerdictForm,
    WithdrawForm,
)
from ..receipt import held, hold, let_go, with_receipt
from ..story import Story, story_of

OPENED_BY_RECEIPT = "only the holder of the receipt gets past the receipt's own check"
TOO_MANY_REQUESTS = 429


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@public("a receipt is opened with number and PIN instead of an account")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    form, status = ReceiptForm(_sent(request)), 200
    if form.is_valid():
        status = 422
        try:
            holder = _holder(request, form)
        except TooManyTries:
            holder, status = None, TOO_MANY_REQUESTS
        if holder is not None:
            return _opened(request, holder)
        form.add_error(None, _pause() if status == TOO_MANY_REQUESTS else _misfit())
    elif form.is_bound:
        status = 422
    lay_down(request, form)
    context = {"form": form, "is_open": held(request) is not None}
    response = page(request, "portal/follow.html", context, status=status)
    if status == TOO_MANY_REQUESTS:
        response["Retry-After"] = str(int(WINDOW.total_seconds()))
    return response


def _holder(request: HttpRequest, form: forms.Form) -> Actor | None:
    actor = actor_of(request)
    return open_receipt(
        form.cleaned_data["number"],
        form.cleaned_data["pin"],
        place=network_of(request),
        now=actor.now,
        locale=actor.locale,
    )


def _opened(request: HttpRequest, holder: Actor) -> HttpResponse:
    with scope(holder.scope):
        opened = followed(holder)
    if opened is None:
        return redirect("portal:follow")
    hold(request, opened.pk)
    return redirect("portal:status")


def _misfit() -> str:
    return _("Receipt number and PIN do not fit together. Please look at both once more.")


def _pause() -> str:
    told = _(
        "Too many tries from here. Please wait %(minutes)s minutes and try again; "
        "your request goes on meanwhile."
    )
    return told % {"minutes": int(WINDOW.total_seconds() // 60)}


@public(OPENED_BY_RECEIPT)
@never_cache
@require_safe
@with_receipt
def status(request: HttpRequest) -> HttpResponse:
    story = story_of(actor_of(request))
    if story is None:
        return redirect("portal:start")
    context = {"story": story, "phone_line": story.phone_line}
    return page(request, "portal/status.html", context)


def _story_for(request: HttpRequest, verb: str) -> Story | None:
    """The story, if the holder of the receipt can do this now."""
    story = story_of(actor_of(request))
    return story if story is not None and verb in story.verbs else None


def _back(request: HttpRequest, sentence: str = "") -> HttpResponse:
    if sentence:
        messages.success(request, sentence)
    return redirect("portal:status")


def _late(request: HttpRequest) -> HttpResponse:
    """To the story: what was asked for cannot be done now. Who has written something sees it."""
    if request.method != "POST":
        return _back(request)
    return too_late(request, str(Stale()), reverse("portal:status"))


def _ask(
    request: HttpRequest, form: forms.Form, *, title: str, submit: str, lead: str = ""
) -> HttpResponse:
    template = "portal/step.html"
    return form_page(request, form, title=title, submit=submit, template=template, lead=lead)


@public(OPENED_BY_RECEIPT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_receipt
def add(request: HttpRequest) -> HttpResponse:
    story = _story_for(request, "add")
    if story is None:
        return _late(request)
    form = AddForm(_sent(request))
    if not form.is_valid():
        return _ask(request, form, title=_("Add something"), submit=_("Send"))
    add_to_request(story.request, actor=actor_of(request), words=form.cleaned_data["words"])
    return _back(request, _("Added. Whoever takes care of it reads it."))


@public(OPENED_BY_RECEIPT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_receipt
def verdict(request: HttpRequest) -> HttpResponse:
    story = _story_for(request, "say")
    if story is None:
        return _back(request)
    chosen = {"value": request.GET.get("value", ""), "naming": WITHOUT_NAME}
    form = VerdictForm(_sent(request), initial=chosen, is_joined=story.is_merged)
    if not form.is_valid():
        return _ask(request, form, title=_("Your answer"), submit=_("Send my answer"))
    _say(story, actor_of(request), **form.cleaned_data)
    return _back(request, _("Thank you. Your answer counts."))


def _say(story: Story, actor: Actor, *, value: str, naming: str = WITHOUT_NAME) -> None:
    if story.order is not None:
        is_anonymous = naming == WITHOUT_NAME
        take_verdict(story.order, actor=actor, value=value, is_anonymous=is_anonymous)
    else:
        say_for_joined(story.request, actor=actor, value=value)


@public(OPENED_BY_RECEIPT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_receipt
def reopen(request: HttpRequest) -> HttpResponse:
    story = _story_for(request, "reopen")
    if story is None:
        return _late(request)
    form = ReopenForm(_sent(request))
    if not form.is_valid():
        return _ask(request, form, **_reopening(story))
    _reopen(story, actor_of(request), form.cleaned_data["words"])
    return _back(request, _("It is open again; the centre has it."))


def _reopening(story: Story) -> dict[str, str]:
    """How the page is headed on which a request is opened again, or goes its own way."""
    if story.is_merged and not story.is_served:
        title = _("Have mine looked at by itself")
        return {"title": title, "submit": _("Send"), "lead": _("The other request goes on.")}
    return {"title": _("Open the request again"), "submit": _("Open it again")}


def _reopen(story: Story, actor: Actor, words: str) -> None:
    if story.order is not None:
        reopen_order(story.order, actor=actor, words=words)
    else:
        reopen_request(story.request, actor=actor, words=words)


@public(OPENED_BY_RECEIPT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@with_receipt
def withdraw(request: HttpRequest) -> HttpResponse:
    story = _story_for(request, "withdraw")
    if story is None:
        return _late(request)
    form = WithdrawForm(_sent(request), is_taken_on=story.order is not None)
    if not form.is_valid():
        title, lead = _("Take the request back"), _("Nobody will work on it any more.")
        if story.is_merged:
            lead = _("The request it was joined with goes on.")
        return _ask(request, form, title=title, submit=_("Take it back"), lead=lead)
    _withdraw(story, actor_of(request), form.cleaned_data.get("words", ""))
    return _back(request, _("The request was taken back. You can ask again at any time."))


def _withdraw(story: Story, actor: Actor, words: str) -> None:
    if story.order is not None:
        withdraw_order(story.order, actor=actor, words=words)
    else:
        withdraw_request(story.request, actor=actor)


@public(OPENED_BY_RECEIPT)
@require_POST
@with_receipt
def urge(request: HttpRequest) -> HttpResponse:
    story = _story_for(request, "urge")
    if story is None or story.order is None:
        return _late(request)
    urge_order(story.order, actor=actor_of(request))
    return _back(request, _("They were asked to hurry."))


@public("anybody may make their own browser forget a receipt or a draft")
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    forget(request.COOKIES.get(COOKIE, ""))
    let_go(request)
    response = redirect(back_to(request))
    response.delete_cookie(COOKIE, samesite="Lax")
    return response
