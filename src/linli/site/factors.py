"""The page nobody gets past who must have a second factor and has shown none in this session."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.factors import has_proved, must_have_factor
from linli.kernel.accounts.middleware import PROGRAMS, is_program

from .passwords import DESK, led_to, must_choose


class SecondFactorMiddleware:
    """Leads to setting one up; until then no page of the desk opens, nor a call in the session.

    Asked of all posts somebody could act in, not of the one they are in. A key is not affected.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if must_set_up(request) and not must_choose(request):
            if request.path.startswith(PROGRAMS):
                detail = _("Set up a second factor first.")
                return JsonResponse({"detail": detail, "errors": []}, status=403)
            if request.path.startswith(DESK) and request.path not in open_pages():
                return led_to(request, first_page())
        return self.get_response(request)


def must_set_up(request: HttpRequest) -> bool:
    """Whether the signed-in user needs a second factor and has shown none."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not actor.is_user or is_program(request):
        return False
    return must_have_factor(post.role for post in actor.posts) and not has_proved(request)


def first_page() -> str:
    return reverse("accounts:factors")


def open_pages() -> set[str]:
    return {
        first_page(),
        *(reverse(f"accounts:{name}") for name in ("add_app", "add_passkey", "confirm")),
    }
