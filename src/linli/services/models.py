from django.db import models
from django.db.models.functions import Coalesce

from linli.kernel.accounts.models import User
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.scope import Scoped
from linli.lib.uuid7 import uuid7

from .enums import Method, Place


class Service(Scoped):
    """One service as it is counted: no names, no words. `area` is where, `unit` whose.

    `person_times` = named recipients + anonymous participants.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey(
        "people.Household", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    method = models.CharField(max_length=12, choices=Method)
    content = models.CharField(max_length=40)
    place = models.CharField(max_length=12, choices=Place)
    occurred_on = models.DateField()
    minutes = models.PositiveIntegerField()
    anonymous = models.PositiveIntegerField(default=0)
    person_times = models.PositiveIntegerField()
    version = models.PositiveSmallIntegerField(default=1)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = (
            # With all that is added up: a year of a county is counted without its rows.
            models.Index(
                fields=("area", "occurred_on"),
                include=("id", "person_times", "minutes", "anonymous"),
                name="service_area_counted",
            ),
            models.Index(fields=("unit", "occurred_on"), name="service_unit_day"),
            models.Index(fields=("unit", "recorded_at", "id"), name="service_unit_recorded"),
            models.Index(fields=("worker", "recorded_at"), name="service_worker_recorded"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=1440),
                name="service_lasts_a_minute_to_a_day",
            ),
            models.CheckConstraint(
                condition=models.Q(person_times__gte=1)
                & models.Q(person_times__gte=models.F("anonymous")),
                name="service_reaches_somebody",
            ),
        )


class Recipient(models.Model):
    """That a person received a service; `recorded_as` is the file under which it was recorded, if
    that was merged into another since."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="recipients")
    person = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    recorded_as = models.ForeignKey(
        "people.Person", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = (
            models.Index(fields=("person", "service"), name="recipient_person"),
            models.Index(
                fields=("recorded_as",),
                condition=models.Q(recorded_as__isnull=False),
                name="recipient_recorded_as",
            ),
        )
        constraints = (
            # Two files that were merged since may both have been named.
            models.UniqueConstraint(
                "service", Coalesce("recorded_as", "person"), name="recipient_once"
            ),
        )


class Note(models.Model):
    """What was written about a service: what happened, apart from what the worker makes of it."""

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="note"
    )
    facts = SealedTextField()
    analysis = SealedTextField()


class Version(models.Model):
    """A service record as it stood before a correction; codes and numbers, words sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    values = models.JSONField()
    facts = SealedTextField()
    analysis = SealedTextField()
    replaced_at = models.DateTimeField()
    replaced_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("service", "number"), name="service_version_once"),
        )
