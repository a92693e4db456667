from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can
from linli.kernel.accounts.actors import SHANGHAI, Actor
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.accounts.models import ApiToken, Post
from linli.kernel.accounts.tokens import hash_of, new_key
from linli.kernel.flow.machine import Refused

from ..changes import Unfit, tell_key
from ..policies import running


@transaction.atomic
def issue_key(
    post: Post, *, actor: Actor, name: str, valid_until: datetime, scopes: Iterable[str]
) -> str:
    """Make a key with which a program acts in a post, for some scopes only, and return it to be
    shown this once."""
    if not can(actor, "staff.keys", post):
        raise Refused
    held = Post.objects.filter(running(actor), pk=post.pk, user__is_active=True).first()
    if held is None:
        raise Unfit(_("A key needs a post that is held, by a user who can sign in."))
    if valid_until <= actor.now:
        raise Unfit(_("A key must be valid for a while."), "days")
    asked = sorted(set(scopes))
    if not asked or not set(asked) <= set(KeyScope.values):
        raise Unfit(_("A key is for something: choose at least one scope."), "scopes")
    key = new_key()
    made = ApiToken.objects.create(
        post=held, name=name, key_hash=hash_of(key), valid_until=valid_until, scopes=asked
    )
    until = valid_until.astimezone(SHANGHAI).date().isoformat()
    tell_key(actor, "key_issued", made, until=until, scopes=" ".join(asked))
    return key


@transaction.atomic
def revoke_key(key: ApiToken, *, actor: Actor) -> None:
    """Revoke a key; the program that has it is refused from the next call on."""
    if not can(actor, "staff.keys", key.post):
        raise Refused
    rows = ApiToken.objects.filter(pk=key.pk, revoked_at__isnull=True)
    if rows.update(revoked_at=actor.now) == 1:
        key.revoked_at = actor.now
        tell_key(actor, "key_revoked", key)
