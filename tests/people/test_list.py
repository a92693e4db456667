from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linli.people import actions
from linli.people.models import PersonCategory

from ..conftest import acting
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, World
from .hands import CITIZEN_ID, PHONE, on_file, signed_in

pytestmark = pytest.mark.django_db
LIST = "/desk/people/"


def shown(world: World, name: str, **asked: Any) -> str:
    answer = signed_in(world, name).get(LIST, asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_station_sees_its_own_files_and_no_neighbours(world: World) -> None:
    on_file(world, name="甲本站")
    on_file(world, "sharing_worker", name="乙同街道")
    on_file(world, "sibling_worker", name="丙邻街道", area=NEXT_VILLAGE)
    on_file(world, "other_worker", name="丁外区", area=OTHER_VILLAGE)
    seen = {
        who: [
            one for one in ("甲本站", "乙同街道", "丙邻街道", "丁外区") if one in shown(world, who)
        ]
        for who in ("worker", "head", "sharing_worker", "dispatcher", "other_dispatcher")
    }
    assert seen == {
        "worker": ["甲本站"],
        "head": ["甲本站"],
        "sharing_worker": ["乙同街道"],
        "dispatcher": ["甲本站", "乙同街道", "丙邻街道"],
        "other_dispatcher": ["丁外区"],
    }


@pytest.mark.parametrize("name", ["officer", "city_officer", "grid_worker", "administrator"])
def test_others_have_no_list(world: World, name: str) -> None:
    on_file(world)
    assert signed_in(world, name).get(LIST).status_code == 404


def test_names_pinyin_and_initials_find(world: World) -> None:
    on_file(world, name="陈测试", preferred_name="阿婆")
    on_file(world, name="王另外")
    for text in ("陈", "测试", "chenceshi", "cs", "阿婆"):
        page = shown(world, "worker", q=text)
        assert ("陈测试" in page, "王另外" in page) == (True, False), text


@pytest.mark.parametrize("number", [PHONE, CITIZEN_ID, "138 0013", "x12345"])
def test_a_number_in_the_address_is_dropped_unread(world: World, number: str) -> None:
    on_file(world, phone=PHONE, citizen_id=CITIZEN_ID)
    answer = signed_in(world, "worker").get(LIST, {"q": number, "category": "dibao"})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/people/?category=dibao")


@pytest.mark.parametrize("number", [PHONE, "138-0013-8000", CITIZEN_ID, CITIZEN_ID.lower()])
def test_a_whole_number_that_is_posted_leads_to_its_one_person(world: World, number: str) -> None:
    found = on_file(world, phone=PHONE, citizen_id=CITIZEN_ID)
    on_file(world, name="别人", phone="13900139000")
    answer = signed_in(world, "worker").post(LIST + "find/", {"q": number})
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/people/{found.pk}/")


def test_a_neighbours_number_finds_nobody_and_says_nothing_more(world: World) -> None:
    on_file(world, "sharing_worker", phone=PHONE)
    client = signed_in(world, "worker")
    answer = client.post(LIST + "find/", {"q": PHONE}, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    page = answer.content.decode()
    assert "Nobody with this number is on file where you may look." in page
    assert PHONE not in page


def test_a_shared_number_asks_whose_file(world: World) -> None:
    one, two = on_file(world, phone=PHONE), on_file(world, name="陈儿子", phone=PHONE)
    answer = signed_in(world, "worker").post(LIST + "find/", {"q": PHONE})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert all(f"/desk/people/{person.pk}/" in page for person in (one, two))
    assert PHONE not in page


def test_a_name_that_is_posted_goes_into_the_address(world: World) -> None:
    answer = signed_in(world, "worker").post(LIST + "find/", {"q": "chen"})
    assert (answer.status_code, answer["Location"]) == (302, "/desk/people/?q=chen")


def test_the_category_filter_asks_for_today(world: World) -> None:
    now, past = on_file(world, name="现在低保"), on_file(world, name="从前低保")
    with acting(world.actor("worker")) as actor:
        for person in (now, past):
            actions.add_category(
                person, actor=actor, code="dibao", source="民政", valid_from=date(2024, 1, 1)
            )
        ended = PersonCategory.objects.get(person=past)
        actions.end_category(ended, actor=actor, valid_to=date(2024, 12, 31))
    page = shown(world, "worker", category="dibao")
    assert ("现在低保" in page, "从前低保" in page) == (True, False)
    assert page.count("Minimum living allowance recipient") == 3  # filter, chip, row


def test_only_who_sees_several_stations_can_choose_one(world: World) -> None:
    on_file(world, name="甲本站")
    on_file(world, "sharing_worker", name="乙同街道")
    page = shown(world, "dispatcher", station=str(world.unit_id("sharing")))
    assert ("甲本站" in page, "乙同街道" in page) == (False, True)
    assert 'name="station"' not in shown(world, "worker")


def test_neither_page_nor_export_holds_a_number(world: World) -> None:
    on_file(world, phone=PHONE, citizen_id=CITIZEN_ID, address="测试路7号")
    client = signed_in(world, "head")
    page = client.get(LIST).content.decode()
    assert not any(one in page for one in (PHONE, CITIZEN_ID, "测试路7号"))
    assert client.get(LIST, {"export": "xlsx"}).status_code == 200


def test_one_row_costs_as_much_as_three(world: World) -> None:
    client = signed_in(world, "dispatcher")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get(LIST).status_code == 200
        return len(caught)

    first = on_file(world, name="第一人")
    with acting(world.actor("worker")) as actor:
        actions.add_category(
            first, actor=actor, code="dibao", source="民政", valid_from=date(2024, 1, 1)
        )
    queries()
    one = queries()
    for number, by in enumerate(("worker", "sharing_worker")):
        on_file(world, by, name=f"第{number}人", born_on=date(1950, 1, 1))
    assert queries() == one


def test_methods(world: World) -> None:
    client = signed_in(world, "worker")
    assert client.post(LIST).status_code == 405
    assert client.get(LIST + "find/").status_code == 405
    assert client.put(LIST + "pick/").status_code == 405


def picked(world: World, method: str, **asked: Any) -> str:
    client = signed_in(world, "worker")
    answer = getattr(client, method)(LIST + "pick/", asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_picker_offers_who_the_actor_may_see_and_keeps_who_is_chosen(world: World) -> None:
    mine, other = on_file(world, name="陈一"), on_file(world, name="王二")
    hidden = on_file(world, "sharing_worker", name="陈三")
    page = picked(world, "get", q="chen", persons=[str(other.pk), str(hidden.pk), "no id"])
    assert f'value="{other.pk}" checked' in page
    assert f'value="{mine.pk}"' in page
    assert str(hidden.pk) not in page


def test_the_picker_looks_up_a_number_only_when_it_is_posted(world: World) -> None:
    mine = on_file(world, phone=PHONE)
    assert str(mine.pk) not in picked(world, "get", who=PHONE)
    assert str(mine.pk) in picked(world, "post", who=PHONE)


def test_the_search_box_finds_by_name_and_never_by_number(world: World) -> None:
    mine = on_file(world, phone=PHONE, citizen_id=CITIZEN_ID)
    client = signed_in(world, "worker")
    found = {
        text: f"/desk/people/{mine.pk}/"
        in client.get("/desk/search/", {"q": text}).content.decode()
        for text in ("陈", "ccs", PHONE, CITIZEN_ID)
    }
    assert found == {"陈": True, "ccs": True, PHONE: False, CITIZEN_ID: False}
