"""A station's head counts what residents say about its help: how many, and never who."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.dispatch.measures import FEWEST_VERDICTS
from linli.dispatch.models import Verdict
from linli.kernel.stats.measures import measure
from linli.kernel.stats.read import (
    NotCounted,
    by_dimension,
    by_dimensions,
    question,
    tells_apart,
    total,
)
from linli.site.periods import Period, period_of

from ..conftest import acting
from ..world import TOWNSHIP, VILLAGE, World
from .orders import signed_in

pytestmark = pytest.mark.django_db
STATISTICS = "/desk/statistics/"
ASKED = {"measure": "verdicts"}
MANY = FEWEST_VERDICTS


def months_ago(count: int) -> Period:
    month = period_of("month", timezone.localdate())
    for _each in range(count):
        month = month.before()
    return month


def say(world: World, value: str, on: date, *, count: int = 1, station: str = "station") -> None:
    with acting(world.actor("dispatcher")):
        Verdict.objects.bulk_create(
            Verdict(
                id=uuid4(),
                area_id=TOWNSHIP,
                unit_id=world.unit_id(station),
                value=value,
                need="care",
                said_on=on,
            )
            for _each in range(count)
        )


def page_of(client: Client, world: World, name: str, **asked: str) -> Any:
    signed_in(client, world, name)
    return client.get(STATISTICS, ASKED | asked).context


def number(context: Any) -> int:
    return int(context["stats"][0]["number"])


def during(month: Period) -> dict[str, str]:
    return {"period": "month", "on": month.first.isoformat()}


def parts(context: Any) -> dict[str, str]:
    return {row["label"]: row["text"] for one in context["tables"] for row in one["rows"]}


def test_a_head_counts_their_own_station_and_no_other(client: Client, world: World) -> None:
    today = timezone.localdate()
    say(world, "helped", today, count=3)
    say(world, "not", today, count=4, station="sharing")
    found = {name: number(page_of(client, world, name)) for name in ("head", "sharing_head")}
    assert found == {"head": 3, "sharing_head": 4}
    assert number(page_of(client, world, "sibling_head")) == 0
    assert number(page_of(client, world, "dispatcher")) == 7


@pytest.mark.parametrize("name", ["worker", "grid_worker", "administrator"])
def test_who_gave_the_help_counts_no_verdicts(world: World, name: str) -> None:
    actor = world.actor(name)
    with acting(actor), pytest.raises(NotCounted):
        question(
            actor,
            measure("verdicts"),
            area=actor.area or 0,
            first=actor.today,
            last=actor.today,
        )


def test_this_month_is_a_number_and_nothing_else(client: Client, world: World) -> None:
    """One who looks before and after an order was closed would see what its resident said."""
    say(world, "helped", timezone.localdate(), count=MANY * 2)
    context = page_of(client, world, "head")
    assert (number(context), context["tables"]) == (MANY * 2, [])
    assert "with at least 5 in each" in context["kept_back"]
    officer = page_of(client, world, "officer")
    assert parts(officer)["It helped"] == str(MANY * 2)
    assert officer["kept_back"] == ""


@pytest.mark.parametrize(("count", "is_told"), [(1, False), (MANY - 1, False), (MANY, True)])
def test_a_month_that_is_over_is_told_apart_from_five_on(
    client: Client, world: World, count: int, is_told: bool
) -> None:
    month = months_ago(1)
    say(world, "not", month.first)
    say(world, "helped", month.last, count=count - 1)
    context = page_of(client, world, "head", **during(month))
    assert number(context) == count
    assert bool(context["tables"]) == is_told
    assert (context["kept_back"] == "") == is_told
    if is_told:
        assert parts(context)["It did not help"] == "1"


@pytest.mark.parametrize("period", ["day", "week"])
def test_days_and_weeks_are_not_told_apart(client: Client, world: World, period: str) -> None:
    month = months_ago(2)
    day = month.first + timedelta(days=9)
    say(world, "helped", day, count=MANY * 2)
    context = page_of(client, world, "head", period=period, on=day.isoformat())
    assert (number(context), context["tables"]) == (MANY * 2, [])
    span = {"first": month.first.isoformat(), "last": (month.last - timedelta(days=1)).isoformat()}
    assert page_of(client, world, "head", **span)["tables"] == []


def test_no_small_month_shows_as_the_difference_of_two_numbers(
    client: Client, world: World
) -> None:
    one, two = months_ago(2), months_ago(1)
    say(world, "helped", one.first, count=MANY)
    say(world, "not", two.first)
    span = {"first": one.first.isoformat(), "last": two.last.isoformat()}
    assert page_of(client, world, "head", **during(one))["tables"]
    context = page_of(client, world, "head", **span)
    assert (number(context), context["tables"]) == (MANY + 1, [])
    say(world, "helped", two.last, count=MANY - 1)
    assert parts(page_of(client, world, "head", **span))["It did not help"] == "1"


def test_nor_does_what_was_said_in_one_village(client: Client, world: World) -> None:
    month = months_ago(1)
    say(world, "helped", month.first, count=MANY + 1)
    Verdict._base_manager.filter(unit_id=world.unit_id("station")).update(area_id=VILLAGE)
    say(world, "not", month.first)
    asked = during(month) | {"area": f"{VILLAGE:012d}"}
    context = page_of(client, world, "head", **asked)
    assert (number(context), context["tables"]) == (MANY + 1, [])


HISTORY = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 27), st.sampled_from(["helped", "partly", "not"])),
    max_size=30,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=HISTORY, first=st.integers(0, 3), length=st.integers(0, 3))
def test_whatever_is_told_apart_is_made_of_settled_months_of_five(
    world: World, history: list[tuple[int, int, str]], first: int, length: int
) -> None:
    Verdict._base_manager.all().delete()
    for ago, day, value in history:
        say(world, value, months_ago(ago).first + timedelta(days=day))
    head = world.actor("head")
    begin, end = months_ago(first).first, months_ago(max(0, first - length)).last
    with acting(head):
        asked = question(head, measure("verdicts"), area=head.area or 0, first=begin, last=end)
        told, values = by_dimensions(asked), by_dimension(asked, "value")
        assert total(asked).n == sum(ago in _held(first, length) for ago, _day, _value in history)
        if any(told.values()) or values:
            assert tells_apart(asked)
            counts = [sum(ago == held for ago, _day, _value in history) for held in range(4)]
            held = _held(first, length)
            assert 0 not in held
            assert all(counts[ago] == 0 or counts[ago] >= MANY for ago in held)
            assert told["value"] == values
            assert sum(one.n for one in values.values()) == total(asked).n


def _held(first: int, length: int) -> set[int]:
    """The months of a span, counted back from now."""
    return set(range(max(0, first - length), first + 1))
