"""After areas were merged or got a new code: every number is the length of its list."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from linli.directory.queries import coverage, rollups, sites_around, stations
from linli.dispatch.queries import candidates, others
from linli.intake import actions as intake
from linli.kernel.accounts.actors import Actor, visitor
from linli.kernel.accounts.models import Post
from linli.kernel.areas.models import Area, AreaChange, AreaVersion, ChangeKind
from linli.kernel.forms.places import PlaceField
from linli.kernel.stats.measures import measures
from linli.kernel.stats.read import NotCounted, by_area, question, total
from linli.kernel.units.models import ServiceArea, UnitKind
from linli.kernel.units.queries import centre_for, serving
from linli.lib.areacodes import level_of
from linli.people.queries import persons
from linli.services.queries import services

from ..conftest import acting
from ..people.hands import on_file, signed_in
from ..services.hands import recorded
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

pytestmark = pytest.mark.django_db
OTHER_TOWNSHIP, NEW_TOWNSHIP = 350503001000, 350503099000
DAY = date(2025, 7, 1)


def move(kind: ChangeKind, before: int, after: int) -> None:
    """An area ends, and everything under its code belongs to another."""
    Area.objects.get_or_create(
        code=after, defaults={"level": level_of(after), "kind": "street", "valid_from": DAY}
    )
    Area.objects.filter(code=before).update(valid_to=DAY)
    AreaVersion.objects.filter(area_id=before, valid_to__isnull=True).update(valid_to=DAY)
    AreaChange.objects.create(kind=kind, before_id=before, after_id=after, on_day=DAY)


@pytest.fixture
def town(world: World) -> World:
    """Services, requests and people on both sides of the border between two counties."""
    for by, area, count in (
        ("worker", VILLAGE, 1),
        ("sibling_worker", NEXT_VILLAGE, 2),
        ("other_worker", OTHER_VILLAGE, 4),
    ):
        on_file(world, by, area=area, name=f"陈{by[0]}")
        for _time in range(count):
            recorded(world, by, area=area)
            asked = intake.Asked(area=area, need="care", words="帮忙", for_whom="self")
            with acting(visitor()) as actor:
                intake.register_request(actor=actor, asked=asked, door="public")
    return world


def numbers(actor: Actor, area: int) -> dict[str, int]:
    """What an actor is told of an area, by measure; nothing where they may not ask."""
    found, today = {}, timezone.localdate()
    with acting(actor):
        for one in measures():
            try:
                asked = question(actor, one, area=area, first=SINCE, last=today)
            except NotCounted:
                continue
            found[one.name] = total(asked).n
    return found


LISTS = {"services": "/desk/services/", "requests": "/desk/intake/", "orders": "/desk/dispatch/"}


def listed(world: World, name: str, path: str, area: int) -> int:
    """How many rows the list behind a number says it has."""
    days = f"first={SINCE}&last={timezone.localdate()}"
    page = signed_in(world, name).get(f"{path}?area={area:012d}&{days}")
    found = re.search(r"(\d+) rows?</strong>", page.content.decode())
    return int(found[1]) if found else 0


@pytest.mark.parametrize(
    ("kind", "before", "after", "expected"),
    [
        # The whole county into the next one.
        (ChangeKind.MERGE, COUNTY, OTHER_COUNTY, {"dispatcher": 0, "other_dispatcher": 7}),
        # One township under a new code in the next county.
        (ChangeKind.RECODE, TOWNSHIP, NEW_TOWNSHIP, {"dispatcher": 2, "other_dispatcher": 5}),
        # Two townships of one county: nothing changes for the county.
        (ChangeKind.MERGE, TOWNSHIP, NEXT_TOWNSHIP, {"dispatcher": 3, "other_dispatcher": 4}),
    ],
)
def test_every_number_is_the_length_of_the_list_behind_it(
    town: World, kind: ChangeKind, before: int, after: int, expected: dict[str, int]
) -> None:
    move(kind, before, after)
    for name, home in (("dispatcher", COUNTY), ("other_dispatcher", OTHER_COUNTY)):
        told = numbers(town.actor(name), home)
        assert told["services"] == told["requests"] == expected[name], name
        for measure, path in LISTS.items():
            assert listed(town, name, path, home) == told[measure], (name, measure)
    # The whole is what it was, and the parts are the whole.
    city = town.actor("city_officer")
    with acting(city):
        asked = question(city, measures()[0], area=CITY, first=SINCE, last=timezone.localdate())
        parts = by_area(asked, [COUNTY, OTHER_COUNTY])
        assert total(asked).n == sum(one.n for one in parts.values())


def test_the_rows_of_an_office_are_those_its_numbers_count(town: World) -> None:
    move(ChangeKind.MERGE, COUNTY, OTHER_COUNTY)
    for name, services_seen, people_seen in (("dispatcher", 0, 0), ("other_dispatcher", 7, 3)):
        with acting(town.actor(name)) as actor:
            assert services(actor).count() == services_seen, name
            assert persons(actor).count() == people_seen, name
    # A station keeps its own files whatever became of its area.
    with acting(town.actor("worker")) as actor:
        assert (services(actor).count(), persons(actor).count()) == (1, 1)


def test_an_office_of_an_area_that_is_gone_gets_nothing_new(town: World) -> None:
    move(ChangeKind.MERGE, TOWNSHIP, NEXT_TOWNSHIP)
    officer = town.actor("township_officer")
    assert numbers(officer, TOWNSHIP) == dict.fromkeys(numbers(officer, TOWNSHIP), 0)
    assert not officer.scope.covers(TOWNSHIP)
    assert not officer.scope.covers(VILLAGE)
    worker, heir = town.actor("worker"), town.actor("sibling_worker")
    with acting(worker):
        assert list(PlaceField(scope=worker.scope).choices) == []
    with acting(heir):
        offered = [
            code for _name, group in PlaceField(scope=heir.scope).choices for code, _label in group
        ]
    # The township that is gone is offered no more, the villages that are still called by it are.
    assert TOWNSHIP not in offered
    assert {NEXT_TOWNSHIP, NEXT_VILLAGE, VILLAGE} <= set(offered)
    assert heir.scope.covers(VILLAGE)


def test_who_serves_both_sides_keeps_what_went_from_one_to_the_other(town: World) -> None:
    for area in (TOWNSHIP, OTHER_TOWNSHIP):
        ServiceArea.objects.get_or_create(unit=town.station, area_id=area, valid_from=SINCE)
    move(ChangeKind.RECODE, VILLAGE, OTHER_VILLAGE)
    scope = town.actor("worker").scope
    assert (scope.covers(VILLAGE), scope.covers(OTHER_VILLAGE)) == (True, True)
    assert (scope.covers(TOWNSHIP), scope.covers(OTHER_TOWNSHIP)) == (True, True)
    sharing = town.actor("sharing_worker").scope
    assert (sharing.covers(VILLAGE), sharing.covers(TOWNSHIP)) == (False, True)


def test_a_place_is_served_by_those_who_serve_where_it_went(town: World) -> None:
    today = timezone.localdate()
    move(ChangeKind.MERGE, TOWNSHIP, OTHER_TOWNSHIP)
    assert list(serving(VILLAGE, kind=UnitKind.STATION, on=today)) == [town.other_station]
    assert centre_for(VILLAGE, on=today) == town.other_centre
    assert centre_for(NEXT_VILLAGE, on=today) == town.centre
    found = candidates(area=VILLAGE, need="care", on=today)
    assert [(one.unit, str(one.reason)) for one in found] == [(town.other_station, "township")]
    # Stations that sat in what was merged are the new county's own, too.
    rest = {one.unit for one in others(area=VILLAGE, on=today, without=set())}
    assert rest == {town.other_station, town.station, town.sharing}


def test_the_directory_and_coverage_follow(town: World) -> None:
    today = timezone.localdate()
    move(ChangeKind.MERGE, TOWNSHIP, OTHER_TOWNSHIP)
    with acting(town.actor("other_dispatcher")) as actor:
        around = {one.unit for one in sites_around(actor)}
        assert set(stations(actor)) == {town.other_station, town.station, town.sharing}
    assert {town.station, town.sharing, town.other_station} <= around
    with acting(town.actor("dispatcher")) as actor:
        assert set(stations(actor)) == {town.sibling}
    covered = {
        one.place.code: {name for _id, name in one.stations}
        for one in coverage(OTHER_COUNTY, on=today)
    }
    labels = {one.label for one in (town.other_station, town.station, town.sharing)}
    assert covered[OTHER_TOWNSHIP] == labels
    assert TOWNSHIP not in {one.place.code for one in coverage(COUNTY, on=today)}
    counted = {one.place.code: one for one in rollups(CITY, on=today)}
    assert (counted[COUNTY].stations, counted[OTHER_COUNTY].stations) == (1, 3)
    assert (counted[COUNTY].covered, counted[OTHER_COUNTY].covered) == (1, 1)
    for county in (COUNTY, OTHER_COUNTY):
        rows = [one for one in coverage(county, on=today) if not one.is_quasi]
        assert counted[county].townships == len(rows)
        assert counted[county].covered == sum(1 for one in rows if one.stations)


def statements(world: World, name: str) -> int:
    Post.objects.filter(user=world.users[name]).exists()
    with CaptureQueriesContext(connection) as captured:
        world.actor(name)
    return len(captured)


@pytest.fixture
def counted(world: World) -> Iterator[Any]:
    yield lambda: {name: statements(world, name) for name in ("worker", "dispatcher", "officer")}


def test_where_nothing_has_moved_nothing_more_is_asked(world: World, counted: Any) -> None:
    one_each = {"worker": 1, "dispatcher": 1, "officer": 1}
    assert counted() == one_each
    # Elsewhere, by name only, or a part that nobody can attribute: nothing of it changes a scope.
    move(ChangeKind.MERGE, 350582001000, 350582002000)
    AreaChange.objects.create(kind=ChangeKind.RENAME, before_id=COUNTY, after_id=COUNTY, on_day=DAY)
    AreaChange.objects.create(
        kind=ChangeKind.SPLIT, before_id=COUNTY, after_id=OTHER_COUNTY, on_day=DAY
    )
    assert counted() == one_each
    # Inside the county: the county is the same, its township is not.
    move(ChangeKind.MERGE, TOWNSHIP, NEXT_TOWNSHIP)
    assert counted() == one_each | {"worker": 2}


def test_a_scope_where_nothing_has_moved_is_the_range_of_its_code(world: World) -> None:
    scope = world.actor("dispatcher").scope
    assert (scope.left, scope.former) == ((), frozenset())
    assert (
        scope.condition() == type(scope)(ranges=scope.ranges, unit_ids=scope.unit_ids).condition()
    )
