from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.flow.machine import Stale
from linli.kernel.forms import drafts
from linli.kernel.ui import moments
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.pages import actor_of, form_page, page, too_late
from linli.lib.receipts import grouped

from . import actions, display, forms, queries
from .models import Request
from .tables import REQUESTS
from .wording import ASKING, next_step
from .workflow import REQUEST

View = Callable[..., HttpResponse]
require_form = require_http_methods(["GET", "HEAD", "POST"])
# Where the session keeps the key to a receipt that was just made; the PIN itself is sealed.
SESSION_RECEIPT = "intake_receipt"
RECEIPT = "intake.receipt"


def on_request(verb: str) -> Callable[[View], View]:
    """Hand the request somebody made to a view, while the actor may make the move on it.

    Hidden is 404, and so is a move that is not the actor's. One that has moved on since the page
    was opened leads to its own page, with a sentence.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, request_id: UUID) -> HttpResponse:
            asked = queries.request(actor_of(request), request_id)
            mark = "may_" + REQUEST.moves[verb].needs.partition(".")[2]
            if asked is None or not getattr(asked, mark):
                raise Http404
            if verb not in {one.name for one in REQUEST.moves_of(asked)}:
                if request.method == "POST":
                    target = reverse("intake:request", args=[request_id])
                    return too_late(request, str(Stale()), target)
                # The central answer to a lost race leads back here: it has been said then.
                if not len(messages.get_messages(request)):
                    messages.error(request, str(Stale()))
                return redirect("intake:request", request_id)
            return view(request, asked)

        return opened

    return decorate


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _ask(request: HttpRequest, asked: Request, form: Any, verb: str, **more: Any) -> HttpResponse:
    """The page on which a verb asks what it needs to know, beside what the resident said."""
    asking = ASKING[verb]
    _note(request, asked)
    return form_page(
        request,
        form,
        title=asking.title,
        submit=asking.submit,
        lead=asking.lead,
        cancel_url=display.url_of(asked),
        brief=display.brief(asked, actor_of(request)),
        **({"template": "intake/verb.html"} | more),
    )


def _note(request: HttpRequest, *shown: Request) -> None:
    """Put on record whose words a page shows; one that comes back is the same page again."""
    for one in shown:
        is_redrawn = request.method == "POST"
        actions.note_read(one, actor=actor_of(request), is_redrawn=is_redrawn)


def _tell(request: HttpRequest, asked: Request, verb: str) -> HttpResponse:
    """Say what happens next, on the request's page."""
    messages.success(request, next_step(asked, verb, actor_of(request)))
    return redirect("intake:request", asked.pk)


@requires("intake.view")
@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    return list_page(request, REQUESTS, template="intake/list.html")


@requires("intake.view")
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """One box for receipt and phone numbers; a phone number never gets into an address."""
    actor, text = actor_of(request), request.POST.get("q", "")[:40]
    one = queries.request_by_number(actor, text)
    found = [one] if one else queries.of_phone(actor, text)
    if not found:
        messages.warning(request, _("No request with this number was found where you may look."))
        return redirect("intake:list")
    if len(found) == 1:
        return redirect("intake:request", found[0].pk)
    shown = [display.line(one, actor) for one in found]
    return page(request, "intake/found.html", {"found": shown})


@requires("intake.register")
@require_form
def new(request: HttpRequest) -> HttpResponse:
    """Write a request down for somebody; the receipt is shown on the next page, once."""
    actor = actor_of(request)
    form = forms.RegisterForm(_sent(request), actor=actor)
    if not form.is_valid():
        return form_page(
            request,
            form,
            title=_("Register a request"),
            submit=_("Register"),
            cancel_url=reverse("intake:list"),
            template="intake/new.html",
        )
    door = form.cleaned_data["door"]
    made = actions.register_request(actor=actor, asked=form.asked(), door=door)
    values = {"number": [made.number], "pin": [made.pin], "id": [str(made.request.pk)]}
    request.session[SESSION_RECEIPT] = drafts.keep(values, path=RECEIPT, now=actor.now)
    return redirect("intake:receipt")


@requires("intake.register")
@never_cache
@require_safe
def receipt(request: HttpRequest) -> HttpResponse:
    """Receipt number and PIN to hand over; gone as soon as they were shown."""
    actor = actor_of(request)
    key = request.session.pop(SESSION_RECEIPT, "")
    held = drafts.find(key, path=RECEIPT, now=actor.now)
    drafts.drop(key)
    context: dict[str, Any] = {"receipt": None}
    if held is not None:
        asked = queries.request(actor, UUID(held["id"][0]))
        due = asked.due_at if asked else None
        context["receipt"] = {
            "groups": grouped(held["number"][0]).split("-"),
            "pin": held["pin"][0],
            "url": display.url_of(asked) if asked else "",
            "by": moments.short(due, now=actor.now) if due else "",
            "follow": request.build_absolute_uri(reverse("portal:follow")),
        }
    return page(request, "intake/receipt.html", context)


@requires("intake.view")
@require_safe
def request_page(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """A request, and those that may be about the same; that they were read is put on record."""
    actor = actor_of(request)
    asked = queries.request(actor, request_id)
    if asked is None:
        raise Http404
    is_screened = "merge" in queries.moves(asked)
    likely = queries.likely_duplicates(asked, actor=actor) if is_screened else []
    _note(request, asked, *likely)
    context = display.request_page(asked, actor, likely=likely)
    return page(request, "intake/request.html", context)


@requires("intake.screen")
@require_form
@on_request("accept")
def accept(request: HttpRequest, asked: Request) -> HttpResponse:
    """Open an order for a request, and send it to a station in one go."""
    actor = actor_of(request)
    form = forms.ScreenForm(_sent(request), asked=asked, actor=actor)
    if not form.is_valid():
        return _ask(request, asked, form, "accept", template="intake/accept.html")
    order = actions.accept_request(asked, actor=actor, **form.facts())
    verb = "sent" if order.station_id else "accept"
    messages.success(request, next_step(asked, verb, actor))
    return redirect("dispatch:order", order.pk)


@requires("intake.screen")
@require_form
@on_request("inform")
def inform(request: HttpRequest, asked: Request) -> HttpResponse:
    form = forms.ReplyForm(_sent(request))
    if not form.is_valid():
        return _ask(request, asked, form, "inform")
    actions.inform_request(asked, actor=actor_of(request), **form.cleaned_data)
    return _tell(request, asked, "inform")


@requires("intake.screen")
@require_form
@on_request("refer")
def refer(request: HttpRequest, asked: Request) -> HttpResponse:
    form = forms.ReplyForm(_sent(request))
    if not form.is_valid():
        return _ask(request, asked, form, "refer")
    actions.refer_request(asked, actor=actor_of(request), **form.cleaned_data)
    return _tell(request, asked, "refer")


@requires("intake.screen")
@require_form
@on_request("refuse")
def refuse(request: HttpRequest, asked: Request) -> HttpResponse:
    actor = actor_of(request)
    form = forms.RefuseForm(_sent(request), actor=actor)
    if not form.is_valid():
        return _ask(request, asked, form, "refuse")
    actions.refuse_request(asked, actor=actor, **form.cleaned_data)
    return _tell(request, asked, "refuse")


@requires("intake.screen")
@require_form
@on_request("merge")
def merge(request: HttpRequest, asked: Request) -> HttpResponse:
    """Join a request with an earlier one: a likely one beside it, or one named by its number."""
    actor = actor_of(request)
    form = forms.MergeForm(_sent(request), actor=actor, asked=asked)
    if not form.is_valid():
        likely = queries.likely_duplicates(asked, actor=actor)
        _note(request, *likely)
        shown = display.duplicates(asked, likely, actor)
        return _ask(request, asked, form, "merge", template="intake/merge.html", duplicates=shown)
    actions.merge_request(asked, actor=actor, **form.cleaned_data)
    return _tell(request, asked, "merge")


@requires("intake.reopen")
@require_form
@on_request("reopen")
def reopen(request: HttpRequest, asked: Request) -> HttpResponse:
    form = forms.ReopenForm(_sent(request))
    if not form.is_valid():
        return _ask(request, asked, form, "reopen")
    actions.reopen_request(asked, actor=actor_of(request), **form.cleaned_data)
    return _tell(request, asked, "reopen")


@requires("intake.withdraw")
@require_POST
@on_request("withdraw")
def withdraw(request: HttpRequest, asked: Request) -> HttpResponse:
    actions.withdraw_request(asked, actor=actor_of(request))
    return _tell(request, asked, "withdraw")
