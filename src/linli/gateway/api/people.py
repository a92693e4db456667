from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema, Status

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of
from linli.lib.checkdigits import mask_citizen_id, mask_phone
from linli.people import actions, queries
from linli.people.actions import Details
from linli.people.enums import CONSENTS, ConsentForm, Sex

from . import checks
from .door import Door
from .errors import NotFound, Unfit
from .lines import told
from .paging import cut
from .schemas import OLDER, After, Area, Code, Day, Done, In, Lines, Made, Version, text, words

door = Door("people", reads=KeyScope.PEOPLE_READ, writes=KeyScope.PEOPLE_WRITE)


class PersonLine(Schema):
    """A person as a list shows them; nothing sealed is read."""

    id: UUID
    name: str
    preferred_name: str
    sex: Sex
    born_on: date | None
    area: int
    unit: UUID
    version: int


class PersonPage(Schema):
    items: list[PersonLine]
    older: str | None = OLDER


class PersonsOut(Schema):
    items: list[PersonLine]


class CategoryOut(Schema):
    id: UUID
    code: str
    source: str
    valid_from: date
    valid_to: date | None


class BasisOut(Schema):
    id: UUID
    code: str
    form: str
    given_on: date
    withdrawn_on: date | None


class StayOut(Schema):
    household: UUID | None = Field(description="null if it is kept elsewhere")
    relation: str
    since: date
    until: date | None


class PersonOut(PersonLine):
    phone_masked: str = Field(examples=["138****8000"])
    citizen_id_masked: str
    has_address: bool
    categories: list[CategoryOut]
    households: list[StayOut]
    bases: list[BasisOut]


class RevealedOut(Schema):
    """Numbers and address in full."""

    phone: str
    citizen_id: str
    address: str


class FindIn(In):
    """Who is looked for: how a name, its pinyin or initials begin, or one whole number."""

    search: words(80, "13800138000")  # type: ignore[valid-type]


class DetailsIn(In):
    name: words(80, "Zhang Moumou")  # type: ignore[valid-type]
    area: Area
    preferred_name: text(80) = ""  # type: ignore[valid-type]
    sex: Sex = Sex.UNSTATED
    born_on: Day | None = None
    phone: text(20, "13800138000") = ""  # type: ignore[valid-type]
    citizen_id: text(24) = ""  # type: ignore[valid-type]
    address: text(200) = ""  # type: ignore[valid-type]


class BasisIn(In):
    """Why the data may be kept; consent also says how it was given."""

    basis: Code
    form: ConsentForm | None = None


class PersonIn(DetailsIn, BasisIn):
    pass


class PersonChangeIn(In):
    """What changes; what is left out or null stays. An empty number or address is taken off."""

    name: words(80) | None = None  # type: ignore[valid-type]
    area: Area | None = None
    preferred_name: text(80) | None = None  # type: ignore[valid-type]
    sex: Sex | None = None
    born_on: Day | None = None
    phone: text(20) | None = None  # type: ignore[valid-type]
    citizen_id: text(24) | None = None  # type: ignore[valid-type]
    address: text(200) | None = None  # type: ignore[valid-type]
    version: Version


class CategoryIn(In):
    code: Code
    source: words(80, "civil affairs bureau")  # type: ignore[valid-type]
    valid_from: Day


class EndIn(In):
    valid_to: Day


class HouseholdIn(In):
    """Into which household somebody moves; without one, a new one at their address."""

    household: UUID | None = None
    relation: Code
    version: Version


class LeaveIn(In):
    version: Version


def _line(row: Any) -> dict[str, Any]:
    names = ("name", "preferred_name", "sex", "born_on", "version")
    held = {name: getattr(row, name) for name in names}
    return {"id": row.pk, "area": row.area_id, "unit": row.unit_id, **held}


def _one(request: HttpRequest, person_id: UUID) -> Any:
    found = queries.person(actor_of(request), person_id)
    if found is None:
        raise NotFound
    return found


def _done(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "version": row.version}


@door.get("", needs="people.view", gives=PersonPage)
def list_people(request: HttpRequest, category: str = "", after: After = "") -> Any:
    """People on file, the latest registered first, 25 a page; `category` is a code in force."""
    actor = actor_of(request)
    rows = queries.listed(queries.kept(actor))
    if category:
        code = checks.term(actor, TermList.PERSON_CATEGORY, category, "category")
        rows = queries.holding_category(rows, code, on=actor.today)
    page = cut(rows, sort="recorded_at", after=after)
    return {"items": [_line(one) for one in page.rows], "older": page.older or None}


@door.post("/find", needs="people.view", gives=PersonsOut, scope=KeyScope.PEOPLE_READ)
def find_people(request: HttpRequest, given: FindIn) -> Any:
    """The first 20 people by name, or by exactly one phone or citizen id number. A POST, so that no
    number stands in an address."""
    actor = actor_of(request)
    find = queries.with_number if queries.is_number(given.search) else queries.search
    return {"items": [_line(one) for one in find(actor, given.search)]}


@door.get("/{uuid:person_id}", needs="people.view", gives=PersonOut)
def get_person(request: HttpRequest, person_id: UUID) -> Any:
    """A person's file, numbers masked. That it was opened is on record."""
    actor, row = actor_of(request), _one(request, person_id)
    actions.note_read(row, actor=actor)
    return {
        **_line(row),
        "phone_masked": mask_phone(row.phone),
        "citizen_id_masked": mask_citizen_id(row.citizen_id),
        "has_address": bool(row.address),
        "categories": list(row.categories.all()),
        "households": [
            {
                "household": one.household_id
                if queries.household(actor, one.household_id)
                else None,
                "relation": one.relation,
                "since": one.since,
                "until": one.until,
            }
            for one in queries.stays(actor, row)
        ],
        "bases": list(row.bases.all()),
    }


@door.get("/{uuid:person_id}/timeline", needs="people.view", gives=Lines)
def get_person_timeline(request: HttpRequest, person_id: UUID) -> Any:
    """What was done with a file, oldest first. That it was opened is on record."""
    row = _one(request, person_id)
    actions.note_read(row, actor=actor_of(request))
    return told([(actions.SUBJECT, row.pk)])


@door.post(
    "/{uuid:person_id}/reveal",
    needs="people.reveal",
    gives=RevealedOut,
    scope=KeyScope.PEOPLE_REVEAL,
)
def reveal_person(request: HttpRequest, person_id: UUID) -> Any:
    """Numbers and address in full; a scope of its own. That they were looked at is on record."""
    row = _one(request, person_id)
    phone, citizen_id, address = actions.reveal(row, actor=actor_of(request))
    return {"phone": phone, "citizen_id": citizen_id, "address": address}


def _checked(actor: Actor, details: Details, *, kept: int | None = None) -> Details:
    """Details as a form would let them through; where somebody lives so far may stay."""
    if details.area != kept:
        checks.within(actor.scope, checks.place(actor, details.area))
    born_on, number = details.born_on, checks.citizen_id(actor, details.citizen_id)
    if born_on is None and number:
        born_on = date.fromisoformat(number[6:14])
    if born_on is not None:
        checks.day(born_on, first=checks.EARLIEST_BIRTH, last=actor.today, at="born_on")
    phone = checks.phone(details.phone)
    return replace(details, born_on=born_on, citizen_id=number, phone=phone)


def _basis(actor: Actor, given: BasisIn) -> dict[str, str]:
    code = checks.term(actor, TermList.LEGAL_BASIS, given.basis, "basis")
    if code not in CONSENTS:
        return {"basis": code, "form": ""}
    if given.form is None:
        raise Unfit(_("Say how consent was given."), "form")
    return {"basis": code, "form": given.form.value}


@door.post("", needs="people.register", gives=Made, status=201)
def register_person(request: HttpRequest, given: PersonIn) -> Any:
    """Put a person on file at the station of the post, with the legal basis for doing so."""
    actor = actor_of(request)
    details = Details(**given.dict(exclude={"basis", "form"}))
    made = actions.register_person(
        actor=actor, details=_checked(actor, details), **_basis(actor, given)
    )
    return Status(201, {"id": made.pk})


@door.post("/{uuid:person_id}/change", needs="people.change", gives=Done)
def change_person(request: HttpRequest, person_id: UUID, given: PersonChangeIn) -> Any:
    """Change what is on file about a person."""
    actor, row = actor_of(request), _one(request, person_id)
    held = {name: getattr(row, name) for name in actions.DETAILS} | {"area": row.area_id}
    changed = {name: value for name, value in given.dict().items() if value is not None}
    changed.pop("version", None)
    details = _checked(actor, Details(**(held | changed)), kept=row.area_id)
    actions.change_person(row, actor=actor, details=details, seen=given.version)
    return _done(row)


@door.post("/{uuid:person_id}/categories", needs="people.change", gives=Made, status=201)
def add_category(request: HttpRequest, person_id: UUID, given: CategoryIn) -> Any:
    """Record that a category applies from a day on, and who says so."""
    actor, row = actor_of(request), _one(request, person_id)
    made = actions.add_category(
        row,
        actor=actor,
        code=checks.term(actor, TermList.PERSON_CATEGORY, given.code, "code"),
        source=given.source,
        valid_from=checks.day(
            given.valid_from, first=checks.EARLIEST_DECISION, last=actor.today, at="valid_from"
        ),
    )
    return Status(201, {"id": made.pk})


@door.post("/{uuid:person_id}/categories/{uuid:category_id}/end", needs="people.change", gives=Made)
def end_category(request: HttpRequest, person_id: UUID, category_id: UUID, given: EndIn) -> Any:
    """End a category on a day; it stays known for the time it was true."""
    actor, row = actor_of(request), _one(request, person_id)
    held = next((one for one in row.categories.all() if one.pk == category_id), None)
    if held is None:
        raise NotFound
    last = checks.day(given.valid_to, first=held.valid_from, last=actor.today, at="valid_to")
    actions.end_category(held, actor=actor, valid_to=last)
    return {"id": held.pk}


@door.post("/{uuid:person_id}/bases", needs="people.change", gives=Made, status=201)
def record_basis(request: HttpRequest, person_id: UUID, given: BasisIn) -> Any:
    """Record consent or another legal basis, given today."""
    actor, row = actor_of(request), _one(request, person_id)
    made = actions.record_basis(row, actor=actor, **_basis(actor, given))
    return Status(201, {"id": made.pk})


@door.post("/{uuid:person_id}/bases/{uuid:basis_id}/withdraw", needs="people.change", gives=Made)
def withdraw_consent(request: HttpRequest, person_id: UUID, basis_id: UUID) -> Any:
    """Record that a person took their consent back; their services go on."""
    row = _one(request, person_id)
    held = next((one for one in row.bases.all() if one.pk == basis_id), None)
    if held is None:
        raise NotFound
    actions.withdraw_consent(held, actor=actor_of(request))
    return {"id": held.pk}


@door.post("/{uuid:person_id}/household", needs="people.change", gives=Done)
def join_household(request: HttpRequest, person_id: UUID, given: HouseholdIn) -> Any:
    """Record in which household a person lives now."""
    actor, row = actor_of(request), _one(request, person_id)
    home = queries.household(actor, given.household) if given.household else None
    if given.household and home is None:
        raise Unfit(_("No household with this id was found here."), "household")
    relation = checks.term(actor, TermList.RELATION, given.relation, "relation")
    actions.join_household(row, actor=actor, relation=relation, household=home, seen=given.version)
    return _done(row)


@door.post("/{uuid:person_id}/household/leave", needs="people.change", gives=Done)
def leave_household(request: HttpRequest, person_id: UUID, given: LeaveIn) -> Any:
    """Record that a person has left the household in which they lived."""
    row = _one(request, person_id)
    actions.leave_household(row, actor=actor_of(request), seen=given.version)
    return _done(row)
