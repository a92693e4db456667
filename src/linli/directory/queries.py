from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.models import Area
from linli.kernel.areas.queries import Place, children
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.kernel.units.queries import in_force, serving
from linli.lib.areacodes import (
    TOWNSHIP,
    ancestors,
    at_level,
    county_of,
    kind_of,
    level_of,
    range_of,
)

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
    return Site.objects.filter(in_force_of_unit(on)).select_related("unit", "operator__unit")


def in_force_of_unit(on: date) -> Q:
    return Q(unit__valid_from__lte=on) & (
        Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gte=on)
    )


def sites_around(actor: Actor) -> QuerySet[Site]:
    """Sites in the area the actor looks after, at least in its county."""
    low, high = range_of(county_of(actor.area or 0))
    rows = visible(sites(on=actor.today), actor, "directory.view")
    return rows.filter(unit__area_id__gte=low, unit__area_id__lte=high)


def site(actor: Actor, unit_id: UUID) -> Site | None:
    """One site, in force or not, with the actor's verbs on it."""
    rows = with_verbs(
        visible(Site.objects.all(), actor, "directory.view"),
        actor,
        ("directory.manage", "directory.own_hours"),
    )
    rows = rows.select_related("unit__parent", "operator__unit").prefetch_related("hours")
    return rows.filter(pk=unit_id).first()


def inside(rows: QuerySet[Site], area: int) -> QuerySet[Site]:
    low, high = range_of(area)
    return rows.filter(unit__area_id__gte=low, unit__area_id__lte=high)


def named(rows: QuerySet[Site], text: str) -> QuerySet[Site]:
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


def units_of_kind(
    kinds: Iterable[str], *, ranges: Iterable[tuple[int, int]], on: date
) -> list[Unit]:
    """Units of some kinds whose seat lies in one of the ranges."""
    asked = Q(pk__in=[])
    for low, high in ranges:
        asked |= Q(area_id__gte=low, area_id__lte=high)
    held = Unit.objects.filter(in_force(on), asked, kind__in=list(kinds))
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
    held = _served_by_stations(county, on=on).select_related("unit").order_by("unit_id")
    by_area = [(one.area_id, one.unit) for one in held]
    made = []
    for place in children(county):
        low, high = range_of(place.code)
        inside = {
            unit.pk: unit.label
            for code, unit in by_area
            if low <= code <= high or _holds(code, place.code)
        }
        made.append(Coverage(place, kind_of(place.code), sorted(inside.items())))
    return made


def _served_by_stations(area: int, *, on: date) -> QuerySet[ServiceArea]:
    """What stations in force serve inside an area, or around the whole of it."""
    low, high = range_of(area)
    here = Q(area_id__gte=low, area_id__lte=high) | Q(area_id__in=ancestors(area))
    held = ServiceArea.objects.filter(in_force(on), here, unit__kind=UnitKind.STATION)
    return held.filter(Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gte=on))


def _holds(outer: int, inner: int) -> bool:
    low, high = range_of(outer)
    return low <= inner <= high


def rollups(area: int, *, on: date) -> list[Rollup]:
    """How far the areas just below are covered, in a fixed number of queries.

    A township counts as covered if a station serves it, a part of it, or a whole that holds it.
    """
    low, high = range_of(area)
    townships = [
        code
        for code in Area.objects.filter(
            level=TOWNSHIP, is_pseudo=False, valid_to__isnull=True, code__gte=low, code__lte=high
        )
        .order_by("code")
        .values_list("code", flat=True)
        if kind_of(code) != "quasi"
    ]
    known = set(_served_by_stations(area, on=on).values_list("area_id", flat=True))
    fine = {at_level(code, TOWNSHIP) for code in known if level_of(code) >= TOWNSHIP}
    coarse = [range_of(code) for code in known if level_of(code) < TOWNSHIP]
    covered = [code for code in townships if code in fine or any(a <= code <= b for a, b in coarse)]
    seats = list(
        sites(on=on)
        .filter(unit__kind=UnitKind.STATION, unit__area_id__gte=low, unit__area_id__lte=high)
        .order_by("unit__area_id")
        .values_list("unit__area_id", flat=True)
    )
    return [
        Rollup(one, *(_count(codes, one.code) for codes in (townships, covered, seats)))
        for one in children(area)
    ]


def _count(codes: list[int], area: int) -> int:
    """How many of the sorted codes lie in an area."""
    low, high = range_of(area)
    return bisect_right(codes, high) - bisect_left(codes, low)
