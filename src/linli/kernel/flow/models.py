from django.db import models
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.enums import Role
from linli.lib.uuid7 import uuid7


class Tier(models.TextChoices):
    """Whose time is running."""

    CENTRE = "centre", pgettext_lazy("tier", "County centre")
    STATION = "station", pgettext_lazy("tier", "Station")
    WORKER = "worker", pgettext_lazy("tier", "Social worker")
    RESIDENT = "resident", pgettext_lazy("tier", "Resident")


class Charge(models.TextChoices):
    """What the time of a stopped clock was."""

    WORK = "work", pgettext_lazy("charge", "In hand")
    BOUNCE = "bounce", pgettext_lazy("charge", "Lost by a return")


class Duty(models.Model):
    """What somebody must do next: subject, verb, for whom, until when.

    Either for one user, or for everybody who holds `role` at `unit`. Deleted when done; the
    timeline remembers.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    verb = models.CharField(max_length=40)
    area = models.BigIntegerField()
    unit = models.UUIDField()
    role = models.CharField(max_length=20, choices=Role)
    user = models.UUIDField(null=True)
    due_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "duties"
        indexes = (
            models.Index(fields=("unit", "role", "due_at"), name="duty_unit_role_due"),
            models.Index(
                fields=("user", "due_at"),
                condition=models.Q(user__isnull=False),
                name="duty_user_due",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("subject_type", "subject_id", "verb"), name="duty_once_per_subject_and_verb"
            ),
        )


class Clock(models.Model):
    """The time one tier held a matter in one state.

    `minutes` are working minutes; a bounced clock is charged to the unit that sent it back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    area = models.BigIntegerField()
    state = models.CharField(max_length=20)
    tier = models.CharField(max_length=10, choices=Tier)
    unit = models.UUIDField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_provisional = models.BooleanField(default=False)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_on = models.DateField(null=True, blank=True)
    is_late = models.BooleanField(default=False)
    minutes = models.IntegerField(default=0)
    charge = models.CharField(max_length=8, choices=Charge, default=Charge.WORK)

    class Meta:
        indexes = (
            models.Index(fields=("subject_type", "subject_id", "started_at"), name="clock_subject"),
            models.Index(fields=("area", "stopped_on"), name="clock_area_day"),
            models.Index(fields=("unit", "stopped_on"), name="clock_unit_day"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("subject_type", "subject_id"),
                condition=models.Q(stopped_at__isnull=True),
                name="clock_runs_once_per_subject",
            ),
        )


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a holiday, or a make-up working day."""

    day = models.DateField(primary_key=True)
    is_working = models.BooleanField()
    zh = models.CharField(max_length=40, blank=True)
    en = models.CharField(max_length=60, blank=True)


class CalendarYear(models.Model):
    """A year whose holiday table is complete; any other year is announced, not guessed."""

    year = models.SmallIntegerField(primary_key=True)
    source = models.CharField(max_length=80)
