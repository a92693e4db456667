"""Screening: each verb on a request, by the centre alone, and never twice."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from linli.dispatch.models import Order
from linli.intake import actions
from linli.intake.models import Request
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.lib.receipts import grouped

from ..conftest import acting
from ..dispatch.orders import TASK, WORDS, ask, messages_of, signed_in
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World

pytestmark = pytest.mark.django_db

TAKEN = {"need": "care", "urgency": "day", "area": str(VILLAGE), "task": TASK}
ENDINGS: dict[str, tuple[dict[str, str], str, str]] = {
    "inform": ({"reply": "请带身份证到窗口"}, "informed", "Answered"),
    "refer": ({"reply": "请找民政办"}, "referred", "Referred"),
    "refuse": ({"reason": "not_social_work", "reply": "不在范围内"}, "refused", "Not taken on"),
    "withdraw": ({}, "withdrawn", "Withdrawn"),
}
OTHERS = ("head", "worker", "grid_worker", "officer", "administrator", "other_dispatcher")


def as_it_is(asked: Request) -> Request:
    with unscoped("test"):
        return Request.objects.get(pk=asked.pk)


def only_order() -> Order:
    with unscoped("test"):
        return Order.objects.get()


def url(asked: Request, verb: str) -> str:
    return reverse(f"intake:{verb}", args=[asked.pk])


def ended(world: World) -> Request:
    asked: Request = ask(world).request
    with acting(world.actor("dispatcher")) as actor:
        actions.inform_request(asked, actor=actor, reply="请带身份证到窗口")
    return asked


@pytest.mark.parametrize("verb", ENDINGS)
def test_a_request_ends_with_what_the_resident_is_told(
    client: Client, world: World, verb: str
) -> None:
    asked = ask(world).request
    values, state, says = ENDINGS[verb]
    signed_in(client, world, "dispatcher")

    response = client.post(url(asked, verb), values, follow=True)

    found = as_it_is(asked)
    assert response.redirect_chain == [(reverse("intake:request", args=[asked.pk]), 302)]
    assert messages_of(response)[0].startswith(says)
    assert (found.state, found.due_at) == (state, None)
    assert found.reply == values.get("reply", "")
    assert found.reason == values.get("reason", "")


def test_accept_and_dispatch_in_one_go(client: Client, world: World) -> None:
    asked = ask(world, area=TOWNSHIP).request
    signed_in(client, world, "dispatcher")
    form = client.get(url(asked, "accept")).context["form"]
    assert form["task"].value() == WORDS
    first = form["station"].initial

    values = TAKEN | {"station": first, "then": "dispatch"}
    response = client.post(url(asked, "accept"), values, follow=True)

    order = only_order()
    assert response.redirect_chain == [(reverse("dispatch:order", args=[order.pk]), 302)]
    assert "sent to the station" in messages_of(response)[0]
    assert (order.state, order.area_id, order.task) == ("dispatched", VILLAGE, TASK)
    assert str(order.station_id) == first
    assert (as_it_is(asked).state, as_it_is(asked).area_id) == ("accepted", VILLAGE)


def test_accept_only_leaves_the_order_to_be_dispatched(client: Client, world: World) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    client.post(
        url(asked, "accept"),
        TAKEN | {"station": str(world.unit_id("station")), "then": "only"},
    )
    assert (only_order().state, only_order().station_id) == ("pending", None)


def test_another_station_of_the_county_goes_before_the_proposed_one(
    client: Client, world: World
) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    chosen = {"station": str(world.unit_id("station")), "other": str(world.unit_id("sibling"))}
    client.post(url(asked, "accept"), TAKEN | chosen)
    assert only_order().station_id == world.unit_id("sibling")


@pytest.mark.parametrize(
    "wrong",
    [
        {"station": "other_station"},
        {"other": "centre"},
        {"station": ""},
        {"area": str(OTHER_VILLAGE)},
        {"task": ""},
        {"need": ""},
    ],
)
def test_a_wrong_screening_opens_no_order(
    client: Client, world: World, wrong: dict[str, str]
) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    values = {**TAKEN, "station": str(world.unit_id("station"))}
    for name, value in wrong.items():
        values[name] = str(world.units[value].pk) if value in world.units else value

    assert client.post(url(asked, "accept"), values).status_code == 422
    assert as_it_is(asked).state == "registered"
    with unscoped("test"):
        assert not Order.objects.exists()


def test_looking_again_offers_the_stations_of_the_place_typed(client: Client, world: World) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    page = client.get(url(asked, "accept")).context["form"]
    before = [value for value, _label in page.fields["station"].widget.choices]

    response = client.post(
        url(asked, "accept"), TAKEN | {"area": str(NEXT_VILLAGE), "task": "改过的话", "look": "yes"}
    )

    form = response.context["form"]
    assert set(before) == {str(world.unit_id("station")), str(world.unit_id("sharing"))}
    assert response.status_code == 200
    assert form["station"].initial == str(world.unit_id("sibling"))
    assert form["task"].value() == "改过的话"
    assert as_it_is(asked).state == "registered"


def test_a_place_left_as_it_is_shown_stays_what_it_is(client: Client, world: World) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    shown = client.get(url(asked, "accept")).context["form"]["area"].value()
    client.post(url(asked, "accept"), TAKEN | {"area": shown, "then": "only"})
    assert only_order().area_id == VILLAGE


@pytest.mark.parametrize("verb", [*ENDINGS, "accept", "merge"])
def test_only_the_centre_of_the_county_screens(client: Client, world: World, verb: str) -> None:
    asked = ask(world).request
    values: dict[str, str] = ENDINGS[verb][0] if verb in ENDINGS else dict(TAKEN)
    for name in OTHERS:
        signed_in(client, world, name)
        assert client.post(url(asked, verb), values).status_code == 404, name
    assert as_it_is(asked).state == "registered"


@pytest.mark.parametrize("verb", [*ENDINGS, "accept", "merge"])
def test_too_late_is_a_sentence_and_nothing_changes(
    client: Client, world: World, verb: str
) -> None:
    asked = ended(world)
    values: dict[str, str] = ENDINGS[verb][0] if verb in ENDINGS else dict(TAKEN)
    told = Event.objects.exclude(verb="intake.read").count()
    signed_in(client, world, "dispatcher")

    response = client.post(url(asked, verb), values, follow=True)

    sentence = "Somebody was faster: this has already changed. Nothing of yours was lost."
    if words := values.get("reply") or values.get("task"):
        assert response.status_code == 409
        shown = response.content.decode()
        assert all(one in shown for one in (sentence, words, f'href="{url(asked, "request")}"'))
    else:
        assert messages_of(response) == [sentence]
    assert (as_it_is(asked).state, as_it_is(asked).reply) == ("informed", "请带身份证到窗口")
    assert Event.objects.exclude(verb="intake.read").count() == told


def test_an_ended_request_is_opened_again_with_a_new_deadline(client: Client, world: World) -> None:
    asked = ended(world)
    signed_in(client, world, "dispatcher")
    response = client.post(url(asked, "reopen"), {"words": "又来电话了"}, follow=True)
    found = as_it_is(asked)
    assert found.state == "registered" and found.due_at is not None
    assert "screened by" in messages_of(response)[0]
    assert "又来电话了" in response.content.decode()


def test_likely_the_same_stands_beside_and_is_joined_with_one_press(
    client: Client, world: World
) -> None:
    first = ask(world, phone="13900007777")
    second = ask(world, need="mind", words="还是灯的事", phone="13900007777")
    ask(world, need="work", phone="13900008888")
    signed_in(client, world, "dispatcher")

    page: Any = client.get(reverse("intake:request", args=[second.request.pk]))
    assert [one["number"] for one in page.context["duplicates"]] == [grouped(first.number)]
    response = client.post(
        url(second.request, "merge"), {"other": grouped(first.number)}, follow=True
    )

    found = as_it_is(second.request)
    assert (found.state, found.merged_into_id) == ("merged", first.request.pk)
    assert "Joined" in messages_of(response)[0]


@pytest.mark.parametrize("which", ["itself", "other county", "mistyped"])
def test_a_request_is_joined_with_no_other_than_one_of_the_county(
    client: Client, world: World, which: str
) -> None:
    made = ask(world)
    number = {
        "itself": made.number,
        "other county": ask(world, area=OTHER_VILLAGE).number,
        "mistyped": "0000-0000-0",
    }[which]
    signed_in(client, world, "dispatcher")
    assert client.post(url(made.request, "merge"), {"other": number}).status_code == 422
    assert as_it_is(made.request).state == "registered"


def test_two_requests_never_become_each_others(client: Client, world: World) -> None:
    first, second = ask(world), ask(world)
    signed_in(client, world, "dispatcher")
    client.post(url(first.request, "merge"), {"other": second.number})
    response = client.post(url(second.request, "merge"), {"other": first.number})
    assert response.status_code == 422
    assert as_it_is(second.request).state == "registered"


def test_wrong_methods_are_refused(client: Client, world: World) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    assert client.get(url(asked, "withdraw")).status_code == 405
    assert client.delete(url(asked, "accept")).status_code == 405
    assert client.post(reverse("intake:request", args=[asked.pk])).status_code == 405
