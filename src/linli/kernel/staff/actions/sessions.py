from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can, holds
from linli.kernel.accounts import sessions
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.flow.machine import Refused

from ..changes import Unfit, is_self, locked, tell


@transaction.atomic
def end_own_sessions(*, actor: Actor, present: str, handle: UUID | None = None) -> int:
    """End one of one's other sessions, or all of them; the present one stays."""
    if not holds(actor, "staff.own_sessions") or actor.user_id is None:
        raise Refused
    user = locked(actor.user_id)
    gone = sessions.end(user, handle=handle, without=present)
    if gone:
        tell(actor, "sessions_ended", user, count=gone)
    return gone


@transaction.atomic
def end_sessions(user: User, *, actor: Actor) -> int:
    """End every session of somebody; they can sign in again."""
    if not can(actor, "staff.secure", user):
        raise Refused
    if is_self(actor, user):
        raise Unfit(_("End your own sessions on the page of your sign-ins."))
    held = locked(user.pk)
    gone = sessions.end(held)
    tell(actor, "sessions_ended", held, count=gone)
    return gone
