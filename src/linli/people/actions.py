from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.versions import lock, swap
from linli.kernel.timeline.record import record
from linli.lib.names import pinyin_key, search_tokens

from .enums import CONSENTS
from .models import Basis, Household, Membership, NameToken, Person, PersonCategory
from .queries import CITIZEN_ID, PHONE

SUBJECT = "people.person"


class KnownElsewhere(Exception):
    """The citizen id is on file, perhaps where the actor may not look."""

    def __str__(self) -> str:
        return _("This number may already be known elsewhere. Please ask the county centre.")


class HeldAlready(Exception):
    """The category applies already, as somebody else has recorded it."""

    def __init__(self, held: PersonCategory) -> None:
        super().__init__()
        self.held = held

    def __str__(self) -> str:
        return _("It is on file already, since %(since)s, by: %(source)s.") % {
            "since": date_format(self.held.valid_from, "DATE_FORMAT"),
            "source": self.held.source,
        }


@dataclass(frozen=True)
class Details:
    """What is known about a person, already validated; empty text means not stated."""

    name: str
    area: int
    preferred_name: str = ""
    sex: str = "unstated"
    born_on: date | None = None
    phone: str = ""
    citizen_id: str = ""
    address: str = ""


DETAILS = [one.name for one in fields(Details) if one.name != "area"]


def _tell(actor: Actor, verb: str, person: Person, **data: str | int) -> None:
    record(
        actor,
        f"people.{verb}",
        subject_type=SUBJECT,
        subject_id=person.pk,
        area=person.area_id,
        unit=person.unit_id,
        **data,
    )


def _check_place(details: Details, actor: Actor, *, kept: int | None = None) -> None:
    """Refuse a place that the actor does not look after (`kept`: where the person lived so far)."""
    if details.area != kept and not actor.scope.covers(details.area):
        raise Refused


def _held(person: Person) -> dict[str, Any]:
    """What is on file, by the names of the details."""
    return {name: getattr(person, name) for name in DETAILS} | {"area": person.area_id}


def _fill(person: Person, details: Details) -> None:
    person.name = details.name
    person.preferred_name = details.preferred_name
    person.pinyin_key = pinyin_key(details.name)
    person.sex = details.sex
    person.born_on = details.born_on
    person.area_id = details.area
    person.phone = details.phone
    person.phone_index = blind(details.phone, purpose=PHONE) if details.phone else None
    person.citizen_id = details.citizen_id
    person.citizen_id_index = (
        blind(details.citizen_id, purpose=CITIZEN_ID) if details.citizen_id else None
    )
    person.address = details.address


def _store(person: Person) -> None:
    """Save; a citizen id that somebody else has is a sentence, not an error of the database."""
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        if "person_citizen_id_once" in str(error):
            raise KnownElsewhere from error
        raise


def _once(row: Basis | PersonCategory, column: str, day: date) -> None:
    """Set a day that is not set yet; raises Stale if somebody was faster."""
    rows = type(row)._base_manager.filter(pk=row.pk, **{f"{column}__isnull": True})
    if rows.update(**{column: day}) != 1:
        raise Stale
    setattr(row, column, day)


def _index_name(person: Person) -> None:
    NameToken._base_manager.filter(person=person).delete()
    words = search_tokens(person.name)
    if person.preferred_name:
        words |= search_tokens(person.preferred_name)
    NameToken._base_manager.bulk_create(
        NameToken(person=person, area_id=person.area_id, unit_id=person.unit_id, token=word)
        for word in sorted(words)
    )


@transaction.atomic
def register_person(*, actor: Actor, details: Details, basis: str, form: str = "") -> Person:
    """Put a person on file at the actor's station, with the legal basis for doing so.

    Raises KnownElsewhere if the citizen id is on file already.
    """
    if not holds(actor, "people.register") or actor.unit_id is None:
        raise Refused
    _check_place(details, actor)
    person = Person(unit_id=actor.unit_id, registered_by_id=actor.user_id, recorded_at=actor.now)
    _fill(person, details)
    _store(person)
    _index_name(person)
    _tell(actor, "registered", person)
    record_basis(person, actor=actor, basis=basis, form=form)
    return person


@transaction.atomic
def change_person(
    person: Person, *, actor: Actor, details: Details, seen: int | None = None
) -> None:
    """Change what is known about a person; `seen` is the version that was changed from.

    Raises KnownElsewhere, and Overtaken if somebody else has changed the same since.
    """
    if not can(actor, "people.change", person):
        raise Refused
    lock(person)
    _check_place(details, actor, kept=person.area_id)
    told = swap(person, SUBJECT, seen=seen, held=_held(person), wanted=asdict(details))
    if not told:
        return
    _fill(person, details)
    _store(person)
    _index_name(person)
    _tell(actor, "changed", person, **told)


@transaction.atomic
def record_basis(person: Person, *, actor: Actor, basis: str, form: str = "") -> Basis:
    """Record consent or another legal basis, given today."""
    if not can(actor, "people.change", person):
        raise Refused
    made = Basis.objects.create(
        person=person, code=basis, form=form, given_on=actor.today, recorded_by_id=actor.user_id
    )
    _tell(actor, "basis_recorded", person, basis=basis)
    return made


@transaction.atomic
def withdraw_consent(basis: Basis, *, actor: Actor) -> None:
    """Record that a person took their consent back; their services go on."""
    if basis.code not in CONSENTS or not can(actor, "people.change", basis.person):
        raise Refused
    _once(basis, "withdrawn_on", actor.today)
    _tell(actor, "consent_withdrawn", basis.person)


@transaction.atomic
def add_category(
    person: Person, *, actor: Actor, code: str, source: str, valid_from: date
) -> PersonCategory:
    """Record an official decision or stated fact with its source; once at a time.

    Raises HeldAlready if it is on file with another source or day.
    """
    if not can(actor, "people.change", person):
        raise Refused
    # Of two at once the second waits here, and then finds what the first has recorded.
    lock(person)
    held = PersonCategory.objects.filter(person=person, code=code, valid_to__isnull=True).first()
    if held is not None and (held.source, held.valid_from) != (source, valid_from):
        raise HeldAlready(held)
    if held is not None:
        return held
    made = PersonCategory.objects.create(
        person=person,
        code=code,
        source=source,
        valid_from=valid_from,
        verified_by_id=actor.user_id,
    )
    _tell(actor, "category_added", person, category=code)
    return made


@transaction.atomic
def end_category(category: PersonCategory, *, actor: Actor, valid_to: date) -> None:
    """End a category on a day; it stays known for the time it was true."""
    if not can(actor, "people.change", category.person):
        raise Refused
    _once(category, "valid_to", valid_to)
    _tell(actor, "category_ended", category.person, category=category.code)


@transaction.atomic
def join_household(
    person: Person,
    *,
    actor: Actor,
    relation: str,
    household: Household | None = None,
    seen: int | None = None,
) -> Household:
    """Record that a person lives in a household (a new one at their address, if none is given).

    `seen` is the version of the person that was changed from. Raises Overtaken if somebody else
    has recorded another household since.
    """
    if not can(actor, "people.change", person):
        raise Refused
    if household is not None and not can(actor, "households.view", household):
        raise Refused
    lock(person)
    home = household or Household.objects.create(
        area_id=person.area_id,
        unit_id=person.unit_id,
        address=person.address,
        recorded_at=actor.now,
    )
    told = _move(person, (home.pk, relation), actor=actor, seen=seen)
    if told:
        Membership.objects.create(
            household=home, person=person, relation=relation, valid_from=actor.today
        )
        _tell(actor, "joined_household", person, **told)
    return home


@transaction.atomic
def leave_household(person: Person, *, actor: Actor, seen: int | None = None) -> None:
    """End the present membership, if there is one; `seen` as in `join_household`."""
    if not can(actor, "people.change", person):
        raise Refused
    lock(person)
    told = _move(person, None, actor=actor, seen=seen)
    if told:
        _tell(actor, "left_household", person, **told)


def _move(
    person: Person, to: tuple[UUID, str] | None, *, actor: Actor, seen: int | None
) -> dict[str, str | int]:
    """End the present membership of a locked person, if they move; what the timeline is told."""
    held = Membership.objects.filter(person=person, valid_to__isnull=True)
    home = held.values_list("household_id", "relation").first()
    told = swap(person, SUBJECT, seen=seen, held={"household": home}, wanted={"household": to})
    if told:
        held.update(valid_to=actor.today)
    return told


def note_read(person: Person, *, actor: Actor) -> None:
    """Put on record that somebody opened the file."""
    _tell(actor, "read", person)


def reveal(person: Person, *, actor: Actor) -> tuple[str, str, str]:
    """Phone, citizen id and address in full; put on record."""
    if not can(actor, "people.reveal", person):
        raise Refused
    _tell(actor, "revealed", person)
    return person.phone, person.citizen_id, person.address
