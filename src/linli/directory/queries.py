from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.models import Area
from linli.kernel.areas.moves import Ranges, Span, moves
from linli.kernel.areas.queries import Place, children
from linli.kernel.areas.queries import inside as in_area
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.kernel.units.queries import in_force, serving, units
from linli.lib.areacodes import TOWNSHIP, city_of, county_of, kind_of, level_of, range_of

from .models import Organisation, Site

SERVING_KINDS = (UnitKind.CENTRE, UnitKind.STATION, UnitKind.ROOM)


@dataclass(frozen=True)
class Coverage:
    """A township and the stations that serve it (or a part of it)."""

    place: Place
    kind: str
    stations: list[tuple[UUID, str]]

    @property
    def is_quasi(self) -> bool:
        """Development zones, farms and the like: never counted in a coverage rate."""
        return self.kind == "quasi"


@dataclass(frozen=True)
class Rollup:
    """How far the townships of an area are covered; quasi-areas are not among them."""

    place: Place
    townships: int
    covered: int
    stations: int


def sites(*, on: date) -> QuerySet[Site]:
    """Every site in force, with its unit."""
    return Site.objects.filter(in_force(on, "unit__")).select_related("unit", "operator__unit")


def sites_around(actor: Actor) -> QuerySet[Site]:
    """Sites in the area the actor looks after, at least in its county."""
    rows = visible(sites(on=actor.today), actor, "directory.view")
    return rows.filter(around(actor, "unit__area_id"))


def around(actor: Actor, column: str) -> Q:
    """The condition for what lies in the area the actor looks after, at least in its county; the
    change log is read only where something has moved."""
    county = county_of(actor.area or 0)
    if county in actor.moved:
        return in_area(county, column)
    return Ranges((range_of(county),)).condition(column)


def stations(actor: Actor) -> list[Unit]:
    """The stations that the actor looks after, by the codes of their seats."""
    mine = actor.scope.condition(unit="pk")
    found = units(UnitKind.STATION, among=mine, on=actor.today)
    return list(found.order_by("area_id", "id"))


def site(actor: Actor, unit_id: UUID) -> Site | None:
    """One site, in force or not, with the actor's verbs on it."""
    rows = with_verbs(
        visible(Site.objects.all(), actor, "directory.view"),
        actor,
        ("directory.manage", "directory.own_hours"),
    )
    rows = rows.select_related("unit__parent", "operator__unit").prefetch_related("hours")
    return rows.filter(pk=unit_id).first()


def agencies_around(actor: Actor) -> QuerySet[Organisation]:
    """Agencies registered in the actor's city, and those from elsewhere that operate a site in the
    area the actor looks after."""
    today = actor.today
    held = visible(Organisation.objects.all(), actor, "agencies.view")
    registered = in_area(city_of(actor.area or 0), "unit__area_id")
    operating = sites_around(actor).filter(operator__isnull=False).values("operator_id")
    rows = held.filter(in_force(today, "unit__"), registered | Q(pk__in=operating))
    return rows.select_related("unit")


def agency(actor: Actor, unit_id: UUID) -> Organisation | None:
    """One agency, in force or not, with the actor's verbs on it."""
    rows = visible(Organisation.objects.all(), actor, "agencies.view")
    rows = with_verbs(rows, actor, ("agencies.manage",)).select_related("unit")
    return next(iter(rows.filter(pk=unit_id)), None)


def operated_by(agency_ids: Iterable[UUID], *, on: date) -> dict[UUID, list[Site]]:
    """The sites in force that each of some agencies operates, in one query."""
    found: dict[UUID, list[Site]] = {}
    rows = sites(on=on).filter(operator_id__in=list(agency_ids))
    for one in rows.order_by("unit__area_id", "pk"):
        if one.operator_id is not None:
            found.setdefault(one.operator_id, []).append(one)
    return found


def inside(rows: QuerySet[Site], area: int) -> QuerySet[Site]:
    """Sites whose seat counts as inside an area."""
    return rows.filter(in_area(area, "unit__area_id"))


def named(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Sites or agencies by a part of their name."""
    return rows.filter(Q(unit__zh__icontains=text) | Q(unit__en__icontains=text))


def areas_served(unit_ids: Iterable[UUID], *, on: date) -> dict[UUID, list[int]]:
    """The areas that some units serve on a day, in one query."""
    found: dict[UUID, list[int]] = {}
    held = ServiceArea.objects.filter(in_force(on), unit_id__in=list(unit_ids))
    for unit_id, area in held.order_by("area_id").values_list("unit_id", "area_id"):
        found.setdefault(unit_id, []).append(area)
    return found


def units_below(unit_id: UUID, *, on: date) -> list[tuple[Unit, bool]]:
    """The units whose parent this one is, and whether they have a site of their own."""
    held = Unit.objects.filter(in_force(on), parent_id=unit_id).order_by("area_id", "id")
    return _with_site(held)


def units_of_kind(kinds: Iterable[str], *, among: Q, on: date) -> list[Unit]:
    """Units of some kinds in force among those of a condition."""
    held = Unit.objects.filter(in_force(on), among, kind__in=list(kinds))
    return list(held.order_by("area_id", "id"))


def has_site(unit_id: UUID) -> bool:
    return Site.objects.filter(pk=unit_id).exists()


def _with_site(held: QuerySet[Unit]) -> list[tuple[Unit, bool]]:
    rows = list(held)
    ids = [one.pk for one in rows]
    known = set(Site.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [(one, one.pk in known) for one in rows]


def agency_with(credit_code: str) -> Organisation | None:
    """The organisation that is on file under a unified social credit code."""
    return Organisation.objects.select_related("unit").filter(credit_code=credit_code).first()


def alike(kind: str, name: str, *, among: Q, on: date) -> bool:
    """Whether a unit of a kind and name is in force among those of a condition."""
    held = Unit.objects.filter(in_force(on), among, kind=kind)
    return held.filter(zh=name).exists()


def unit_of(unit_id: UUID) -> Unit | None:
    return Unit.objects.filter(pk=unit_id).first()


def site_of(unit_id: UUID) -> Site | None:
    return Site.objects.select_related("unit", "operator__unit").filter(pk=unit_id).first()


def sites_serving(area: int, *, on: date) -> list[Site]:
    """Sites a resident of an area can turn to, the most local first."""
    found: list[Site] = []
    for kind in (UnitKind.ROOM, UnitKind.STATION, UnitKind.CENTRE):
        ids = [unit.pk for unit in serving(area, kind=kind, on=on)]
        held = {site.pk: site for site in sites(on=on).filter(pk__in=ids)}
        found += [held[one] for one in ids if one in held]
    return found


def capacities(unit_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many open orders each site can hold."""
    return dict(Site.objects.filter(pk__in=list(unit_ids)).values_list("unit_id", "capacity"))


def coverage(county: int, *, on: date) -> list[Coverage]:
    """Townships of a county with the stations that serve them; an empty list is a gap."""
    log = moves()
    rows = _served_by_stations(log.ranges(county), log.holders(county), on=on)
    served = [(one.area_id, one.unit) for one in rows.select_related("unit").order_by("unit_id")]
    made = []
    for place in children(county):
        parts, wholes = log.ranges(place.code), log.holders(place.code)
        here = {
            unit.pk: unit.label for code, unit in served if parts.counts(code) or code in wholes
        }
        made.append(Coverage(place, kind_of(place.code), sorted(here.items())))
    return made


def _served_by_stations(parts: Ranges, wholes: Iterable[int], *, on: date) -> QuerySet[ServiceArea]:
    """What stations in force serve inside an area, or around the whole of it."""
    here = parts.condition("area_id") | Q(area_id__in=list(wholes))
    return ServiceArea.objects.filter(
        in_force(on), in_force(on, "unit__"), here, unit__kind=UnitKind.STATION
    )


def rollups(area: int, *, on: date) -> list[Rollup]:
    """How far the areas just below are covered, in a fixed number of queries.

    A township counts as covered if a station serves it, a part of it, or a whole that holds it.
    """
    log = moves()
    whole = log.ranges(area)
    found = Area.objects.filter(whole.condition("code"), level=TOWNSHIP, is_pseudo=False)
    codes = found.filter(valid_to__isnull=True).order_by("code").values_list("code", flat=True)
    townships = [code for code in codes if kind_of(code) != "quasi"]
    rows = _served_by_stations(whole, log.holders(area), on=on)
    known = set(rows.values_list("area_id", flat=True))
    fine = {
        holder for code in known for holder in log.holders(code) if level_of(holder) >= TOWNSHIP
    }
    coarse = [log.ranges(code) for code in known if level_of(code) < TOWNSHIP]
    covered = [
        code for code in townships if code in fine or any(one.counts(code) for one in coarse)
    ]
    seats = list(
        sites(on=on)
        .filter(whole.condition("unit__area_id"), unit__kind=UnitKind.STATION)
        .order_by("unit__area_id")
        .values_list("unit__area_id", flat=True)
    )
    return [
        Rollup(one, *(_count(codes, held) for codes in (townships, covered, seats)))
        for one in children(area)
        for held in (log.ranges(one.code),)
    ]


def _count(codes: list[int], held: Ranges) -> int:
    """How many of the sorted codes count in an area."""

    def of(spans: Iterable[Span]) -> int:
        return sum(bisect_right(codes, high) - bisect_left(codes, low) for low, high in spans)

    return of(held.inside) - of(held.left)
