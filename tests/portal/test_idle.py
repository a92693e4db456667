"""Many residents share a computer: what was typed is gone half an hour after the last click."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.kernel.forms.drafts import drop_expired
from linli.kernel.forms.models import Draft
from linli.portal.asking import COOKIE, IDLE

from ..world import World
from .browser import REACH, TYPED, WHAT, WORDS, requests, resident, text

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def typed(world: World) -> Client:
    """A browser in which somebody has written and not yet sent."""
    client = resident()
    assert client.post(WHAT, TYPED).status_code == 302
    assert WORDS in client.get(WHAT).content.decode()
    return client


def wait(length: timedelta) -> None:
    """Nobody clicks for a while: what is kept comes so much nearer to its end."""
    for one in Draft.objects.all():
        Draft.objects.filter(pk=one.pk).update(kept_until=one.kept_until - length)


def shows(client: Client, page: str = WHAT) -> bool:
    return WORDS in client.get(page).content.decode()


def test_a_draft_is_kept_for_half_an_hour(world: World) -> None:
    client = typed(world)
    held = Draft.objects.get()
    assert abs(held.kept_until - timezone.now() - 30 * MINUTE) < MINUTE
    wait(IDLE - MINUTE)
    assert shows(client)


@pytest.mark.parametrize("page", [WHAT, "/ask/reach/"])
def test_every_click_of_its_writer_keeps_it_longer(world: World, page: str) -> None:
    client = typed(world)
    for _click in range(3):
        wait(IDLE - MINUTE)
        assert client.get(page).status_code == 200
    assert shows(client)


def test_a_click_somewhere_else_is_no_click_of_its_writer(world: World) -> None:
    client, other = typed(world), resident(address="192.0.2.2")
    wait(IDLE - MINUTE)
    other.get(WHAT)
    wait(2 * MINUTE)
    assert not shows(client)


def test_the_next_at_the_computer_sees_nothing_and_is_told_why(world: World) -> None:
    client = typed(world)
    wait(IDLE + MINUTE)
    assert not shows(client)
    answer: Any = client.get("/ask/reach/", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "half an hour" in text(answer)
    assert WORDS not in answer.content.decode()
    assert not client.cookies[COOKIE].value
    assert "half an hour" not in text(client.get("/")), "told once"


def test_what_is_gone_is_not_sent(world: World) -> None:
    client = typed(world)
    wait(IDLE + MINUTE)
    assert client.post("/ask/reach/", REACH).headers["Location"] == "/"
    assert requests() == []


def test_what_is_gone_is_deleted(world: World) -> None:
    typed(world)
    assert drop_expired(now=timezone.now()) == 0
    assert drop_expired(now=timezone.now() + IDLE + MINUTE) == 1
    assert not Draft.objects.exists()


def test_pages_with_kept_words_stay_out_of_the_browsers_cache(world: World) -> None:
    fresh = resident()
    # What is typed and not sent may stay where it was typed: Back must not lose it.
    assert "no-store" not in fresh.get(WHAT).headers["Cache-Control"]
    client = typed(world)
    for page in (WHAT, "/ask/reach/"):
        assert "no-store" in client.get(page).headers["Cache-Control"], page


def test_a_stranger_without_a_key_is_told_nothing(world: World) -> None:
    answer: Any = resident().get("/ask/reach/", follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "half an hour" not in text(answer)
