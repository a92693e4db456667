from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from linli.directory.queries import capacities
from linli.directory.queries import stations as stations_of
from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.units.models import Unit, UnitKind
from linli.kernel.units.queries import in_force

from .deadlines import deadline
from .enums import AT_STATION, AT_WORK, OPEN_STATES, OrderState
from .models import Order, OrderService, Remark, Verdict
from .routing import candidates, open_loads, others
from .workflow import ORDER

# More is a list: on a telephone nobody scrolls past them.
BOARD_CARDS = 12
# Long texts that no card shows.
UNSHOWN = ("task", "routing", "considered")
# Who may have an order of a station in hand.
SERVING_ROLES = (Role.WORKER, Role.STATION_HEAD)

__all__ = [
    "Holding",
    "board",
    "by_ids",
    "candidates",
    "deadline",
    "followed",
    "for_person",
    "held_state",
    "holding",
    "holds_post",
    "left_behind",
    "moves",
    "order",
    "order_by_number",
    "orders",
    "others",
    "overdue",
    "persons_of",
    "remarks",
    "service_ids",
    "stations",
    "verdict",
    "worked_for",
    "workers",
]


@dataclass(frozen=True)
class Holding:
    """How much open work the station and the worker of an order have."""

    station_load: int
    station_capacity: int
    worker_load: int


def orders(actor: Actor) -> QuerySet[Order]:
    """Orders whose page the actor may open."""
    return visible(Order.objects.all(), actor, "dispatch.view")


def is_open_to(actor: Actor, order_id: UUID) -> bool:
    """Whether the actor may open the page of an order."""
    return orders(actor).filter(pk=order_id).exists()


def order(actor: Actor, order_id: UUID) -> Order | None:
    """One order with the verbs the actor has on it; None if hidden."""
    rows = ORDER.verbs_for(orders(actor), actor).filter(pk=order_id)
    return next(iter(rows.select_related("centre", "station", "worker")), None)


def order_by_number(actor: Actor, number: str) -> Order | None:
    rows = ORDER.verbs_for(orders(actor), actor).filter(number=number)
    return rows.select_related("centre", "station", "worker").first()


def persons_of(order_ids: Iterable[UUID | None]) -> list[UUID]:
    """Whom some orders are for, as far as they are linked to persons on file."""
    wanted = [one for one in order_ids if one is not None]
    if not wanted:
        return []
    rows = Order.objects.filter(pk__in=wanted, person__isnull=False)
    return list(rows.values_list("person_id", flat=True))


def for_person(person_id: UUID) -> dict[UUID, str]:
    """The orders for a person in the open scope, with their numbers."""
    return dict(Order.objects.filter(person_id=person_id).values_list("pk", "number"))


def worked_for(user_id: UUID, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some persons for whom a user has or had an order in hand."""
    rows = Order.objects.filter(person_id__in=list(person_ids), worker_id=user_id)
    return set(rows.values_list("person_id", flat=True))


def followed(actor: Actor, order_id: UUID) -> Order | None:
    """The order behind a receipt, with the verbs of the resident who holds it."""
    rows = ORDER.verbs_for(visible(Order.objects.all(), actor, "dispatch.follow"), actor)
    return rows.filter(pk=order_id).select_related("station", "centre").first()


def moves(order: Order) -> frozenset[str]:
    """Names of the moves that the actor an order was asked for may make now."""
    return frozenset(one.name for one in ORDER.moves_of(order))


def overdue(rows: QuerySet[Order], actor: Actor) -> QuerySet[Order]:
    """Orders whose running clock has passed its deadline."""
    return rows.filter(state__in=[*OPEN_STATES, OrderState.DONE], due_at__lt=actor.now)


def board(
    actor: Actor,
    lanes: Mapping[str, Sequence[str]],
    *,
    urgency: str = "",
    station_id: UUID | None = None,
) -> dict[str, tuple[list[Order], int]]:
    """For each lane (name → states) the most urgent orders and how many there are in all.

    A worker's own orders come before those that nobody has taken yet.
    """
    held = orders(actor)
    if urgency:
        held = held.filter(urgency=urgency)
    if station_id:
        held = held.filter(station_id=station_id)
    mine = Case(When(worker_id=actor.user_id, then=Value(0)), default=Value(1))
    own_first: list[Any] = [mine] if actor.has_role(Role.WORKER) else []
    by_urgency = [*own_first, F("due_at"), F("id")]
    lane_of = {state: name for name, states in lanes.items() for state in states}
    lane = Case(*(When(state=state, then=Value(name)) for state, name in lane_of.items()))
    place = Window(RowNumber(), partition_by=[lane], order_by=by_urgency)
    first = held.filter(state__in=lane_of).annotate(place=place).filter(place__lte=BOARD_CARDS)
    rows = ORDER.verbs_for(held, actor).select_related("station", "worker").defer(*UNSHOWN)
    found: dict[str, list[Order]] = {name: [] for name in lanes}
    for one in rows.filter(pk__in=first.values("pk")).order_by(*by_urgency):
        found[lane_of[one.state]].append(one)
    counted = held.order_by().values("state").annotate(count=Count("pk"))
    counts = dict(counted.values_list("state", "count"))
    return {
        name: (found[name], sum(counts.get(state, 0) for state in states))
        for name, states in lanes.items()
    }


def stations(actor: Actor) -> list[Unit]:
    """The stations whose orders the actor may look at: those in a centre's area, or one's own."""
    if actor.has_role(Role.DISPATCHER):
        return stations_of(actor)
    own = Unit.objects.filter(kind=UnitKind.STATION)
    return list(own.filter(pk=actor.unit_id)) if actor.unit_id else []


def holding(order: Order) -> Holding:
    """The open work of those who have an order, whoever may see it: numbers, no rows."""
    if order.station_id is None:
        return Holding(0, 0, 0)
    worker_load = Order.objects.filter(worker_id=order.worker_id, state__in=OPEN_STATES).count()
    return Holding(
        open_loads([order.station_id]).get(order.station_id, 0),
        capacities([order.station_id]).get(order.station_id, 0),
        worker_load if order.worker_id else 0,
    )


def verdict(order_id: UUID) -> Verdict | None:
    """What the resident said last about an order, unless it was said anonymously."""
    found: Verdict | None = Verdict.objects.filter(order_id=order_id).order_by("-round").first()
    return found


def workers(order: Order, *, on: date) -> list[tuple[User, int]]:
    """Workers of the order's station with their open load, the least loaded first; its heads,
    who may also take one, come last."""
    posts = Post.objects.filter(
        in_force(on), unit_id=order.unit_id, role__in=SERVING_ROLES
    ).select_related("user")
    users = {post.user_id: post.user for post in posts if post.user.is_active}
    loads = dict(
        Order.objects.filter(unit_id=order.unit_id, worker_id__in=users, state__in=OPEN_STATES)
        .values("worker_id")
        .annotate(count=Count("pk"))
        .values_list("worker_id", "count")
    )
    made = [(user, loads.get(pk, 0)) for pk, user in users.items()]
    working = {post.user_id for post in posts if post.role == Role.WORKER}
    return sorted(made, key=lambda one: (one[0].pk not in working, one[1], one[0].name))


def holds_post(actor: Actor) -> bool:
    """Whether the post in which somebody acts is still theirs."""
    if actor.post_id is None:
        return False
    held = Post.objects.filter(in_force(actor.today), pk=actor.post_id, user__is_active=True)
    return held.exists()


def left_behind(
    *, on: date, user_id: UUID | None = None, unit_id: UUID | None = None
) -> QuerySet[Order]:
    """Orders at work whose worker holds no post at the station on a day, of everybody or of one
    user and unit; oldest first."""
    posts = Post.objects.filter(
        in_force(on),
        user_id=OuterRef("worker_id"),
        user__is_active=True,
        unit_id=OuterRef("unit_id"),
        role__in=SERVING_ROLES,
    )
    rows: QuerySet[Order] = Order.objects.filter(~Exists(posts), worker__isnull=False)
    rows = rows.filter(state__in=AT_WORK)
    if user_id is not None:
        rows = rows.filter(worker_id=user_id)
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    return rows.order_by("id")


def person_behind(order_id: UUID) -> UUID | None:
    """The person on file an order is for, if one was named."""
    return Order._base_manager.filter(pk=order_id).values_list("person", flat=True).first()


def has_open(station_id: UUID, person_id: UUID) -> bool:
    """Whether a station is at work for a person."""
    rows = Order._base_manager.filter(person=person_id, unit=station_id, state__in=AT_STATION)
    return rows.exists()


def held_state(order_id: UUID) -> str:
    """The state of an order, whoever may see it; it stays so until the transaction ends."""
    row = Order._base_manager.select_for_update(of=("self",)).filter(pk=order_id)
    return str(row.values_list("state", flat=True).get())


def service_ids(order_id: UUID) -> list[UUID]:
    held = OrderService.objects.filter(order_id=order_id)
    return list(held.values_list("service_id", flat=True))


def remarks(order_id: UUID, *, for_resident: bool = False) -> list[Remark]:
    """Words said with the moves of an order, oldest first."""
    rows = Remark.objects.filter(order_id=order_id)
    if for_resident:
        rows = rows.filter(is_for_resident=True)
    return list(rows.select_related("by").order_by("at", "id"))


def by_ids(actor: Actor, order_ids: Iterable[UUID]) -> dict[UUID, Order]:
    return {one.pk: one for one in orders(actor).filter(pk__in=list(order_ids))}
