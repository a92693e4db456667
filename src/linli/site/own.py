"""What the pages about one's own sign-in show."""

import json
import secrets
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.kernel.accounts import factors, sessions
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.devices import device_label
from linli.kernel.accounts.models import User
from linli.kernel.staff import outside
from linli.kernel.ui.moments import short

# As apps read it (RFC 4648): 32 letters, 160 bits.
LETTERS, LENGTH = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32


def new_secret() -> str:
    """A secret for an app."""
    return "".join(secrets.choice(LETTERS) for _letter in range(LENGTH))


def entrance(request: HttpRequest) -> dict[str, Any]:
    """What pages about signing in ask for: providers that are on, options for passkeys."""
    return {"ways_in": outside.offered, "as_json": as_json}


def as_json(options: Any) -> str:
    """Options for the browser's passkeys; bytes are written as the browser's side expects."""
    return json.dumps(options, cls=DjangoJSONEncoder)


def _name(factor: Authenticator) -> str:
    if factor.type == factors.PASSKEY:
        return str(factor.wrap().name) or _("A passkey")
    return _("Codes from an app")


def factor_rows(user: User, actor: Actor) -> list[dict[str, Any]]:
    """One's app and passkeys, the oldest first."""
    return [
        {
            "id": one.pk,
            "name": _name(one),
            "kind": _("Passkey") if one.type == factors.PASSKEY else _("App"),
            "since": short(one.created_at, now=actor.now),
            "used": short(one.last_used_at, now=actor.now) if one.last_used_at else "—",
        }
        for one in factors.factors_of(user)
        if one.type in factors.FIRST
    ]


def has_app(user: User) -> bool:
    return any(one.type == factors.TOTP for one in factors.factors_of(user))


def codes_left(user: User) -> int:
    """How many recovery codes have not been used."""
    held = next((one for one in factors.factors_of(user) if one.type == factors.CODES), None)
    return len(held.wrap().get_unused_codes()) if held else 0


def session_rows(user: User, actor: Actor, *, present: str = "") -> list[dict[str, Any]]:
    """Where somebody is signed in."""
    return [
        {
            "handle": str(one.handle),
            "device": device_label(one.device),
            "network": one.network or "—",
            "since": short(one.started_at, now=actor.now) if one.started_at else "—",
            "used": short(one.seen_at, now=actor.now) if one.seen_at else "—",
            "is_present": str(one.handle) == present,
        }
        for one in sessions.sessions_of(user, now=actor.now)
    ]


def limits() -> str:
    """After what time a session ends by itself."""
    idle: timedelta = settings.LINLI_IDLE_TIMEOUT
    whole: timedelta = settings.LINLI_SESSION_TIMEOUT
    minutes, hours = idle // timedelta(minutes=1), whole // timedelta(hours=1)
    first = ngettext(
        "A session ends after %(count)s minute without use,",
        "A session ends after %(count)s minutes without use,",
        minutes,
    ) % {"count": minutes}
    second = ngettext(
        "and in any case %(count)s hour after the sign-in. What you were writing is kept.",
        "and in any case %(count)s hours after the sign-in. What you were writing is kept.",
        hours,
    ) % {"count": hours}
    return _("%(first)s %(second)s") % {"first": first, "second": second}
