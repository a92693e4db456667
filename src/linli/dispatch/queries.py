from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.units.queries import in_force

from .deadlines import deadline
from .enums import OPEN_STATES, OrderState
from .models import Order, OrderService, Remark
from .workflow import ORDER

BOARD_CARDS = 30

__all__ = [
    "board",
    "by_ids",
    "deadline",
    "followed",
    "order",
    "order_by_number",
    "orders",
    "overdue",
    "remarks",
    "service_ids",
    "workers",
]


def orders(actor: Actor) -> QuerySet[Order]:
    """Orders whose page the actor may open."""
    return visible(Order.objects.all(), actor, "dispatch.view")


def order(actor: Actor, order_id: UUID) -> Order | None:
    """One order with the verbs the actor has on it; None if hidden."""
    rows = ORDER.verbs_for(orders(actor), actor).filter(pk=order_id)
    return rows.select_related("centre", "station", "worker", "unit").first()


def order_by_number(actor: Actor, number: str) -> Order | None:
    rows = ORDER.verbs_for(orders(actor), actor).filter(number=number)
    return rows.select_related("centre", "station", "worker", "unit").first()


def followed(actor: Actor, order_id: UUID) -> Order | None:
    """The order behind a receipt, for the resident who holds it."""
    rows = visible(Order.objects.all(), actor, "dispatch.follow").filter(pk=order_id)
    return rows.select_related("station", "centre").first()


def overdue(rows: QuerySet[Order], actor: Actor) -> QuerySet[Order]:
    """Orders whose running clock has passed its deadline."""
    return rows.filter(state__in=[*OPEN_STATES, OrderState.DONE], due_at__lt=actor.now)


def board(actor: Actor, states: Iterable[str]) -> dict[str, tuple[list[Order], int]]:
    """For each state the most urgent orders and how many there are in all."""
    rows = ORDER.verbs_for(orders(actor), actor).select_related("station", "worker")
    counts = dict(
        orders(actor)
        .filter(state__in=list(states))
        .order_by()
        .values("state")
        .annotate(count=Count("pk"))
        .values_list("state", "count")
    )
    return {
        state: (
            list(rows.filter(state=state).order_by("due_at", "id")[:BOARD_CARDS]),
            counts.get(state, 0),
        )
        for state in states
    }


def workers(order: Order, *, on: date) -> list[tuple[User, int]]:
    """Workers of the order's station with their open load, the least loaded first."""
    posts = Post.objects.filter(
        in_force(on), unit_id=order.unit_id, role__in=(Role.WORKER, Role.STATION_HEAD)
    ).select_related("user")
    users = {post.user_id: post.user for post in posts if post.user.is_active}
    loads = dict(
        Order.objects.filter(unit_id=order.unit_id, worker_id__in=users, state__in=OPEN_STATES)
        .values("worker_id")
        .annotate(count=Count("pk"))
        .values_list("worker_id", "count")
    )
    made = [(user, loads.get(pk, 0)) for pk, user in users.items()]
    return sorted(made, key=lambda one: (one[1], one[0].name))


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
