"""What signing in leaves in the timeline, and that it tells nobody outside who is known."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from linli.kernel.accounts.backends import PHONE_PURPOSE
from linli.kernel.accounts.models import SignInFailure, User
from linli.kernel.accounts.throttle import FAILURES_PER_LOGIN_AND_PLACE
from linli.kernel.crypto.sealing import blind
from linli.kernel.staff.signing import SIGN_IN
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.queries import lines

from ..world import PASSWORD, World
from .test_signin import CountingHasher

pytestmark = pytest.mark.django_db
PHONE = "13800138000"
NEW = "staple battery horse"


@pytest.fixture
def user(world: World, settings: Settings) -> Iterator[User]:
    settings.PASSWORD_HASHERS = [f"{CountingHasher.__module__}.CountingHasher"]
    one = world.users["head"]
    one.set_password(PASSWORD)
    one.phone, one.phone_index = PHONE, blind(PHONE, purpose=PHONE_PURPOSE)
    one.save()
    yield one


def sign_in(login: str, password: str = PASSWORD, client: Client | None = None) -> Any:
    browser = client or Client()
    return browser.post(reverse("account_login"), {"login": login, "password": password})


def told(user: User) -> list[str]:
    return [one.verb for one in lines([(SIGN_IN, user.pk)])]


def test_signing_in_and_out_leave_a_line_of_the_user_in_their_post(user: User) -> None:
    client = Client()
    sign_in("head", client=client)
    client.post(reverse("account_logout"))
    assert told(user) == ["staff.signed_in", "staff.signed_out"]
    for event in Event.objects.filter(subject_type=SIGN_IN):
        assert (event.user, event.subject_id) == (user.pk, user.pk)
        assert event.post == user.posts.get().pk
        assert event.data == {}


def test_signing_out_without_being_in_leaves_nothing(user: User) -> None:
    Client().post(reverse("account_logout"))
    assert not Event.objects.filter(subject_type=SIGN_IN).exists()


@pytest.mark.parametrize("login", ["head", "HEAD", " head ", PHONE, "138 0013 8000"])
def test_a_refused_sign_in_of_somebody_known_leaves_a_line(user: User, login: str) -> None:
    sign_in(login, "wrong")
    (event,) = Event.objects.filter(subject_type=SIGN_IN)
    assert (event.verb, event.subject_id) == ("staff.sign_in_refused", user.pk)
    assert (event.user, event.actor_kind, event.data) == (None, "visitor", {})


@pytest.mark.parametrize("login", ["nobody", "13900139000", "", "head\x00", "hea%", "x" * 400])
def test_one_of_nobody_leaves_none(user: User, login: str) -> None:
    before = Event.objects.count()
    sign_in(login, "wrong")
    assert Event.objects.count() == before


def test_what_the_throttle_stops_leaves_no_more_lines(user: User) -> None:
    for _try in range(FAILURES_PER_LOGIN_AND_PLACE + 5):
        sign_in("head", "wrong")
    assert told(user) == ["staff.sign_in_refused"] * FAILURES_PER_LOGIN_AND_PLACE


def test_somebody_switched_off_is_refused_with_a_line(user: User) -> None:
    user.is_active = False
    user.save()
    for login in ("head", PHONE):
        sign_in(login)
    assert told(user) == ["staff.sign_in_refused"] * 2


def _statements(login: str) -> list[str]:
    """The verb and table of everything the database is asked for a refused sign-in, but for how a
    savepoint ends: kept for somebody, taken back for nobody."""
    with CaptureQueriesContext(connection) as captured:
        sign_in(login, "wrong")
    found = [re.search(r'^(\w+)(?:.*?(?:FROM|INTO) "?(\w+))?', one["sql"].strip(), re.DOTALL)
             for one in captured]  # fmt: skip
    told = [" ".join(part for part in one.groups() if part) for one in found if one]
    return [one for one in told if one not in {"RELEASE", "ROLLBACK"}]


@pytest.mark.parametrize(("known", "unknown"), [("head", "nobody"), (PHONE, "13900139000")])
def test_the_database_is_asked_the_same_for_somebody_and_for_nobody(
    user: User, known: str, unknown: str
) -> None:
    """Hashing takes the time; what differed beside it would tell who has an account."""
    of_known, of_unknown = _statements(known), _statements(unknown)
    assert "INSERT timeline_event" in of_unknown
    assert of_known == of_unknown


def change(client: Client, current: str, new: str = NEW) -> Any:
    return client.post(
        reverse("accounts:own_password"),
        {"current_password": current, "new_password": new, "new_password_again": new},
    )


def test_guessing_the_password_in_an_open_session_is_stopped(user: User) -> None:
    client = Client()
    sign_in("head", client=client)
    for _try in range(FAILURES_PER_LOGIN_AND_PLACE):
        assert change(client, "wrong").status_code == 422
    assert SignInFailure.objects.count() == FAILURES_PER_LOGIN_AND_PLACE
    assert change(client, PASSWORD).status_code == 422
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_changing_the_password_keeps_this_session_and_ends_the_others(user: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        sign_in("head", client=client)
    assert change(here, PASSWORD).status_code == 302
    assert here.get("/desk/").status_code == 200
    assert there.get("/desk/").headers["Location"] == "/sign-in/"
    assert sign_in("head", NEW).status_code == 302
    line = Event.objects.get(verb="staff.password_changed")
    assert (line.user, line.subject_id) == (user.pk, user.pk)


def test_two_that_differ_or_are_weak_are_refused_at_their_field(user: User) -> None:
    client = Client()
    sign_in("head", client=client)
    url = reverse("accounts:own_password")
    given = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW + "x"}
    assert list(client.post(url, given).context["form"].errors) == ["new_password_again"]
    for weak in ("short", "1234567890", "linli-demo-2026", PASSWORD):
        answer = change(client, PASSWORD, weak)
        assert list(answer.context["form"].errors) == ["new_password"], weak
        assert f'value="{weak}"' not in answer.content.decode()
    assert list(change(client, "wrong").context["form"].errors) == ["current_password"]
