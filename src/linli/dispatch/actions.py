from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.flow.calendar import working_calendar
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.flow.queries import running_clocks
from linli.kernel.scope import unscoped
from linli.kernel.timeline.record import record
from linli.kernel.units.models import Unit
from linli.lib.areacodes import at_level
from linli.lib.receipts import new_number
from linli.people.queries import person as person_of
from linli.services.actions import Account, record_service

from .deadlines import deadline, promise
from .enums import AFTER_SERVICE, AT_STATION, AT_WORK, OrderState, RoutingReason, Stage
from .events import OrderEnded, OrderHandedOver
from .models import FollowUp, Order, OrderService, Remark, Verdict
from .queries import holds_post, left_behind, workers
from .routing import candidates, others
from .workflow import ORDER, RETURNS_BEFORE_ARBITRATION

if TYPE_CHECKING:
    from linli.services.models import Service

NUMBER_PREFIX = "D"
TOWNSHIP_LEVEL = 4


class NoPost(Exception):
    """Who should have an order holds no post at its station now."""

    def __str__(self) -> str:
        return _("Whoever takes an order needs a post at its station, and this one is over.")


def _remark(
    order: Order, move: str, words: str, *, actor: Actor, for_resident: bool = False
) -> None:
    if words:
        Remark.objects.create(
            order=order,
            move=move,
            words=words,
            is_for_resident=for_resident,
            by_id=actor.user_id,
            at=actor.now,
        )


def _due(order: Order, stage: Stage, actor: Actor) -> Any:
    return deadline(order.urgency, stage, area=order.area_id, start=actor.now)


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
    until = _due(order, Stage.ACCEPT, actor)
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


def _to_centre(order: Order, due_at: Any) -> dict[str, Any]:
    return {"unit_id": order.centre_id, "worker_id": None, "due_at": due_at}


@transaction.atomic
def accept_order(order: Order, *, actor: Actor) -> None:
    """Accept an order for the actor's station; of several at once, one wins.

    Raises NoPost for somebody whose post has ended since they began.
    """
    if actor.is_user and not holds_post(actor):
        raise NoPost
    until = _due(order, Stage.START, actor)
    changes: dict[str, Any] = {"due_at": until.at}
    if actor.role == "worker":
        changes["worker_id"] = actor.user_id
    ORDER.move(order, "accept", actor=actor, until=until, changes=changes)


@transaction.atomic
def return_order(order: Order, *, actor: Actor, reason: str, words: str = "") -> None:
    """Send an order back with a reason; the time it was held is charged to the station.

    After the second return the centre must decide. A decided order cannot be returned.
    """
    lost = _minutes_running(order, actor)
    bounces = order.bounces
    is_last = bounces + 1 >= RETURNS_BEFORE_ARBITRATION
    until = _due(order, Stage.DISPATCH, actor)
    ORDER.move(
        order,
        "return_again" if is_last else "return",
        actor=actor,
        until=until,
        changes=_to_centre(order, until.at)
        | {"bounces": bounces + 1, "bounced_minutes": order.bounced_minutes + lost},
        guard=Q(bounces=bounces, is_binding=False),
        reason=reason,
        from_unit=str(order.station_id),
        minutes=lost,
    )
    _remark(order, "return", words, actor=actor)
    publish(OrderHandedOver(actor, order.pk, order.centre_id))


def _minutes_running(order: Order, actor: Actor) -> int:
    clock = running_clocks(ORDER.name, [order.pk]).get(order.pk)
    return working_calendar().minutes_between(clock.started_at, actor.now) if clock else 0


@transaction.atomic
def arbitrate_order(order: Order, *, actor: Actor, station_id: UUID, words: str) -> None:
    """Decide, after two returns, which station keeps an order; it cannot be returned again."""
    reason, considered = _route(order, actor, station_id)
    until = _due(order, Stage.ACCEPT, actor)
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
    _remark(order, "arbitrate", words, actor=actor)
    publish(OrderHandedOver(actor, order.pk, station_id))


@transaction.atomic
def transfer_order(order: Order, *, actor: Actor, station_id: UUID, words: str) -> None:
    """Give an order to another station; nobody is charged for it."""
    if station_id == order.station_id:
        raise Stale
    until = _due(order, Stage.ACCEPT, actor)
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
    _remark(order, "transfer", words, actor=actor)
    publish(OrderHandedOver(actor, order.pk, station_id))


@transaction.atomic
def assign_order(order: Order, *, actor: Actor, worker: User) -> None:
    """Give an order to a worker of the station; the deadline stays.

    Raises NoPost for somebody without a post there.
    """
    if worker.pk not in {user.pk for user, _load in workers(order, on=actor.today)}:
        raise NoPost
    ORDER.move(
        order,
        "assign",
        actor=actor,
        changes={"worker_id": worker.pk},
        # Given to who has it already, it would only begin another clock.
        guard=~Q(worker_id=worker.pk) | Q(worker_id__isnull=True),
        to=str(worker.pk),
    )
    ORDER.rehand(order, actor=actor)


@transaction.atomic
def release_order(order: Order, *, actor: Actor) -> None:
    """Take an order from a worker who is gone: it waits for the station's head, who assigns it
    anew. Its clock runs on, and is the same tier's as before."""
    ORDER.move(
        order,
        "release",
        actor=actor,
        changes={"worker_id": None},
        guard=Q(worker_id=order.worker_id, unit_id=order.unit_id),
        whose=str(order.worker_id),
    )
    ORDER.rehand(order, actor=actor, keeps_clock=True)


@transaction.atomic
def release_orders(
    *, actor: Actor, on: date, user_id: UUID | None = None, unit_id: UUID | None = None
) -> int:
    """Release every order whose worker holds no post at its station on a day, or those of one user
    and unit; returns how many. Can be done twice."""
    with unscoped("an order is left behind wherever its worker's post has ended"):
        held = left_behind(on=on, user_id=user_id, unit_id=unit_id)
        found = list(held.select_for_update(of=("self",)))
        for order in found:
            release_order(order, actor=actor)
    return len(found)


@transaction.atomic
def name_person(order: Order, *, actor: Actor, person_id: UUID) -> None:
    """Link an order to the person on file it is for."""
    if not can(actor, "dispatch.serve", order) or person_of(actor, person_id) is None:
        raise Refused
    rows = Order.objects.filter(pk=order.pk, state__in=AT_STATION)
    if rows.update(person_id=person_id) != 1:
        raise Stale
    order.person_id = person_id
    record(
        actor,
        "dispatch.person_named",
        subject_type=ORDER.name,
        subject_id=order.pk,
        area=order.area_id,
        unit=order.unit_id,
    )


@transaction.atomic
def serve_order(order: Order, *, actor: Actor, account: Account) -> "Service":
    """Put a service given on an order on record.

    The first one begins the service and starts the time to finish; no later one moves it, nor does
    one that was written down at the same moment.
    """
    _hold(order)
    # In any other state the move is refused, but not for the want of a deadline.
    is_first, takes_over = order.state != OrderState.SERVING, order.worker_id is None
    until = _due(order, Stage.FINISH, actor) if is_first else None
    changes: dict[str, Any] = {"due_at": until.at} if until else {}
    if takes_over:
        changes["worker_id"] = actor.user_id
    ORDER.move(order, "serve", actor=actor, until=until, changes=changes)
    if takes_over and not is_first:
        ORDER.rehand(order, actor=actor, keeps_clock=True)
    service = record_service(actor=actor, account=account)
    OrderService.objects.create(order=order, service=service)
    return service


def _hold(order: Order) -> None:
    """Keep the row of an order at work to ourselves, and look who has been there meanwhile: what
    is first and whose it is must not be judged by an old copy."""
    held = Order._base_manager.select_for_update(of=("self",)).filter(pk=order.pk)
    if held.values_list("state", flat=True).get() in AT_WORK and order.state in AT_WORK:
        order.refresh_from_db(fields=("state", "worker"), from_queryset=held)


@transaction.atomic
def finish_order(order: Order, *, actor: Actor, result: str, words: str = "") -> None:
    """Say that the service is done and what came of it; the centre follows up."""
    until = _due(order, Stage.FOLLOW_UP, actor)
    ORDER.move(
        order,
        "finish",
        actor=actor,
        until=until,
        changes={"result": result, "due_at": until.at},
        result=result,
    )
    _remark(order, "finish", words, actor=actor, for_resident=True)


@transaction.atomic
def follow_up_order(order: Order, *, actor: Actor, contact: str, words: str = "") -> None:
    """Record a follow-up by the centre; what helped is for the resident to say."""
    until = _due(order, Stage.VERDICT, actor)
    ORDER.move(
        order,
        "follow_up",
        actor=actor,
        until=until,
        changes={"due_at": until.at},
        contact=contact,
    )
    FollowUp.objects.create(order=order, contact=contact, by_id=actor.user_id, at=actor.now)
    _remark(order, "follow_up", words, actor=actor)


@transaction.atomic
def take_verdict(order: Order, *, actor: Actor, value: str, is_anonymous: bool) -> None:
    """Take the resident's own verdict, once, and close the order.

    An anonymous verdict keeps station, township, need and day, and no way back to the order.
    """
    ORDER.move(
        order,
        "say",
        actor=actor,
        changes=_closing(order, actor) | {"has_verdict": True},
        guard=Q(has_verdict=False),
    )
    _keep_verdict(order, actor, value=value, is_anonymous=is_anonymous)
    publish(OrderEnded(actor, order.pk, OrderState.CLOSED))


def _keep_verdict(order: Order, actor: Actor, *, value: str, is_anonymous: bool) -> None:
    township = at_level(order.area_id, TOWNSHIP_LEVEL)
    Verdict.objects.create(
        id=uuid4(),
        order=None if is_anonymous else order,
        round=order.reopened,
        area_id=township if is_anonymous and township else order.area_id,
        unit_id=order.station_id or order.centre_id,
        value=value,
        need=order.need,
        said_on=actor.today,
    )


@transaction.atomic
def add_verdict(order_id: UUID, *, actor: Actor, value: str) -> int:
    """Take the verdict of somebody else who asked for the same, without a way back to anybody.

    The order stays as it is. Returns its round; Stale before the service is done. Whether the
    actor's request was joined with the order's, and that they say it once, is for the caller.
    """
    if not holds(actor, "dispatch.say_too"):
        raise Refused
    order = Order._base_manager.select_for_update(of=("self",)).get(pk=order_id)
    if order.state not in AFTER_SERVICE:
        raise Stale
    _keep_verdict(order, actor, value=value, is_anonymous=True)
    record(
        actor,
        "dispatch.joined_verdict",
        subject_type=ORDER.name,
        subject_id=order.pk,
        area=order.area_id,
        unit=order.unit_id,
    )
    return int(order.reopened)


def _closing(order: Order, actor: Actor) -> dict[str, Any]:
    return {"closed_at": order.closed_at or actor.now, "due_at": None}


@transaction.atomic
def close_order(order: Order, *, actor: Actor) -> None:
    """Close a followed-up order of which the resident has said nothing."""
    ORDER.move(order, "close", actor=actor, changes=_closing(order, actor))
    publish(OrderEnded(actor, order.pk, OrderState.CLOSED))


@transaction.atomic
def reopen_order(order: Order, *, actor: Actor, words: str) -> None:
    """Open a finished order again; the centre dispatches it anew."""
    until = _due(order, Stage.DISPATCH, actor)
    ORDER.move(
        order,
        "reopen",
        actor=actor,
        until=until,
        changes=_to_centre(order, until.at)
        | {
            "reopened": order.reopened + 1,
            "closed_at": None,
            "bounces": 0,
            "is_binding": False,
            "has_verdict": False,
        },
    )
    _remark(order, "reopen", words, actor=actor, for_resident=True)
    publish(OrderHandedOver(actor, order.pk, order.centre_id))


@transaction.atomic
def withdraw_order(order: Order, *, actor: Actor, words: str) -> None:
    """Withdraw an order that is no longer wanted."""
    ORDER.move(order, "withdraw", actor=actor, changes=_closing(order, actor))
    _remark(order, "withdraw", words, actor=actor, for_resident=True)
    publish(OrderEnded(actor, order.pk, OrderState.WITHDRAWN))


@transaction.atomic
def urge_order(order: Order, *, actor: Actor) -> None:
    """Ask whoever holds the order to hurry; deadlines stay as they are."""
    ORDER.move(order, "urge", actor=actor, changes={"urged_at": actor.now})
