from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from linli.kernel.accounts.models import SignInFailure
from linli.kernel.accounts.throttle import (
    COOKIE,
    FAILURES_PER_LOGIN_AND_PLACE,
    FAILURES_PER_PLACE,
    WINDOW,
    count_failure,
    may_try,
    network_of,
    remember_device,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOME, CAFE, STRANGER = "203.0.113.7", "198.51.100.9", "192.0.2.66"


def coming_from(address: str, cookie: str = "") -> HttpRequest:
    request = RequestFactory().post("/sign-in/", REMOTE_ADDR=address)
    if cookie:
        request.COOKIES[COOKIE] = cookie
    return request


def known_browser(login: str, *, earlier: str = "") -> str:
    """The cookie that a browser holds after signing in."""
    response = HttpResponse()
    remember_device(coming_from(HOME, earlier), response, login)
    return response.cookies[COOKIE].value


def fail(login: str, address: str, times: int = 1, *, cookie: str = "", at: datetime = NOW) -> None:
    for _time in range(times):
        count_failure(coming_from(address, cookie), login, now=at)


def answered(login: str, address: str, *, cookie: str = "", at: datetime = NOW) -> bool:
    return may_try(coming_from(address, cookie), login, now=at)


def test_five_failures_stop_a_login_at_its_place_for_a_quarter_of_an_hour() -> None:
    fail("head", STRANGER, FAILURES_PER_LOGIN_AND_PLACE - 1)
    assert answered("head", STRANGER)
    fail("head", STRANGER)

    assert not answered("head", STRANGER)
    assert answered("worker", STRANGER)
    assert answered("head", HOME)
    assert not answered("head", STRANGER, at=NOW + WINDOW - timedelta(seconds=1))
    assert answered("head", STRANGER, at=NOW + WINDOW)


def test_a_strangers_sixty_failures_from_twenty_addresses_lock_nobody_out() -> None:
    cookie = known_browser("head")
    for at in range(20):
        fail("head", f"192.0.2.{at}", 3)

    assert answered("head", HOME, cookie=cookie)
    assert answered("head", CAFE)


def test_a_stranger_behind_the_owners_own_address_does_not_stop_the_owners_browser() -> None:
    cookie = known_browser("head")
    for at in range(FAILURES_PER_PLACE):
        fail(f"user{at}", HOME)
    fail("head", HOME, 10)

    assert not answered("head", HOME)
    assert answered("head", HOME, cookie=cookie)


def test_many_logins_from_one_place_stop_that_place_alone() -> None:
    for at in range(FAILURES_PER_PLACE):
        assert answered("head", STRANGER)
        fail(f"user{at}", STRANGER)

    assert not answered("head", STRANGER)
    assert answered("head", CAFE)


def test_a_known_browser_is_counted_for_itself() -> None:
    cookie = known_browser("head")
    fail("head", HOME, FAILURES_PER_LOGIN_AND_PLACE, cookie=cookie)

    assert not answered("head", HOME, cookie=cookie)
    assert not answered("head", CAFE, cookie=cookie)
    assert answered("head", HOME)


def test_a_browser_is_known_for_its_own_logins_only() -> None:
    """Whoever has an account of their own gains no further tries with the logins of others."""
    cookie = known_browser("mallory")
    fail("head", STRANGER, FAILURES_PER_LOGIN_AND_PLACE, cookie=cookie)
    assert not answered("head", STRANGER, cookie=cookie)
    for at in range(FAILURES_PER_PLACE):
        fail(f"user{at}", STRANGER, cookie=cookie)
    assert not answered("victim", STRANGER, cookie=cookie)


def test_a_forged_cookie_makes_no_browser_known() -> None:
    from django.core import signing

    fail("head", STRANGER, FAILURES_PER_LOGIN_AND_PLACE)
    genuine = known_browser("head")
    forged = [genuine[:-1] + ("A" if genuine[-1] != "A" else "B"), "x", signing.dumps(["list"])]
    forged.append(signing.dumps([1, 2], salt=COOKIE))
    for cookie in forged:
        assert not answered("head", STRANGER, cookie=cookie)
        assert COOKIE in _remembered(cookie)


def _remembered(cookie: str) -> HttpResponse:
    response = HttpResponse()
    remember_device(coming_from(HOME, cookie), response, "head")
    return response.cookies


def test_a_login_is_the_same_in_any_spelling() -> None:
    for login in (
        " 13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "1380-0138000",
        "１３８００１３８０００",
    ):
        fail(login, STRANGER)
    assert not answered("13800138000", STRANGER)
    for login in ("Head", "HEAD", " head", "head ", "hEAD"):
        fail(login, CAFE)
    assert not answered("head", CAFE)


def test_a_browser_is_known_however_the_login_was_spelt() -> None:
    cookie = known_browser(" Head ")
    fail("head", HOME, 10)
    assert answered("head", HOME, cookie=cookie)


def test_a_browser_remembers_its_last_four_logins() -> None:
    cookie = ""
    for login in ("one", "two", "three", "four", "five"):
        cookie = known_browser(login, earlier=cookie)
    for login in ("one", "two", "five"):
        fail(login, HOME, 10)

    assert not answered("one", HOME, cookie=cookie)
    assert answered("two", HOME, cookie=cookie)
    assert answered("five", HOME, cookie=cookie)


@pytest.mark.parametrize(
    ("one", "two", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.8", False),
        ("203.0.113.7", "203.0.113.8", False),
        ("", "127.0.0.1", True),
        ("not an address", "nor this", True),
    ],
)
def test_what_counts_as_one_network(one: str, two: str, is_same: bool) -> None:
    assert (network_of(coming_from(one)) == network_of(coming_from(two))) is is_same


def test_only_a_trusted_proxy_says_where_somebody_comes_from(settings: Settings) -> None:
    def seen(connecting: str, passed_on: str) -> str:
        request = coming_from(connecting)
        request.META["HTTP_X_FORWARDED_FOR"] = passed_on
        return network_of(request)

    settings.LINLI_TRUSTED_PROXIES = []
    assert seen("10.0.0.1", HOME) == "10.0.0.1"
    settings.LINLI_TRUSTED_PROXIES = ["10.0.0.1", "10.0.0.2"]
    assert seen("10.0.0.1", HOME) == HOME
    assert seen("10.0.0.1", f"{HOME}, 10.0.0.2") == HOME
    # What a stranger wrote before the proxy added their address counts for nothing.
    assert seen("10.0.0.1", f"{HOME}, {STRANGER}") == STRANGER
    assert seen(STRANGER, HOME) == STRANGER
    assert seen("10.0.0.1", "") == "10.0.0.1"
    assert seen("10.0.0.1", "rubbish") == "unknown"


def test_failures_are_kept_as_hashes_and_no_longer_than_they_count() -> None:
    fail("head", STRANGER)
    held = SignInFailure.objects.get()
    assert b"head" not in bytes(held.login_hash)
    assert STRANGER.encode() not in bytes(held.source_hash)
    fail("worker", STRANGER, at=NOW + 3 * WINDOW)
    assert SignInFailure.objects.count() == 1
