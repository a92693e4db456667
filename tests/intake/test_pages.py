"""Requests on the desk: the list, the page, the search, and what stays hidden."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from linli.intake.actions import add_to_request
from linli.intake.models import Request
from linli.intake.receipts import actor_for
from linli.kernel.flow.queries import duties
from linli.kernel.timeline.models import Event
from linli.kernel.ui.registry import panels_for, registry
from linli.lib.receipts import grouped

from ..conftest import acting
from ..dispatch.orders import (
    NAME,
    PHONE,
    WORDS,
    ask,
    messages_of,
    opened,
    order_in,
    signed_in,
)
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, World

pytestmark = pytest.mark.django_db


def numbers(page: Any) -> set[str]:
    return {str(row["cells"][0]["text"]).replace("‑", "") for row in page.context["table"]["rows"]}


def behind(order: Any) -> Request:
    from linli.kernel.scope import unscoped

    with unscoped("test"):
        return Request.objects.get(order_id=order.pk)


def test_the_centre_sees_its_county_and_a_station_what_was_sent_to_it(
    client: Client, world: World
) -> None:
    waiting = ask(world).number
    sent = behind(opened(world)).number
    elsewhere = ask(world, area=OTHER_VILLAGE).number
    seen = {
        "dispatcher": {waiting, sent},
        "head": {sent},
        "worker": {sent},
        "sharing_head": set(),
        "grid_worker": set(),
        "other_dispatcher": {elsewhere},
    }
    for name, wanted in seen.items():
        signed_in(client, world, name)
        assert numbers(client.get(reverse("intake:list"))) == wanted, name


@pytest.mark.parametrize(
    "name",
    ["head", "worker", "sharing_head", "sibling_head", "grid_worker", "other_dispatcher"],
)
def test_a_request_to_be_screened_is_the_centres_alone(
    client: Client, world: World, name: str
) -> None:
    asked = ask(world).request
    signed_in(client, world, name)
    assert client.get(reverse("intake:request", args=[asked.pk])).status_code == 404


@pytest.mark.parametrize("name", ["officer", "administrator"])
def test_who_counts_opens_no_request(client: Client, world: World, name: str) -> None:
    asked = ask(world).request
    signed_in(client, world, name)
    for url in (reverse("intake:list"), reverse("intake:request", args=[asked.pk])):
        assert client.get(url).status_code == 404
    assert client.get(reverse("intake:new")).status_code == 404


def test_three_requests_cost_as_many_queries_as_one(client: Client, world: World) -> None:
    signed_in(client, world, "dispatcher")
    ask(world)
    client.get(reverse("intake:list"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse("intake:list"))
        return len(caught)

    one = cost()
    ask(world, area=NEXT_VILLAGE)
    opened(world)
    assert cost() == one


def test_filters_narrow_and_a_phone_in_the_address_finds_nothing_more(
    client: Client, world: World
) -> None:
    ask(world, need="mind")
    care = ask(world)
    sent = behind(opened(world, need="mind"))
    signed_in(client, world, "dispatcher")

    def found(**asked: str) -> set[str]:
        return numbers(client.get(reverse("intake:list"), asked))

    assert found(state="accepted") == {sent.number}
    assert found(need="care") == {care.number}
    assert found(door="window") == set()
    assert len(found(q=PHONE)) == 3


def test_the_export_has_the_numbers_and_nothing_sealed(client: Client, world: World) -> None:
    made = ask(world)
    signed_in(client, world, "dispatcher")
    response = client.get(reverse("intake:list"), {"export": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    text = "\n".join(str(cell) for row in sheet.to_python() for cell in row)
    assert grouped(made.number) in text
    assert not [one for one in (WORDS, NAME, PHONE) if one in text]


def test_opening_a_request_shows_how_to_reach_them_and_is_on_record(
    client: Client, world: World
) -> None:
    asked = ask(world).request
    holder = actor_for(asked.pk, now=asked.registered_at)
    assert holder is not None
    with acting(holder):
        add_to_request(asked, actor=holder, words="门牌是三号")
    signed_in(client, world, "dispatcher")

    page = client.get(reverse("intake:request", args=[asked.pk])).content.decode()

    assert not [one for one in (WORDS, NAME, PHONE, "门牌是三号") if one not in page]
    read = Event.objects.get(verb="intake.read")
    assert (read.subject_id, read.user) == (asked.pk, world.users["dispatcher"].pk)
    again = client.get(reverse("intake:request", args=[asked.pk]))
    assert "Opened the request" not in [one["sentence"] for one in again.context["events"]]


def test_the_station_that_holds_the_order_reaches_the_person_and_nobody_else(
    client: Client, world: World
) -> None:
    asked = behind(order_in(world, "accepted"))
    url = reverse("intake:request", args=[asked.pk])
    for name in ("worker", "head", "dispatcher"):
        signed_in(client, world, name)
        assert PHONE in client.get(url).content.decode(), name
    for name in ("second_worker", "sharing_head", "sibling_head", "other_dispatcher"):
        signed_in(client, world, name)
        assert client.get(url).status_code == 404, name


def test_a_number_finds_its_request_and_a_phone_all_of_its_requests(
    client: Client, world: World
) -> None:
    first, second = ask(world), ask(world, need="mind")
    ask(world, phone="13900009999")
    elsewhere = ask(world, area=OTHER_VILLAGE)
    signed_in(client, world, "dispatcher")
    url = reverse("intake:find")

    one = client.post(url, {"q": grouped(first.number).lower()})
    assert one["Location"] == reverse("intake:request", args=[first.request.pk])
    several = client.post(url, {"q": "139 0000 1234"})
    shown = {brief["number"] for brief in several.context["found"]}
    assert shown == {grouped(first.number), grouped(second.number)}
    for nothing in (elsewhere.number, "13900000000", "hello", ""):
        none = client.post(url, {"q": nothing}, follow=True)
        assert none.redirect_chain == [(reverse("intake:list"), 302)]
        assert "No request with this number" in messages_of(none)[0]
    assert client.get(url).status_code == 405


def test_a_phone_is_no_way_around_the_permission_to_reach(client: Client, world: World) -> None:
    """Who wrote a request down still opens it, but does not learn whose phone it is."""
    signed_in(client, world, "grid_worker")
    client.post(reverse("intake:new"), REGISTERED)
    asked = behind_number(client)
    found = client.post(reverse("intake:find"), {"q": REGISTERED["phone"]})
    assert found["Location"] == reverse("intake:list")

    page = client.get(reverse("intake:request", args=[asked])).content.decode()
    assert REGISTERED["words"] in page
    assert REGISTERED["phone"] not in page and REGISTERED["name"] not in page


REGISTERED = {
    "door": "grid",
    "for_whom": "other",
    "urgency": "week",
    "need": "care",
    "area": "梅山社区居委会",
    "words": "老人没人做饭",
    "name": "李测试",
    "phone": "13900005678",
}


def behind_number(client: Client) -> Any:
    (row,) = client.get(reverse("intake:list")).context["table"]["rows"]
    return row["url"].rstrip("/").rpartition("/")[2]


def test_the_order_page_shows_their_words_and_a_way_to_reach_them(world: World) -> None:
    order = order_in(world, "accepted")
    asked = behind(order)
    with acting(world.actor("worker")) as actor:
        (panel,) = panels_for("dispatch.order", actor, order)
        assert panel.context["words"] == WORDS
        assert panel.context["url"] == reverse("intake:request", args=[asked.pk])
        assert ("intake.request", asked.pk) in panel.context["subjects"]
        assert not [one for one in panel.context.values() if one in (NAME, PHONE)]


def test_a_request_to_screen_is_a_duty_and_is_found_by_its_number(world: World) -> None:
    made = ask(world)
    with acting(world.actor("dispatcher")) as actor:
        (duty,) = duties(actor)
        line = registry.lines["intake.request"](actor, [made.request.pk])[made.request.pk]
        assert line.url == reverse("intake:request", args=[made.request.pk])
        assert str(registry.verbs["intake.request", duty.verb])
        _title, _needs, find = registry.finders["intake.requests"]
        (found,) = find(actor, grouped(made.number))
        assert found.url == line.url
    with acting(world.actor("other_dispatcher")) as actor:
        assert list(find(actor, made.number)) == []
