from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from linli.kernel.scope import scope

from .actors import Actor, actor_of, set_actor, visitor
from .models import ApiToken
from .sessions import see
from .tokens import token_of

SESSION_POST = "post"
BEARER = "Bearer "
PROGRAMS = "/api/"
READING = {"GET", "HEAD"}


class ActorMiddleware:
    """One transaction, one actor and one scope around the whole response.

    An answer of 500 and above rolls everything back. Permissions are read from the database for
    every request, so that what is withdrawn is gone at the next one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            actor = actor_for(request)
            request.actor = actor  # type: ignore[attr-defined]
            set_actor(actor, is_reading=request.method in READING)
            with scope(actor.scope):
                response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def actor_for(request: HttpRequest) -> Actor:
    """The actor of a request: a program's key, the signed-in user in their post, or a visitor."""
    locale = translation.get_language() or "zh-hans"
    if is_program(request):
        now = timezone.now()
        token = key_of(request, now=now)
        if token is None:
            return visitor(locale=locale)
        post = token.post
        actor = actor_of(post.user, post_id=post.pk, locale=locale, is_strict=True, now=now)
        return replace(actor, key_id=token.pk, key_scopes=frozenset(token.scopes))
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return visitor(locale=locale)
    now = timezone.now()
    see(request, now=now)
    chosen = request.session.get(SESSION_POST)
    return actor_of(user, post_id=UUID(chosen) if chosen else None, locale=locale, now=now)


def key_of(request: HttpRequest, *, now: datetime) -> ApiToken | None:
    """The valid key that a program has sent; looked for once in a call."""
    if not hasattr(request, "api_key"):
        header = request.headers.get("Authorization", "")
        sent = header.removeprefix(BEARER).strip()
        request.api_key = token_of(sent, now=now)  # type: ignore[attr-defined]
    held: ApiToken | None = request.api_key  # type: ignore[attr-defined]
    return held


def is_program(request: HttpRequest) -> bool:
    """Whether a program asks with a key, which opens the programs' door only, never the pages."""
    header = request.headers.get("Authorization", "")
    return header.startswith(BEARER) and request.path.startswith(PROGRAMS)
