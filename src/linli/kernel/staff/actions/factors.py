"""One's own second factors: set up, made anew and removed by whoever signs in with them."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can, holds
from linli.kernel.accounts import factors, sessions
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.flow.machine import Refused
from linli.lib.uuid7 import uuid7

from ..changes import Unfit, is_self, locked, tell

MOST_PASSKEYS = 10
LONGEST_NAME = 40


def _own(actor: Actor) -> User:
    if not holds(actor, "staff.own_factors") or actor.user_id is None:
        raise Refused
    return locked(actor.user_id)


def _first_codes(user: User) -> list[str]:
    """Recovery codes for somebody who has none yet, to be shown this once."""
    if Authenticator.objects.filter(user=user, type=factors.CODES).exists():
        return []
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


@transaction.atomic
def add_app(*, actor: Actor, secret: str, code: str) -> list[str]:
    """Set up codes from an app that has taken the secret; returns recovery codes, if new.

    Raises Unfit for a code that the app would not show, and where an app is set up already.
    """
    user = _own(actor)
    if Authenticator.objects.filter(user=user, type=factors.TOTP).exists():
        raise Unfit(_("An app is set up already; remove it first."))
    step = factors.step_of(secret, code)
    if step is None:
        raise Unfit(_("The app shows another code. Is the time on your phone right?"), "code")
    made = TOTP.activate(user, secret).instance
    made.data["last_step"] = step
    made.save(update_fields=("data",))
    tell(actor, "app_added", user)
    return _first_codes(user)


@transaction.atomic
def add_passkey(*, actor: Actor, name: str, credential: dict[str, Any]) -> list[str]:
    """Keep a passkey whose answer was verified; returns recovery codes, if new."""
    user = _own(actor)
    if Authenticator.objects.filter(user=user, type=factors.PASSKEY).count() >= MOST_PASSKEYS:
        raise Unfit(_("You have ten passkeys; remove one first."))
    WebAuthn.add(user, name.strip()[:LONGEST_NAME], credential)
    tell(actor, "passkey_added", user)
    return _first_codes(user)


@transaction.atomic
def new_codes(*, actor: Actor) -> list[str]:
    """Make recovery codes anew; those from before open nothing any more."""
    user = _own(actor)
    if not factors.has_factor(user):
        raise Unfit(_("Recovery codes belong to an app or a passkey; set one up first."))
    Authenticator.objects.filter(user=user, type=factors.CODES).delete()
    codes = _first_codes(user)
    tell(actor, "codes_made", user)
    return codes


@transaction.atomic
def remove_factor(factor_id: int, *, actor: Actor) -> None:
    """Remove one's app or one of one's passkeys; with the last, the recovery codes go as well.

    Raises Unfit for the last one of somebody who may not work without.
    """
    user = _own(actor)
    mine = Authenticator.objects.filter(user=user, type__in=factors.FIRST)
    held = mine.filter(pk=factor_id).first()
    if held is None:
        raise Refused
    is_last = not mine.exclude(pk=factor_id).exists()
    if is_last and factors.must_have_factor(post.role for post in actor.posts):
        raise Unfit(_("You may not work without a second factor; set up another one first."))
    held.delete()
    if is_last:
        Authenticator.objects.filter(user=user).delete()
    tell(actor, "factor_removed", user, kind=held.type)


@transaction.atomic
def reset_factors(user: User, *, actor: Actor) -> None:
    """Remove every second factor of somebody who has lost theirs; every session of theirs ends."""
    if not can(actor, "staff.secure", user):
        raise Refused
    if is_self(actor, user):
        raise Unfit(_("Another security administrator can do this for you."))
    held = locked(user.pk)
    gone, _kinds = Authenticator.objects.filter(user=held).delete()
    if not gone:
        raise Unfit(_("They have not set up a second factor."))
    held.session_mark = uuid7()
    held.save(update_fields=("session_mark",))
    sessions.end(held)
    tell(actor, "factors_reset", held)
