"""What came of an order: the follow-up, the resident's verdict, the end."""

from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.timeline.record import record
from linli.lib.areacodes import TOWNSHIP, at_level

from ..changes import closing, due, remark
from ..enums import AFTER_SERVICE, OrderState, Stage
from ..events import OrderEnded
from ..models import FollowUp, Order, Verdict
from ..workflow import ORDER


@transaction.atomic
def follow_up_order(order: Order, *, actor: Actor, contact: str, words: str = "") -> None:
    """Record a follow-up by the centre; what helped is for the resident to say."""
    until = due(order, Stage.VERDICT, actor)
    ORDER.move(
        order,
        "follow_up",
        actor=actor,
        until=until,
        changes={"due_at": until.at},
        contact=contact,
    )
    FollowUp.objects.create(order=order, contact=contact, by_id=actor.user_id, at=actor.now)
    remark(order, "follow_up", words, actor=actor)


@transaction.atomic
def take_verdict(order: Order, *, actor: Actor, value: str, is_anonymous: bool) -> None:
    """Take the resident's own verdict, once, and close the order.

    An anonymous verdict keeps station, township, need and day, and no way back to the order.
    """
    ORDER.move(
        order,
        "say",
        actor=actor,
        changes=closing(order, actor) | {"has_verdict": True},
        guard=Q(has_verdict=False),
    )
    _keep_verdict(order, actor, value=value, is_anonymous=is_anonymous)
    publish(OrderEnded(actor, order.pk, OrderState.CLOSED))


def _keep_verdict(order: Order, actor: Actor, *, value: str, is_anonymous: bool) -> None:
    township = at_level(order.area_id, TOWNSHIP)
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


@transaction.atomic
def close_order(order: Order, *, actor: Actor) -> None:
    """Close a followed-up order of which the resident has said nothing."""
    ORDER.move(order, "close", actor=actor, changes=closing(order, actor))
    publish(OrderEnded(actor, order.pk, OrderState.CLOSED))
