from django.db import models
from django.db.models.functions import Now

from linli.kernel.flow.versions import Versioned
from linli.kernel.units.models import Unit
from linli.lib.uuid7 import uuid7

from .enums import OperatingModel, Weekday


class Organisation(Versioned):
    """What a unit is in law: its unified social credit code and its contact."""

    unit = models.OneToOneField(
        Unit, on_delete=models.PROTECT, primary_key=True, related_name="organisation"
    )
    credit_code = models.CharField(max_length=18, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = (models.Index(fields=("-updated_at", "unit"), name="organisation_updated"),)
        constraints = (
            models.UniqueConstraint(
                fields=("credit_code",),
                condition=~models.Q(credit_code=""),
                name="organisation_credit_code_once",
            ),
        )


class Site(Versioned):
    """Where people can go or call: the premises of a centre, station or room.

    `capacity` is the number of open orders the site can hold at a time.
    """

    unit = models.OneToOneField(
        Unit, on_delete=models.PROTECT, primary_key=True, related_name="site"
    )
    operator = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="sites"
    )
    operating_model = models.CharField(max_length=16, choices=OperatingModel)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    capacity = models.PositiveSmallIntegerField(default=20)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("-updated_at", "unit"), name="site_updated"),)


class OpeningHours(models.Model):
    """One span of a weekday in which a site is open; a pause at noon makes two spans."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="hours")
    weekday = models.SmallIntegerField(choices=Weekday)
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ("weekday", "opens")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="hours_close_after_opening"
            ),
            models.UniqueConstraint(fields=("site", "weekday", "opens"), name="hours_open_once"),
        )
