"""How an operation of the API is declared: its scope, its permission, what it gives and refuses.

Every room's module has one `Door`; `door.get(…)` and `door.post(…)` do for programs what
`@requires` does for pages. Who has no key gets 401, a key without the scope 403 with its name, a
post that may not do such a thing at all 404: all before the call itself is read.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router
from ninja.security import APIKeyCookie, HttpBearer

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.ui.once import HEADER
from linli.kernel.ui.pages import actor_of

from .errors import NoScope, NotFound
from .schemas import Problem

Handler = Callable[..., Any]
# The header is read before a call comes to its operation; here it is only told of.
ONCE = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "format": "uuid"},
    "description": "An id of your own for this call, best a UUIDv7: the same id with the same body"
    " gets the same answer for 30 days and does nothing twice; with another body it is 409.",
}
TOLD = {
    200: "What was asked for.",
    201: "It is on record; what was made.",
    400: "The call cannot be read.",
    401: "No valid key, and nobody signed in.",
    403: "The key lacks the scope that this call needs; the sentence names it.",
    404: "There is nothing here, or not for this caller: both look the same.",
    409: "Somebody was faster, or the id of the call was used before; `errors` names the fields.",
    422: "Some values do not fit; `errors` names them.",
    429: "Too many calls; `Retry-After` says in how many seconds the next one is answered.",
}
RETRY_AFTER = {
    "Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}
}


class Key(HttpBearer):
    """A program's key; the middleware has already turned it into an actor."""

    def __init__(self, scope: KeyScope | None = None, needs: str = "") -> None:
        super().__init__()
        self.scope, self.needs = scope, needs

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        actor = actor_of(request)
        if not actor.is_user:
            return None
        if self.scope is not None and self.scope not in actor.key_scopes:
            raise NoScope(self.scope)
        return _holding(actor, self.needs)


class Session(APIKeyCookie):
    """The session of somebody signed in, with the CSRF check of every form."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, needs: str = "") -> None:
        super().__init__()
        self.needs = needs

    def _get_key(self, request: HttpRequest) -> str | None:
        # Without a session there is nothing that another site could misuse.
        if self.param_name not in request.COOKIES:
            return None
        held: str | None = super()._get_key(request)
        return held

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        actor = actor_of(request)
        # A program that shows a key acts by that key alone.
        is_theirs = actor.is_user and actor.key_id is None and key is not None
        return _holding(actor, self.needs) if is_theirs else None


def _holding(actor: Actor, needs: str) -> Actor:
    if needs and not holds(actor, needs):
        raise NotFound
    return actor


class Door:
    """The operations of one room; reading and changing are two scopes of a key."""

    def __init__(self, tag: str, *, reads: KeyScope | None, writes: KeyScope | None = None) -> None:
        self.router = Router(tags=[tag])
        self.reads, self.writes = reads, writes

    def get(
        self, path: str, *, needs: str, gives: Any, scope: KeyScope | None = None
    ) -> Callable[[Handler], Handler]:
        """Declare an operation that reads."""
        return partial(
            self._declare,
            method="GET",
            path=path,
            needs=needs,
            gives={200: gives},
            scope=scope or self.reads,
        )

    def post(
        self,
        path: str,
        *,
        needs: str,
        gives: Any,
        status: int = 200,
        scope: KeyScope | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare an operation that changes something, or leaves a trace of having looked."""
        return partial(
            self._declare,
            method="POST",
            path=path,
            needs=needs,
            gives={status: gives},
            scope=scope or self.writes,
        )

    def _declare(
        self,
        handler: Handler,
        *,
        method: str,
        path: str,
        needs: str,
        gives: dict[int, Any],
        scope: KeyScope | None,
    ) -> Handler:
        is_unsafe = method == "POST"
        refusals = (400, 401, 403, 404, 409, 422, 429) if is_unsafe else (401, 403, 404, 422, 429)
        answers = {**gives, **dict.fromkeys(refusals, Problem)}
        told: dict[str, Any] = {
            "responses": {code: {"description": TOLD[code]} for code in answers},
            "x-scope": scope.value if scope else None,
            "x-permission": needs,
        }
        told["responses"][429]["headers"] = RETRY_AFTER
        if is_unsafe:
            told["parameters"] = [ONCE]
        handler.permission = needs  # type: ignore[attr-defined]
        self.router.add_api_operation(
            path,
            [method],
            handler,
            auth=[Key(scope, needs), Session(needs)],
            response=answers,
            operation_id=handler.__name__,
            openapi_extra=told,
        )
        return handler
