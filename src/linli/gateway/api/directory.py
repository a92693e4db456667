from datetime import date, time
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema, Status

from linli.directory import actions, queries
from linli.directory.enums import OperatingModel
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.areas.queries import exists, is_code
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import units
from linli.lib.areacodes import CITY, COUNTY, level_of

from . import checks
from .door import Door
from .errors import NotFound, Unfit
from .lines import told
from .paging import cut
from .schemas import (
    OLDER,
    After,
    Area,
    AskedArea,
    Code,
    Day,
    Done,
    In,
    Lines,
    Made,
    Search,
    Version,
    text,
    whole,
    words,
)

door = Door("directory", reads=KeyScope.DIRECTORY_READ, writes=KeyScope.DIRECTORY_WRITE)
PARENTS = (UnitKind.DEPARTMENT, UnitKind.CENTRE, UnitKind.STATION)
OPENED = (UnitKind.STATION, UnitKind.ROOM, UnitKind.CENTRE, UnitKind.FACILITY)
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["08:30"])]


class UnitOut(Schema):
    id: UUID
    kind: UnitKind
    name: str
    zh: str
    en: str
    area: int
    parent: UUID | None


class UnitPage(Schema):
    items: list[UnitOut]
    older: str | None = OLDER


class Span(In):
    """Open from one time to another on a weekday (0 is Monday); a pause makes two spans."""

    weekday: whole(0, 6, 0)  # type: ignore[valid-type]
    opens: Clock
    closes: Clock


class SiteLine(Schema):
    id: UUID
    kind: UnitKind
    name: str
    zh: str
    en: str
    area: int
    operator: UUID | None
    operating_model: OperatingModel
    address: str
    phone: str
    capacity: int
    valid_from: date
    valid_to: date | None
    version: int


class SitePage(Schema):
    items: list[SiteLine]
    older: str | None = OLDER


class SiteOut(SiteLine):
    parent: UUID | None
    competent_body: str
    serves: list[int]
    hours: list[Span]


class SiteChange(In):
    """How a site is; every call says all of it."""

    zh: words(120)  # type: ignore[valid-type]
    en: words(200, "Some Subdistrict Social Work Station")  # type: ignore[valid-type]
    operating_model: OperatingModel
    competent_body: Code = "social_work_department"
    operator: UUID | None = None
    address: text(200) = ""  # type: ignore[valid-type]
    phone: text(20, "0595-22880000") = ""  # type: ignore[valid-type]
    capacity: whole(0, 500, 20) = 20  # type: ignore[valid-type]
    serves: list[Area] = Field(max_length=200)


class SiteIn(SiteChange):
    kind: UnitKind
    area: Area
    parent: UUID | None = None


class SiteChangeIn(SiteChange):
    version: Version


class CloseIn(In):
    last_day: Day


class HoursIn(In):
    hours: list[Span] = Field(max_length=50)
    version: Version


class AgencyOut(Schema):
    id: UUID
    name: str
    zh: str
    en: str
    area: int
    credit_code: str
    phone: str
    version: int


class AgencyPage(Schema):
    items: list[AgencyOut]
    older: str | None = OLDER


class AgencyDetails(In):
    zh: words(120)  # type: ignore[valid-type]
    en: words(200, "Some Social Work Agency")  # type: ignore[valid-type]
    phone: text(20) = ""  # type: ignore[valid-type]


class AgencyIn(AgencyDetails):
    credit_code: words(24, "52350502MJ00000004")  # type: ignore[valid-type]
    area: Area


class AgencyChangeIn(AgencyDetails):
    version: Version


class Covered(Schema):
    """How far an area is covered; `stations` are named for townships only."""

    area: int
    name: str
    townships: int
    covered: int
    seats: int = Field(description="stations that sit there")
    stations: list[UUID]


class CoverageOut(Schema):
    area: int
    items: list[Covered]


def _unit(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "name": row.label,
        "zh": row.zh,
        "en": row.en,
        "area": row.area_id,
        "parent": row.parent_id,
    }


def _line(row: Any) -> dict[str, Any]:
    unit = row.unit
    names = ("operating_model", "address", "phone", "capacity", "version")
    return {
        **_unit(unit),
        **{name: getattr(row, name) for name in names},
        "operator": row.operator_id,
        "valid_from": unit.valid_from,
        "valid_to": unit.valid_to,
    }


def _agency(row: Any) -> dict[str, Any]:
    held = {name: getattr(row, name) for name in ("credit_code", "phone", "version")}
    return {**_unit(row.unit), **held}


def _site(request: HttpRequest, site_id: UUID) -> Any:
    found = queries.site(actor_of(request), site_id)
    if found is None:
        raise NotFound
    return found


@door.get("/units", needs="directory.view", gives=UnitPage)
def list_units(request: HttpRequest, kind: UnitKind, after: After = "") -> Any:
    """Units of a kind in the area of the post, by the codes of their seats, 25 a page."""
    actor = actor_of(request)
    rows = units(kind, among=actor.scope.condition(unit="pk"), on=actor.today)
    page = cut(rows, sort="area_id", after=after, ascending=True)
    return {"items": [_unit(one) for one in page.rows], "older": page.older or None}


@door.get("/sites", needs="directory.view", gives=SitePage)
def list_sites(
    request: HttpRequest,
    search: Search = "",
    inside: AskedArea | None = None,
    after: After = "",
) -> Any:
    """Sites in force around the post, the latest changed first, 25 a page."""
    rows = queries.sites_around(actor_of(request))
    if inside is not None:
        if not is_code(inside):
            raise Unfit(_("This is not the code of an area in force."), "inside")
        rows = queries.inside(rows, inside)
    if search:
        rows = queries.named(rows, search)
    page = cut(rows, sort="updated_at", after=after)
    return {"items": [_line(one) for one in page.rows], "older": page.older or None}


@door.get("/sites/{uuid:site_id}", needs="directory.view", gives=SiteOut)
def get_site(request: HttpRequest, site_id: UUID) -> Any:
    """One site with its hours and the areas it serves."""
    row, actor = _site(request, site_id), actor_of(request)
    served = queries.areas_served([row.pk], on=actor.today).get(row.pk, [])
    hours = [
        {
            "weekday": one.weekday,
            "opens": f"{one.opens:%H:%M}",
            "closes": f"{one.closes:%H:%M}",
        }
        for one in row.hours.all()
    ]
    more = {"parent": row.unit.parent_id, "competent_body": row.unit.competent_body}
    return {**_line(row), **more, "serves": served, "hours": hours}


@door.get("/sites/{uuid:site_id}/timeline", needs="directory.view", gives=Lines)
def get_site_timeline(request: HttpRequest, site_id: UUID) -> Any:
    """What happened to a site, oldest first."""
    return told([(actions.SUBJECT, _site(request, site_id).pk)], with_names=False)


def _details(actor: Actor, given: SiteChange, *, kept: UUID | None = None) -> dict[str, Any]:
    """The facts of a site as the actions take them."""
    operators = queries.agencies_around(actor).filter(pk=given.operator)
    if given.operator not in {None, kept} and not operators.exists():
        raise Unfit(_("This is not an agency of your city."), "operator")
    return {
        "zh": given.zh,
        "en": given.en,
        "operating_model": given.operating_model,
        "competent_body": checks.term(
            actor, TermList.COMPETENT_BODY, given.competent_body, "competent_body"
        ),
        "operator_id": given.operator,
        "address": given.address,
        "phone": checks.phone(given.phone),
        "capacity": given.capacity,
    }


def _served(actor: Actor, codes: list[int], *, kept: set[int] | None = None) -> list[int]:
    for code in set(codes) - (kept or set()):
        checks.within(
            actor.scope, checks.place(actor, code, at_least=COUNTY, at="serves"), "serves"
        )
    return codes


@door.post("/sites", needs="directory.manage", gives=Made, status=201)
def open_site(request: HttpRequest, given: SiteIn) -> Any:
    """Open a site and its unit; without areas it serves the one in which it is."""
    actor = actor_of(request)
    if given.kind not in OPENED:
        raise Unfit(_("A site of this kind is not opened here."), "kind")
    area = checks.within(actor.scope, checks.place(actor, given.area, at_least=COUNTY))
    mine = actor.scope.condition(unit="pk")
    above = {one.pk for one in queries.units_of_kind(PARENTS, among=mine, on=actor.today)}
    if given.parent is not None and given.parent not in above:
        raise Unfit(_("This is not a unit of your area that a site belongs to."), "parent")
    made = actions.open_site(
        actor=actor,
        kind=given.kind,
        area=area,
        parent_id=given.parent,
        serves=_served(actor, given.serves) or [area],
        **_details(actor, given),
    )
    return Status(201, {"id": made.pk})


@door.post("/sites/{uuid:site_id}/change", needs="directory.manage", gives=Done)
def change_site(request: HttpRequest, site_id: UUID, given: SiteChangeIn) -> Any:
    """Change a site and the areas it serves; what is left out of `serves` ends today."""
    row, actor = _site(request, site_id), actor_of(request)
    held = set(queries.areas_served([row.pk], on=actor.today).get(row.pk, []))
    actions.change_site(
        row,
        actor=actor,
        serves=_served(actor, given.serves, kept=held),
        seen=given.version,
        **_details(actor, given, kept=row.operator_id),
    )
    return {"id": row.pk, "version": row.version}


@door.post("/sites/{uuid:site_id}/close", needs="directory.manage", gives=Done)
def close_site(request: HttpRequest, site_id: UUID, given: CloseIn) -> Any:
    """Close a site after a last day, today or later."""
    row, actor = _site(request, site_id), actor_of(request)
    if given.last_day < actor.today:
        raise Unfit(_("A site cannot be closed for days that have passed."), "last_day")
    actions.close_site(row, actor=actor, last_day=given.last_day)
    return {"id": row.pk, "version": row.version}


@door.post("/sites/{uuid:site_id}/hours", needs="directory.own_hours", gives=Done)
def set_site_hours(request: HttpRequest, site_id: UUID, given: HoursIn) -> Any:
    """Replace the opening hours."""
    row = _site(request, site_id)
    spans = [
        (one.weekday, time.fromisoformat(one.opens), time.fromisoformat(one.closes))
        for one in given.hours
    ]
    if any(opens >= closes for _day, opens, closes in spans):
        raise Unfit(_("It must close after it opens."), "hours")
    if any(one[0] == two[0] and one[2] > two[1] for one, two in pairwise(sorted(spans))):
        raise Unfit(_("Two of these spans overlap."), "hours")
    actions.set_hours(row, actor=actor_of(request), spans=spans, seen=given.version)
    return {"id": row.pk, "version": row.version}


def _one_agency(request: HttpRequest, organisation_id: UUID) -> Any:
    found = queries.agency(actor_of(request), organisation_id)
    if found is None:
        raise NotFound
    return found


@door.get("/agencies", needs="agencies.view", gives=AgencyPage)
def list_agencies(
    request: HttpRequest,
    search: Search = "",
    after: After = "",
) -> Any:
    """Agencies of the city and those at work here, the latest changed first, 25 a page."""
    rows = queries.agencies_around(actor_of(request))
    if search:
        rows = queries.named(rows, search)
    page = cut(rows, sort="updated_at", after=after)
    return {"items": [_agency(one) for one in page.rows], "older": page.older or None}


@door.get("/agencies/{uuid:organisation_id}", needs="agencies.view", gives=AgencyOut)
def get_agency(request: HttpRequest, organisation_id: UUID) -> Any:
    """One agency."""
    return _agency(_one_agency(request, organisation_id))


@door.post("/agencies", needs="agencies.manage", gives=Made, status=201)
def register_agency(request: HttpRequest, given: AgencyIn) -> Any:
    """Register an agency with its unified social credit code."""
    actor = actor_of(request)
    code = checks.credit_code(given.credit_code)
    if queries.agency_with(code) is not None:
        raise Unfit(_("This code belongs to an agency that is on file already."), "credit_code")
    area = checks.within(actor.scope, checks.place(actor, given.area, at_least=CITY))
    made = actions.register_organisation(
        actor=actor,
        zh=given.zh,
        en=given.en,
        area=area,
        credit_code=code,
        phone=checks.phone(given.phone),
    )
    return Status(201, {"id": made.pk})


@door.post("/agencies/{uuid:organisation_id}/change", needs="agencies.manage", gives=Done)
def change_agency(request: HttpRequest, organisation_id: UUID, given: AgencyChangeIn) -> Any:
    """Change how an agency is called and reached."""
    row = _one_agency(request, organisation_id)
    actions.change_organisation(
        row,
        actor=actor_of(request),
        zh=given.zh,
        en=given.en,
        phone=checks.phone(given.phone),
        seen=given.version,
    )
    return {"id": row.pk, "version": row.version}


@door.get("/coverage", needs="directory.view", gives=CoverageOut)
def get_coverage(request: HttpRequest, area: AskedArea) -> Any:
    """How far the areas below one are covered: of a county its townships with their stations, of
    anything larger how many townships are covered."""
    today = actor_of(request).today
    if not is_code(area) or level_of(area) > COUNTY or not exists(area, on=today):
        raise Unfit(_("This is not the code of a county, or of a larger area."), "area")
    if level_of(area) == COUNTY:
        items = [
            {
                "area": one.place.code,
                "name": one.place.label,
                "townships": 0 if one.is_quasi else 1,
                "covered": int(bool(one.stations) and not one.is_quasi),
                "seats": len(one.stations),
                "stations": [unit_id for unit_id, _name in one.stations],
            }
            for one in queries.coverage(area, on=today)
        ]
    else:
        items = [
            {
                "area": one.place.code,
                "name": one.place.label,
                "townships": one.townships,
                "covered": one.covered,
                "seats": one.stations,
                "stations": [],
            }
            for one in queries.rollups(area, on=today)
        ]
    return {"area": area, "items": items}
