from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Status

from linli.dispatch import actions, queries
from linli.dispatch.enums import OrderState
from linli.kernel.access import holds
from linli.kernel.tables import page_of
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of
from linli.people.queries import of_station
from linli.services.actions import Account

from . import checks
from .errors import NotFound, Unfit
from .schemas import (
    ONCE,
    FinishIn,
    OrderOut,
    OrderPage,
    Problem,
    ReturnIn,
    ServiceIn,
    ServiceOut,
    StationIn,
)
from .shapes import order_out

router = Router(tags=["orders"])
REFUSALS = {404: Problem, 409: Problem, 422: Problem}


def _one(request: HttpRequest, order_id: UUID) -> Any:
    found = queries.order(actor_of(request), order_id)
    if found is None:
        raise NotFound
    return found


@router.get("", response={200: OrderPage, 404: Problem}, operation_id="list_orders")
def list_orders(
    request: HttpRequest, state: OrderState | None = None, after: str = Query("", max_length=200)
) -> Any:
    """Orders the caller may see, newest first, 25 a page."""
    actor = actor_of(request)
    if not holds(actor, "dispatch.view"):
        raise NotFound
    rows = queries.orders(actor)
    if state is not None:
        rows = rows.filter(state=state)
    cut = page_of(rows, sort="opened_at", after=after)
    return {"items": [order_out(one) for one in cut.rows], "older": cut.older or None}


@router.get("/{uuid:order_id}", response={200: OrderOut, 404: Problem})
def get_order(request: HttpRequest, order_id: UUID) -> Any:
    """One order."""
    return order_out(_one(request, order_id))


@router.post("/{uuid:order_id}/dispatch", response={200: OrderOut, **REFUSALS}, openapi_extra=ONCE)
def dispatch_order(request: HttpRequest, order_id: UUID, given: StationIn) -> Any:
    """Send an order to a station."""
    actor, order = actor_of(request), _one(request, order_id)
    station = checks.station(actor, given.station)
    actions.dispatch_order(order, actor=actor, station_id=station)
    return order_out(order)


@router.post("/{uuid:order_id}/accept", response={200: OrderOut, **REFUSALS}, openapi_extra=ONCE)
def accept_order(request: HttpRequest, order_id: UUID) -> Any:
    """Accept an order for the caller's station; of several at once, one wins."""
    order = _one(request, order_id)
    actions.accept_order(order, actor=actor_of(request))
    return order_out(order)


@router.post("/{uuid:order_id}/return", response={200: OrderOut, **REFUSALS}, openapi_extra=ONCE)
def return_order(request: HttpRequest, order_id: UUID, given: ReturnIn) -> Any:
    """Send an order back to the centre with a reason."""
    actor, order = actor_of(request), _one(request, order_id)
    reason = checks.term(actor, TermList.RETURN_REASON, given.reason)
    actions.return_order(order, actor=actor, reason=reason, words=checks.words(given.words))
    return order_out(order)


@router.post(
    "/{uuid:order_id}/services", response={201: ServiceOut, **REFUSALS}, openapi_extra=ONCE
)
def serve_order(request: HttpRequest, order_id: UUID, given: ServiceIn) -> Any:
    """Put a service given on an order on record."""
    actor, order = actor_of(request), _one(request, order_id)
    persons = dict.fromkeys(given.persons)
    if not persons and not given.anonymous:
        raise Unfit(_("Name at least one person, or a number of anonymous participants."))
    if given.occurred_on > actor.today:
        raise Unfit(_("A service cannot be in the future."))
    if len(of_station(actor, person_ids=persons)) != len(persons):
        raise Unfit(_("One of these persons is not on file at your station."))
    account = Account(
        method=given.method,
        content=checks.term(actor, TermList.CONTENT, given.content),
        place=given.place,
        occurred_on=given.occurred_on,
        minutes=given.minutes,
        area=checks.place(actor, given.area),
        person_ids=tuple(persons),
        anonymous=given.anonymous,
        facts=checks.words(given.facts),
        analysis=checks.words(given.analysis),
    )
    service = actions.serve_order(order, actor=actor, account=account)
    return Status(201, {"id": service.pk, "order": order.pk, "person_times": service.person_times})


@router.post("/{uuid:order_id}/finish", response={200: OrderOut, **REFUSALS}, openapi_extra=ONCE)
def finish_order(request: HttpRequest, order_id: UUID, given: FinishIn) -> Any:
    """Say that the service is done and what came of it."""
    actor, order = actor_of(request), _one(request, order_id)
    result = checks.term(actor, TermList.RESULT, given.result)
    actions.finish_order(order, actor=actor, result=result, words=checks.words(given.words))
    return order_out(order)
