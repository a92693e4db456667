import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.kernel.accounts.models import Post
from linli.services.actions import record_service
from linli.site.periods import period_of, read_period

from ..conftest import acting
from ..rooms.test_chain import account, dispatched
from ..world import COUNTY, NEXT_VILLAGE, OTHER_COUNTY, VILLAGE, World

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LEVELS = {
    "township_officer": 350502004000,
    "officer": COUNTY,
    "city_officer": 350500000000,
    "province_officer": 350000000000,
    "national_officer": 0,
}


def signed_in(world: World, name: str) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(world.users[name], backend=BACKEND)
    return client


def number(client: Client, **asked: Any) -> int:
    """The first figure on the statistics page."""
    answer = client.get("/desk/statistics/", asked)
    assert answer.status_code == 200
    found = re.search(r'stat__number">([\d,]+)', answer.content.decode())
    assert found is not None
    return int(found[1].replace(",", ""))


def serve(world: World, name: str, **given: Any) -> None:
    with acting(world.actor(name)) as actor:
        record_service(actor=actor, account=account(**given))


def test_each_level_shows_one_more_at_once(world: World) -> None:
    clients = {name: signed_in(world, name) for name in LEVELS}
    before = {name: number(client) for name, client in clients.items()}
    serve(world, "worker")
    after = {name: number(client) for name, client in clients.items()}
    assert after == {name: count + 1 for name, count in before.items()}


def test_what_has_begun_today_is_compared_with_nothing(world: World) -> None:
    today = timezone.localdate()
    for days in (1, 1, 2):
        serve(world, "worker", occurred_on=today - timedelta(days=days))
    client = signed_in(world, "officer")
    said = {
        on: client.get("/desk/statistics/", {"period": "day", "on": on.isoformat()}).content
        for on in (today, today - timedelta(days=1))
    }
    assert ["than in" in one.decode() for one in said.values()] == [False, True]


def test_a_station_counts_its_own_and_not_its_neighbours(world: World) -> None:
    serve(world, "worker")
    serve(world, "sharing_worker")
    serve(world, "sibling_worker", area=NEXT_VILLAGE)
    assert number(signed_in(world, "head")) == 1
    assert number(signed_in(world, "officer")) == 3
    assert number(signed_in(world, "officer"), area="350502005000") == 1


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("officer", OTHER_COUNTY),
        ("officer", 350500000000),
        ("officer", 0),
        ("township_officer", COUNTY),
        ("dispatcher", OTHER_COUNTY),
    ],
)
def test_an_area_outside_ones_own_is_hidden(world: World, name: str, area: int) -> None:
    answer = signed_in(world, name).get("/desk/statistics/", {"area": f"{area:012d}"})
    assert answer.status_code == 404


@pytest.mark.parametrize("name", ["grid_worker", "administrator"])
def test_who_may_not_count_finds_no_statistics(world: World, name: str) -> None:
    assert signed_in(world, name).get("/desk/statistics/").status_code == 404


@pytest.mark.parametrize("measure", ["services", "requests", "orders", "clocks", "verdicts"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_measure_and_period_has_a_page(world: World, measure: str, language: str) -> None:
    dispatched(world)
    client = signed_in(world, "city_officer")
    for period in ("day", "week", "month", "quarter", "year", "rubbish"):
        asked = {"measure": measure, "period": period, "on": "rubbish"}
        answer = client.get("/desk/statistics/", asked, headers={"Accept-Language": language})
        assert answer.status_code == 200
    asked = {"first": "2026-01-05", "last": "2026-02-07", "area": "99x"}
    assert client.get("/desk/statistics/", asked).status_code == 200


def test_home_shows_my_duties_and_nobody_elses(world: World) -> None:
    order = dispatched(world)
    head = signed_in(world, "head").get("/desk/").content.decode()
    assert str(order.pk) in head
    for name in ("sharing_head", "sibling_head", "officer", "other_dispatcher", "administrator"):
        answer = signed_in(world, name).get("/desk/")
        assert answer.status_code == 200
        assert str(order.pk) not in answer.content.decode()


def test_home_without_a_post_says_so(world: World) -> None:
    Post.objects.filter(user=world.users["worker"]).update(valid_to=date(2021, 1, 1))
    answer = signed_in(world, "worker").get("/desk/")
    assert "You have no post at present" in answer.content.decode()


def test_strangers_are_asked_to_sign_in_and_come_back(client: Client, db: None) -> None:
    answer = client.get("/desk/statistics/?period=year")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=/desk/statistics/%3Fperiod%3Dyear"


def test_search_finds_an_order_only_for_who_may_open_it(world: World) -> None:
    order = dispatched(world)
    mine = signed_in(world, "head").get("/desk/search/", {"q": order.number})
    assert str(order.pk) in mine.content.decode()
    other = signed_in(world, "sibling_head").get("/desk/search/", {"q": order.number})
    assert other.status_code == 200
    assert str(order.pk) not in other.content.decode()


def test_a_search_for_what_no_database_stores_finds_nothing(world: World) -> None:
    assert signed_in(world, "head").get("/desk/search/", {"q": "a\x00b"}).status_code == 200


def test_periods_end_where_calendars_end() -> None:
    assert period_of("month", date(2024, 2, 10)).last == date(2024, 2, 29)
    quarter = period_of("quarter", date(2026, 11, 22))
    assert (quarter.first, quarter.last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert "2026" in quarter.before().label
    week = period_of("week", date(2026, 11, 22))
    assert (week.first, week.last) == (date(2026, 11, 16), date(2026, 11, 22))
    ranged = read_period({"first": "2026-11-01", "last": "2026-11-10"}, today=date(2026, 11, 22))
    assert ranged.before().first == date(2026, 10, 22)
    backwards = read_period({"first": "2026-11-10", "last": "2026-11-01"}, today=date(2026, 11, 22))
    assert backwards.kind == "month"


def test_healthz_answers(client: Client, db: None) -> None:
    assert client.get("/healthz").json()["status"] == "ok"


def test_a_number_and_the_list_behind_it_agree(world: World) -> None:
    for _at in range(3):
        serve(world, "worker")
    serve(world, "worker", occurred_on=date(2025, 1, 1))
    dispatcher = signed_in(world, "dispatcher")
    today = timezone.localdate()
    asked = {"area": f"{VILLAGE:012d}", "first": today.isoformat(), "last": today.isoformat()}
    shown = number(dispatcher, **asked)
    listed = dispatcher.get("/desk/services/", asked).content.decode()
    assert shown == 3
    assert listed.count("data-nav-row") == 3


@pytest.mark.parametrize("path", ["/desk/dispatch/", "/desk/intake/"])
def test_a_list_opens_for_the_area_and_days_of_a_number(world: World, path: str) -> None:
    dispatched(world)
    dispatcher = signed_in(world, "dispatcher")
    today = timezone.localdate().isoformat()

    def rows(**asked: str) -> int:
        return dispatcher.get(path, asked).content.decode().count("data-nav-row")

    assert rows(area=f"{VILLAGE:012d}", first=today, last=today) == 1
    assert rows(area=f"{NEXT_VILLAGE:012d}") == 0
    assert rows(last="2020-01-01") == 0
    assert rows(first="rubbish", area="九") == 1


def test_words_sent_to_what_is_gone_are_shown_to_whoever_wrote_them(world: World) -> None:
    order = dispatched(world)
    words = {"words": "老人已经搬走了", "password": "不给看的密码"}
    answer = signed_in(world, "sibling_head").post(f"/desk/dispatch/{order.pk}/return/", words)
    shown = answer.content.decode()
    assert answer.status_code == 404
    assert "老人已经搬走了" in shown
    assert "不给看的密码" not in shown
    assert order.number not in shown


@pytest.mark.parametrize("path", ["/nowhere/", "/api/v1/nowhere", "/desk/nowhere/"])
def test_an_address_that_is_none_says_nothing_back(path: str) -> None:
    answer = Client().post(path, {"a": "hello wide world of mine"})
    assert (answer.status_code, b"wide world" in answer.content) == (404, False)
    too_much = Client().post(path, {"a": "x" * 3_000_000})
    assert too_much.status_code == 404
