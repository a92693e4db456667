"""Throttling of sign-in that cannot lock out a victim.

Failures are counted for a login together with where they come from. A browser that once signed in
with this login carries a signed cookie and is a place of its own, so whatever a stranger does, the
owner's own browser keeps its own count.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from linli.kernel.crypto.sealing import blind
from linli.lib.checkdigits import InvalidCode, mobile_or_landline

from .models import SignInFailure, User

WINDOW = timedelta(minutes=15)
FAILURES_PER_LOGIN_AND_PLACE = 5
FAILURES_PER_PLACE = 60
FAILURES_OF_SECOND_STEP = 20
COOKIE = "linli_device"
COOKIE_AGE = 365 * 24 * 3600


def _hash(*parts: str) -> bytes:
    return blind("\x00".join(parts), purpose="sign-in")


def network_of(request: HttpRequest) -> str:
    """The address that connects to us; an IPv6 home network (/64) counts as one place.

    Behind a proxy that the settings trust, it is the last address the proxy did not add itself.
    """
    told = request.META.get("REMOTE_ADDR", "") or "127.0.0.1"
    passed = request.headers.get("X-Forwarded-For", "").split(",")
    while told in settings.LINLI_TRUSTED_PROXIES and passed and passed[-1].strip():
        told = passed.pop().strip()
    try:
        address = ip_address(told)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or address.exploded[:19])
    return str(address)


def _counted(login: str) -> str:
    """A login as it is counted: however a number or a name is spelt, it is the same one."""
    try:
        return mobile_or_landline(login)
    except InvalidCode:
        return login.strip().casefold()


def _known_device(request: HttpRequest, login: str) -> str:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE, max_age=COOKIE_AGE)
    except signing.BadSignature:
        return ""
    return str(known.get(_login_mark(login), "")) if isinstance(known, dict) else ""


def _login_mark(login: str) -> str:
    return hashlib.sha256(_counted(login).encode()).hexdigest()[:16]


def _place(request: HttpRequest, login: str) -> bytes:
    device = _known_device(request, login)
    return _hash("device", device) if device else _hash("network", network_of(request))


def may_try(request: HttpRequest, login: str, *, now: datetime) -> bool:
    """Whether another attempt with this login from this place is answered."""
    recent = SignInFailure.objects.filter(at__gt=now - WINDOW)
    place = _place(request, login)
    login_hash = _hash("login", _counted(login))
    here = recent.filter(login_hash=login_hash, source_hash=place).count()
    network = recent.filter(source_hash=_hash("network", network_of(request))).count()
    is_known = bool(_known_device(request, login))
    return here < FAILURES_PER_LOGIN_AND_PLACE and (is_known or network < FAILURES_PER_PLACE)


def count_failure(request: HttpRequest, login: str, *, now: datetime) -> None:
    """Remember a failed attempt and forget those that no longer count."""
    SignInFailure.objects.create(
        login_hash=_hash("login", _counted(login)), source_hash=_place(request, login), at=now
    )
    SignInFailure.objects.filter(at__lt=now - 2 * WINDOW).delete()


def remember_device(request: HttpRequest, response: HttpResponse, login: str) -> None:
    """Mark the browser as one in which this login has signed in (at most four logins)."""
    try:
        known = dict(signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE))
    except (signing.BadSignature, TypeError, ValueError):
        known = {}
    mark = _login_mark(login)
    known.pop(mark, None)
    kept = dict(list(known.items())[-3:])
    kept[mark] = secrets.token_urlsafe(12)
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=COOKIE),
        max_age=COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )


def second_step_of(user: User) -> str:
    """What is counted for the second step, which nobody reaches without the password."""
    return f"second step of {user.pk}"


def may_try_second(request: HttpRequest, login: str, *, now: datetime) -> bool:
    """Whether another code is looked at: a few from one place, some more from everywhere.

    Who gets here knows the password, so that a limit over all places locks out no victim of a
    stranger; six digits would not hold against many places.
    """
    recent = SignInFailure.objects.filter(
        login_hash=_hash("login", _counted(login)), at__gt=now - WINDOW
    )
    here = recent.filter(source_hash=_place(request, login)).count()
    return here < FAILURES_PER_LOGIN_AND_PLACE and recent.count() < FAILURES_OF_SECOND_STEP
