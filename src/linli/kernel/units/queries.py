from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from linli.lib.areacodes import ancestors, range_of

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


def units_within(ranges: Iterable[tuple[int, int]], kind: UnitKind, *, on: date) -> QuerySet[Unit]:
    """Units of a kind whose seat lies in one of some code ranges, e.g. of an actor's scope."""
    return Unit.objects.filter(_inside(ranges), in_force(on), kind=kind)


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
    """The guidance centre that answers for a place: mostly the county's; where a part of a county
    has a centre of its own, that one."""
    return next(iter(serving(area, kind=UnitKind.CENTRE, on=on)[:1]), None)


def areas_of_other_centres(area: int, *, on: date) -> set[int]:
    """Areas that hold a place and are served by centres other than the one that answers for it."""
    held = ServiceArea.objects.filter(
        in_force(on),
        in_force(on, "unit__"),
        area_id__in=[area, *ancestors(area)],
        unit__kind=UnitKind.CENTRE,
    )
    rows = list(held.order_by("-area_id", "unit_id").values_list("unit_id", "area_id"))
    return {served for unit_id, served in rows if unit_id != rows[0][0]}


def of_centre(centre: Unit, kind: UnitKind, *, on: date) -> QuerySet[Unit]:
    """Units of a kind whose seat lies where a centre answers: in its service areas, without the
    parts that have a centre of their own."""
    held = service_ranges([centre.pk], on=on)
    parts = ServiceArea.objects.filter(
        in_force(on), in_force(on, "unit__"), _inside(held), unit__kind=UnitKind.CENTRE
    )
    others = [range_of(one) for one in parts.values_list("area_id", flat=True)]
    return units_within(held, kind, on=on).exclude(_inside(set(others) - set(held)))


def _inside(ranges: Iterable[tuple[int, int]]) -> Q:
    """The condition for rows whose area begins in one of some ranges; nothing is in none."""
    asked = Q(pk__in=[])
    for low, high in ranges:
        asked |= Q(area_id__gte=low, area_id__lte=high)
    return asked


def service_ranges(unit_ids: Iterable[UUID], *, on: date) -> tuple[tuple[int, int], ...]:
    """Code ranges that the units serve on a day."""
    codes = ServiceArea.objects.filter(in_force(on), unit_id__in=list(unit_ids))
    return tuple(range_of(code) for code in codes.values_list("area_id", flat=True))


def unit_labels(unit_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of units in the current language, in one query."""
    wanted = {one for one in unit_ids if one is not None}
    found = Unit.objects.filter(pk__in=wanted) if wanted else ()
    return {unit.pk: unit.label for unit in found}
