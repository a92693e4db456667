"""Acting with a receipt, the one mechanism of the portal that no other face has.

The middleware sees a visitor here (or a signed-in colleague who looks at the public pages). Who
has shown receipt number and PIN acts as the receipt's holder instead: the views below this
decorator ask permissions for that actor, in the scope of that one request, and the database is
told so as well. The session holds nothing but a signed id that ends after half an hour without a
click, because many residents share a computer.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from linli.intake.receipts import actor_for
from linli.kernel.accounts.actors import set_actor
from linli.kernel.scope import scope
from linli.kernel.ui.once import begin
from linli.kernel.ui.pages import actor_of

SESSION = "portal.receipt"
IDLE = timedelta(minutes=30)
View = Callable[..., HttpResponse]


def hold(request: HttpRequest, request_id: UUID) -> None:
    """Remember that this browser has shown the receipt of a request."""
    # A session that was there before may be known to somebody else.
    request.session.cycle_key()
    _remember(request, request_id)


def held(request: HttpRequest) -> UUID | None:
    """The request whose receipt this browser has shown in the last half hour."""
    signed = str(request.session.get(SESSION, ""))
    try:
        return UUID(signing.loads(signed, salt=SESSION, max_age=IDLE))
    except (signing.BadSignature, ValueError):
        return None


def let_go(request: HttpRequest) -> None:
    """Forget the receipt; a colleague who is signed in here stays signed in."""
    request.session.pop(SESSION, None)


def _remember(request: HttpRequest, request_id: UUID) -> None:
    request.session[SESSION] = signing.dumps(str(request_id), salt=SESSION)


def with_receipt(view: View) -> View:
    """Run a view as the holder of the receipt; without one, ask for number and PIN."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request_id = held(request)
        before = actor_of(request)
        actor = actor_for(request_id, now=before.now, locale=before.locale) if request_id else None
        if request_id is None or actor is None:
            let_go(request)
            return redirect("portal:follow")
        _remember(request, request_id)
        set_actor(actor)
        request.actor = actor  # type: ignore[attr-defined]
        again = begin(request, holder=f"receipt:{request_id}")
        if again is not None:
            return again
        with scope(actor.scope):
            return view(request, *args, **kwargs)

    return shown
