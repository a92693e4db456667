"""Hands for tests of signing in: codes as an app shows them, and a clock that stands."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from linli.kernel.accounts import factors
from linli.kernel.accounts.actors import acting, actor_of
from linli.kernel.accounts.models import User
from linli.kernel.staff import actions
from linli.site.own import new_secret

from ..world import PASSWORD


class AppClock:
    """The half-minute in which the app and the server are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.step = 59_000_000
        around = (-1, 0, 1)
        monkeypatch.setattr(
            totp, "yield_hotp_counters_from_time", lambda: (self.step + one for one in around)
        )

    def code(self, secret: str, *, later: int = 0) -> str:
        return totp.format_hotp_value(totp.hotp_value(secret, self.step + later))


def with_app(user: User, clock: AppClock) -> tuple[str, list[str]]:
    """Set up an app for somebody; its secret and the recovery codes."""
    secret = new_secret()
    with acting(actor_of(user)) as actor:
        codes = actions.add_app(actor=actor, secret=secret, code=clock.code(secret))
    clock.step += 2
    return secret, codes


def sign_in(name: str, password: str = PASSWORD, client: Client | None = None) -> Any:
    browser = client or Client(headers={"Accept-Language": "en"})
    browser.post("/sign-in/", {"login": name, "password": password})
    return browser


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def second_step(client: Client, code: str) -> Any:
    return client.post("/sign-in/second-step/", {"code": code})


def app_of(user: User) -> Authenticator:
    found: Authenticator = Authenticator.objects.get(user=user, type=factors.TOTP)
    return found
