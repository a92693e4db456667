from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Stale
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.pages import actor_of, form_page, page, too_late
from linli.people.actions import note_found

from . import actions, display, forms, queries
from .enums import OrderState
from .models import Order
from .tables import ORDERS, ORDERS_SHEET
from .wording import ASKING, next_step, return_lead
from .workflow import ORDER

View = Callable[..., HttpResponse]
require_form = require_http_methods(["GET", "HEAD", "POST"])


def on_order(*verbs: str) -> Callable[[View], View]:
    """Hand the order to a view, while the actor may make one of the moves on it.

    Hidden is 404, and so is a move that is not the actor's. An order that has moved on since the
    page was opened leads to its own page, with a sentence.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, order_id: UUID) -> HttpResponse:
            order = queries.order(actor_of(request), order_id)
            mark = "may_" + ORDER.moves[verbs[0]].needs.partition(".")[2]
            if order is None or not getattr(order, mark):
                raise Http404
            if not {one.name for one in ORDER.moves_of(order)} & set(verbs):
                if request.method == "POST":
                    target = reverse("dispatch:order", args=[order_id])
                    return too_late(request, str(Stale()), target)
                # The central answer to a lost race leads back here: it has been said then.
                if not len(messages.get_messages(request)):
                    messages.error(request, str(Stale()))
                return redirect("dispatch:order", order_id)
            return view(request, order)

        return opened

    return decorate


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _ask(
    request: HttpRequest, order: Order, form: Any, verb: str, *, lead: Any = "", **more: Any
) -> HttpResponse:
    """The page on which a verb asks what it needs to know."""
    asking = ASKING[verb]
    return form_page(
        request,
        form,
        title=asking.title,
        submit=asking.submit,
        lead=lead or asking.lead,
        cancel_url=reverse("dispatch:order", args=[order.pk]),
        brief=display.brief(order, actor_of(request)),
        **({"template": "dispatch/verb.html"} | more),
    )


def _tell(request: HttpRequest, order: Order, verb: str) -> HttpResponse:
    """Say what happens next, on the order's page; on the board if it has left the actor's view."""
    actor = actor_of(request)
    messages.success(request, next_step(order, verb, actor))
    is_here = queries.is_open_to(actor, order.pk)
    return redirect("dispatch:order", order.pk) if is_here else redirect("dispatch:board")


@requires("dispatch.view")
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    return list_page(request, ORDERS_SHEET if "export" in request.GET else ORDERS)


@requires("dispatch.view")
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Orders by state; htmx fetches the lanes again and again, and 204 says that nothing changed,
    so that nobody loses their place on the board."""
    actor = actor_of(request)
    stations = [(str(unit.pk), unit.label) for unit in queries.stations(actor)]
    form = forms.BoardForm(request.GET, stations=stations)
    lanes = display.board_page(actor, **form.narrowing())
    seen = display.fingerprint(lanes, actor)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    context = {"lanes": lanes, "seen": seen, "filter_form": form}
    return page(request, "dispatch/board.html", context, partial="dispatch/_board.html")


@requires("dispatch.view")
@require_safe
def order_page(request: HttpRequest, order_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    order = queries.order(actor, order_id)
    if order is None:
        raise Http404
    return page(request, "dispatch/order.html", display.order_page(order, actor))


def _send(
    request: HttpRequest, order: Order, verb: str, act: Callable[..., None], *, words: Any = ""
) -> HttpResponse:
    """The three verbs that name a station."""
    actor = actor_of(request)
    found = queries.candidates(area=order.area_id, need=order.need, on=actor.today)
    found = [one for one in found if verb != "transfer" or one.unit.pk != order.station_id]
    held = {one.unit.pk for one in found}
    if verb == "transfer" and order.station_id is not None:
        held.add(order.station_id)
    rest = queries.others(area=order.area_id, on=actor.today, without=held)
    form = forms.StationForm(_sent(request), found=found, rest=rest, words=words)
    if not form.is_valid():
        return _ask(request, order, form, verb, template="dispatch/station.html")
    said = {"words": form.cleaned_data["words"]} if words else {}
    act(order, actor=actor, station_id=form.cleaned_data["station_id"], **said)
    return _tell(request, order, verb)


@requires("dispatch.dispatch")
@require_form
@on_order("dispatch")
def dispatch(request: HttpRequest, order: Order) -> HttpResponse:
    return _send(request, order, "dispatch", actions.dispatch_order)


@requires("dispatch.dispatch")
@require_form
@on_order("arbitrate")
def arbitrate(request: HttpRequest, order: Order) -> HttpResponse:
    why = _("Why there?")
    return _send(request, order, "arbitrate", actions.arbitrate_order, words=why)


@requires("dispatch.transfer")
@require_form
@on_order("transfer")
def transfer(request: HttpRequest, order: Order) -> HttpResponse:
    why = _("Why not where it is?")
    return _send(request, order, "transfer", actions.transfer_order, words=why)


@requires("dispatch.return")
@require_form
@on_order("return", "return_again")
def return_(request: HttpRequest, order: Order) -> HttpResponse:
    actor = actor_of(request)
    form = forms.ReturnForm(_sent(request), on=actor.today)
    if not form.is_valid():
        return _ask(request, order, form, "return", lead=return_lead(order, actor))
    actions.return_order(order, actor=actor, **form.cleaned_data)
    is_last = order.state == OrderState.ARBITRATION
    return _tell(request, order, "return_again" if is_last else "return")


@requires("dispatch.assign")
@require_form
@on_order("assign")
def assign(request: HttpRequest, order: Order) -> HttpResponse:
    actor = actor_of(request)
    found = queries.workers(order, on=actor.today)
    form = forms.AssignForm(_sent(request), workers=found, now=order.worker_id)
    if not form.is_valid():
        return _ask(request, order, form, "assign")
    actions.assign_order(order, actor=actor, **form.cleaned_data)
    return _tell(request, order, "assign")


@requires("dispatch.serve")
@require_form
@on_order("serve")
def serve(request: HttpRequest, order: Order) -> HttpResponse:
    actor = actor_of(request)
    form = forms.ServeForm(_sent(request), order=order, actor=actor)
    if not form.is_valid():
        _tell_found(actor, form.picker)
        return _ask(request, order, form, "serve", template="dispatch/serve.html")
    actions.serve_order(order, actor=actor, account=form.account())
    return _tell(request, order, "serve")


def _tell_found(actor: Actor, picker: forms.Picker) -> None:
    """Whom the search in a form has shown is on record, as everywhere."""
    if picker.is_looking and picker.q:
        note_found([one.id for one in picker.options], actor=actor)


@requires("dispatch.serve")
@require_form
@on_order("serve")
def name_person(request: HttpRequest, order: Order) -> HttpResponse:
    """Link a person on file: found here, or just registered and named by `?person=`."""
    actor = actor_of(request)
    form = forms.PersonForm(_sent(request), actor=actor, named=request.GET.get("person", ""))
    if not form.is_valid():
        _tell_found(actor, form.picker)
        return _ask(request, order, form, "person", template="dispatch/person.html")
    actions.name_person(order, actor=actor, person_id=form.cleaned_data["person"])
    return _tell(request, order, "person")


@requires("dispatch.finish")
@require_form
@on_order("finish")
def finish(request: HttpRequest, order: Order) -> HttpResponse:
    actor = actor_of(request)
    form = forms.FinishForm(_sent(request), on=actor.today)
    if not form.is_valid():
        return _ask(request, order, form, "finish")
    actions.finish_order(order, actor=actor, **form.cleaned_data)
    return _tell(request, order, "finish")


@requires("dispatch.follow_up")
@require_form
@on_order("follow_up")
def follow_up(request: HttpRequest, order: Order) -> HttpResponse:
    form = forms.FollowUpForm(_sent(request))
    if not form.is_valid():
        return _ask(request, order, form, "follow_up")
    actions.follow_up_order(order, actor=actor_of(request), **form.cleaned_data)
    return _tell(request, order, "follow_up")


@requires("dispatch.say")
@require_form
@on_order("say")
def say(request: HttpRequest, order: Order) -> HttpResponse:
    form = forms.VerdictForm(_sent(request))
    if not form.is_valid():
        return _ask(request, order, form, "say")
    value = form.cleaned_data["value"]
    actions.take_verdict(order, actor=actor_of(request), value=value, is_anonymous=False)
    return _tell(request, order, "say")


@requires("dispatch.reopen")
@require_form
@on_order("reopen")
def reopen(request: HttpRequest, order: Order) -> HttpResponse:
    form = forms.WordsForm(_sent(request))
    if not form.is_valid():
        return _ask(request, order, form, "reopen")
    actions.reopen_order(order, actor=actor_of(request), **form.cleaned_data)
    return _tell(request, order, "reopen")


@requires("dispatch.withdraw")
@require_form
@on_order("withdraw")
def withdraw(request: HttpRequest, order: Order) -> HttpResponse:
    form = forms.WordsForm(_sent(request))
    if not form.is_valid():
        return _ask(request, order, form, "withdraw")
    actions.withdraw_order(order, actor=actor_of(request), **form.cleaned_data)
    return _tell(request, order, "withdraw")


@requires("dispatch.accept")
@require_POST
@on_order("accept")
def accept(request: HttpRequest, order: Order) -> HttpResponse:
    actions.accept_order(order, actor=actor_of(request))
    return _tell(request, order, "accept")


@requires("dispatch.urge")
@require_POST
@on_order("urge")
def urge(request: HttpRequest, order: Order) -> HttpResponse:
    actions.urge_order(order, actor=actor_of(request))
    return _tell(request, order, "urge")


@requires("dispatch.close")
@require_POST
@on_order("close")
def close(request: HttpRequest, order: Order) -> HttpResponse:
    actions.close_order(order, actor=actor_of(request))
    return _tell(request, order, "close")
