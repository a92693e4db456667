"""The list, the board and the page of an order: who sees what, and at which cost."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from linli.dispatch.models import Order
from linli.kernel.flow.queries import duties
from linli.kernel.ui.registry import registry
from linli.lib.receipts import grouped

from ..conftest import acting
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, World
from .orders import NAME, PHONE, TASK, WORDS, opened, order_in, signed_in

pytestmark = pytest.mark.django_db


def numbers(page: Any) -> set[str]:
    """The orders that a list shows."""
    return {str(row["cells"][0]["text"]).replace("‑", "") for row in page.context["table"]["rows"]}


def cards(page: Any) -> dict[str, list[str]]:
    """The orders that a board shows in each lane."""
    return {
        lane["name"]: [card["number"].replace("-", "") for card in lane["cards"]]
        for lane in page.context["lanes"]
    }


def everywhere(world: World) -> dict[str, Order]:
    return {
        "station": opened(world),
        "sibling": opened(world, station="sibling", area=NEXT_VILLAGE),
        "other": opened(world, station="other_station", area=OTHER_VILLAGE, by="other_dispatcher"),
    }


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("dispatcher", {"station", "sibling"}),
        ("head", {"station"}),
        ("worker", {"station"}),
        ("sibling_head", {"sibling"}),
        ("sharing_head", set()),
        ("other_dispatcher", {"other"}),
    ],
)
def test_list_and_board_show_exactly_ones_own(
    client: Client, world: World, name: str, seen: set[str]
) -> None:
    orders = everywhere(world)
    wanted = {orders[one].number for one in seen}
    signed_in(client, world, name)

    assert numbers(client.get(reverse("dispatch:list"))) == wanted
    board = cards(client.get(reverse("dispatch:board")))
    assert {one for lane in board.values() for one in lane} == wanted


@pytest.mark.parametrize(
    "name",
    ["sibling_head", "sharing_head", "sharing_worker", "other_dispatcher", "other_head"],
)
def test_an_order_of_others_is_not_there(client: Client, world: World, name: str) -> None:
    order = order_in(world, "dispatched")
    signed_in(client, world, name)
    assert client.get(reverse("dispatch:order", args=[order.pk])).status_code == 404


@pytest.mark.parametrize("name", ["officer", "grid_worker", "administrator"])
def test_who_counts_or_only_reports_opens_no_order(client: Client, world: World, name: str) -> None:
    order = order_in(world, "dispatched")
    signed_in(client, world, name)
    for url in ("list", "board"):
        assert client.get(reverse(f"dispatch:{url}")).status_code == 404
    assert client.get(reverse("dispatch:order", args=[order.pk])).status_code == 404


def test_strangers_are_asked_to_sign_in(client: Client, world: World) -> None:
    order = order_in(world, "dispatched")
    url = reverse("dispatch:order", args=[order.pk])
    assert client.get(url)["Location"].startswith(reverse("account_login"))


def test_a_colleagues_order_is_not_ones_own(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    signed_in(client, world, "second_worker")
    assert numbers(client.get(reverse("dispatch:list"))) == set()
    assert client.get(reverse("dispatch:order", args=[order.pk])).status_code == 404


@pytest.mark.parametrize("url", ["list", "board"])
def test_three_rows_cost_as_many_queries_as_one(client: Client, world: World, url: str) -> None:
    signed_in(client, world, "dispatcher")
    order_in(world, "accepted")
    client.get(reverse(f"dispatch:{url}"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse(f"dispatch:{url}"))
        return len(caught)

    one = cost()
    order_in(world, "accepted")
    opened(world, station="sibling", area=NEXT_VILLAGE)
    assert cost() == one


def test_filters_and_the_search_for_a_number_narrow_the_list(client: Client, world: World) -> None:
    now = timezone.now()
    pending = order_in(world, "pending")
    late = opened(world, now=now - timedelta(days=20), urgency="day", need="mind")
    signed_in(client, world, "dispatcher")

    def found(**asked: str) -> set[str]:
        return numbers(client.get(reverse("dispatch:list"), asked))

    assert found(state="pending") == {pending.number}
    assert found(urgency="day") == found(need="mind") == found(overdue="yes") == {late.number}
    assert found(station=str(world.unit_id("station"))) == {late.number}
    assert found(q=grouped(pending.number).lower()) == {pending.number}
    assert found(q=late.number[:-1] + ("0" if late.number[-1] != "0" else "1")) == set()


def test_the_export_has_its_own_columns_and_no_sealed_words(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    signed_in(client, world, "head")

    response = client.get(reverse("dispatch:list"), {"export": "xlsx"})

    sheet = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    text = "\n".join(str(cell) for row in sheet.to_python() for cell in row)
    assert grouped(order.number) in text
    assert "Test worker" in text
    assert TASK not in text and WORDS not in text and NAME not in text


def test_the_board_has_the_lanes_of_its_reader(client: Client, world: World) -> None:
    order = order_in(world, "serving")
    lanes = {}
    for name in ("dispatcher", "head", "worker"):
        signed_in(client, world, name)
        lanes[name] = cards(client.get(reverse("dispatch:board")))
    assert lanes["dispatcher"] == {
        "pending": [],
        "arbitration": [],
        "dispatched": [],
        "at_work": [order.number],
        "done": [],
    }
    assert lanes["head"] == {"dispatched": [], "accepted": [], "serving": [order.number]}
    assert lanes["worker"] == {"mine": [order.number]}


def test_a_worker_sees_their_own_before_what_nobody_has_taken(client: Client, world: World) -> None:
    urgent = opened(world, urgency="immediate")
    mine = order_in(world, "accepted")
    signed_in(client, world, "worker")
    board = client.get(reverse("dispatch:board"))
    assert cards(board) == {"mine": [mine.number, urgent.number]}
    verbs = [card["verbs"][0]["name"] for card in board.context["lanes"][0]["cards"]]
    assert verbs == ["serve", "accept"]


def test_the_board_narrows_and_ignores_what_it_does_not_know(client: Client, world: World) -> None:
    opened(world)
    day = opened(world, urgency="day", station="sharing")
    signed_in(client, world, "dispatcher")

    def shown(**asked: str) -> list[str]:
        return cards(client.get(reverse("dispatch:board"), asked))["dispatched"]

    assert shown(urgency="day") == [day.number]
    assert shown(station=str(world.unit_id("sharing"))) == [day.number]
    assert len(shown(urgency="yesterday", station="not-a-station")) == 2


def test_an_unchanged_board_answers_without_content(client: Client, world: World) -> None:
    opened(world)
    signed_in(client, world, "dispatcher")
    url = reverse("dispatch:board")
    seen = client.get(url).context["seen"]

    assert client.get(url, {"seen": seen}, headers={"HX-Request": "true"}).status_code == 204
    opened(world)
    assert client.get(url, {"seen": seen}, headers={"HX-Request": "true"}).status_code == 200


def test_the_order_page_tells_the_way_and_names_nobody_to_reach(
    client: Client, world: World
) -> None:
    order = order_in(world, "done")
    signed_in(client, world, "head")

    page = client.get(reverse("dispatch:order", args=[order.pk])).content.decode()

    for told in (
        grouped(order.number),
        TASK,
        WORDS,
        "Registered the request",
        "Dispatched it to Test station (Serves this township)",
        "Finished: The need was met",
        "灯亮了",
        "the resident can read this",
    ):
        assert told in page
    assert NAME not in page and PHONE not in page


def test_time_lost_by_returns_is_charged_to_each_station_by_name(
    client: Client, world: World
) -> None:
    order = order_in(world, "arbitration")
    signed_in(client, world, "dispatcher")
    context = client.get(reverse("dispatch:order", args=[order.pk])).context

    assert [one.partition(" returned it")[0] for one in context["bounces"]] == [
        "Test station",
        "Test sharing",
    ]
    assert [one["tone"] for one in context["tiers"]] == ["ok", "wait", "wait"]
    assert [one["name"] for one in context["verbs"]] == ["arbitrate", "withdraw"]


@pytest.mark.parametrize(
    ("state", "who", "verb"),
    [
        ("pending", "dispatcher", "dispatch"),
        ("arbitration", "dispatcher", "arbitrate"),
        ("dispatched", "head", "accept"),
        ("accepted", "worker", "serve"),
        ("serving", "worker", "finish"),
        ("done", "dispatcher", "follow_up"),
    ],
)
def test_a_duty_leads_to_where_it_is_done(world: World, state: str, who: str, verb: str) -> None:
    order = order_in(world, state)
    with acting(world.actor(who)) as actor:
        (duty,) = [one for one in duties(actor) if one.subject_id == order.pk]
        line = registry.lines["dispatch.order"](actor, [order.pk])[order.pk]
    assert duty.verb == verb
    assert line.verb_url == reverse(f"dispatch:{verb}", args=[order.pk])
    assert line.method == ("post" if verb == "accept" else "get")
    assert str(registry.verbs["dispatch.order", verb])


def test_the_search_box_finds_an_order_by_its_whole_number_only(world: World) -> None:
    order = order_in(world, "dispatched")
    _title, _needs, find = registry.finders["dispatch.orders"]
    with acting(world.actor("head")) as actor:
        (found,) = find(actor, grouped(order.number))
        assert found.url == reverse("dispatch:order", args=[order.pk])
        assert list(find(actor, order.number[:5])) == []
    with acting(world.actor("sibling_head")) as actor:
        assert list(find(actor, order.number)) == []
