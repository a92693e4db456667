from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from linli.lib.areacodes import ancestors, county_of, range_of

from .models import ServiceArea, Unit, UnitKind


def in_force(on: date, of: str = "") -> Q:
    """Condition for units, service areas and posts that are valid on a day.

    `of` names the way to them, e.g. "unit__" for the units of the rows asked for.
    """
    begun, still, until = f"{of}valid_from__lte", f"{of}valid_to__isnull", f"{of}valid_to__gte"
    return Q((begun, on)) & (Q((still, True)) | Q((until, on)))


def units(kind: UnitKind, *, area: int, on: date) -> QuerySet[Unit]:
    """Units of a kind whose seat lies in the area."""
    low, high = range_of(area)
    return Unit.objects.filter(in_force(on), kind=kind, area_id__gte=low, area_id__lte=high)


def is_unit(unit_id: UUID, *, kind: UnitKind, among: Q, on: date) -> bool:
    """Whether an id is a unit of a kind in force, among the units of a condition."""
    return Unit.objects.filter(among, in_force(on), pk=unit_id, kind=kind).exists()


def serving(area: int, *, kind: UnitKind, on: date) -> QuerySet[Unit]:
    """Units of a kind whose service area holds the place, the most local first."""
    held = ServiceArea.objects.filter(in_force(on), area_id__in=[area, *ancestors(area)])
    # Of the areas that hold a place, the smaller one has the larger code.
    nearest = held.filter(unit=OuterRef("pk")).order_by("-area_id").values("area_id")[:1]
    found = Unit.objects.filter(in_force(on), kind=kind, pk__in=held.values("unit_id"))
    return found.order_by(Subquery(nearest).desc(), "id")


def centre_for(area: int, *, on: date) -> Unit | None:
    """The county guidance centre that answers for a place."""
    county = county_of(area)
    places = Q(service_areas__area_id__in=[county, *ancestors(county)])
    found = Unit.objects.filter(places, in_force(on, "service_areas__"))
    found = found.filter(in_force(on), kind=UnitKind.CENTRE)
    # Of the areas that hold a place, the smaller one has the larger code.
    found = found.order_by("-service_areas__area_id", "id")
    return next(iter(found[:1]), None)


def service_ranges(unit_ids: Iterable[UUID], *, on: date) -> tuple[tuple[int, int], ...]:
    """Code ranges that the units serve on a day."""
    codes = ServiceArea.objects.filter(in_force(on), unit_id__in=list(unit_ids))
    return tuple(range_of(code) for code in codes.values_list("area_id", flat=True))


def unit_labels(unit_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of units in the current language, in one query."""
    wanted = {one for one in unit_ids if one is not None}
    found = Unit.objects.filter(pk__in=wanted) if wanted else ()
    return {unit.pk: unit.label for unit in found}
