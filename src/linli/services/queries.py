from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet

from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import SHANGHAI, Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import User

from .models import Recipient, Service, Version

# Later than this after the end of the day, a record is marked as a late entry.
IN_TIME = timedelta(hours=24)


def services(actor: Actor) -> QuerySet[Service]:
    """Services the actor may look at one by one."""
    return visible(Service.objects.all(), actor, "services.view")


def service(actor: Actor, service_id: UUID) -> Service | None:
    """One service with the actor's verbs on it; None if hidden. What was written is not read."""
    rows = with_verbs(services(actor), actor, ("services.read_note", "services.correct"))
    return rows.select_related("worker", "unit").filter(pk=service_id).first()


def is_late(service: Service) -> bool:
    """Whether it was put on record more than 24 hours after the day on which it took place."""
    ended = datetime.combine(service.occurred_on + timedelta(days=1), time.min, SHANGHAI)
    return service.recorded_at > ended + IN_TIME


def between(rows: QuerySet[Service], first: date | None, last: date | None) -> QuerySet[Service]:
    """Services from one day to another, both included; either may be open."""
    if first is not None:
        rows = rows.filter(occurred_on__gte=first)
    return rows if last is None else rows.filter(occurred_on__lte=last)


def received_by(rows: QuerySet[Service], person_id: UUID) -> QuerySet[Service]:
    held = Recipient.objects.filter(person_id=person_id).values("service_id")
    return rows.filter(pk__in=held)


def workers(unit_id: UUID | None) -> list[User]:
    """Everybody who has or had a post for services at a unit, by name."""
    posts = {"posts__unit_id": unit_id, "posts__role__in": (Role.WORKER, Role.STATION_HEAD)}
    return list(User.objects.filter(**posts).distinct().order_by("name", "id"))


def latest_of(actor: Actor) -> Service | None:
    """The service that the actor put on record last."""
    return services(actor).filter(worker_id=actor.user_id).order_by("-recorded_at").first()


def versions(service_id: UUID) -> list[Version]:
    """The record as it stood before each correction, the latest first; words are not read."""
    rows = Version.objects.filter(service_id=service_id).select_related("replaced_by")
    return list(rows.defer("facts", "analysis").order_by("-number"))


def of_person(actor: Actor, person_id: UUID) -> QuerySet[Service]:
    """Services a person received, as far as the actor may see them, newest first."""
    return received_by(services(actor), person_id).order_by("-occurred_on", "-id")


def by_ids(actor: Actor, service_ids: Iterable[UUID]) -> list[Service]:
    rows = services(actor).filter(pk__in=list(service_ids))
    return list(rows.select_related("worker").order_by("occurred_on", "id"))


def received_services(person_id: UUID) -> list[UUID]:
    """The services that a person received in the open scope."""
    return list(received_by(Service.objects.all(), person_id).values_list("pk", flat=True))


def served_by(user_id: UUID, person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of some persons to whom a user has given a service."""
    given = Service.objects.filter(worker_id=user_id).values("pk")
    rows = Recipient.objects.filter(person_id__in=list(person_ids), service_id__in=given)
    return set(rows.values_list("person_id", flat=True))


def recipients(service_id: UUID) -> list[UUID]:
    return list(Recipient.objects.filter(service_id=service_id).values_list("person_id", flat=True))
