from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.kernel.accounts.actors import Actor

from .models import Clock, Duty

# What is shown of a clock that runs.
RUNNING = ("subject_id", "tier", "started_at", "due_at", "is_provisional")


def duties(actor: Actor) -> QuerySet[Duty]:
    """What the actor must do: their own duties, and those of their role at their unit."""
    if not actor.is_user or actor.unit_id is None:
        return Duty.objects.none()
    mine = Q(user=actor.user_id, unit=actor.unit_id)
    shared = Q(user__isnull=True, unit=actor.unit_id, role=actor.role)
    return Duty.objects.filter(mine | shared).order_by("due_at", "id")


def running_clocks(subject_type: str, subject_ids: Iterable[UUID]) -> dict[UUID, Clock]:
    """The running clock of each subject, in one query."""
    found = Clock.objects.filter(
        subject_type=subject_type, subject_id__in=list(subject_ids), stopped_at__isnull=True
    ).only(*RUNNING)
    return {clock.subject_id: clock for clock in found}


def clocks_of(subject_type: str, subject_id: UUID) -> list[Clock]:
    """Every clock of a subject, in the order they ran."""
    return list(
        Clock.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by(
            "started_at", "id"
        )
    )
