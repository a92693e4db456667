from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor

from .models import Recipient, Service


def services(actor: Actor) -> QuerySet[Service]:
    """Services the actor may look at one by one."""
    return visible(Service.objects.all(), actor, "services.view")


def service(actor: Actor, service_id: UUID) -> Service | None:
    return services(actor).select_related("worker", "unit", "note").filter(pk=service_id).first()


def of_person(actor: Actor, person_id: UUID) -> QuerySet[Service]:
    """Services a person received, as far as the actor may see them, newest first."""
    held = Recipient.objects.filter(person_id=person_id).values("service_id")
    return services(actor).filter(pk__in=held).order_by("-recorded_at", "-id")


def by_ids(actor: Actor, service_ids: Iterable[UUID]) -> list[Service]:
    rows = services(actor).filter(pk__in=list(service_ids))
    return list(rows.select_related("worker").order_by("occurred_on", "id"))


def recipients(service_id: UUID) -> list[UUID]:
    return list(Recipient.objects.filter(service_id=service_id).values_list("person_id", flat=True))
