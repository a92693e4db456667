"""A number of the statistics that leads to a list has as many rows there: for every measure,
every post and every span of days; where it could not, it leads nowhere."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.stats.measures import measures

from ..oracle.rows import Town
from ..town import built_town, savepoint, town
from ..world import CITY, NEXT_VILLAGE, SINCE, TOWNSHIP, USERS, VILLAGE

__all__ = ["built_town", "savepoint", "town"]
BACKEND = "linli.kernel.accounts.backends.PhoneBackend"
STATISTICS = "/desk/statistics/"
# Who is led from which number to its list.
CENTRE, OWN = {"services", "orders", "requests"}, {"services"}
LED = {
    "dispatcher": CENTRE,
    "other_dispatcher": CENTRE,
    **dict.fromkeys(("head", "sharing_head", "sibling_head", "other_head"), CENTRE),
    # A worker counts what the station has and opens what is theirs: no list of orders is as long.
    **dict.fromkeys(
        ("worker", "second_worker", "sharing_worker", "sibling_worker", "other_worker"), OWN
    ),
}
# Posts as they ought not to be; nothing forbids them.
ODD = {
    "head of a centre": (Role.STATION_HEAD, "centre"),
    "worker of a centre": (Role.WORKER, "centre"),
    "dispatcher of a station": (Role.DISPATCHER, "station"),
    "head of a department": (Role.STATION_HEAD, "county_department"),
    "worker of a room": (Role.WORKER, "village"),
}


def client_of(user: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user, backend=BACKEND)
    return client


def total(page: Any) -> int:
    """The number that a list says it has."""
    found = re.match(r"[\d,]+", page.context["table"]["total"])
    assert found is not None
    return int(found[0].replace(",", ""))


def led(client: Client, **asked: str) -> set[str]:
    """The measures whose number leads to a list, after each was compared with it."""
    found = set()
    for one in measures():
        page = client.get(STATISTICS, asked | {"measure": one.name})
        if page.status_code == 404 or page.context["measure_title"] != one.title:
            continue
        first = page.context["stats"][0]
        if first["url"]:
            found.add(one.name)
            listed = client.get(first["url"])
            assert listed.status_code == 200, one.name
            assert total(listed) == int(first["number"].replace(",", "")), (one.name, asked)
    return found


@pytest.mark.parametrize("name", USERS)
def test_a_number_and_its_list_agree(town: Town, name: str) -> None:
    client = client_of(town.world.users[name])
    assert led(client) == LED.get(name, set())


def test_the_numbers_are_not_all_nought(town: Town) -> None:
    """A list as empty as its number would prove nothing."""
    for name in ("dispatcher", "head", "sharing_head"):
        client = client_of(town.world.users[name])
        for measure in CENTRE:
            page = client.get(STATISTICS, {"measure": measure})
            assert int(page.context["stats"][0]["number"]) > 5, (name, measure)


@pytest.mark.parametrize("name", ["dispatcher", "head", "worker", "sharing_head"])
@pytest.mark.parametrize("area", [VILLAGE, NEXT_VILLAGE, TOWNSHIP, CITY, 0])
def test_they_agree_for_other_areas(town: Town, name: str, area: int) -> None:
    client = client_of(town.world.users[name])
    is_hidden = name == "dispatcher" and area in {CITY, 0}
    assert led(client, area=f"{area:012d}") == (set() if is_hidden else LED[name])


@pytest.mark.parametrize("name", ["dispatcher", "head"])
def test_they_agree_for_other_days(town: Town, name: str) -> None:
    client = client_of(town.world.users[name])
    today = timezone.localdate()
    for first, last in ((today, today), (today - timedelta(days=9), today - timedelta(days=1))):
        assert led(client, first=first.isoformat(), last=last.isoformat()) == LED[name]
    assert led(client, period="year") == LED[name]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.usefixtures("savepoint")
def test_they_agree_for_odd_posts(town: Town, odd: str) -> None:
    role, unit = ODD[odd]
    user = User.objects.create(username="odd", name="Odd")
    Post.objects.create(user=user, unit=town.world.units[unit], role=role, valid_from=SINCE)
    assert led(client_of(user)) == {"dispatcher of a station": CENTRE}.get(
        odd, OWN if odd == "worker of a room" else set()
    )


def test_the_list_says_whose_it_is_and_can_be_widened(town: Town) -> None:
    client = client_of(town.world.users["head"])
    for measure in CENTRE:
        page = client.get(STATISTICS, {"measure": measure})
        chips = client.get(page.context["stats"][0]["url"]).context["table"]["chips"]
        assert "Unit: Test station" in [one["label"] for one in chips]


@pytest.mark.parametrize("path", ["/desk/dispatch/", "/desk/intake/", "/desk/services/"])
def test_a_unit_in_the_address_shows_nothing_that_is_not_ones_own(town: Town, path: str) -> None:
    head = client_of(town.world.users["head"])
    others = {"unit": str(town.world.unit_id("sharing"))}
    assert total(head.get(path, others)) == 0
    everything = total(head.get(path))
    for unreadable in ("rubbish", "", "00000000-0000-0000-0000-000000000000"):
        assert total(head.get(path, {"unit": unreadable})) == everything
    dispatcher = client_of(town.world.users["dispatcher"])
    assert 0 < total(dispatcher.get(path, others)) < total(dispatcher.get(path))
    assert total(client_of(town.world.users["other_dispatcher"]).get(path, others)) == 0
