from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post
from linli.kernel.timeline.record import record
from linli.kernel.units.queries import in_force

from .models import Duty


@transaction.atomic
def hand_back(
    *, actor: Actor, on: date, user_id: UUID | None = None, unit_id: UUID | None = None
) -> int:
    """Give personal duties of users who hold no post at the unit on a day back to it: a worker's to
    its head, any other to whoever has the same role there. Of everybody, or of one user and unit;
    returns how many. Can be done twice."""
    posts = Post.objects.filter(
        in_force(on), user_id=OuterRef("user"), user__is_active=True, unit_id=OuterRef("unit")
    )
    held = Duty.objects.filter(~Exists(posts), user__isnull=False).order_by("id")
    if user_id is not None:
        held = held.filter(user=user_id)
    if unit_id is not None:
        held = held.filter(unit=unit_id)
    found = list(held.select_for_update())
    for one in found:
        record(
            actor,
            "flow.handed_back",
            subject_type=one.subject_type,
            subject_id=one.subject_id,
            area=one.area,
            unit=one.unit,
            duty=one.verb,
            whose=str(one.user),
        )
        one.user = None
        if one.role == Role.WORKER:
            one.role = Role.STATION_HEAD
        one.save(update_fields=("user", "role"))
    return len(found)
