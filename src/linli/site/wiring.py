"""Every subscription of one room to another room's events stands here, and only here."""

from linli.dispatch import events as dispatch
from linli.intake import actions as intake
from linli.kernel.flow.publish import subscribe


def _request_follows_order(event: dispatch.OrderHandedOver) -> None:
    intake.follow_order(order_id=event.order_id, unit_id=event.unit_id)


def connect() -> None:
    subscribe(dispatch.OrderHandedOver, _request_follows_order)
