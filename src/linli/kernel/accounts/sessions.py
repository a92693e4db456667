"""Sessions: Django's store, in a table that knows whose a session is and when it has to end.

A session of somebody ends when nobody has used it for a while, and in any case some hours after the
sign-in. Both moments are the row's own date of expiry, which the store asks for with every read: no
request has to remember to look. Ending a session is deleting its row.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone

from linli.lib.uuid7 import uuid7

from .devices import device_of
from .models import Session, User
from .throttle import network_of

# Written once a minute at most: a page costs no write because somebody looks at it.
STEP = timedelta(minutes=1)
MARK = "signed_in"


class SessionStore(DatabaseStore):
    """The store behind `request.session`."""

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """The row of a session; whose it is stands in what the sign-in has left there."""
        user = data.get(SESSION_KEY)
        mark = data.setdefault(MARK, _mark(timezone.now())) if user else None
        made: Any = super().create_model_instance(data)
        if user is None or mark is None:
            return made
        made.user_id, made.handle = UUID(user), UUID(mark["handle"])
        made.started_at = datetime.fromisoformat(mark["started"])
        made.seen_at = datetime.fromisoformat(mark["seen"])
        made.network, made.device = mark["network"], mark["device"]
        made.expire_date = end_of(made.started_at, made.seen_at)
        return made


def end_of(started_at: datetime, seen_at: datetime) -> datetime:
    """When a session ends that is not used again."""
    return min(seen_at + settings.LINLI_IDLE_TIMEOUT, started_at + settings.LINLI_SESSION_TIMEOUT)


def _mark(now: datetime, *, network: str = "", device: str = "") -> dict[str, str]:
    moment = now.isoformat()
    return {
        "handle": str(uuid7()),
        "started": moment,
        "seen": moment,
        "network": network,
        "device": device,
    }


def begin(request: HttpRequest, *, now: datetime) -> None:
    """Somebody has signed in: both clocks of the session start."""
    network = network_of(request)
    device = device_of(request.headers.get("User-Agent", ""))
    request.session[MARK] = _mark(now, network=network, device=device)


def see(request: HttpRequest, *, now: datetime) -> None:
    """Somebody uses their session; a switch of posts, like any request, moves the idle clock only.

    What a page asks for by itself, without anybody at it, does not count.
    """
    mark = request.session.get(MARK)
    if mark is None or request.headers.get("X-Linli-Idle"):
        return
    if now - datetime.fromisoformat(mark["seen"]) >= STEP:
        request.session[MARK] = mark | {"seen": now.isoformat()}


def handle_of(request: HttpRequest) -> str:
    """The name of the present session, by which its row is found."""
    return str(request.session.get(MARK, {}).get("handle", ""))


def sessions_of(user: User, *, now: datetime) -> list[Session]:
    """The sessions in which somebody is signed in, the one used last first."""
    found = Session.objects.filter(user=user, expire_date__gt=now)
    return list(found.order_by("-seen_at", "-handle"))


def end(user: User, *, handle: UUID | None = None, without: str = "") -> int:
    """End a session of somebody, or all (`without` stays); returns how many there were."""
    found = Session.objects.filter(user=user)
    if handle is not None:
        found = found.filter(handle=handle)
    if without:
        found = found.exclude(handle=UUID(without))
    gone, _kinds = found.delete()
    return gone


def forget_ended(*, now: datetime) -> int:
    """Delete the rows of sessions that have ended by themselves."""
    gone, _kinds = Session.objects.filter(expire_date__lt=now).delete()
    return gone
