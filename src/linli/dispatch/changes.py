"""What several verbs on an order do alike: the deadline, what changes with where the order goes,
and the words that are kept with a move."""

from typing import Any

from linli.kernel.accounts.actors import Actor
from linli.lib.worktime import Due

from .deadlines import deadline
from .enums import Stage
from .models import Order, Remark


def remark(
    order: Order, move: str, words: str, *, actor: Actor, for_resident: bool = False
) -> None:
    """Keep what somebody said with a move, if they said anything."""
    if words:
        Remark.objects.create(
            order=order,
            move=move,
            words=words,
            is_for_resident=for_resident,
            by_id=actor.user_id,
            at=actor.now,
        )


def due(order: Order, stage: Stage, actor: Actor) -> Due:
    """When a stage of the order that begins now is due."""
    return deadline(order.urgency, stage, area=order.area_id, start=actor.now)


def to_centre(order: Order, due_at: Any) -> dict[str, Any]:
    """The columns of an order that is at its centre again."""
    return {"unit_id": order.centre_id, "worker_id": None, "due_at": due_at}


def closing(order: Order, actor: Actor) -> dict[str, Any]:
    """The columns of an order that ends."""
    return {"closed_at": order.closed_at or actor.now, "due_at": None}
