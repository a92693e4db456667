"""Nothing typed is lost when a session has ended: the form is kept, sealed, for its writer.

Whoever was signed in last in this browser is known by a signed cookie; only the same user is shown
what was kept, on the page it was typed on, and decides whether to send it.
"""

from collections.abc import Callable

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.adapter import LAST_USER_COOKIE
from linli.kernel.forms import drafts
from linli.kernel.ui.pages import unsent_page
from linli.kernel.ui.sent import MARKS, typed

COOKIE = "linli_draft"
COOKIE_AGE = int(drafts.KEPT.total_seconds())
NEVER_KEPT = (*MARKS, "password", "login")
DESK = "/desk/"


class DraftMiddleware:
    """Keeps a form that was sent after the session had ended, and offers it again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor: Actor = request.actor  # type: ignore[attr-defined]
        key = request.COOKIES.get(COOKIE, "")
        if key and actor.is_user and request.path.startswith(DESK):
            answer = _offer(request, actor, key)
            if answer is not None:
                return answer
        response = self.get_response(request)
        if _was_turned_away(request, response, actor):
            _keep(request, response, actor)
        return response


def _writer(request: HttpRequest) -> str:
    try:
        return str(signing.loads(request.COOKIES.get(LAST_USER_COOKIE, ""), salt=LAST_USER_COOKIE))
    except signing.BadSignature:
        return ""


def _was_turned_away(request: HttpRequest, response: HttpResponse, actor: Actor) -> bool:
    return (
        request.method == "POST"
        and not actor.is_user
        and request.path.startswith(DESK)
        and response.status_code == 302
        and response.headers.get("Location", "").startswith(reverse("account_login"))
        and bool(_writer(request))
    )


def _place(request: HttpRequest, user: str) -> str:
    return f"{user}:{request.path}"[:200]


def _keep(request: HttpRequest, response: HttpResponse, actor: Actor) -> None:
    secret = {name for name in request.POST if any(one in name for one in NEVER_KEPT)}
    values = typed(request, without=secret)
    if any(any(one) for one in values.values()):
        path = _place(request, _writer(request))
        key = drafts.keep(values, path=path, now=actor.now)
        response.set_cookie(
            COOKIE,
            key,
            max_age=COOKIE_AGE,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )


def _offer(request: HttpRequest, actor: Actor, key: str) -> HttpResponse | None:
    """The page that shows what was kept; None where there is nothing to offer here."""
    values = drafts.find(key, path=_place(request, str(actor.user_id)), now=actor.now)
    if values is None:
        return None
    if request.method == "POST" or "without_draft" in request.GET:
        drafts.drop(key)
        if request.method == "POST":
            return None
        response = redirect(request.path)
        response.delete_cookie(COOKIE)
        return response
    return unsent_page(
        request,
        values,
        title=_("What you wrote is still here"),
        lead=_(
            "Your session had ended when you sent this page. Nothing was lost and nothing has been"
            " stored yet."
        ),
        drop_url=f"{request.path}?without_draft=1",
    )
