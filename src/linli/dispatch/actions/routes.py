"""Where an order goes: opened, sent, sent back, decided, handed on, opened again, withdrawn."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.calendar import working_calendar
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.flow.queries import running_clocks
from linli.kernel.units.models import Unit
from linli.lib.receipts import new_number

from ..changes import closing, due, remark, to_centre
from ..deadlines import deadline, promise
from ..enums import OrderState, RoutingReason, Stage
from ..events import OrderEnded, OrderHandedOver
from ..models import Order
from ..routing import candidates, others
from ..workflow import ORDER, RETURNS_BEFORE_ARBITRATION

NUMBER_PREFIX = "D"


@transaction.atomic
def open_order(
    *, actor: Actor, centre: Unit, area: int, need: str, urgency: str, task: str
) -> Order:
    """Open an order at the centre; it waits to be dispatched."""
    if not holds(actor, "dispatch.open") or not actor.scope.covers(area):
        raise Refused
    until = deadline(urgency, Stage.DISPATCH, area=area, start=actor.now)
    order: Order = Order.objects.create(
        number=new_number(NUMBER_PREFIX),
        area_id=area,
        unit=centre,
        centre=centre,
        need=need,
        urgency=urgency,
        task=task,
        opened_at=actor.now,
        opened_on=actor.today,
        due_at=until.at,
        promised_at=promise(urgency, area=area, start=actor.now),
    )
    ORDER.begin(order, actor=actor, until=until, need=need, urgency=urgency)
    return order


@transaction.atomic
def dispatch_order(order: Order, *, actor: Actor, station_id: UUID) -> None:
    """Send an order to a station; why it went there is kept with it."""
    reason, considered = _route(order, actor, station_id)
    until = due(order, Stage.ACCEPT, actor)
    ORDER.move(
        order,
        "dispatch",
        actor=actor,
        until=until,
        changes=_to_station(station_id, until.at)
        | {"routing": reason, "considered": considered, "is_binding": False},
        to_unit=str(station_id),
        routing=str(reason),
    )
    publish(OrderHandedOver(actor, order.pk, station_id))


def _route(
    order: Order, actor: Actor, station_id: UUID
) -> tuple[RoutingReason, list[dict[str, Any]]]:
    """Which rule fits the chosen station, and what else was considered.

    Raises Refused for a unit that neither serves the place nor is a station of its centre.
    """
    found = candidates(area=order.area_id, need=order.need, on=actor.today)
    chosen = next((one for one in found if one.unit.pk == station_id), None)
    if chosen is None:
        rest = others(area=order.area_id, on=actor.today, without=set())
        if station_id not in {one.unit.pk for one in rest}:
            raise Refused
    reason = chosen.reason if chosen else RoutingReason.CHOSEN
    return reason, [one.noted() for one in found[:5]]


def _to_station(station_id: UUID, due_at: Any) -> dict[str, Any]:
    return {
        "unit_id": station_id,
        "station_id": station_id,
        "worker_id": None,
        "due_at": due_at,
    }


@transaction.atomic
def return_order(order: Order, *, actor: Actor, reason: str, words: str = "") -> None:
    """Send an order back with a reason; the time it was held is charged to the station.

    After the second return the centre must decide. A decided order cannot be returned.
    """
    lost = _minutes_running(order, actor)
    bounces = order.bounces
    is_last = bounces + 1 >= RETURNS_BEFORE_ARBITRATION
    until = due(order, Stage.DISPATCH, actor)
    ORDER.move(
        order,
        "return_again" if is_last else "return",
        actor=actor,
        until=until,
        changes=to_centre(order, until.at)
        | {"bounces": bounces + 1, "bounced_minutes": order.bounced_minutes + lost},
        guard=Q(bounces=bounces, is_binding=False),
        reason=reason,
        from_unit=str(order.station_id),
        minutes=lost,
    )
    remark(order, "return", words, actor=actor)
    publish(OrderHandedOver(actor, order.pk, order.centre_id))


def _minutes_running(order: Order, actor: Actor) -> int:
    clock = running_clocks(ORDER.name, [order.pk]).get(order.pk)
    return working_calendar().minutes_between(clock.started_at, actor.now) if clock else 0


@transaction.atomic
def arbitrate_order(order: Order, *, actor: Actor, station_id: UUID, words: str) -> None:
    """Decide, after two returns, which station keeps an order; it cannot be returned again."""
    reason, considered = _route(order, actor, station_id)
    until = due(order, Stage.ACCEPT, actor)
    ORDER.move(
        order,
        "arbitrate",
        actor=actor,
        until=until,
        changes=_to_station(station_id, until.at)
        | {"routing": reason, "considered": considered, "is_binding": True},
        to_unit=str(station_id),
        routing=str(reason),
    )
    remark(order, "arbitrate", words, actor=actor)
    publish(OrderHandedOver(actor, order.pk, station_id))


@transaction.atomic
def transfer_order(order: Order, *, actor: Actor, station_id: UUID, words: str) -> None:
    """Give an order to another station; nobody is charged for it."""
    if station_id == order.station_id:
        raise Stale
    until = due(order, Stage.ACCEPT, actor)
    reason, considered = _route(order, actor, station_id)
    before = str(order.station_id)
    ORDER.move(
        order,
        "transfer",
        actor=actor,
        until=until,
        changes=_to_station(station_id, until.at) | {"routing": reason, "considered": considered},
        # Two transfers at once: the second would take it from a station it never saw.
        guard=Q(station_id=order.station_id),
        to_unit=str(station_id),
        from_unit=before,
    )
    remark(order, "transfer", words, actor=actor)
    publish(OrderHandedOver(actor, order.pk, station_id))


@transaction.atomic
def reopen_order(order: Order, *, actor: Actor, words: str) -> None:
    """Open a finished order again; the centre dispatches it anew."""
    until = due(order, Stage.DISPATCH, actor)
    ORDER.move(
        order,
        "reopen",
        actor=actor,
        until=until,
        changes=to_centre(order, until.at)
        | {
            "reopened": order.reopened + 1,
            "closed_at": None,
            "bounces": 0,
            "is_binding": False,
            "has_verdict": False,
        },
    )
    remark(order, "reopen", words, actor=actor, for_resident=True)
    publish(OrderHandedOver(actor, order.pk, order.centre_id))


@transaction.atomic
def withdraw_order(order: Order, *, actor: Actor, words: str) -> None:
    """Withdraw an order that is no longer wanted."""
    ORDER.move(order, "withdraw", actor=actor, changes=closing(order, actor))
    remark(order, "withdraw", words, actor=actor, for_resident=True)
    publish(OrderEnded(actor, order.pk, OrderState.WITHDRAWN))


@transaction.atomic
def urge_order(order: Order, *, actor: Actor) -> None:
    """Ask whoever holds the order to hurry; deadlines stay as they are."""
    ORDER.move(order, "urge", actor=actor, changes={"urged_at": actor.now})
