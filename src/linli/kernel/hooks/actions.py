from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post
from linli.kernel.flow import duty
from linli.kernel.flow.machine import Refused
from linli.kernel.staff.actions import Unfit
from linli.kernel.timeline.record import record

from .kinds import kind
from .models import Delivery, Hook, Outcome
from .outbox import SUBJECT
from .sending import NotAllowed, checked
from .signing import new_secret
from .tasks import enqueue

# So long both secrets sign, and the receiver can change to the new one.
BOTH = timedelta(days=1)
REASONS: dict[str, Promise] = {
    "form": _("An address begins with https:// and has neither a user name nor a # part."),
    "host": _("This host is not on the list of those that may be called. Whoever runs the"
              " installation can add it (LINLI_HOOK_HOSTS)."),
}  # fmt: skip


def _tell(actor: Actor, verb: str, hook: Hook, **data: Any) -> None:
    record(
        actor,
        f"hooks.{verb}",
        subject_type=SUBJECT,
        subject_id=hook.pk,
        area=hook.post.unit.area_id,
        unit=hook.post.unit_id,
        post=str(hook.post_id),
        **data,
    )


def _check(hook: Hook, actor: Actor) -> None:
    if not can(actor, "staff.keys", hook.post):
        raise Refused


@transaction.atomic
def register_hook(post: Post, *, actor: Actor, url: str, kinds: Iterable[str]) -> tuple[Hook, str]:
    """Have an address told of some kinds of events as far as a post sees them; returns the secret
    that signs, to be shown this once."""
    if not can(actor, "staff.keys", post):
        raise Refused
    asked = sorted(set(kinds))
    if not asked or any(kind(one) is None for one in asked):
        raise Unfit(_("Choose at least one kind of event."), "kinds")
    try:
        checked(url)
    except NotAllowed as error:
        raise Unfit(REASONS[error.code], "url") from error
    secret = new_secret()
    made = Hook.objects.create(
        post=post,
        url=url,
        kinds=asked,
        secret=secret,
        made_at=actor.now,
        by_id=actor.user_id,
        by_unit_id=actor.unit_id,
        by_role=actor.role,
    )
    _tell(actor, "registered", made, kinds=" ".join(asked))
    return made, secret


@transaction.atomic
def rotate_secret(hook: Hook, *, actor: Actor) -> str:
    """Make a new secret; for a day the former one signs too. It is shown this once."""
    _check(hook, actor)
    held = Hook.objects.select_for_update(of=("self",)).get(pk=hook.pk)
    held.former_secret, held.former_until = held.secret, actor.now + BOTH
    held.secret = new_secret()
    held.save(update_fields=("secret", "former_secret", "former_until"))
    _tell(actor, "rotated", hook)
    return held.secret


@transaction.atomic
def remove_hook(hook: Hook, *, actor: Actor) -> None:
    """Tell an address nothing any more; what it was told stays on record for a while."""
    _check(hook, actor)
    rows = Hook.objects.filter(pk=hook.pk, ended_at__isnull=True)
    if rows.update(ended_at=actor.now) != 1:
        return
    hook.ended_at = actor.now
    duty.close((SUBJECT, hook.pk))
    _tell(actor, "removed", hook)


@transaction.atomic
def send_again(delivery: Delivery, *, actor: Actor) -> None:
    """Send a message once more, with the same id, and try as long as if it were new."""
    _check(delivery.hook, actor)
    if delivery.hook.ended_at is not None:
        raise Unfit(_("This address is told nothing any more."))
    Delivery.objects.filter(pk=delivery.pk).update(
        outcome=Outcome.WAITING, tries=0, next_at=actor.now
    )
    duty.close((SUBJECT, delivery.hook_id))
    _tell(actor, "sent_again", delivery.hook, delivery=str(delivery.pk))
    enqueue(delivery.pk)
