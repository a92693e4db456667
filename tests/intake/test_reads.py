"""Whoever reads what a resident said is on record: on every page that shows it, once a view."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.intake import actions
from linli.intake.models import Request
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event

from ..conftest import acting
from ..dispatch.orders import PHONE, TASK, WORDS, ask, opened, signed_in
from ..world import VILLAGE, World

pytestmark = pytest.mark.django_db

TYPED = {"need": "care", "urgency": "day", "area": str(VILLAGE), "task": TASK}
FORMS = ("accept", "inform", "refer", "refuse", "merge", "reopen")


def reads(*, by: str = "", world: World | None = None) -> Counter[Any]:
    """How often each request was read."""
    found = Event.objects.filter(verb="intake.read")
    if by and world is not None:
        found = found.filter(user=world.users[by].pk)
    return Counter(found.values_list("subject_id", flat=True))


def behind(order: Any) -> Request:
    with unscoped("test"):
        return Request.objects.get(order_id=order.pk)


@pytest.mark.parametrize("name", ["dispatcher", "head", "worker"])
def test_the_words_beside_an_order_are_read_by_name(
    client: Client, world: World, name: str
) -> None:
    order = opened(world)
    signed_in(client, world, name)
    for times in (1, 2):
        page = client.get(reverse("dispatch:order", args=[order.pk]))
        assert WORDS in page.content.decode()
        assert reads(by=name, world=world) == {behind(order).pk: times}
    # Who read it is no line of the order's own way.
    assert "Opened the request" not in page.content.decode()


def test_who_is_not_shown_the_order_has_read_nothing(client: Client, world: World) -> None:
    order = opened(world)
    for name in ("sibling_head", "officer", "grid_worker"):
        signed_in(client, world, name)
        assert client.get(reverse("dispatch:order", args=[order.pk])).status_code == 404
    assert reads() == {}


def test_lists_boards_and_duties_read_nothing(client: Client, world: World) -> None:
    opened(world)
    ask(world)
    signed_in(client, world, "dispatcher")
    for url in ("dispatch:list", "dispatch:board", "intake:list", "site:home", "site:waiting"):
        page = client.get(reverse(url))
        assert page.status_code == 200
        assert WORDS not in page.content.decode(), url
    assert reads() == {}


@pytest.mark.parametrize("verb", FORMS)
def test_a_form_beside_the_words_is_a_reading(client: Client, world: World, verb: str) -> None:
    asked = ask(world, need="mind").request
    if verb == "reopen":
        with acting(world.actor("dispatcher")) as actor:
            actions.inform_request(asked, actor=actor, reply="请到窗口")
    signed_in(client, world, "dispatcher")
    for times in (1, 2):
        page = client.get(reverse(f"intake:{verb}", args=[asked.pk]))
        assert WORDS in page.content.decode()
        assert reads() == {asked.pk: times}


@pytest.mark.parametrize("verb", ["", "merge"])
def test_every_likely_duplicate_beside_a_request_is_read(
    client: Client, world: World, verb: str
) -> None:
    first, second = ask(world).request, ask(world).request
    stranger = ask(world, need="work", phone="13900004321").request
    signed_in(client, world, "dispatcher")
    page = client.get(reverse(f"intake:{verb or 'request'}", args=[second.pk]))
    assert page.content.decode().count(WORDS) == 2
    assert reads() == {first.pk: 1, second.pk: 1}
    assert stranger.pk not in reads()


def test_an_ended_request_shows_no_others_and_reads_none(client: Client, world: World) -> None:
    first, second = ask(world).request, ask(world).request
    with acting(world.actor("dispatcher")) as actor:
        actions.inform_request(second, actor=actor, reply="请到窗口")
    signed_in(client, world, "dispatcher")
    client.get(reverse("intake:request", args=[second.pk]))
    assert reads() == {second.pk: 1}
    assert first.pk not in reads()


def test_a_page_that_comes_back_counts_once_a_minute(client: Client, world: World) -> None:
    """htmx asks for the stations again with each change of place or need; the words stay."""
    asked = ask(world).request
    url = reverse("intake:accept", args=[asked.pk])
    signed_in(client, world, "dispatcher")
    client.get(url)
    for _change in range(3):
        answer = client.post(url, TYPED | {"look": "yes"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert client.post(url, TYPED | {"task": ""}).status_code == 422
    assert reads() == {asked.pk: 1}


@pytest.mark.parametrize(
    ("who", "seconds", "times"), [("dispatcher", 59, 1), ("dispatcher", 61, 2), ("head", 59, 2)]
)
def test_ones_own_minute_covers_nobody_else_and_nothing_later(
    world: World, who: str, seconds: int, times: int
) -> None:
    asked, now = ask(world).request, timezone.now()
    for name, at in (("dispatcher", now), (who, now + timedelta(seconds=seconds))):
        with acting(world.actor(name, now=at)) as actor:
            actions.note_read(asked, actor=actor, is_redrawn=True)
    assert reads() == {asked.pk: times}


def test_words_are_not_to_be_had_by_posting_alone(client: Client, world: World) -> None:
    asked = ask(world).request
    signed_in(client, world, "dispatcher")
    url = reverse("intake:accept", args=[asked.pk])
    answer = client.post(url, {"look": "yes"}, headers={"HX-Request": "true"})
    assert WORDS in answer.content.decode()
    assert reads() == {asked.pk: 1}


def test_what_a_phone_finds_is_a_list_without_words(client: Client, world: World) -> None:
    ask(world)
    ask(world, need="mind")
    signed_in(client, world, "dispatcher")
    found = client.post(reverse("intake:find"), {"q": PHONE})
    assert len(found.context["found"]) == 2
    assert not [one for one in found.context["found"] if "words" in one]
    assert WORDS not in found.content.decode()
    assert reads() == {}
