"""What waits for somebody: counted whole, shown as far as a page goes, listed to the end."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from linli.intake.models import Request
from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.accounts.enums import Role
from linli.kernel.flow.models import Duty
from linli.kernel.flow.queries import duties
from linli.lib.uuid7 import uuid7
from linli.site.views import home as view

from ..conftest import acting
from ..dispatch.orders import ask, opened, order_in, signed_in
from ..world import VILLAGE, World

pytestmark = pytest.mark.django_db
HOME, LIST = "/desk/", "/desk/waiting/"


def pile(world: World, count: int, *, due_at: datetime) -> list[Request]:
    """So many requests to screen, due one after the other."""
    made = []
    for at in range(count):
        request = ask(world).request
        Duty.objects.filter(subject_id=request.pk).update(due_at=due_at + timedelta(seconds=at))
        made.append(request)
    return made


def groups(page: Any) -> list[tuple[str, int, int, int]]:
    """Each group on the page: its title, its number, what it shows, what it says is left."""
    return [
        (one["title"], one["count"], len(one["duties"]), one["more"])
        for one in page.context["groups"]
    ]


def total(page: Any) -> int:
    """The number that a list says it has."""
    found = re.match(r"[\d,]+", page.context["table"]["total"])
    assert found is not None
    return int(found[0].replace(",", ""))


@pytest.fixture
def short_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(view, "SHOWN_DUTIES", 4)
    yield


@pytest.mark.usefixtures("short_page")
def test_the_number_of_a_group_is_that_of_all_in_it(client: Client, world: World) -> None:
    now = timezone.now()
    pile(world, 3, due_at=now - timedelta(hours=2))
    pile(world, 3, due_at=now + timedelta(days=30))
    signed_in(client, world, "dispatcher")

    page = client.get(HOME)

    assert groups(page) == [("Now", 3, 3, 0), ("Later", 3, 1, 2)]
    body = page.content.decode()
    assert "6 things wait for you, 3 of them are late." in body
    assert "and 2 more, in the list" in body and "and 3 more" not in body
    assert f'href="{LIST}"' in body


@pytest.mark.usefixtures("short_page")
def test_a_group_of_which_nothing_fits_is_still_counted(client: Client, world: World) -> None:
    now = timezone.now()
    pile(world, 4, due_at=now - timedelta(hours=2))
    pile(world, 1, due_at=now + timedelta(days=30))
    signed_in(client, world, "dispatcher")
    page = client.get(HOME)
    assert groups(page) == [("Now", 4, 4, 0), ("Later", 1, 0, 1)]
    assert "and one more, in the list" in page.content.decode()


def test_nothing_is_left_where_all_is_shown(client: Client, world: World) -> None:
    pile(world, 2, due_at=timezone.now() - timedelta(hours=2))
    signed_in(client, world, "dispatcher")
    page = client.get(HOME)
    assert groups(page) == [("Now", 2, 2, 0)]
    assert "more, in the list" not in page.content.decode()


@pytest.mark.usefixtures("short_page")
def test_the_list_has_as_many_as_the_page_says_soonest_first(client: Client, world: World) -> None:
    now = timezone.now()
    late = pile(world, 28, due_at=now - timedelta(hours=2))
    signed_in(client, world, "dispatcher")
    page, rows = client.get(HOME), client.get(LIST)
    assert total(rows) == 28 == sum(one["count"] for one in page.context["groups"])
    first = rows.context["table"]["rows"]
    rest = client.get(LIST + rows.context["table"]["older_url"]).context["table"]["rows"]
    links = [row["url"] for row in (*first, *rest)]
    assert links == [f"/desk/intake/{one.pk}/" for one in late]
    assert [row["cells"][3]["text"] for row in first] == ["Screen"] * len(first)
    assert all(row["cells"][4]["clock"]["tone"] == "over" for row in first)


def test_the_list_is_ones_own(client: Client, world: World) -> None:
    ask(world)
    opened(world)
    order = order_in(world, "accepted")
    seen = {
        "dispatcher": 1,
        "head": 1,
        "worker": 1,
        "second_worker": 0,
        "sibling_head": 0,
        "other_dispatcher": 0,
        "officer": 0,
        "administrator": 0,
    }
    for name, count in seen.items():
        signed_in(client, world, name)
        page = client.get(LIST)
        assert len(page.context["table"]["rows"]) == count, name
        assert (str(order.pk) in page.content.decode()) == (name == "worker"), name


def test_strangers_are_asked_to_sign_in(client: Client, world: World) -> None:
    assert client.get(LIST)["Location"].startswith("/sign-in/")
    assert client.post(LIST).status_code == 405


def test_more_of_it_costs_no_more_queries(client: Client, world: World) -> None:
    signed_in(client, world, "dispatcher")

    def cost(url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as caught:
            client.get(url)
        return len(caught)

    ask(world)
    order_in(world, "pending")
    few = {url: cost(url) for url in (HOME, LIST)}
    pile(world, 3, due_at=timezone.now())
    order_in(world, "done")
    assert {url: cost(url) for url in (HOME, LIST)} == few


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hour=st.integers(0, 23),
    weekday=st.integers(0, 6),
    dues=st.lists(st.integers(-3 * 24 * 60, 10 * 24 * 60) | st.integers(-60, 10 * 60), max_size=12),
)
# Late in the evening the next hours are tomorrow's, on Sunday next week's.
@example(hour=22, weekday=2, dues=[180, 300])
@example(hour=22, weekday=6, dues=[180, 300])
def test_numbers_by_statement_are_those_one_by_one(
    world: World, hour: int, weekday: int, dues: list[int]
) -> None:
    """At every hour of every day of the week: what is counted is what would be shown."""
    Duty.objects.all().delete()
    now = datetime(2026, 11, 16 + weekday, hour, 30, tzinfo=SHANGHAI)
    actor = world.actor("dispatcher", now=now)
    for minutes in dues:
        Duty.objects.create(
            subject_type="intake.request",
            subject_id=uuid7(),
            verb="screen",
            area=VILLAGE,
            unit=world.unit_id("centre"),
            role=Role.DISPATCHER,
            due_at=now + timedelta(minutes=minutes),
            opened_at=now - timedelta(days=9),
        )
    with acting(actor):
        waiting = duties(actor)
        counts = view._counts(waiting, actor)
        shown = view._groups(actor, list(waiting), counts)
    assert counts["late"] == sum(minutes < 0 for minutes in dues)
    assert sum(counts[name] for name in view.GROUPS) == len(dues)
    # All of them were at hand, so none is left over in any group.
    assert [one["more"] for one in shown if one["more"]] == []
