from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from linli.kernel.areas.queries import Place, children
from linli.kernel.units.models import ServiceArea, UnitKind
from linli.kernel.units.queries import in_force, serving
from linli.lib.areacodes import kind_of, range_of

from .models import Site

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


def sites(*, on: date) -> QuerySet[Site]:
    """Every site in force, with its unit."""
    return Site.objects.filter(in_force_of_unit(on)).select_related("unit", "operator__unit")


def in_force_of_unit(on: date) -> Q:
    return Q(unit__valid_from__lte=on) & (
        Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gte=on)
    )


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
    low, high = range_of(county)
    held = (
        ServiceArea.objects.filter(in_force(on), area_id__gte=low, area_id__lte=high)
        .filter(unit__kind=UnitKind.STATION)
        .filter(Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gte=on))
        .select_related("unit")
        .order_by("unit_id")
    )
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


def _holds(outer: int, inner: int) -> bool:
    low, high = range_of(outer)
    return low <= inner <= high


def station_counts(codes: Iterable[int], *, on: date) -> dict[int, int]:
    """Number of stations whose seat is in each area."""
    counts = {}
    for code in codes:
        low, high = range_of(code)
        counts[code] = (
            sites(on=on)
            .filter(unit__kind=UnitKind.STATION, unit__area_id__gte=low, unit__area_id__lte=high)
            .aggregate(count=Count("pk"))["count"]
        )
    return counts
