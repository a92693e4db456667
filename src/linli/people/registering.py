"""How files are begun and added to, for the actions that have asked whether somebody may."""

from datetime import date
from uuid import UUID

from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.versions import lock, swap

from .changes import SUBJECT, Details, fill, index_name, store, tell
from .models import Basis, Household, Membership, Person, PersonCategory


def check_place(details: Details, actor: Actor, *, kept: int | None = None) -> None:
    """Refuse a place that the actor does not look after (`kept`: where the person lived so far)."""
    if details.area != kept and not actor.scope.covers(details.area):
        raise Refused


def put_on_file(actor: Actor, unit_id: UUID, details: Details) -> Person:
    check_place(details, actor)
    person = Person(unit_id=unit_id, registered_by_id=actor.user_id, recorded_at=actor.now)
    fill(person, details)
    store(person)
    index_name(person)
    tell(actor, "registered", person)
    return person


def give_basis(person: Person, actor: Actor, basis: str, form: str) -> Basis:
    made = Basis.objects.create(
        person=person, code=basis, form=form, given_on=actor.today, recorded_by_id=actor.user_id
    )
    tell(actor, "basis_recorded", person, basis=basis)
    return made


def give_category(
    person: Person, actor: Actor, code: str, source: str, valid_from: date
) -> PersonCategory:
    made = PersonCategory.objects.create(
        person=person,
        code=code,
        source=source,
        valid_from=valid_from,
        verified_by_id=actor.user_id,
    )
    tell(actor, "category_added", person, category=code)
    return made


def house(
    person: Person, actor: Actor, relation: str, household: Household | None, *, seen: int | None
) -> Household:
    lock(person)
    home = household or Household.objects.create(
        area_id=person.area_id,
        unit_id=person.unit_id,
        address=person.address,
        recorded_at=actor.now,
    )
    told = move_home(person, (home.pk, relation), actor=actor, seen=seen)
    if told:
        Membership.objects.create(
            household=home, person=person, relation=relation, valid_from=actor.today
        )
        tell(actor, "joined_household", person, **told)
    return home


def move_home(
    person: Person, to: tuple[UUID, str] | None, *, actor: Actor, seen: int | None
) -> dict[str, str | int]:
    """End the present membership of a locked person, if they move; what the timeline is told."""
    held = Membership.objects.filter(person=person, valid_to__isnull=True)
    home = held.values_list("household_id", "relation").first()
    told = swap(person, SUBJECT, seen=seen, held={"household": home}, wanted={"household": to})
    if told:
        held.update(valid_to=actor.today)
    return told
