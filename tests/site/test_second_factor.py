"""The second factor: forced for administrators, used once, throttled, sealed, never skipped."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from linli.kernel.accounts.actors import acting
from linli.kernel.accounts.models import Post, Session, User
from linli.kernel.accounts.throttle import FAILURES_OF_SECOND_STEP, FAILURES_PER_LOGIN_AND_PLACE
from linli.kernel.staff import actions
from linli.kernel.timeline.models import Event
from linli.site import check

from ..kernel.staff import give_key
from ..world import PASSWORD, World
from .signing import AppClock, app_of, is_in, second_step, sign_in, with_app

pytestmark = pytest.mark.django_db
FACTORS = "/desk/accounts/factors/"


@pytest.fixture(autouse=True)
def forced(settings: Settings) -> None:
    settings.LINLI_SECOND_FACTOR = "administrators"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> AppClock:
    return AppClock(monkeypatch)


def text_of(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


@pytest.mark.parametrize("name", ["administrator", "security", "auditor"])
def test_an_administrator_reaches_nothing_but_setting_one_up(world: World, name: str) -> None:
    client = sign_in(name)
    for page in ("/desk/", "/desk/accounts/", "/desk/accounts/sessions/", "/desk/directory/"):
        answer = client.get(page)
        assert answer.headers["Location"].startswith(FACTORS), page
    assert client.post("/desk/accounts/new/", {"name": "x"}).headers["Location"] == FACTORS
    assert client.get("/api/v1/orders").status_code == 403
    piece = client.get("/desk/", headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["HX-Redirect"]) == (204, FACTORS)
    assert client.get(FACTORS).status_code == 200
    assert client.get(f"{FACTORS}app/").status_code == 200
    assert client.post("/sign-out/").headers["Location"] == "/"


def test_others_work_without_and_everybody_can_be_asked(world: World, settings: Settings) -> None:
    assert sign_in("worker").get("/desk/").status_code == 200
    settings.LINLI_SECOND_FACTOR = "everybody"
    assert sign_in("worker").get("/desk/").headers["Location"].startswith(FACTORS)
    settings.LINLI_SECOND_FACTOR = "off"
    assert sign_in("administrator").get("/desk/").status_code == 200


def test_an_app_is_set_up_and_opens_the_desk(world: World, clock: AppClock) -> None:
    client = sign_in("administrator")
    page = text_of(client.get(f"{FACTORS}app/"))
    (shown,) = re.findall(r'class="secret"[^>]*>([A-Z2-7 ]+)<', page)
    secret = shown.replace(" ", "")
    assert secret not in str(Session.objects.values_list("session_data", flat=True))
    assert client.post(f"{FACTORS}app/", {"code": "000000"}).status_code == 422
    answer = client.post(f"{FACTORS}app/", {"code": clock.code(secret)})
    codes = re.findall(r"<li>(\d{8})</li>", text_of(answer))
    assert len(codes) == 10
    assert client.get("/desk/").status_code == 200
    assert Event.objects.filter(verb="staff.app_added").count() == 1


def test_the_second_step_is_asked_and_a_code_counts_once(world: World, clock: AppClock) -> None:
    secret, _codes = with_app(world.users["administrator"], clock)
    client = sign_in("administrator")
    assert not is_in(client)
    assert client.get("/desk/").headers["Location"].startswith("/sign-in/")
    assert "used before" in text_of(second_step(client, "000000"))
    code = clock.code(secret)
    assert second_step(client, code).headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200

    again = sign_in("administrator")
    assert "used before" in text_of(second_step(again, code))
    assert "used before" in text_of(second_step(again, clock.code(secret, later=-1)))
    assert not is_in(again)
    clock.step += 1
    second_step(again, clock.code(secret))
    assert is_in(again)


def test_a_sign_in_that_is_half_done_can_be_left(world: World, clock: AppClock) -> None:
    with_app(world.users["administrator"], clock)
    client = sign_in("administrator")
    assert client.get("/sign-in/").status_code == 302
    assert client.post("/sign-in/again/").headers["Location"] == "/sign-in/"
    assert client.get("/sign-in/").status_code == 200


def test_a_recovery_code_opens_once(world: World, clock: AppClock) -> None:
    _secret, codes = with_app(world.users["administrator"], clock)
    first, second = sign_in("administrator"), sign_in("administrator")
    second_step(first, codes[0])
    second_step(second, codes[0])
    assert (is_in(first), is_in(second)) == (True, False)
    second_step(second, codes[1])
    assert is_in(second)


def test_codes_are_not_guessed(world: World, clock: AppClock) -> None:
    secret, _codes = with_app(world.users["worker"], clock)
    client = sign_in("worker")
    for _try in range(FAILURES_PER_LOGIN_AND_PLACE):
        second_step(client, "000000")
    stopped = second_step(client, clock.code(secret))
    assert "Too many wrong codes" in text_of(stopped)
    assert not is_in(client)


def test_not_from_many_places_either(world: World, clock: AppClock) -> None:
    secret, _codes = with_app(world.users["worker"], clock)
    for number in range(FAILURES_OF_SECOND_STEP):
        client = Client(headers={"Accept-Language": "en"}, REMOTE_ADDR=f"10.0.0.{number}")
        second_step(sign_in("worker", client=client), "000000")
    fresh = sign_in("worker", client=Client(REMOTE_ADDR="10.0.1.1"))
    second_step(fresh, clock.code(secret))
    assert not is_in(fresh)


def test_secrets_are_sealed_at_rest(world: World, clock: AppClock) -> None:
    secret, codes = with_app(world.users["worker"], clock)
    rows = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in rows
    assert not any(code in rows for code in codes)
    told = str(list(Event.objects.values()))
    assert secret not in told


def test_a_new_password_does_not_skip_the_second_step(world: World, clock: AppClock) -> None:
    with_app(world.users["worker"], clock)
    with acting(world.actor("security")) as actor:
        password = actions.give_new_password(world.users["worker"], actor=actor)
    client = sign_in("worker", password)
    assert not is_in(client)
    assert client.get("/sign-in/second-step/").status_code == 200


def test_a_reset_ends_sessions_and_asks_to_set_one_up_anew(world: World, clock: AppClock) -> None:
    secret, _codes = with_app(world.users["administrator"], clock)
    client = sign_in("administrator")
    second_step(client, clock.code(secret))
    guard = sign_in("security")
    guard_secret, _more = with_app(world.users["security"], clock)
    guard = sign_in("security")
    second_step(guard, clock.code(guard_secret))
    where = f"/desk/accounts/{world.users['administrator'].pk}/factors/"
    assert guard.post(where).status_code == 302
    assert client.get("/desk/").headers["Location"].startswith("/sign-in/")
    assert sign_in("administrator").get("/desk/").headers["Location"].startswith(FACTORS)
    assert Event.objects.filter(verb="staff.factors_reset").count() == 1


def test_who_must_have_one_does_not_remove_the_last(world: World, clock: AppClock) -> None:
    for name, kept in (("administrator", True), ("worker", False)):
        secret, _codes = with_app(world.users[name], clock)
        client = sign_in(name)
        second_step(client, clock.code(secret))
        where = f"{FACTORS}{app_of(world.users[name]).pk}/remove/"
        assert client.post(where).status_code == (422 if kept else 302)
        assert Authenticator.objects.filter(user=world.users[name]).exists() is kept
        clock.step += 2


def test_an_open_session_alone_sets_nothing_up(
    world: World, clock: AppClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("worker")
    monkeypatch.setattr("linli.site.views.own.FRESH_SECONDS", -1)
    led = f"/desk/accounts/confirm/?next={FACTORS}app/"
    assert client.get(f"{FACTORS}app/").headers["Location"] == led
    assert client.post("/desk/accounts/confirm/", {"current_password": "wrong"}).status_code == 422
    monkeypatch.setattr("linli.site.views.own.FRESH_SECONDS", 900)
    answer = client.post(led, {"current_password": PASSWORD})
    assert answer.headers["Location"] == f"{FACTORS}app/"


def test_nobody_removes_what_is_anothers(world: World, clock: AppClock) -> None:
    with_app(world.users["head"], clock)
    where = f"{FACTORS}{app_of(world.users['head']).pk}/remove/"
    client = sign_in("worker")
    assert client.get(where).status_code == 404
    assert client.post(where).status_code == 404


def test_a_programs_key_is_not_asked(world: World, settings: Settings) -> None:
    settings.LINLI_SECOND_FACTOR = "everybody"
    key = give_key(Post.objects.get(user=world.users["worker"]))
    bearer = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/orders", headers=bearer).status_code == 200
    # A header on a page makes no program of a browser.
    assert sign_in("worker").get("/desk/", headers=bearer).status_code == 302


def test_a_passkey_that_is_none_is_refused_with_one_sentence(world: World) -> None:
    client = Client(headers={"Accept-Language": "en"})
    assert client.get("/sign-in/passkey/").json()["publicKey"]["userVerification"] == "required"
    for sent in ("", "{}", "[]", "null", '{"response": 1}', '{"response": {"userHandle": "x"}}'):
        answer = client.post("/sign-in/passkey/", {"credential": sent}, follow=True)
        assert "This passkey is not known here" in text_of(answer), sent
    assert not User.objects.exclude(last_login=None).exists()


@pytest.mark.parametrize(
    ("hosts", "policy", "found"),
    [
        (["linli.example"], "off", True),
        (["linli.example"], "administrators", False),
        (["127.0.0.1"], "off", False),
    ],
)
def test_the_check_refuses_it_off_where_a_network_leads(
    settings: Settings, hosts: list[str], policy: str, found: bool
) -> None:
    settings.ALLOWED_HOSTS, settings.LINLI_SECOND_FACTOR = hosts, policy
    codes = {one.code for one in check.django_settings()}
    assert ("settings.second_factor" in codes) is found
