from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.versions import lock, swap
from linli.kernel.timeline.record import record_shown

from ..changes import SUBJECT, Details, details_of, fill, index_name, store, tell
from ..enums import CONSENTS
from ..models import Basis, Household, Person, PersonCategory
from ..registering import (
    check_place,
    give_basis,
    give_category,
    house,
    move_home,
    put_on_file,
)


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


def _once(row: Basis | PersonCategory, column: str, day: date) -> None:
    """Set a day that is not set yet; raises Stale if somebody was faster."""
    rows = type(row)._base_manager.filter(pk=row.pk, **{f"{column}__isnull": True})
    if rows.update(**{column: day}) != 1:
        raise Stale
    setattr(row, column, day)


@transaction.atomic
def register_person(*, actor: Actor, details: Details, basis: str, form: str = "") -> Person:
    """Put a person on file at the actor's station, with the legal basis for doing so.

    Raises KnownElsewhere if the citizen id is on file already.
    """
    if not holds(actor, "people.register") or actor.unit_id is None:
        raise Refused
    person = put_on_file(actor, actor.unit_id, details)
    give_basis(person, actor, basis, form)
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
    check_place(details, actor, kept=person.area_id)
    told = swap(person, SUBJECT, seen=seen, held=details_of(person), wanted=asdict(details))
    if not told:
        return
    fill(person, details)
    store(person)
    index_name(person)
    tell(actor, "changed", person, **told)


@transaction.atomic
def record_basis(person: Person, *, actor: Actor, basis: str, form: str = "") -> Basis:
    """Record consent or another legal basis, given today."""
    if not can(actor, "people.change", person):
        raise Refused
    return give_basis(person, actor, basis, form)


@transaction.atomic
def withdraw_consent(basis: Basis, *, actor: Actor) -> None:
    """Record that a person took their consent back; their services go on."""
    if basis.code not in CONSENTS or not can(actor, "people.change", basis.person):
        raise Refused
    _once(basis, "withdrawn_on", actor.today)
    tell(actor, "consent_withdrawn", basis.person)


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
    return give_category(person, actor, code, source, valid_from)


@transaction.atomic
def end_category(category: PersonCategory, *, actor: Actor, valid_to: date) -> None:
    """End a category on a day; it stays known for the time it was true."""
    if not can(actor, "people.change", category.person):
        raise Refused
    _once(category, "valid_to", valid_to)
    tell(actor, "category_ended", category.person, category=category.code)


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
    return house(person, actor, relation, household, seen=seen)


@transaction.atomic
def leave_household(person: Person, *, actor: Actor, seen: int | None = None) -> None:
    """End the present membership, if there is one; `seen` as in `join_household`."""
    if not can(actor, "people.change", person):
        raise Refused
    lock(person)
    told = move_home(person, None, actor=actor, seen=seen)
    if told:
        tell(actor, "left_household", person, **told)


def note_read(person: Person, *, actor: Actor) -> None:
    """Put on record that somebody opened the file."""
    tell(actor, "read", person)


def note_found(persons: Iterable[UUID], *, actor: Actor) -> None:
    """Put on record whom a search has shown; a search that found nobody shows nobody."""
    shown = list(persons)
    if shown:
        record_shown(
            actor,
            "people.found",
            subject_type="people.search",
            subject_id=None,
            unit=actor.unit_id,
            about=shown,
            persons=len(shown),
        )


def reveal(person: Person, *, actor: Actor) -> tuple[str, str, str]:
    """Phone, citizen id and address in full; put on record."""
    if not can(actor, "people.reveal", person):
        raise Refused
    tell(actor, "revealed", person)
    return person.phone, person.citizen_id, person.address
