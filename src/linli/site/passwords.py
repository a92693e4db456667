"""Passwords nobody may choose, and the page nobody gets past who must choose one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.kernel.accounts.middleware import PROGRAMS, is_program

# Public, and therefore refused for anybody else and by `linli check`.
DEMONSTRATION = "linli-demo-2026"
DESK = "/desk/"


class LongEnough(MinimumLengthValidator):
    """Django's own check with a sentence that is in both languages."""

    def get_error_message(self) -> str:
        return ngettext(
            "A password has at least %(count)s character.",
            "A password has at least %(count)s characters.",
            self.min_length,
        ) % {"count": self.min_length}


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
                return _to_own_page(request)
        return self.get_response(request)


def must_choose(request: HttpRequest) -> bool:
    """Whether the signed-in user acts with a password that somebody else knows."""
    return bool(getattr(request.user, "must_change_password", False)) and not is_program(request)


def own_page() -> str:
    return reverse("accounts:own_password")


def _to_own_page(request: HttpRequest) -> HttpResponse:
    where = own_page()
    if request.method == "GET":
        where += "?" + urlencode({"next": request.get_full_path()})
    if request.headers.get("HX-Request") == "true":
        # A piece of a page must not be replaced by a whole one: the whole page goes there.
        return HttpResponse(status=204, headers={"HX-Redirect": own_page()})
    return redirect(where)
