from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema, Status

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of
from linli.people.queries import household as household_of
from linli.people.queries import of_station
from linli.services import actions, queries
from linli.services.actions import Account
from linli.services.enums import Method, Place

from . import checks
from .door import Door
from .errors import NotFound, Unfit
from .lines import told
from .paging import cut
from .schemas import OLDER, After, Area, Code, Day, Done, In, Lines, Made, Version, text, whole

door = Door("services", reads=KeyScope.SERVICES_READ, writes=KeyScope.SERVICES_WRITE)


class ServiceOut(Schema):
    """A service as it is counted: no names, no words."""

    id: UUID
    method: Method
    content: str
    place: Place
    occurred_on: date
    minutes: int
    area: int
    unit: UUID
    worker: UUID
    household: UUID | None
    anonymous: int
    person_times: int
    recorded_at: datetime
    version: int


class ServicePage(Schema):
    items: list[ServiceOut]
    older: str | None = OLDER


class OneServiceOut(ServiceOut):
    """With the recipients whose files the caller may open; `person_times` counts all of them."""

    persons: list[UUID]


class AccountIn(In):
    """A service; either named persons or a number of anonymous participants, or both."""

    method: Method
    content: Code = Field(examples=["daily_care"])
    place: Place
    occurred_on: Day
    minutes: whole(1, 1440, 30)  # type: ignore[valid-type]
    area: Area
    persons: list[UUID] = Field(default_factory=list, max_length=200)
    household: UUID | None = None
    anonymous: whole(0, 9_999, 0) = 0  # type: ignore[valid-type]
    facts: text(8000) = ""  # type: ignore[valid-type]
    analysis: text(8000) = ""  # type: ignore[valid-type]


class CorrectIn(AccountIn):
    version: Version


class NoteOut(Schema):
    version: int
    facts: str
    analysis: str


class NotesOut(Schema):
    """What was written, the present version first."""

    items: list[NoteOut]


@dataclass(frozen=True)
class Kept:
    """What a record has had so far and may keep, whoever may choose it anew."""

    area: int
    content: str
    household: UUID | None
    persons: frozenset[UUID]


def out(row: Any) -> dict[str, Any]:
    """A service as the schema shows it."""
    names = ("method", "content", "place", "occurred_on", "minutes", "anonymous", "person_times")
    held = {name: getattr(row, name) for name in (*names, "recorded_at", "version")}
    return {
        "id": row.pk,
        "area": row.area_id,
        "unit": row.unit_id,
        "worker": row.worker_id,
        "household": row.household_id,
        **held,
    }


def account(actor: Actor, given: AccountIn, *, kept: Kept | None = None) -> Account:
    """A service as the actions take it, with codes in force and people on file here."""
    persons = dict.fromkeys(given.persons)
    before = set(kept.persons) if kept else set()
    if not persons and not given.anonymous:
        sentence = _("Name at least one person, or a number of anonymous participants.")
        raise Unfit(sentence, "persons")
    if given.occurred_on > actor.today:
        raise Unfit(_("A service cannot be in the future."), "occurred_on")
    new = set(persons) - before
    if len(of_station(actor, person_ids=new)) != len(new):
        raise Unfit(_("One of these persons is not on file at your station."), "persons")
    held_household = kept.household if kept else None
    if given.household is not None and given.household != held_household:
        _household(actor, given.household)
    area = given.area if kept and kept.area == given.area else checks.place(actor, given.area)
    held_content = kept.content if kept else None
    content = given.content
    if content != held_content:
        content = checks.term(actor, TermList.CONTENT, content, "content")
    return Account(
        method=given.method.value,
        content=content,
        place=given.place.value,
        occurred_on=given.occurred_on,
        minutes=given.minutes,
        area=area,
        person_ids=tuple(persons),
        household_id=given.household,
        anonymous=given.anonymous,
        facts=given.facts,
        analysis=given.analysis,
    )


def _household(actor: Actor, household_id: UUID) -> None:
    if household_of(actor, household_id) is None:
        raise Unfit(_("No household with this id was found here."), "household")


def _one(request: HttpRequest, service_id: UUID) -> Any:
    found = queries.service(actor_of(request), service_id)
    if found is None:
        raise NotFound
    return found


def _persons(actor: Actor, service_id: UUID) -> list[UUID]:
    held = queries.recipients(service_id)
    return [one.pk for one in of_station(actor, person_ids=held)]


@door.get("", needs="services.view", gives=ServicePage)
def list_services(
    request: HttpRequest,
    first: Day | None = None,
    last: Day | None = None,
    person: UUID | None = None,
    after: After = "",
) -> Any:
    """Services of the station or of the centre's area, the latest recorded first, 25 a page."""
    rows = queries.between(queries.services(actor_of(request)), first, last)
    if person is not None:
        rows = queries.received_by(rows, person)
    page = cut(rows, sort="recorded_at", after=after)
    return {"items": [out(one) for one in page.rows], "older": page.older or None}


@door.get("/{uuid:service_id}", needs="services.view", gives=OneServiceOut)
def get_service(request: HttpRequest, service_id: UUID) -> Any:
    """One service."""
    row = _one(request, service_id)
    return {**out(row), "persons": _persons(actor_of(request), row.pk)}


@door.get("/{uuid:service_id}/timeline", needs="services.view", gives=Lines)
def get_service_timeline(request: HttpRequest, service_id: UUID) -> Any:
    """What happened to a record, oldest first."""
    return told([(actions.SUBJECT, _one(request, service_id).pk)])


@door.post(
    "/{uuid:service_id}/note",
    needs="services.read_note",
    gives=NotesOut,
    scope=KeyScope.SERVICES_READ,
)
def read_service_note(request: HttpRequest, service_id: UUID) -> Any:
    """What was written about a service, earlier versions too. That it was read is on record."""
    held = actions.note_read(_one(request, service_id), actor=actor_of(request))
    return {"items": held}


@door.post("", needs="services.record", gives=Made, status=201)
def record_service(request: HttpRequest, given: AccountIn) -> Any:
    """Put a service of the post's own on record, without an order."""
    actor = actor_of(request)
    made = actions.record_service(actor=actor, account=account(actor, given))
    return Status(201, {"id": made.pk})


@door.post("/{uuid:service_id}/correct", needs="services.correct", gives=Done)
def correct_service(request: HttpRequest, service_id: UUID, given: CorrectIn) -> Any:
    """Replace a record by a corrected version; the version before is kept. Recipients whose files
    the caller may not open stay."""
    actor, row = actor_of(request), _one(request, service_id)
    before = Kept(
        area=row.area_id,
        content=row.content,
        household=row.household_id,
        persons=frozenset(queries.recipients(row.pk)),
    )
    made = actions.correct_service(
        row, actor=actor, account=account(actor, given, kept=before), seen=given.version
    )
    return {"id": made.pk, "version": made.version}
