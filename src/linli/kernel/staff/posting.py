"""How a post comes to be: what must hold for it, and who has to agree.

An administrator's post needs two: the one who proposes it gives nothing yet. The system (a command
at the terminal) gives it at once; its reason is on record.
"""

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.kernel.access import can
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ADMINISTRATORS, Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.flow.machine import Refused
from linli.kernel.timeline.record import record
from linli.kernel.units.models import Unit

from .changes import Unfit, is_self, tell_post
from .models import Proposal
from .policies import ROLES_AT

TWO_AT_ONCE = _(
    "They are another administrator already. System, security and audit are three people, so that"
    " each can watch the others."
)


def open_at(
    user: User, *, actor: Actor, unit_id: UUID, role: str, first_day: date
) -> Post | Proposal:
    """A post of somebody, or the proposal of one; raises Unfit and Refused."""
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None or not can(actor, "staff.appoint", unit):
        raise Refused
    if is_self(actor, user):
        raise Unfit(_("Nobody gives a post to themself; another administrator can."), "role")
    check(user, unit=unit, role=role, first_day=first_day)
    if role in ADMINISTRATORS and actor.user_id is not None:
        return _propose(
            user, proposer=actor.user_id, actor=actor, unit=unit, role=role, first_day=first_day
        )
    return make(user, actor=actor, unit=unit, role=role, first_day=first_day)


def check(user: User, *, unit: Unit, role: str, first_day: date) -> None:
    """Raises Unfit for a post that cannot be."""
    _check_role(role, unit)
    if not unit.is_in_force(first_day):
        raise Unfit(_("This unit does not exist on that day."), "first_day")
    lasting = Post.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=first_day), user=user)
    if lasting.filter(unit=unit, role=role).exists():
        raise Unfit(_("They hold this post then already."), "role")
    if role in ADMINISTRATORS and lasting.filter(role__in=ADMINISTRATORS).exclude(role=role):
        raise Unfit(TWO_AT_ONCE, "role")


def make(user: User, *, actor: Actor, unit: Unit, role: str, first_day: date) -> Post:
    """Write the post; the database refuses a second kind of administrator whoever writes it."""
    try:
        with transaction.atomic():
            made = Post.objects.create(user=user, unit=unit, role=role, valid_from=first_day)
    except IntegrityError as error:
        if "one_administrator_at_a_time" in str(error):
            raise Unfit(TWO_AT_ONCE, "role") from error
        raise
    tell_post(actor, "post_opened", made, first=first_day.isoformat())
    return made


def _propose(
    user: User, *, proposer: UUID, actor: Actor, unit: Unit, role: str, first_day: date
) -> Proposal:
    proposed = Proposal.objects.filter(answered_at__isnull=True, user=user)
    if proposed.exists():
        raise Unfit(_("A post as administrator is proposed for them already."), "role")
    made = Proposal.objects.create(
        user=user,
        unit=unit,
        role=role,
        first_day=first_day,
        proposed_by_id=proposer,
        proposed_at=actor.now,
    )
    record(
        actor,
        "staff.post_proposed",
        subject_type="staff.user",
        subject_id=user.pk,
        area=unit.area_id,
        unit=unit.pk,
        role=role,
        at_unit=str(unit.pk),
        first=first_day.isoformat(),
    )
    return made


def _check_role(role: str, unit: Unit) -> None:
    """Raises Unfit, with where it belongs, for a role that makes no sense at a kind of unit."""
    if role not in ROLES_AT.get(unit.kind, ()):
        if role not in Role.values:
            raise Unfit(_("There is no such role."), "role")
        raise Unfit(BELONGS[Role(role)], "role")


BELONGS: dict[str, Promise] = {
    Role.OFFICER: _("A department officer works at a department."),
    Role.SYSTEM: _("An administrator works at a department."),
    Role.SECURITY: _("An administrator works at a department."),
    Role.AUDIT: _("An administrator works at a department."),
    Role.DISPATCHER: _("A dispatcher works at a county centre."),
    Role.STATION_HEAD: _("A station head works at a station."),
    Role.WORKER: _("A social worker works at a station."),
    Role.GRID_WORKER: _("A grid worker works at a community room."),
}
