from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from linli.kernel.accounts.backends import PHONE_PURPOSE
from linli.kernel.accounts.models import SignInFailure, User
from linli.kernel.accounts.throttle import COOKIE, FAILURES_PER_LOGIN_AND_PLACE
from linli.kernel.crypto.sealing import blind

from ..world import World

PASSWORD, PHONE = "correct horse battery", "13800138000"
hashed: Counter[str] = Counter()


class CountingHasher(MD5PasswordHasher):
    """Cheap, and counts how often it hashes."""

    algorithm = "counting"

    def encode(self, password: str, salt: str) -> str:
        hashed["times"] += 1
        return super().encode(password, salt)


@pytest.fixture
def user(world: World, settings: Settings) -> User:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    one = world.users["head"]
    one.set_password(PASSWORD)
    one.phone, one.phone_index = PHONE, blind(PHONE, purpose=PHONE_PURPOSE)
    one.save()
    hashed.clear()
    return one


def sign_in(login: str, password: str = PASSWORD, *, client: Client | None = None) -> Any:
    browser = client or Client(raise_request_exception=False)
    return browser.post(reverse("account_login"), {"login": login, "password": password})


def is_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"] == "/desk/"


def sentence(answer: Any) -> list[str]:
    return [str(one) for one in answer.context["form"].non_field_errors()]


@pytest.mark.parametrize(
    "login",
    [
        "head",
        "HEAD",
        " head ",
        PHONE,
        "138 0013 8000",
        "+86 138-0013-8000",
        "１３８００１３８０００",
    ],
)
def test_a_name_in_any_case_or_the_phone_in_any_spelling_signs_in(user: User, login: str) -> None:
    assert is_in(sign_in(login))


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("head", "wrong"),
        ("head", PASSWORD.upper()),
        ("head", PASSWORD + " "),
        ("headx", PASSWORD),
        ("hea%", PASSWORD),
        ("13900139000", PASSWORD),
        (PHONE, "wrong"),
        ("head\x00", PASSWORD),
        ("", PASSWORD),
        ("head", ""),
    ],
)
def test_anything_else_does_not(user: User, login: str, password: str) -> None:
    client = Client(raise_request_exception=False)
    answer = sign_in(login, password, client=client)
    assert answer.status_code in {200, 422}
    assert "_auth_user_id" not in client.session


def test_an_unknown_user_is_told_what_a_known_one_is_and_costs_as_many_hashes(user: User) -> None:
    told: dict[str, tuple[list[str], int]] = {}
    for login in ("head", "nobody", PHONE, "13900139000"):
        hashed.clear()
        told[login] = (sentence(sign_in(login, "wrong")), hashed["times"])

    # Switched off, and without a password: the same as somebody who is not there.
    user.is_active = False
    user.save()
    hashed.clear()
    off = (sentence(sign_in("head", PASSWORD)), hashed["times"])
    user.is_active = True
    user.set_unusable_password()
    user.save()
    hashed.clear()
    without = (sentence(sign_in("head", "wrong")), hashed["times"])
    hashed.clear()
    without_by_phone = (sentence(sign_in(PHONE, "wrong")), hashed["times"])
    assert off == without == told["nobody"]
    assert without_by_phone == told["13900139000"]
    assert told["head"] == told["nobody"]
    assert told[PHONE] == told["13900139000"]
    assert told["head"][0] == told[PHONE][0]
    assert told["head"][1] > 0


@pytest.mark.parametrize("login", ["head", PHONE])
def test_an_inactive_user_is_a_stranger_even_with_the_right_password(
    user: User, login: str
) -> None:
    user.is_active = False
    user.save()

    answer = sign_in(login)
    assert answer.status_code == 200
    assert sentence(answer) == sentence(sign_in("nobody"))
    assert SignInFailure.objects.count() == 2


def test_the_sixth_try_is_not_answered_and_another_login_still_is(user: User) -> None:
    client = Client()
    for _try in range(FAILURES_PER_LOGIN_AND_PLACE):
        refused = sentence(sign_in("head", "wrong", client=client))
    stopped = sign_in("head", client=client)

    assert not is_in(stopped)
    assert sentence(stopped) != refused
    assert SignInFailure.objects.count() == FAILURES_PER_LOGIN_AND_PLACE
    assert sign_in("worker", "wrong", client=client).status_code == 200


def test_the_owners_browser_signs_in_while_a_stranger_at_the_same_address_is_stopped(
    user: User,
) -> None:
    owner = Client()
    assert is_in(sign_in("head", client=owner))
    owner.post(reverse("account_logout"))
    assert COOKIE in owner.cookies
    assert owner.cookies[COOKIE]["httponly"]
    for _try in range(FAILURES_PER_LOGIN_AND_PLACE + 3):
        sign_in("head", "wrong")

    assert not is_in(sign_in("head"))
    assert is_in(sign_in("head", client=owner))


def test_a_success_after_failures_does_not_reset_the_count_for_a_stranger(user: User) -> None:
    for _round in range(FAILURES_PER_LOGIN_AND_PLACE):
        sign_in("head", "wrong")
        sign_in("worker", "wrong")
    assert not is_in(sign_in("head"))


def test_signing_in_leads_to_our_own_pages_only(user: User) -> None:
    for given, led in (("/desk/people/", "/desk/people/"), ("https://evil.example/", "/desk/")):
        answer = Client().post(
            reverse("account_login"), {"login": "head", "password": PASSWORD, "next": given}
        )
        assert answer.headers["Location"] == led


def test_nobody_signs_up(client: Client, world: World) -> None:
    for path in ("/signup/", "/sign-up/", "/accounts/signup/", "/password/reset/"):
        assert client.get(path).status_code == 404
    assert User.objects.count() == len(world.users)
