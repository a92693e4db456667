from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.publish import publish
from linli.kernel.timeline.record import record

from .events import ServiceRecorded
from .models import Note, Recipient, Service, Version


@dataclass(frozen=True)
class Account:
    """What a worker writes down about a service, already validated.

    Either named persons (with or without their household) or a number of anonymous participants,
    or both; at least one of them.
    """

    method: str
    content: str
    place: str
    occurred_on: date
    minutes: int
    area: int
    person_ids: tuple[UUID, ...] = ()
    household_id: UUID | None = None
    anonymous: int = 0
    facts: str = ""
    analysis: str = ""

    @property
    def person_times(self) -> int:
        return len(self.person_ids) + self.anonymous


def _tell(actor: Actor, verb: str, service: Service, **data: str | int) -> None:
    record(
        actor,
        f"services.{verb}",
        subject_type="services.service",
        subject_id=service.pk,
        area=service.area_id,
        unit=service.unit_id,
        **data,
    )


def _fill(service: Service, account: Account) -> None:
    service.method = account.method
    service.content = account.content
    service.place = account.place
    service.occurred_on = account.occurred_on
    service.minutes = account.minutes
    service.area_id = account.area
    service.household_id = account.household_id
    service.anonymous = account.anonymous
    service.person_times = account.person_times


def _name_recipients(service: Service, person_ids: Iterable[UUID]) -> None:
    Recipient.objects.bulk_create(
        Recipient(service=service, person_id=one) for one in dict.fromkeys(person_ids)
    )


@transaction.atomic
def record_service(*, actor: Actor, account: Account) -> Service:
    """Put a service of the actor on record at their station."""
    if not holds(actor, "services.record") or actor.unit_id is None or actor.user_id is None:
        raise Refused
    service = Service(unit_id=actor.unit_id, worker_id=actor.user_id, recorded_at=actor.now)
    _fill(service, account)
    service.save(force_insert=True)
    _name_recipients(service, account.person_ids)
    if account.facts or account.analysis:
        Note.objects.create(service=service, facts=account.facts, analysis=account.analysis)
    _tell(actor, "recorded", service, method=service.method, minutes=service.minutes)
    publish(ServiceRecorded(actor, service.pk))
    return service


@transaction.atomic
def correct_service(service: Service, *, actor: Actor, account: Account) -> Service:
    """Replace a record by a corrected version; the version before is kept."""
    if not can(actor, "services.correct", service):
        raise Refused
    held = Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
    note = Note.objects.filter(service=held).first()
    Version.objects.create(
        service=held,
        number=held.version,
        values={
            "method": held.method,
            "content": held.content,
            "place": held.place,
            "occurred_on": held.occurred_on.isoformat(),
            "minutes": held.minutes,
            "area": held.area_id,
            "anonymous": held.anonymous,
            "persons": [str(one.person_id) for one in held.recipients.all()],
        },
        facts=note.facts if note else "",
        analysis=note.analysis if note else "",
        replaced_at=actor.now,
        replaced_by_id=actor.user_id,
    )
    _fill(held, account)
    held.version += 1
    held.save()
    held.recipients.all().delete()
    _name_recipients(held, account.person_ids)
    Note.objects.update_or_create(
        service=held, defaults={"facts": account.facts, "analysis": account.analysis}
    )
    _tell(actor, "corrected", held, version=held.version)
    return held
