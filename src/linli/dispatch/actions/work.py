"""What the station does with an order: accept, assign, serve, finish."""

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from linli.kernel.access import can
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.scope import unscoped
from linli.kernel.timeline.record import record
from linli.people.queries import of_station, person_of
from linli.services.actions import Account, record_service

from ..changes import due, remark
from ..enums import AT_STATION, AT_WORK, OrderState, Stage
from ..models import Order, OrderService
from ..queries import holds_post, left_behind, workers
from ..workflow import ORDER

if TYPE_CHECKING:
    from linli.services.models import Service


class NoPost(Exception):
    """Who should have an order holds no post at its station now."""

    def __str__(self) -> str:
        return _("Whoever takes an order needs a post at its station, and this one is over.")


@transaction.atomic
def accept_order(order: Order, *, actor: Actor) -> None:
    """Accept an order for the actor's station; of several at once, one wins.

    Raises NoPost for somebody whose post has ended since they began.
    """
    if actor.is_user and not holds_post(actor):
        raise NoPost
    until = due(order, Stage.START, actor)
    changes: dict[str, Any] = {"due_at": until.at}
    if actor.role == "worker":
        changes["worker_id"] = actor.user_id
    ORDER.move(order, "accept", actor=actor, until=until, changes=changes)


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
    if rows.update(person_id=person_id, recorded_as=None) != 1:
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
    # Persons before the order, as whoever merges two of them does.
    of_station(actor, person_ids=account.person_ids, is_held=True)
    _hold(order)
    # In any other state the move is refused, but not for the want of a deadline.
    is_first, takes_over = order.state != OrderState.SERVING, order.worker_id is None
    until = due(order, Stage.FINISH, actor) if is_first else None
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
    until = due(order, Stage.FOLLOW_UP, actor)
    ORDER.move(
        order,
        "finish",
        actor=actor,
        until=until,
        changes={"result": result, "due_at": until.at},
        result=result,
    )
    remark(order, "finish", words, actor=actor, for_resident=True)
