from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.areas.queries import inside
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.kernel.units.queries import (
    areas_of_other_centres,
    centre_for,
    of_centre,
    serving,
    unit_labels,
    units,
)

from ..world import (
    CITY,
    COUNTY,
    NEXT_TOWNSHIP,
    NEXT_VILLAGE,
    OTHER_COUNTY,
    OTHER_VILLAGE,
    SINCE,
    TOWNSHIP,
    VILLAGE,
    World,
)

TODAY = date(2026, 3, 2)
YESTERDAY = TODAY - timedelta(days=1)


def station(seat: int, *serves: int) -> Unit:
    unit = Unit.objects.create(
        kind=UnitKind.STATION,
        area_id=seat,
        competent_body="civil_affairs",
        zh="某站",
        en="Some station",
        valid_from=SINCE,
    )
    for code in serves:
        ServiceArea.objects.create(unit=unit, area_id=code, valid_from=SINCE)
    return unit


def centre(seat: int, *serves: int) -> Unit:
    unit = station(seat, *serves)
    Unit.objects.filter(pk=unit.pk).update(kind=UnitKind.CENTRE)
    return Unit.objects.get(pk=unit.pk)


def stations(*names: Unit) -> set[str]:
    return {str(one.pk) for one in names}


def of(unit: Unit) -> set[str]:
    return stations(*of_centre(unit, UnitKind.STATION, on=TODAY))


def found(area: int, *, kind: UnitKind = UnitKind.STATION, on: date = TODAY) -> list[Unit]:
    return list(serving(area, kind=kind, on=on))


def test_a_place_is_served_by_the_units_of_every_area_it_lies_in(world: World) -> None:
    assert {one.pk for one in found(VILLAGE)} == {world.station.pk, world.sharing.pk}
    assert [one.pk for one in found(NEXT_TOWNSHIP)] == [world.sibling.pk]
    assert found(COUNTY) == []
    assert [one.pk for one in found(VILLAGE, kind=UnitKind.CENTRE)] == [world.centre.pk]


def test_the_most_local_service_area_comes_first_wherever_the_unit_sits(world: World) -> None:
    # It sits in the next county, whose codes are larger, and serves the whole city.
    far = station(OTHER_COUNTY, CITY)
    near = station(CITY, VILLAGE)

    order = [one.pk for one in found(VILLAGE)]
    assert order[0] == near.pk
    assert order[-1] == far.pk
    assert set(order[1:-1]) == {world.station.pk, world.sharing.pk}


def test_a_unit_that_serves_two_areas_above_a_place_is_named_once(world: World) -> None:
    both = station(TOWNSHIP, COUNTY, VILLAGE)
    order = [one.pk for one in found(VILLAGE)]
    assert order.count(both.pk) == 1
    assert order[0] == both.pk


@pytest.mark.parametrize("what", ["unit", "service area"])
def test_a_unit_serves_from_its_first_to_its_last_day(world: World, what: str) -> None:
    row = world.sibling if what == "unit" else ServiceArea.objects.get(unit=world.sibling)
    row.valid_from, row.valid_to = YESTERDAY, TODAY
    row.save()

    days = [YESTERDAY - timedelta(days=1), YESTERDAY, TODAY, TODAY + timedelta(days=1)]
    assert [bool(found(NEXT_TOWNSHIP, on=day)) for day in days] == [False, True, True, False]


def test_the_centre_is_that_of_the_county_and_may_be_missing(world: World) -> None:
    assert centre_for(VILLAGE, on=TODAY) == world.centre
    assert centre_for(COUNTY, on=TODAY) == world.centre
    assert centre_for(OTHER_COUNTY, on=TODAY) == world.other_centre
    assert centre_for(350582000000, on=TODAY) is None
    assert centre_for(0, on=TODAY) is None
    assert centre_for(CITY, on=TODAY) is None
    ServiceArea.objects.filter(unit=world.centre).update(valid_to=YESTERDAY)
    assert centre_for(VILLAGE, on=TODAY) is None


def test_a_centre_of_the_county_goes_before_one_of_the_city(world: World) -> None:
    of_city = centre(CITY, CITY)

    assert centre_for(VILLAGE, on=TODAY) == world.centre
    assert centre_for(350582000000, on=TODAY) == of_city


def test_a_part_of_a_county_may_have_a_centre_of_its_own(world: World) -> None:
    zone = centre(NEXT_TOWNSHIP, NEXT_TOWNSHIP)

    assert centre_for(NEXT_VILLAGE, on=TODAY) == centre_for(NEXT_TOWNSHIP, on=TODAY) == zone
    assert centre_for(VILLAGE, on=TODAY) == centre_for(COUNTY, on=TODAY) == world.centre
    assert (of(zone), of(world.centre)) == (
        stations(world.sibling),
        stations(world.station, world.sharing),
    )
    assert areas_of_other_centres(NEXT_VILLAGE, on=TODAY) == {COUNTY}
    assert areas_of_other_centres(VILLAGE, on=TODAY) == set()
    assert areas_of_other_centres(OTHER_VILLAGE, on=TODAY) == set()
    ServiceArea.objects.filter(unit=zone).update(valid_to=YESTERDAY)
    assert centre_for(NEXT_VILLAGE, on=TODAY) == world.centre
    assert of(world.centre) == stations(world.station, world.sharing, world.sibling)


def test_a_centre_that_is_closed_takes_no_part_away(world: World) -> None:
    zone = centre(NEXT_TOWNSHIP, NEXT_TOWNSHIP)
    Unit.objects.filter(pk=zone.pk).update(valid_to=YESTERDAY)

    assert centre_for(NEXT_VILLAGE, on=TODAY) == world.centre
    assert of(world.centre) == stations(world.station, world.sharing, world.sibling)
    assert areas_of_other_centres(NEXT_VILLAGE, on=TODAY) == set()


def test_two_centres_of_one_area_take_nothing_from_each_other(world: World) -> None:
    second = centre(COUNTY, COUNTY)

    assert of(second) == of(world.centre) == stations(world.station, world.sharing, world.sibling)


def test_units_of_an_area_are_those_that_sit_in_it(world: World) -> None:
    assert {one.pk for one in units(UnitKind.STATION, among=inside(TOWNSHIP), on=TODAY)} == {
        world.station.pk,
        world.sharing.pk,
    }
    assert units(UnitKind.STATION, among=inside(CITY), on=TODAY).count() == 4
    assert not units(UnitKind.STATION, among=inside(VILLAGE), on=TODAY).exists()


def test_labels_of_units_follow_the_language(world: World) -> None:
    ids = [world.unit_id("station"), None]
    with translation.override("en"):
        assert unit_labels(ids) == {world.unit_id("station"): "Test station"}
    with translation.override("zh-hans"):
        assert unit_labels(ids) == {world.unit_id("station"): "测试station"}
    assert unit_labels([None]) == {}


def test_a_unit_serves_an_area_once_at_a_time_and_again_later(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ServiceArea.objects.create(unit=world.station, area_id=TOWNSHIP, valid_from=TODAY)
    ServiceArea.objects.filter(unit=world.station).update(valid_to=YESTERDAY)
    ServiceArea.objects.create(unit=world.station, area_id=TOWNSHIP, valid_from=TODAY)

    assert found(VILLAGE).count(world.station) == 1


def test_a_unit_cannot_end_before_it_begins(world: World) -> None:
    set_actor(system("tests"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Unit.objects.filter(pk=world.station.pk).update(valid_to=SINCE - timedelta(days=1))
