from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.directory.queries import capacities
from linli.kernel.areas.queries import holders, inside
from linli.kernel.units.models import Unit, UnitKind
from linli.kernel.units.queries import areas_of_other_centres, centre_for, of_centre, serving
from linli.kernel.units.queries import units as units_in
from linli.lib.areacodes import COUNTY, level_of

from .enums import AT_STATION, RoutingReason
from .models import Order, RoutingRule

VILLAGE_LEVEL = 5
TOWNSHIP_LEVEL = 4


@dataclass(frozen=True)
class Candidate:
    """A station an order could go to: why, and how full it is."""

    unit: Unit
    reason: RoutingReason
    load: int
    capacity: int

    @property
    def has_room(self) -> bool:
        return self.load < self.capacity

    @property
    def words(self) -> str:
        """Why this station, and how full it is, in one line."""
        return f"{self.reason.label} · {load_words(self.load, self.capacity)}"

    def noted(self) -> dict[str, Any]:
        """What is kept with the order: ids, codes and numbers."""
        return {
            "unit": str(self.unit.pk),
            "reason": str(self.reason),
            "load": self.load,
            "capacity": self.capacity,
        }


def load_words(load: int, capacity: int = 0) -> str:
    """How much open work a station or a worker has, e.g. "8 of 20 open orders"."""
    if not capacity:
        return ngettext("%(load)s open order", "%(load)s open orders", load) % {"load": load}
    return _("%(load)s of %(capacity)s open orders") % {"load": load, "capacity": capacity}


def candidates(*, area: int, need: str, on: date) -> list[Candidate]:
    """Stations for an order, best first: the centre's rule, then those that serve the place, the
    most local first; a station with room goes before a full one, the less loaded before others.

    Where a part of a county has a centre of its own, the county's rules are not that centre's.
    """
    holding = holders(area)
    places = set(holding) - areas_of_other_centres(area, on=on)
    rules = RoutingRule.objects.filter(area__in=places, need=need).select_related("station")
    ruled = {one.station_id: one.station for one in rules if one.station.is_in_force(on)}
    local = {unit.pk: unit for unit in serving(area, kind=UnitKind.STATION, on=on)}
    found = {**ruled, **local}
    loads = open_loads(found)
    room = capacities(found)
    served = {unit_id: _how(holding, unit) for unit_id, unit in local.items()}
    made = [
        Candidate(
            unit,
            RoutingReason.RULE if pk in ruled else served[pk],
            loads.get(pk, 0),
            room.get(pk, 0),
        )
        for pk, unit in found.items()
    ]
    order = list(RoutingReason)
    return sorted(
        made,
        key=lambda one: (
            not one.has_room,
            order.index(one.reason),
            one.load / max(1, one.capacity),
            str(one.unit.pk),
        ),
    )


def others(*, area: int, on: date, without: set[UUID]) -> list[Candidate]:
    """The centre's other stations (without a centre: the county's), for a dispatcher who knows
    better."""
    centre = centre_for(area, on=on)
    if centre is None:
        held = units_in(UnitKind.STATION, among=inside(_county(area)), on=on)
    else:
        held = of_centre(centre, UnitKind.STATION, on=on)
    found = {unit.pk: unit for unit in held if unit.pk not in without}
    loads, room = open_loads(found), capacities(found)
    made = [
        Candidate(unit, RoutingReason.CHOSEN, loads.get(pk, 0), room.get(pk, 0))
        for pk, unit in found.items()
    ]
    return sorted(made, key=lambda one: (not one.has_room, one.unit.area_id, str(one.unit.pk)))


def _county(area: int) -> int:
    """The county that holds a place today; a wider area is kept."""
    return next((one for one in holders(area) if level_of(one) <= COUNTY), area)


def open_loads(unit_ids: Any) -> dict[UUID, int]:
    """Open orders at each station, whoever may see them: a number, no row."""
    counted = (
        Order._base_manager.filter(unit_id__in=list(unit_ids), state__in=AT_STATION)
        .values("unit_id")
        .annotate(count=Count("pk"))
        .values_list("unit_id", "count")
    )
    return dict(counted)


def _how(places: list[int], unit: Unit) -> RoutingReason:
    served = unit.service_areas.filter(area_id__in=places).values_list("area_id", flat=True)
    finest = max((level_of(code) for code in served), default=0)
    if finest == VILLAGE_LEVEL:
        return RoutingReason.VILLAGE
    return RoutingReason.TOWNSHIP if finest == TOWNSHIP_LEVEL else RoutingReason.COUNTY
