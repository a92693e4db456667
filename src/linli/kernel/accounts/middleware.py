from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from linli.kernel.scope import scope

from .actors import Actor, actor_of, set_actor, visitor
from .tokens import post_of

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
        header = request.headers.get("Authorization", "")
        post = post_of(header.removeprefix(BEARER).strip(), now=now)
        if post is None:
            return visitor(locale=locale)
        return actor_of(post.user, post_id=post.pk, locale=locale, is_strict=True, now=now)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return visitor(locale=locale)
    chosen = request.session.get(SESSION_POST)
    return actor_of(user, post_id=UUID(chosen) if chosen else None, locale=locale)


def is_program(request: HttpRequest) -> bool:
    """Whether a program asks with a key, which opens the programs' door only, never the pages."""
    header = request.headers.get("Authorization", "")
    return header.startswith(BEARER) and request.path.startswith(PROGRAMS)
