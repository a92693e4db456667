from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from . import throttle

# Who signed in last in this browser, so that a form they lost is given back to nobody else.
LAST_USER_COOKIE = "linli_last"
LAST_USER_AGE = 2 * 24 * 3600


class AccountAdapter(DefaultAccountAdapter):
    """allauth with our throttle, sign-up closed and no mail."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        login = str(credentials.get("username", ""))
        if not throttle.may_try(request, login, now=timezone.now()):
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        """Nothing to give back: our throttle counts failures only."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The user, if active: an inactive one is told what a stranger is told."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is None or user.is_active:
            return user
        self.authentication_failed(request, **credentials)
        return None

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        throttle.count_failure(request, str(credentials.get("username", "")), now=timezone.now())

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any
    ) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        throttle.remember_device(request, response, request.POST.get("login", user.get_username()))
        response.set_cookie(
            LAST_USER_COOKIE,
            signing.dumps(str(user.pk), salt=LAST_USER_COOKIE),
            max_age=LAST_USER_AGE,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
        return response

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Signing in and out needs no message: the page says it."""
