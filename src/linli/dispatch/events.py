from dataclasses import dataclass
from uuid import UUID

from linli.kernel.accounts.actors import Actor

from .enums import OrderState


@dataclass(frozen=True)
class OrderHandedOver:
    """An order is held by another unit now (a station, or the centre again)."""

    actor: Actor
    order_id: UUID
    unit_id: UUID


@dataclass(frozen=True)
class OrderEnded:
    """An order was closed or withdrawn: the state that it ended in."""

    actor: Actor
    order_id: UUID
    state: OrderState
