from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ADMINISTRATORS
from linli.kernel.accounts.events import PostEnded
from linli.kernel.accounts.models import Post, User
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.publish import publish
from linli.kernel.timeline.record import record

from ..changes import Unfit, locked, tell_post
from ..models import Proposal
from ..policies import running
from ..posting import check, make, open_at

DAY = timedelta(days=1)


@transaction.atomic
def open_post(
    user: User, *, actor: Actor, unit_id: UUID, role: str, first_day: date
) -> Post | Proposal:
    """Give somebody a role at a unit from a day on; an administrator's is proposed only.

    Raises Unfit where the role makes no sense at such a unit, the unit does not exist on that day,
    the post is held then already, it would be the second kind of administrator for somebody, or
    one's own.
    """
    if not can(actor, "staff.view", user):
        raise Refused
    return open_at(locked(user.pk), actor=actor, unit_id=unit_id, role=role, first_day=first_day)


@transaction.atomic
def end_post(post: Post, *, actor: Actor, last_day: date) -> None:
    """End a post with a last day; yesterday as the last day ends it at once.

    What was theirs to do in it is handed on when it ends: now, or by the worker on the morning
    after a last day that is still to come.
    """
    if not can(actor, "staff.end_post", post):
        raise Refused
    locked(post.user_id)
    held = Post.objects.select_related("unit").get(pk=post.pk)
    if held.valid_to is not None and held.valid_to < actor.today:
        raise Unfit(_("This post is over already."))
    if last_day < actor.today - DAY:
        raise Unfit(_("A post cannot be ended for days that have passed."), "last_day")
    if _is_last_of_own(held, actor=actor):
        raise Unfit(_("This is your own last post as administrator; another one can end it."))
    held.valid_to = post.valid_to = last_day
    held.save(update_fields=("valid_to",))
    tell_post(actor, "post_ended", held, last=last_day.isoformat())
    if last_day <= actor.today:
        publish(PostEnded(held.user_id, held.unit_id, held.role, last_day))


def _is_last_of_own(post: Post, *, actor: Actor) -> bool:
    """Whether the actor would be left without a lasting post as an administrator."""
    if not actor.is_user or post.user_id != actor.user_id or post.role not in ADMINISTRATORS:
        return False
    others = Post.objects.filter(running(actor), user=post.user_id, role=post.role)
    lasting = others.filter(valid_from__lte=actor.today, valid_to__isnull=True)
    return not lasting.exclude(pk=post.pk).exists()


@transaction.atomic
def confirm_post(proposal: Proposal, *, actor: Actor) -> Post:
    """Give the administrator's post that another administrator has proposed.

    Raises Unfit for what cannot be any more: the unit is gone, or they hold another such post.
    """
    held = _open_proposal(proposal, actor=actor)
    user, first_day = locked(held.user_id), max(held.first_day, actor.today)
    check(user, unit=held.unit, role=held.role, first_day=first_day)
    _answer(held, actor=actor, is_confirmed=True)
    return make(user, actor=actor, unit=held.unit, role=held.role, first_day=first_day)


@transaction.atomic
def decline_post(proposal: Proposal, *, actor: Actor) -> None:
    """Refuse the administrator's post that another administrator has proposed."""
    held = _open_proposal(proposal, actor=actor)
    _answer(held, actor=actor, is_confirmed=False)
    record(
        actor,
        "staff.post_declined",
        subject_type="staff.user",
        subject_id=held.user_id,
        area=held.unit.area_id,
        unit=held.unit_id,
        role=held.role,
        at_unit=str(held.unit_id),
    )


def _open_proposal(proposal: Proposal, *, actor: Actor) -> Proposal:
    if not can(actor, "staff.confirm", proposal):
        raise Refused
    return (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("unit")
        .get(pk=proposal.pk, answered_at__isnull=True)
    )


def _answer(proposal: Proposal, *, actor: Actor, is_confirmed: bool) -> None:
    proposal.answered_by_id, proposal.answered_at = actor.user_id, actor.now
    proposal.is_confirmed = is_confirmed
    proposal.save(update_fields=("answered_by", "answered_at", "is_confirmed"))
