from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.flow import follow
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.publish import publish
from linli.kernel.flow.versions import lock, swap
from linli.kernel.timeline.record import record, record_shown
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import is_unit
from linli.lib.areacodes import county_of
from linli.people.queries import of_station

from .events import ServiceRecorded
from .models import Note, Recipient, Service, Version
from .queries import recipients, workers

SUBJECT = "services.service"
# Before it, a date is a slip of the pen: no station is older.
FIRST_DAY = date(2000, 1, 1)


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

    def by_field(self) -> dict[str, object]:
        """The values by the names of the fields in which they are written down."""
        told = asdict(self)
        told["persons"] = frozenset(told.pop("person_ids"))
        told["for_household"] = told.pop("household_id")
        return told


class BuiltOn(Exception):
    """Something refers to a service that was to be taken off the record."""


class Implausible(Exception):
    """A service that cannot have been like this: on such a day, or so far away."""

    def __str__(self) -> str:
        return _("A service lies between the year 2000 and today, in the area of your own county.")


def _check(account: Account, actor: Actor, *, kept: int | None = None) -> None:
    """Refuse a day that cannot be, or a place outside the actor's county and scope (`kept`: the
    place a record has had so far)."""
    here = account.area == kept or actor.scope.covers(account.area)
    here = here or (actor.area is not None and county_of(account.area) == county_of(actor.area))
    if not here or not FIRST_DAY <= account.occurred_on <= actor.today:
        raise Implausible


def _tell(actor: Actor, verb: str, service: Service, **data: str | int) -> None:
    record(
        actor,
        f"services.{verb}",
        subject_type=SUBJECT,
        subject_id=service.pk,
        area=service.area_id,
        unit=service.unit_id,
        **data,
    )


def _tell_look(actor: Actor, verb: str, service: Service) -> None:
    """A look at a service is one at the persons who received it."""
    record_shown(
        actor,
        f"services.{verb}",
        about=recipients(service.pk),
        subject_type=SUBJECT,
        subject_id=service.pk,
        area=service.area_id,
        unit=service.unit_id,
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


def join_recipients(*, kept: UUID, absorbed: UUID) -> None:
    """Services for somebody whose file was merged belong to the file that is kept."""
    _hold(absorbed)
    follow.join(Recipient.objects.all(), kept=kept, absorbed=absorbed)


def part_recipients(*, absorbed: UUID, kept: UUID, files: Iterable[UUID]) -> None:
    """Two files are two again: each has the services that were recorded for it."""
    _hold(kept)
    follow.part(Recipient.objects.all(), absorbed=absorbed, files=files)


def _hold(person_id: UUID) -> None:
    """Let nobody correct a person's services meanwhile: that would name who was named so far."""
    named = Recipient.objects.filter(person=person_id).values("service_id")
    rows = Service._base_manager.filter(pk__in=named).order_by("pk")
    list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))


def _name_recipients(service: Service, person_ids: Iterable[UUID]) -> None:
    Recipient.objects.bulk_create(
        Recipient(service=service, person_id=one) for one in dict.fromkeys(person_ids)
    )


def _rename_recipients(service: Service, person_ids: Iterable[UUID]) -> None:
    """Name other recipients; the links of those who stay know under which file they were made."""
    wanted = set(person_ids)
    service.recipients.exclude(person__in=wanted).delete()
    held = set(service.recipients.values_list("person_id", flat=True))
    _name_recipients(service, (one for one in person_ids if one not in held))
    # Who was named under two files was written down twice: that many times somebody was served.
    service.person_times = service.recipients.count() + service.anonymous


def _check_persons(actor: Actor, person_ids: Iterable[UUID]) -> None:
    """Only people whose file the actor may open can be named as recipients."""
    wanted = set(person_ids)
    # Held, so that nothing is recorded for a file that is merged into another in this moment.
    if wanted and len(of_station(actor, person_ids=wanted, is_held=True)) != len(wanted):
        raise Refused


@transaction.atomic
def record_service(*, actor: Actor, account: Account) -> Service:
    """Put a service of the actor on record at their station."""
    if not holds(actor, "services.record") or actor.unit_id is None or actor.user_id is None:
        raise Refused
    return _record(actor, account, unit_id=actor.unit_id, worker_id=actor.user_id)


@transaction.atomic
def import_service(*, actor: Actor, account: Account, unit_id: UUID, worker_id: UUID) -> Service:
    """Put a service on record that a worker of a station has given, as a sheet has it: what the
    worker would have done. At the actor's own station or, for a dispatcher, at one of their county.
    """
    mine = actor.scope.condition(unit="pk")
    is_theirs = is_unit(unit_id, kind=UnitKind.STATION, among=mine, on=actor.today)
    is_own = unit_id == actor.unit_id
    if not holds(actor, "services.import") or not (is_own or is_theirs):
        raise Refused
    if not is_own and not actor.has_role(Role.DISPATCHER):
        raise Refused
    if worker_id not in {one.pk for one in workers(unit_id)}:
        raise Refused
    return _record(actor, account, unit_id=unit_id, worker_id=worker_id)


@transaction.atomic
def remove_imported(service: Service, *, actor: Actor) -> None:
    """Take a service off the record that an import has put there.

    Raises BuiltOn if anything refers to it.
    """
    if not can(actor, "services.import", service):
        raise Refused
    _tell(actor, "removed", service)
    try:
        with transaction.atomic():
            Service.objects.filter(pk=service.pk).delete()
    except (ProtectedError, IntegrityError) as error:
        raise BuiltOn from error


def _record(actor: Actor, account: Account, *, unit_id: UUID, worker_id: UUID) -> Service:
    _check(account, actor)
    _check_persons(actor, account.person_ids)
    service = Service(unit_id=unit_id, worker_id=worker_id, recorded_at=actor.now)
    _fill(service, account)
    service.save(force_insert=True)
    _name_recipients(service, account.person_ids)
    if account.facts or account.analysis:
        Note.objects.create(service=service, facts=account.facts, analysis=account.analysis)
    _tell(actor, "recorded", service, method=service.method, minutes=service.minutes)
    publish(ServiceRecorded(actor, service.pk))
    return service


@dataclass(frozen=True)
class Words:
    """What was written about a service; for an earlier version, its number."""

    facts: str
    analysis: str
    version: int


def note_read(service: Service, *, actor: Actor) -> list[Words]:
    """What was written, the present version first; that it was read is put on record.

    Empty and unrecorded when nothing was ever written.
    """
    if not can(actor, "services.read_note", service):
        raise Refused
    note = Note.objects.filter(service=service).first()
    held = [Words(note.facts, note.analysis, service.version)] if note else []
    earlier = Version.objects.filter(service=service).order_by("-number")
    held += [Words(one.facts, one.analysis, one.number) for one in earlier]
    if not any(one.facts or one.analysis for one in held):
        return []
    _tell_look(actor, "note_read", service)
    return held


def note_opened(service: Service, *, actor: Actor) -> None:
    """Put on record that somebody opened a service without reading what was written."""
    _tell_look(actor, "read", service)


def _recorded(service: Service) -> Account:
    """A record as it stands, as a worker would have written it down: whoever was named under two
    files that are one by now is named once."""
    named = service.recipients.order_by("id").values_list("person_id", flat=True)
    note = Note.objects.filter(service=service).first()
    return Account(
        method=service.method,
        content=service.content,
        place=service.place,
        occurred_on=service.occurred_on,
        minutes=service.minutes,
        area=service.area_id,
        person_ids=tuple(dict.fromkeys(named)),
        household_id=service.household_id,
        anonymous=service.anonymous,
        facts=note.facts if note else "",
        analysis=note.analysis if note else "",
    )


def _keep_version(service: Service, number: int, held: Account, actor: Actor) -> None:
    """Store the record as it stood before a correction."""
    Version.objects.create(
        service=service,
        number=number,
        values={
            "method": held.method,
            "content": held.content,
            "place": held.place,
            "occurred_on": held.occurred_on.isoformat(),
            "minutes": held.minutes,
            "area": held.area,
            "household": str(held.household_id) if held.household_id else None,
            "anonymous": held.anonymous,
            "persons": [str(one) for one in held.person_ids],
        },
        facts=held.facts,
        analysis=held.analysis,
        replaced_at=actor.now,
        replaced_by_id=actor.user_id,
    )


@transaction.atomic
def correct_service(
    service: Service, *, actor: Actor, account: Account, seen: int | None = None
) -> Service:
    """Replace a record by a corrected version; the version before is kept.

    `seen` is the version that was corrected from; raises Overtaken if somebody else has corrected
    the same since. Recipients whose file the actor may not open stay, whether `account` names them
    or not.
    """
    if not can(actor, "services.correct", service):
        raise Refused
    _check(account, actor, kept=service.area_id)
    # Persons before the service, as whoever merges two of them does.
    of_station(actor, person_ids=account.person_ids, is_held=True)
    lock(service)
    held, number = _recorded(service), service.version
    open_to = {one.pk for one in of_station(actor, person_ids=held.person_ids)}
    hidden = [one for one in held.person_ids if one not in open_to]
    _check_persons(actor, set(account.person_ids) - set(hidden))
    account = replace(account, person_ids=tuple(dict.fromkeys([*account.person_ids, *hidden])))
    told = swap(service, SUBJECT, seen=seen, held=held.by_field(), wanted=account.by_field())
    if not told:
        return service
    _keep_version(service, number, held, actor)
    _fill(service, account)
    _rename_recipients(service, account.person_ids)
    service.save()
    Note.objects.update_or_create(
        service=service, defaults={"facts": account.facts, "analysis": account.analysis}
    )
    _tell(actor, "corrected", service, **told)
    return service
