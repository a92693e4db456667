"""What other systems may be told by web hooks: which events, and who may hear of which row."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from linli.dispatch import events as dispatch
from linli.dispatch.queries import is_open_to
from linli.intake import events as requests
from linli.intake.queries import requests as requests_of
from linli.kernel.accounts.actors import Actor
from linli.kernel.hooks.kinds import Kind, declare
from linli.kernel.hooks.outbox import announce
from linli.kernel.hooks.tasks import enqueue
from linli.services import events as services
from linli.services.queries import services as services_of


def order_handed_over(event: dispatch.OrderHandedOver) -> None:
    _announce("order.handed_over", event.order_id, event.actor, unit=str(event.unit_id))


def order_ended(event: dispatch.OrderEnded) -> None:
    _announce("order.ended", event.order_id, event.actor, state=event.state.value)


def request_registered(event: requests.RequestRegistered) -> None:
    _announce("request.registered", event.request_id, event.actor)


def request_ended(event: requests.RequestEnded) -> None:
    _announce("request.ended", event.request_id, event.actor, state=event.state.value)


def service_recorded(event: services.ServiceRecorded) -> None:
    _announce("service.recorded", event.service_id, event.actor)


def _announce(kind: str, subject_id: UUID, actor: Actor, **data: str) -> None:
    """Other systems are told by jobs of the same transaction."""
    for delivery_id in announce(kind, subject_id=subject_id, at=actor.now, **data):
        enqueue(delivery_id)


def _sees_order(actor: Actor, order_id: UUID) -> bool:
    return is_open_to(actor, order_id)


def _sees_request(actor: Actor, request_id: UUID) -> bool:
    return requests_of(actor).filter(pk=request_id).exists()


def _sees_service(actor: Actor, service_id: UUID) -> bool:
    return services_of(actor).filter(pk=service_id).exists()


KINDS = (
    Kind("order.handed_over", _("An order came to another unit"), "dispatch.order", _sees_order),
    Kind("order.ended", _("An order was closed or withdrawn"), "dispatch.order", _sees_order),
    Kind("request.registered", _("A request was registered"), "intake.request", _sees_request),
    Kind("request.ended", _("A request ended without an order"), "intake.request", _sees_request),
    Kind("service.recorded", _("A service was recorded"), "services.service", _sees_service),
)


def declare_kinds() -> None:
    for kind in KINDS:
        declare(kind)
