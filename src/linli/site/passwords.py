"""Passwords nobody may choose, and the page nobody gets past who must choose one.

Two rules contradict one another, so an installation decides (docs/decisions/0015). `asvs`: long,
not common, no mixture asked for, kept until somebody else knows it. `graded`, as GB/T 22239 asks of
level 3: three of four kinds of characters, a new one every 90 days, none of the last five.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.kernel.accounts.middleware import PROGRAMS, is_program

# Public, and therefore refused for anybody else and by `linli check`.
DEMONSTRATION = "linli-demo-2026"
DESK = "/desk/"


# What a policy asks for: fewest characters, kinds of them, how long one lasts, how many are kept.
SHORTEST = {"asvs": 10, "graded": 8}
KINDS = {"asvs": 0, "graded": 3}
LASTS: dict[str, timedelta | None] = {"asvs": None, "graded": timedelta(days=90)}
LAST_ONES = {"asvs": 0, "graded": 5}


def policy() -> str:
    held: str = settings.LINLI_PASSWORD_POLICY
    return held


class LongEnough:
    """Refuses what is short; there is no longest one below what the form takes."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < SHORTEST[policy()]:
            raise ValidationError(self.get_help_text(), code="short")

    def get_help_text(self) -> str:
        least = SHORTEST[policy()]
        return ngettext(
            "A password has at least %(count)s character.",
            "A password has at least %(count)s characters.",
            least,
        ) % {"count": least}


def hint() -> str:
    """What is said beside the field of a new password."""
    if policy() == "graded":
        return _("Eight characters or more, mixed: three of small, capital, digit, sign.")
    return _("Ten characters or more. Four words that do not belong together are good.")


def kinds_of(password: str) -> int:
    """How many of the four kinds occur: small letters, capitals, digits, anything else."""
    kinds = {
        "small" if one.islower() else "capital" if one.isupper() else "digit" if one.isdigit()
        else "other"
        for one in password
    }  # fmt: skip
    return len(kinds)


class Mixed:
    """Refuses what has too few kinds of characters, where the policy asks for several."""

    def validate(self, password: str, user: Any = None) -> None:
        if kinds_of(password) < KINDS[policy()]:
            raise ValidationError(self.get_help_text(), code="plain")

    def get_help_text(self) -> str:
        return _("A password mixes three of these: small letters, capitals, digits, signs.")


class NotOneOfTheLast:
    """Refuses what somebody had lately, where the policy asks for new ones."""

    def validate(self, password: str, user: Any = None) -> None:
        count = LAST_ONES[policy()]
        if not count or user is None or user._state.adding:
            return
        past = user.past_passwords.order_by("-until").values_list("password", flat=True)
        for held in [user.password, *past[: count - 1]]:
            if check_password(password, held):
                raise ValidationError(self.get_help_text(), code="again")

    def get_help_text(self) -> str:
        return _("You have used this password before; take one that is not among your last five.")


class NotTheDemonstrations:
    """Refuses the password that everybody can read in the source."""

    def validate(self, password: str, user: Any = None) -> None:
        if password.strip().casefold() == DEMONSTRATION:
            raise ValidationError(self.get_help_text(), code="published")

    def get_help_text(self) -> str:
        return _("This is the demonstration's password, which everybody knows.")


class OwnPasswordMiddleware:
    """Leads whoever was given a password to the page on which they choose their own.

    Until then no page of the desk opens, and no call of the API in their session. Signing out and
    the language stay open; a program's key is not affected.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if must_choose(request):
            if request.path.startswith(PROGRAMS):
                detail = _("Choose your own password first.")
                return JsonResponse({"detail": detail, "errors": []}, status=403)
            if request.path.startswith(DESK) and request.path != own_page():
                return led_to(request, own_page())
        return self.get_response(request)


def must_choose(request: HttpRequest) -> bool:
    """Whether the signed-in user acts with a password that somebody else knows, or an old one."""
    if is_program(request) or not request.user.is_authenticated:
        return False
    return is_told(request) or is_old(request)


def is_told(request: HttpRequest) -> bool:
    """Whether somebody else has made the password of the signed-in user."""
    return bool(getattr(request.user, "must_change_password", False))


def is_old(request: HttpRequest) -> bool:
    """Whether the password has lasted longer than the policy lets it."""
    lasts = LASTS[policy()]
    changed = getattr(request.user, "password_changed_at", None)
    return lasts is not None and changed is not None and timezone.now() - changed > lasts


def own_page() -> str:
    return reverse("accounts:own_password")


def led_to(request: HttpRequest, page: str) -> HttpResponse:
    """The answer that leads to a page which has to come first, and back from there."""
    where = page
    if request.method == "GET":
        where += "?" + urlencode({"next": request.get_full_path()})
    if request.headers.get("HX-Request") == "true":
        # A piece of a page must not be replaced by a whole one: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": page})
    return redirect(where)
