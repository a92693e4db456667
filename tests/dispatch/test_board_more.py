"""The board shows the first of each lane; what is left stands in a list of that lane."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from linli.dispatch import queries
from linli.dispatch.display import CENTRE_LANES, SHOWN_STATES, STATION_LANES, WORKER_LANES

from ..world import World
from .orders import opened, order_in, signed_in

pytestmark = pytest.mark.django_db
STATES = ("pending", "dispatched", "accepted", "serving", "done")


def lanes(page: Any) -> dict[str, dict[str, Any]]:
    return {lane["name"]: lane for lane in page.context["lanes"]}


def total(page: Any) -> int:
    found = re.match(r"[\d,]+", page.context["table"]["total"])
    assert found is not None
    return int(found[0].replace(",", ""))


def test_twelve_cards_are_enough_for_a_telephone() -> None:
    assert queries.BOARD_CARDS == 12


def test_every_lane_is_a_list() -> None:
    for held in (CENTRE_LANES, STATION_LANES, WORKER_LANES):
        assert set(held.values()) <= set(SHOWN_STATES.values())


@pytest.mark.parametrize("name", ["dispatcher", "head", "worker"])
def test_what_is_left_is_in_the_list_that_the_lane_leads_to(
    client: Client, world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "BOARD_CARDS", 1)
    for state in STATES:
        order_in(world, state)
        order_in(world, state)
    order_in(world, "arbitration")
    order_in(world, "closed")
    signed_in(client, world, name)

    board = client.get(reverse("dispatch:board"))

    body, shown = board.content.decode(), lanes(board)
    left = {lane: held for lane, held in shown.items() if held["more"]}
    assert (
        set(left)
        == {
            "dispatcher": {"pending", "dispatched", "at_work", "done"},
            "head": {"dispatched", "accepted", "serving"},
            "worker": {"mine"},
        }[name]
    )
    for lane, held in shown.items():
        assert len(held["cards"]) == min(1, held["count"])
        assert held["more"] == held["count"] - len(held["cards"])
        listed = client.get(held["more_url"])
        assert total(listed) == held["count"], lane
        # j and k stop at it as they do at a card, and a refreshed board gives it the focus back.
        place = f'<p class="lane__none" data-nav-row><a id="more-{lane}" href="'
        assert (place in body) == (lane in left), lane
    chosen = {one["label"] for one in client.get(shown[lane]["more_url"]).context["table"]["chips"]}
    assert len(chosen) == 1


def test_the_list_is_narrowed_as_the_board_is(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "BOARD_CARDS", 1)
    for station, urgency in (("station", "day"), ("sharing", "day"), ("sharing", "week")) * 2:
        opened(world, station=station, urgency=urgency)
    signed_in(client, world, "dispatcher")
    asked = {"urgency": "day", "station": str(world.unit_id("sharing"))}
    lane = lanes(client.get(reverse("dispatch:board"), asked))["dispatched"]
    assert (lane["count"], lane["more"]) == (2, 1)
    listed = client.get(lane["more_url"])
    assert total(listed) == 2
    assert len(listed.context["table"]["chips"]) == 3


def test_what_the_board_puts_together_is_a_choice_of_the_list(client: Client, world: World) -> None:
    offered = {}
    for name in ("dispatcher", "head", "worker"):
        signed_in(client, world, name)
        filters = client.get(reverse("dispatch:list")).context["table"]["filters"]
        state = next(one for one in filters if one["name"] == "state")
        offered[name] = {value for value, _label in state["options"]} - {""}
    states = {value for value in SHOWN_STATES if value not in {"at_work", "at_station"}}
    assert offered == {
        "dispatcher": states | {"at_work"},
        "head": states | {"at_station"},
        "worker": states | {"at_station"},
    }
    signed_in(client, world, "dispatcher")
    order_in(world, "accepted")
    assert total(client.get(reverse("dispatch:list"), {"state": "rubbish"})) == 1
