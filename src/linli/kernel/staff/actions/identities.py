from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.flow.machine import Refused

from ..changes import Unfit, locked, tell

# A provider may keep somebody under a name of any length; ours is bounded.
LONGEST_UID = 191


@transaction.atomic
def connect_identity(*, actor: Actor, provider: str, uid: str) -> None:
    """Let whoever acts sign in as somebody at an outside provider from now on.

    Raises Unfit for an identity that is another's, and for a second one at the same provider.
    """
    if not holds(actor, "staff.own_identities") or actor.user_id is None:
        raise Refused
    user = locked(actor.user_id)
    if not uid or len(uid) > LONGEST_UID:
        raise Unfit(_("The provider has not said who you are there."))
    known = SocialAccount.objects.filter(provider=provider)
    held = known.filter(uid=uid).first()
    if held is not None and held.user_id != user.pk:
        raise Unfit(_("This identity is connected with another user."))
    if held is not None:
        return
    if known.filter(user=user).exists():
        raise Unfit(_("You are connected there already; disconnect the other identity first."))
    SocialAccount.objects.create(user=user, provider=provider, uid=uid)
    tell(actor, "identity_connected", user, provider=provider)


@transaction.atomic
def disconnect_identity(user: User, *, actor: Actor, provider: str) -> None:
    """End signing in through a provider: one's own, or somebody's as security administrator."""
    is_mine = holds(actor, "staff.own_identities") and actor.user_id == user.pk
    if not (is_mine or can(actor, "staff.secure", user)):
        raise Refused
    held = locked(user.pk)
    gone, _kinds = SocialAccount.objects.filter(user=held, provider=provider).delete()
    if gone:
        tell(actor, "identity_disconnected", held, provider=provider)
