from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import SHANGHAI
from linli.lib.worktime import Due

from .calendar import working_calendar
from .models import Charge, Clock, Tier


class Basis(models.TextChoices):
    """How a deadline is counted."""

    ELAPSED = "elapsed", pgettext_lazy("deadline", "minutes around the clock")
    WORKING = "working", pgettext_lazy("deadline", "working minutes")
    DAYS = "days", pgettext_lazy("deadline", "working days")


@dataclass(frozen=True)
class ClockSpec:
    """How long something may take, e.g. 120 working minutes or 7 working days."""

    amount: int
    basis: Basis


def due(spec: ClockSpec, *, start: datetime) -> Due:
    """When something that starts now is due, on the Chinese working calendar."""
    if spec.basis == Basis.ELAPSED:
        return Due(start + timedelta(minutes=spec.amount), is_provisional=False)
    calendar = working_calendar()
    if spec.basis == Basis.WORKING:
        return calendar.add_minutes(start, spec.amount)
    return calendar.add_days(start, spec.amount)


def start(
    subject: tuple[str, UUID],
    *,
    area: int,
    state: str,
    tier: Tier,
    unit: UUID,
    now: datetime,
    until: Due,
) -> None:
    """Start the clock of a subject; none may be running (a constraint says so)."""
    subject_type, subject_id = subject
    Clock.objects.create(
        subject_type=subject_type,
        subject_id=subject_id,
        area=area,
        state=state,
        tier=tier,
        unit=unit,
        started_at=now,
        due_at=until.at,
        is_provisional=until.is_provisional,
    )


def stop(subject: tuple[str, UUID], *, now: datetime, charge: Charge = Charge.WORK) -> None:
    """Stop the running clock of a subject, if any, and note the working minutes it ran."""
    subject_type, subject_id = subject
    running = Clock.objects.filter(
        subject_type=subject_type, subject_id=subject_id, stopped_at__isnull=True
    )
    # A constraint allows one at most; only two of its columns are needed.
    for started_at, due_at in running.values_list("started_at", "due_at"):
        running.update(
            stopped_at=now,
            stopped_on=now.astimezone(SHANGHAI).date(),
            is_late=now > due_at,
            minutes=working_calendar().minutes_between(started_at, now),
            charge=charge,
        )
