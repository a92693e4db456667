import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from linli.kernel.stats.measures import measure
from linli.kernel.stats.read import question, total
from linli.services.queries import between, is_late, services

from ..conftest import acting
from ..people.hands import on_file, signed_in
from ..world import COUNTY, NEXT_TOWNSHIP, NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, World
from .hands import recorded

pytestmark = pytest.mark.django_db
LIST = "/desk/services/"


def rows(world: World, name: str, **asked: Any) -> set[str]:
    """The ids of the services that a list shows."""
    answer = signed_in(world, name).get(LIST, asked)
    assert answer.status_code == 200
    return set(re.findall(r'href="/desk/services/([0-9a-f-]{36})/"', answer.content.decode()))


def ids(*made: Any) -> set[str]:
    return {str(one.pk) for one in made}


def test_a_station_sees_its_own_and_a_centre_its_county(world: World) -> None:
    mine = recorded(world)
    sharing = recorded(world, "sharing_worker")
    sibling = recorded(world, "sibling_worker", area=NEXT_VILLAGE)
    recorded(world, "other_worker", area=OTHER_VILLAGE)
    assert rows(world, "worker") == rows(world, "head") == ids(mine)
    assert rows(world, "sharing_head") == ids(sharing)
    assert rows(world, "dispatcher") == ids(mine, sharing, sibling)


@pytest.mark.parametrize("name", ["officer", "city_officer", "grid_worker", "administrator"])
def test_others_may_count_but_not_read_one_by_one(world: World, name: str) -> None:
    recorded(world)
    assert signed_in(world, name).get(LIST).status_code == 404


def test_filters(world: World) -> None:
    today = timezone.localdate()
    visit = recorded(world)
    call = recorded(world, "second_worker", method="phone", place="remote", content="policy")
    old = recorded(world, occurred_on=today - timedelta(days=400))
    worker = str(world.users["second_worker"].pk)
    assert rows(world, "head", method="phone") == ids(call)
    assert rows(world, "head", content="daily_care") == ids(visit, old)
    assert rows(world, "head", worker=worker) == ids(call)
    assert rows(world, "head", period="week") == ids(visit, call)
    assert rows(world, "head", period="month") == ids(visit, call)
    assert rows(world, "head", period="nonsense", method="nonsense") == ids(visit, call, old)


def test_last_month_is_the_whole_month_before(world: World) -> None:
    first = timezone.localdate().replace(day=1)
    last_month = recorded(world, occurred_on=first - timedelta(days=1))
    recorded(world, occurred_on=first)
    assert rows(world, "head", period="last_month") == ids(last_month)


def test_a_number_of_the_statistics_opens_exactly_its_rows(world: World) -> None:
    today = timezone.localdate()
    recorded(world)
    recorded(world, "sharing_worker", occurred_on=today - timedelta(days=3))
    recorded(world, "sibling_worker", area=NEXT_VILLAGE)
    recorded(world, occurred_on=today - timedelta(days=9))
    first, last = today - timedelta(days=5), today
    for area in (COUNTY, TOWNSHIP, NEXT_TOWNSHIP):
        with acting(world.actor("dispatcher")) as actor:
            asked = question(actor, measure("services"), area=area, first=first, last=last)
            counted = total(asked).n
        shown = rows(world, "dispatcher", area=f"{area:012d}", first=str(first), last=str(last))
        assert len(shown) == counted, area
    page = signed_in(world, "dispatcher").get(LIST, {"area": f"{COUNTY:012d}", "first": str(first)})
    assert "Area: 鲤城区" in page.content.decode() or "Area: Licheng" in page.content.decode()


@pytest.mark.parametrize("area", ["x", "350502", "9" * 30, "-350502000000"])
def test_an_area_that_is_none_narrows_nothing(world: World, area: str) -> None:
    made = recorded(world)
    assert rows(world, "head", area=area, first="gestern", last="2026-13-01") == ids(made)


def test_the_services_of_one_person(world: World) -> None:
    person, other = on_file(world), on_file(world, "sharing_worker", name="陈他站")
    mine = recorded(world, person_ids=(person.pk,))
    another = recorded(world)
    assert rows(world, "head", person=str(person.pk)) == ids(mine)
    assert rows(world, "head", person=str(other.pk)) == ids(mine, another)  # not his to ask about


def test_a_late_entry_is_marked(world: World) -> None:
    today = timezone.localdate()
    in_time = recorded(world, occurred_on=today - timedelta(days=1))
    late = recorded(world, occurred_on=today - timedelta(days=3))
    assert (is_late(in_time), is_late(late)) == (False, True)
    page = signed_in(world, "head").get(LIST).content.decode()
    assert page.count("late entry") == 1


def test_one_row_costs_as_much_as_three(world: World) -> None:
    client = signed_in(world, "dispatcher")

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(LIST).status_code == 200
        return len(caught)

    recorded(world)
    queries()
    one = queries()
    recorded(world, "second_worker")
    recorded(world, "sibling_worker", area=NEXT_VILLAGE)
    assert queries() == one


def test_the_list_says_nothing_that_was_written(world: World) -> None:
    recorded(world)
    client = signed_in(world, "head")
    page = client.get(LIST).content.decode()
    assert ("换了灯泡" in page, "夜里怕黑" in page) == (False, False)
    assert client.get(LIST, {"export": "xlsx"}).status_code == 200
    assert client.post(LIST).status_code == 405


def test_who_changes_a_filter_stays_with_the_rows_they_came_for(world: World) -> None:
    person = on_file(world)
    came = {"area": f"{TOWNSHIP:012d}", "first": "2024-01-31", "person": str(person.pk)}
    recorded(world, person_ids=(person.pk,))
    page = signed_in(world, "head").get(LIST, came | {"last": ""}).content.decode()
    for name, value in came.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    assert ('name="last"' in page, '<select name="person"' in page) == (False, False)
    assert ("From: 31 January 2024" in page, "Person: 陈测试" in page) == (True, True)


def test_queries_narrow_by_days(world: World) -> None:
    today = timezone.localdate()
    mine = recorded(world)
    with acting(world.actor("dispatcher")) as actor:
        rows = services(actor)
        assert list(between(rows, today, None)) == list(between(rows, None, today)) == [mine]
        assert list(between(rows, None, today - timedelta(days=1))) == []
