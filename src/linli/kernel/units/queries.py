from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)

from linli.kernel.areas.queries import holders, inside

from .models import ServiceArea, Unit, UnitKind


def in_force(on: date, of: str = "") -> Q:
    """Condition for units, service areas and posts that are valid on a day.

    `of` names the way to them, e.g. "unit__" for the units of the rows asked for.
    """
    begun, still, until = f"{of}valid_from__lte", f"{of}valid_to__isnull", f"{of}valid_to__gte"
    return Q((begun, on)) & (Q((still, True)) | Q((until, on)))


def units(kind: UnitKind, *, among: Q, on: date) -> QuerySet[Unit]:
    """Units of a kind in force among those of a condition, e.g. that of an actor's scope."""
    return Unit.objects.filter(among, in_force(on), kind=kind)


def is_unit(unit_id: UUID, *, kind: UnitKind, among: Q, on: date) -> bool:
    """Whether an id is a unit of a kind in force, among the units of a condition."""
    return units(kind, among=among, on=on).filter(pk=unit_id).exists()


def serving(area: int, *, kind: UnitKind, on: date) -> QuerySet[Unit]:
    """Units of a kind whose service area holds the place, the most local first."""
    places = holders(area)
    held = ServiceArea.objects.filter(in_force(on), area_id__in=places)
    held = held.annotate(distance=_distance("area_id", places))
    nearest = held.filter(unit=OuterRef("pk")).order_by("distance").values("distance")[:1]
    found = Unit.objects.filter(in_force(on), kind=kind, pk__in=held.values("unit_id"))
    return found.order_by(Subquery(nearest), "id")


def _distance(column: str, places: list[int]) -> Func:
    """Where a code stands among the areas that hold a place, the smallest first."""
    listed = Value(places, output_field=ArrayField(BigIntegerField()))
    return Func(listed, column, function="array_position", output_field=IntegerField())


def centre_for(area: int, *, on: date) -> Unit | None:
    """The guidance centre that answers for a place: mostly the county's; where a part of a county
    has a centre of its own, that one."""
    nearest = _centres(area, on=on).select_related("unit").first()
    return nearest.unit if nearest else None


def areas_of_other_centres(area: int, *, on: date) -> set[int]:
    """Areas that hold a place and are served by centres other than the one that answers for it."""
    rows = list(_centres(area, on=on).values_list("unit_id", "area_id"))
    return {served for unit_id, served in rows if unit_id != rows[0][0]}


def _centres(area: int, *, on: date) -> QuerySet[ServiceArea]:
    """How centres serve a place, the most local way first."""
    places = holders(area)
    held = ServiceArea.objects.filter(
        in_force(on), in_force(on, "unit__"), area_id__in=places, unit__kind=UnitKind.CENTRE
    )
    return held.annotate(distance=_distance("area_id", places)).order_by("distance", "unit_id")


def of_centre(centre: Unit, kind: UnitKind, *, on: date) -> QuerySet[Unit]:
    """Units of a kind whose seat lies where a centre answers: in its service areas, without the
    parts that have a centre of their own."""
    served = centre.service_areas.filter(in_force(on)).values_list("area_id", flat=True)
    own = set(served)
    parts = ServiceArea.objects.filter(
        _in_any(own), in_force(on), in_force(on, "unit__"), unit__kind=UnitKind.CENTRE
    )
    others = set(parts.values_list("area_id", flat=True)) - own
    return units(kind, among=_in_any(own), on=on).exclude(_in_any(others))


def _in_any(codes: Iterable[int]) -> Q:
    """The condition for rows that count as inside one of some areas; nothing is in none."""
    asked = Q(pk__in=[])
    for code in codes:
        asked |= inside(code)
    return asked


def unit_labels(unit_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of units in the current language, in one query."""
    wanted = {one for one in unit_ids if one is not None}
    found = Unit.objects.filter(pk__in=wanted).only("zh", "en") if wanted else ()
    return {unit.pk: unit.label for unit in found}
