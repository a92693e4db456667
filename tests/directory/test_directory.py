from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from stdnum.cn import uscc

from linli.directory import actions, queries
from linli.directory.models import OpeningHours, Organisation, Site
from linli.kernel.flow.machine import Refused
from linli.kernel.units.models import ServiceArea, Unit, UnitKind

from ..conftest import acting
from ..people.hands import signed_in
from ..world import (
    CITY,
    COUNTY,
    NEXT_TOWNSHIP,
    OTHER_COUNTY,
    TOWNSHIP,
    VILLAGE,
    World,
)

pytestmark = pytest.mark.django_db
LIST = "/desk/directory/"
# An invented code: the area part 000000 is nowhere.
CODE = "52000000MJ000000" + "0"
CODE += uscc.calc_check_digit(CODE)


def url(unit: Any, part: str = "") -> str:
    return f"{LIST}{unit.pk}/" + (f"{part}/" if part else "")


def serving(unit: Unit) -> set[int]:
    held = ServiceArea.objects.filter(unit=unit, valid_to__isnull=True)
    return set(held.values_list("area_id", flat=True))


def opening(**given: Any) -> dict[str, Any]:
    return {
        "kind": "station",
        "zh": "新站",
        "en": "New station",
        "area": str(TOWNSHIP),
        "serves": [str(TOWNSHIP)],
        "serves_also": "",
        "parent": "",
        "operator": "",
        "operating_model": "purchased",
        "competent_body": "social_work_department",
        "address": "测试路1号",
        "phone": "0595-22880001",
        "capacity": "15",
    } | given


def changing(**given: Any) -> dict[str, Any]:
    kept = opening(**given)
    return {name: kept[name] for name in kept if name not in {"kind", "area", "parent"}}


def page(world: World, name: str, path: str = LIST, **asked: Any) -> str:
    answer = signed_in(world, name).get(path, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_list_is_of_ones_county_or_wider(world: World) -> None:
    for name in ("worker", "township_officer", "dispatcher", "grid_worker", "administrator"):
        shown = page(world, name)
        assert (url(world.sibling) in shown, url(world.other_station) in shown) == (True, False)
    for name in ("city_officer", "province_officer", "national_officer"):
        assert url(world.other_station) in page(world, name)


def test_strangers_sign_in_first(world: World) -> None:
    from django.test import Client

    answer = Client().get(LIST)
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={LIST}")


def test_filters_by_kind_county_and_name(world: World) -> None:
    rooms = page(world, "city_officer", kind="room")
    assert (url(world.village) in rooms, url(world.station) in rooms) == (True, False)
    county = page(world, "city_officer", area=str(OTHER_COUNTY))
    assert (url(world.other_station) in county, url(world.station) in county) == (True, False)
    named = page(world, "city_officer", q="sibling")
    assert (url(world.sibling) in named, url(world.station) in named) == (True, False)


def test_one_row_costs_as_much_as_three(world: World) -> None:
    client = signed_in(world, "city_officer")

    def queries_for(**asked: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(LIST, asked).status_code == 200
        return len(caught)

    queries_for()
    assert queries_for(kind="room") == queries_for(kind="station")


def test_a_closed_site_is_not_listed_but_its_page_stays(world: World) -> None:
    Unit.objects.filter(pk=world.unit_id("sibling")).update(
        valid_to=timezone.localdate() - timedelta(days=1)
    )
    assert url(world.sibling) not in page(world, "dispatcher")
    assert "Closed" in page(world, "dispatcher", url(world.sibling))


def test_a_site_says_what_it_is_and_what_it_belongs_to(world: World) -> None:
    shown = page(world, "worker", url(world.station))
    assert ("0595-22880000" in shown, "Party committee social work department" in shown) == (
        True,
        True,
    )
    assert (url(world.centre) in shown, url(world.village) in shown) == (True, True)
    assert not any(f"/{part}/" in shown for part in ("edit", "close", "hours"))
    assert signed_in(world, "worker").get(f"{LIST}{world.users['worker'].pk}/").status_code == 404


def test_buttons_are_those_that_work(world: World) -> None:
    offered = {
        name: [
            part
            for part in ("edit", "close", "hours")
            if url(world.station, part) in page(world, name, url(world.station))
        ]
        for name in ("dispatcher", "head", "sharing_head", "other_dispatcher", "officer")
    }
    assert offered == {
        "dispatcher": ["edit", "close", "hours"],
        "head": ["hours"],
        "sharing_head": [],
        "other_dispatcher": [],
        "officer": [],
    }


@pytest.mark.parametrize(
    "name", ["worker", "head", "sharing_head", "officer", "other_dispatcher", "grid_worker"]
)
def test_nobody_else_changes_or_closes(world: World, name: str) -> None:
    client = signed_in(world, name)
    for part in ("edit", "close"):
        assert client.get(url(world.station, part)).status_code == 404
        assert client.post(url(world.station, part), changing()).status_code == 404
    assert Unit.objects.get(pk=world.unit_id("station")).valid_to is None


def test_a_dispatcher_opens_a_station(world: World) -> None:
    client = signed_in(world, "dispatcher")
    assert client.get(LIST + "new/").status_code == 200
    answer = client.post(LIST + "new/", opening(parent=str(world.unit_id("centre"))))
    unit = Unit.objects.get(zh="新站")
    assert (answer.status_code, answer["Location"]) == (302, url(unit))
    assert (unit.kind, unit.parent_id, unit.area_id) == (
        "station",
        world.unit_id("centre"),
        TOWNSHIP,
    )
    assert serving(unit) == {TOWNSHIP}
    assert (unit.site.capacity, unit.site.phone) == (15, "0595-22880001")


@pytest.mark.parametrize(
    ("area", "serves", "also", "wanted"),
    [
        ("梅山社区", [], "", {VILLAGE}),
        (f"somewhere {VILLAGE}", [], "", {VILLAGE}),
        (str(COUNTY), [str(TOWNSHIP)], f"东北社区\n新春社区 {VILLAGE + 1}\n", None),
    ],
)
def test_areas_by_name_or_code(
    world: World, area: str, serves: list[str], also: str, wanted: set[int] | None
) -> None:
    given = opening(area=area, serves=serves, serves_also=also, kind="room")
    assert signed_in(world, "dispatcher").post(LIST + "new/", given).status_code == 302
    unit = Unit.objects.get(zh="新站")
    assert serving(unit) == (wanted or {TOWNSHIP, VILLAGE + 1, VILLAGE + 2})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zh", ""),
        ("kind", "department"),
        ("area", str(OTHER_COUNTY)),
        ("area", "350502999000"),
        ("area", "没有这个地方"),
        ("serves", [str(OTHER_COUNTY)]),
        ("serves_also", f"东北社区\n别处 {OTHER_COUNTY}"),
        ("competent_body", "nobody"),
        ("phone", "12"),
        ("capacity", "-1"),
        ("parent", str(1)),
    ],
)
def test_an_error_keeps_what_was_typed(world: World, field: str, value: Any) -> None:
    answer = signed_in(world, "dispatcher").post(LIST + "new/", opening(**{field: value}))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="测试路1号"' in shown
    assert field != "serves_also" or f"别处 {OTHER_COUNTY}: No area" in shown
    assert not Unit.objects.filter(zh="新站").exists()


@pytest.mark.parametrize("name", ["worker", "head", "officer", "grid_worker"])
def test_only_a_centre_or_an_administrator_opens(world: World, name: str) -> None:
    client = signed_in(world, name)
    for path in ("new/", "agencies/new/"):
        assert client.get(LIST + path).status_code == 404
        assert client.post(LIST + path, opening()).status_code == 404
    with acting(world.actor(name)) as actor, pytest.raises(Refused):
        actions.open_site(
            actor=actor, kind=UnitKind.ROOM, zh="甲", en="A", area=VILLAGE, serves=(VILLAGE,)
        )
    with acting(world.actor(name)) as actor, pytest.raises(Refused):
        actions.register_organisation(actor=actor, zh="甲", en="A", area=VILLAGE, credit_code=CODE)


def test_nobody_gives_a_station_an_area_that_is_not_theirs_to_give(world: World) -> None:
    with acting(world.actor("dispatcher")) as actor:
        with pytest.raises(Refused):
            actions.open_site(
                actor=actor,
                kind=UnitKind.STATION,
                zh="甲",
                en="A",
                area=TOWNSHIP,
                serves=(TOWNSHIP, OTHER_COUNTY),
            )
        site = Site.objects.get(pk=world.unit_id("station"))
        with pytest.raises(Refused):
            actions.change_site(
                site,
                actor=actor,
                zh="甲",
                en="A",
                address="",
                phone="",
                capacity=1,
                operating_model="direct",
                competent_body="both",
                operator_id=None,
                serves=(TOWNSHIP, CITY),
            )
    assert serving(world.station) == {TOWNSHIP}
    assert not Unit.objects.filter(zh="甲").exists()


def test_a_change_ends_and_begins_service_areas(world: World) -> None:
    client = signed_in(world, "dispatcher")
    shown = client.get(url(world.station, "edit")).content.decode()
    assert f'value="{TOWNSHIP}"' in shown
    given = changing(serves=[str(NEXT_TOWNSHIP)], serves_also=f"梅山 {VILLAGE}", capacity="9")
    given["competent_body"] = "both"
    assert client.post(url(world.station, "edit"), given).status_code == 302
    unit = Unit.objects.get(pk=world.unit_id("station"))
    assert serving(unit) == {NEXT_TOWNSHIP, VILLAGE}
    ended = ServiceArea.objects.get(unit=unit, valid_to__isnull=False)
    assert (ended.area_id, ended.valid_to) == (TOWNSHIP, timezone.localdate())
    assert (unit.zh, unit.competent_body, unit.site.capacity) == ("新站", "both", 9)
    again = client.get(url(world.station, "edit")).content.decode()
    assert str(VILLAGE) in again  # typed areas come back as name and code


def test_a_site_closes_after_a_day_that_has_not_passed(world: World) -> None:
    client = signed_in(world, "dispatcher")
    today = timezone.localdate()
    yesterday = (today - timedelta(days=1)).isoformat()
    assert client.post(url(world.sibling, "close"), {"last_day": yesterday}).status_code == 422
    answer = client.post(url(world.sibling, "close"), {"last_day": today.isoformat()})
    assert answer.status_code == 302
    assert Unit.objects.get(pk=world.unit_id("sibling")).valid_to == today
    assert serving(world.sibling) == set()


def test_hours_as_people_write_them(world: World) -> None:
    client = signed_in(world, "head")
    given = {"day0": "8:30-12:00，14:30–17:30", "day5": "09：00至11：00"}
    assert client.post(url(world.station, "hours"), given).status_code == 302
    held = OpeningHours.objects.values_list("weekday", "opens", "closes")
    assert set(held) == {
        (0, time(8, 30), time(12)),
        (0, time(14, 30), time(17, 30)),
        (5, time(9), time(11)),
    }
    shown = page(world, "worker", url(world.station))
    assert "08:30–12:00, 14:30–17:30" in shown
    again = client.get(url(world.station, "hours")).content.decode()
    assert 'value="08:30-12:00, 14:30-17:30"' in again


@pytest.mark.parametrize(
    "text", ["morning", "12:00-08:00", "08:00-12:00, 11:00-13:00", "25:00-26:00", "08:00"]
)
def test_hours_that_cannot_be(world: World, text: str) -> None:
    answer = signed_in(world, "head").post(
        url(world.station, "hours"), {"day0": text, "day1": "09:00-10:00"}
    )
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert (f'value="{text}"' in shown, 'value="09:00-10:00"' in shown) == (True, True)
    assert OpeningHours.objects.count() == 0


@pytest.mark.parametrize("name", ["worker", "sharing_head", "sibling_head", "other_dispatcher"])
def test_hours_are_set_by_the_head_or_the_centre(world: World, name: str) -> None:
    client = signed_in(world, name)
    given = {"day0": "08:30-12:00"}
    assert client.post(url(world.station, "hours"), given).status_code == 404
    site = Site.objects.get(pk=world.unit_id("station"))
    with acting(world.actor(name)) as actor, pytest.raises(Refused):
        actions.set_hours(site, actor=actor, spans=[(0, time(8), time(9))])


def test_an_agency_has_a_code_that_checks_and_nobody_else_has(world: World) -> None:
    client = signed_in(world, "dispatcher")
    given = {"zh": "测试社工中心", "en": "Test agency", "credit_code": CODE, "area": str(COUNTY)}
    wrong = client.post(LIST + "agencies/new/", given | {"credit_code": CODE[:-1] + "Y"})
    assert wrong.status_code == 422
    assert "The last character does not fit" in wrong.content.decode()
    assert client.post(LIST + "agencies/new/", given).status_code == 302
    held = Organisation.objects.get()
    assert (held.credit_code, held.unit.kind) == (CODE, "agency")
    again = client.post(LIST + "agencies/new/", given)
    assert again.status_code == 422
    assert "This code belongs to" in again.content.decode()
    opened = client.post(LIST + "new/", opening(operator=str(held.pk)))
    assert opened.status_code == 302
    assert CODE in client.get(opened["Location"]).content.decode()


def test_coverage_of_a_county_shows_gaps_first_and_in_words(world: World) -> None:
    shown = page(world, "dispatcher", LIST + "coverage/")
    assert "are served by a station" in shown
    assert shown.index("Gap: no station serves it") < shown.index(url(world.station))
    with acting(world.actor("dispatcher")):
        found = queries.coverage(COUNTY, on=timezone.localdate())
    served = {one.place.code for one in found if one.stations}
    assert served == {TOWNSHIP, NEXT_TOWNSHIP}
    assert page(world, "worker", LIST + "coverage/") == shown or url(world.station) in shown


def test_coverage_above_counts_townships_without_quasi_areas(world: World) -> None:
    today = timezone.localdate()
    found = {one.place.code: one for one in queries.rollups(CITY, on=today)}
    county = found[COUNTY]
    whole = queries.coverage(COUNTY, on=today)
    assert county.townships == sum(1 for one in whole if not one.is_quasi)
    assert (county.covered, county.stations) == (2, 3)
    shown = page(world, "city_officer", LIST + "coverage/")
    assert f"{LIST}coverage/?area={COUNTY}" in shown
    below = page(world, "city_officer", LIST + "coverage/", area=str(COUNTY))
    assert url(world.station) in below


def test_a_station_for_a_whole_county_leaves_no_gap(world: World) -> None:
    today = timezone.localdate()
    ServiceArea.objects.create(unit=world.other_station, area_id=OTHER_COUNTY, valid_from=today)
    county = next(one for one in queries.rollups(CITY, on=today) if one.place.code == OTHER_COUNTY)
    assert county.covered == county.townships > 1
    assert all(one.stations for one in queries.coverage(OTHER_COUNTY, on=today))


def test_rollups_cost_the_same_for_a_city_and_a_province(world: World) -> None:
    def count(area: int) -> int:
        with CaptureQueriesContext(connection) as caught:
            queries.rollups(area, on=timezone.localdate())
        return len(caught)

    assert count(CITY) == count(350000000000)


@pytest.mark.parametrize("area", ["x", "1", "9" * 40, "350502004001"])
def test_a_strange_area_is_no_error(world: World, area: str) -> None:
    assert page(world, "city_officer", LIST + "coverage/", area=area)


def test_methods(world: World) -> None:
    client = signed_in(world, "dispatcher")
    for path in (LIST, LIST + "coverage/", url(world.station)):
        assert client.post(path).status_code == 405, path
    assert client.put(LIST + "new/").status_code == 405


def test_the_search_box_finds_stations(world: World) -> None:
    shown = page(world, "worker", "/desk/search/", q="sibling")
    assert url(world.sibling) in shown
    assert url(world.other_station) not in page(world, "worker", "/desk/search/", q="other")


def test_a_site_of_a_whole_county_says_where_it_is(world: World) -> None:
    shown = page(world, "dispatcher", kind="centre")
    assert shown.count("Licheng District") >= 3  # frame, area, serves
