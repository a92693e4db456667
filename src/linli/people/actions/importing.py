from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Refused
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import is_unit

from ..changes import Details, tell
from ..models import Household, Membership, Person
from ..registering import give_basis, give_category, house, put_on_file


class BuiltOn(Exception):
    """Something refers to a person who was to be taken off the file."""


@dataclass(frozen=True)
class Entry:
    """A row of a sheet of persons: details, basis, categories with their source and first day, and
    who the person is in their household (empty: none is recorded)."""

    details: Details
    basis: str
    form: str = ""
    categories: tuple[str, ...] = ()
    source: str = ""
    since: date | None = None
    relation: str = ""


@transaction.atomic
def import_person(
    *, actor: Actor, entry: Entry, unit_id: UUID | None = None, household: Household | None = None
) -> tuple[Person, Household | None]:
    """Put a person on file as a sheet has them: what registering them and adding each fact would
    have done, at the actor's own station or, for a dispatcher, at one of their county.

    Raises KnownElsewhere if the citizen id is on file already.
    """
    keeper = unit_id or actor.unit_id
    if keeper is None or not _may_import_to(actor, keeper):
        raise Refused
    person = put_on_file(actor, keeper, entry.details)
    give_basis(person, actor, entry.basis, entry.form)
    for code in entry.categories:
        give_category(person, actor, code, entry.source, entry.since or actor.today)
    if not entry.relation:
        return person, None
    return person, house(person, actor, entry.relation, household, seen=None)


def _may_import_to(actor: Actor, unit_id: UUID) -> bool:
    if not holds(actor, "people.import"):
        return False
    if unit_id == actor.unit_id:
        return holds(actor, "people.register")
    mine = actor.scope.condition(unit="pk")
    is_theirs = is_unit(unit_id, kind=UnitKind.STATION, among=mine, on=actor.today)
    return actor.has_role(Role.DISPATCHER) and is_theirs


@transaction.atomic
def remove_imported(person: Person, *, actor: Actor, household_ids: Iterable[UUID] = ()) -> None:
    """Take a person off the file whom an import has put there, with households nobody else is in.

    Raises BuiltOn if anything refers to the person.
    """
    if not can(actor, "people.import", person):
        raise Refused
    tell(actor, "removed", person)
    try:
        with transaction.atomic():
            Membership.objects.filter(person=person).delete()
            Person.objects.filter(pk=person.pk).delete()
            empty = Household.objects.filter(pk__in=list(household_ids), memberships__isnull=True)
            empty.delete()
    except (ProtectedError, IntegrityError) as error:
        raise BuiltOn from error
