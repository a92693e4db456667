"""Dated moves: to another village, another station or county, and out of the system."""

from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linli.kernel.access import can
from linli.kernel.accounts.actors import Actor, system
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.flow.versions import lock, stamp
from linli.kernel.scope import unscoped
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import serving

from ..changes import tell
from ..enums import Ending, MoveState
from ..events import FileHandedOver
from ..merged import due
from ..models import Basis, FormerPlace, Household, Membership, Moving, Person
from ..serving import cease, locked, note_stations
from ..workflow import MOVING, UNDER_WAY

REASON = "people.moved"
AHEAD = timedelta(days=92)


class MoveUnderWay(Refused):
    """Another move of this person is written down and has not happened yet."""

    def __str__(self) -> str:
        return _("A move of this person is under way already. End that one first.")


class NotThen(Refused):
    """A move cannot have been on this day."""

    def __init__(self, since: date) -> None:
        super().__init__()
        self.since = since

    def __str__(self) -> str:
        return _("A move lies between %(since)s and three months from today.") % {
            "since": date_format(self.since, "DATE_FORMAT")
        }


@transaction.atomic
def propose_move(
    person: Person,
    *,
    actor: Actor,
    station_id: UUID,
    area: int,
    moved_on: date,
    address: str = "",
    with_household: bool = False,
    words: str = "",
) -> Moving:
    """Write down that a person moves, or has moved, on a day. At the same station that is all;
    another one's head has to accept the file first. What was recorded keeps its place.

    Raises MoveUnderWay and NotThen.
    """
    if not can(actor, "people.change", person):
        raise Refused
    lock(person)
    _check(person, moved_on, actor)
    if not serving(area, kind=UnitKind.STATION, on=actor.today).filter(pk=station_id).exists():
        raise Refused
    until = due(actor)
    made: Moving = Moving.objects.create(
        person=person,
        area_id=area,
        unit_id=station_id,
        from_unit_id=person.unit_id,
        station_id=station_id,
        moved_on=moved_on,
        address=address,
        with_household=with_household,
        words=words,
        recorded_at=actor.now,
        due_at=until.at,
    )
    MOVING.begin(made, actor=actor, until=until)
    tell(actor, "move_proposed", person, day=moved_on.isoformat(), to_unit=str(station_id))
    if station_id == person.unit_id:
        _agree(made, actor=system(REASON, now=actor.now))
        _arrive(made, actor=actor)
    return made


@transaction.atomic
def accept_move(moving: Moving, *, actor: Actor, basis: str, form: str = "") -> None:
    """Take over a file: from the day of the move on, or at once if that has come.

    `basis` is why the new station may keep the data.
    """
    told = {"basis": basis, "basis_form": form, "accepted_by_id": actor.user_id}
    _agree(moving, actor=actor, **told)
    _arrive(moving, actor=actor)


@transaction.atomic
def refuse_move(moving: Moving, *, actor: Actor, words: str) -> None:
    """Do not take a file over; it stays where it is, with the reason."""
    MOVING.move(moving, "refuse", actor=actor, changes={"due_at": None, "answer": words})
    tell(actor, "move_refused", _person(moving))


@transaction.atomic
def withdraw_move(moving: Moving, *, actor: Actor) -> None:
    """The person does not move after all."""
    MOVING.move(moving, "withdraw", actor=actor, changes={"due_at": None})
    tell(actor, "move_withdrawn", _person(moving))


@transaction.atomic
def arrive_due(*, actor: Actor) -> int:
    """Hand over the files whose day has come; returns how many. Can be done twice."""
    if not actor.is_system:
        raise Refused
    rows = Moving.objects.filter(state=MoveState.AGREED, moved_on__lte=actor.today)
    found = list(rows.order_by("moved_on", "id"))
    for one in found:
        _arrive(one, actor=actor)
    return len(found)


@transaction.atomic
def close_file(person: Person, *, actor: Actor, why: str, closed_on: date) -> None:
    """Close the file of somebody who has died or gone where no station is; it is kept."""
    if not can(actor, "people.change", person):
        raise Refused
    lock(person)
    _check(person, closed_on, actor)
    if closed_on > actor.today:
        raise NotThen(_since(person))
    person.closed_on, person.closed_why = closed_on, Ending(why)
    person.save(update_fields=("closed_on", "closed_why"))
    _leave_home(person, on=closed_on)
    tell(actor, "file_closed", person, why=why, day=closed_on.isoformat())


@transaction.atomic
def reopen_file(person: Person, *, actor: Actor) -> None:
    """Go on with a file that was closed: the person has come back, or it was a mistake."""
    if not can(actor, "people.change", person):
        raise Refused
    lock(person)
    if person.closed_on is None:
        raise Stale
    person.closed_on, person.closed_why = None, ""
    person.save(update_fields=("closed_on", "closed_why"))
    tell(actor, "file_reopened", person)


def _since(person: Person) -> date:
    """The day since which a person is where they are, as far as that is known."""
    rows = FormerPlace.objects.filter(person=person).order_by("-until")
    born = person.born_on or date(1900, 1, 1)
    return rows.values_list("until", flat=True).first() or born


def _check(person: Person, day: date, actor: Actor) -> None:
    """Refuse a day that cannot be, a second move at once, and a file that is closed."""
    if person.closed_on is not None or person.merged_into_id is not None:
        raise Stale
    if Moving._base_manager.filter(person=person, state__in=UNDER_WAY).exists():
        raise MoveUnderWay
    if not _since(person) <= day <= actor.today + AHEAD:
        raise NotThen(_since(person))


def _agree(moving: Moving, *, actor: Actor, **told: object) -> None:
    MOVING.move(moving, "accept", actor=actor, changes={"due_at": None} | told)


def _person(moving: Moving) -> Person:
    return Person._base_manager.get(pk=moving.person_id)


def _arrive(moving: Moving, *, actor: Actor) -> None:
    """Hand over a file whose day has come, and those of the household if they move together."""
    if moving.moved_on > actor.today:
        return
    home = _home(moving.person_id)
    goes = {moving.person_id} | (_together(moving, home) if moving.with_household else set())
    with unscoped("a file goes from one station to another, each of which sees one of them"):
        MOVING.move(moving, "arrive", actor=system(REASON, now=actor.now))
        held = locked(goes)
        left = held[moving.person_id].unit_id
        for person in held.values():
            _put(person, moving, actor=actor)
        if moving.with_household and home is not None:
            rows = Household.objects.filter(pk=home)
            rows.update(area=moving.area_id, unit=moving.station_id, address=moving.address)
        elif not moving.with_household:
            _leave_home(held[moving.person_id], on=moving.moved_on)
    if left != moving.station_id:
        for person in held.values():
            publish(FileHandedOver(actor, person.pk, left))


def _put(person: Person, moving: Moving, *, actor: Actor) -> None:
    FormerPlace.objects.create(
        person=person,
        area_id=person.area_id,
        unit_id=person.unit_id,
        address=person.address,
        until=moving.moved_on,
        recorded_at=actor.now,
    )
    is_new = person.unit_id != moving.station_id
    person.area_id, person.unit_id = moving.area_id, moving.station_id
    person.address = moving.address
    person.version += 1
    person.save(update_fields=("area", "unit", "address", "version"))
    cease(person, moving.station_id, on=actor.today)
    note_stations(person)
    if is_new and moving.basis:
        Basis.objects.create(
            person=person,
            code=moving.basis,
            form=moving.basis_form,
            given_on=actor.today,
            recorded_by_id=moving.accepted_by_id,
        )
    touched = stamp(person.version, ("address", "area"))
    tell(actor, "moved", person, day=moving.moved_on.isoformat(), **touched)


def _home(person_id: UUID) -> UUID | None:
    rows = Membership.objects.filter(person=person_id, valid_to__isnull=True)
    return rows.values_list("household", flat=True).first()


def _together(moving: Moving, home: UUID | None) -> set[UUID]:
    """Who lives with a person and goes along: kept by the same station, not closed, not about to
    move elsewhere."""
    rows = Membership.objects.filter(
        household=home,
        valid_to__isnull=True,
        person__unit=moving.from_unit_id,
        person__merged_into__isnull=True,
        person__closed_on__isnull=True,
    )
    elsewhere = Moving._base_manager.filter(state__in=UNDER_WAY).exclude(pk=moving.pk)
    rows = rows.exclude(person__in=elsewhere.values("person"))
    return set(rows.values_list("person", flat=True)) if home else set()


def _leave_home(person: Person, *, on: date) -> None:
    rows = Membership.objects.filter(person=person, valid_to__isnull=True)
    for one in rows:
        one.valid_to = max(on, one.valid_from)
        one.save(update_fields=("valid_to",))
