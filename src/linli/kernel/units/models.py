from datetime import date

from django.db import models
from django.utils.translation import get_language, pgettext_lazy

from linli.kernel.areas.models import Area
from linli.lib.uuid7 import uuid7


class UnitKind(models.TextChoices):
    DEPARTMENT = "department", pgettext_lazy("unit", "Competent department")
    CENTRE = "centre", pgettext_lazy("unit", "County guidance centre")
    STATION = "station", pgettext_lazy("unit", "Social work station")
    ROOM = "room", pgettext_lazy("unit", "Community social work room")
    AGENCY = "agency", pgettext_lazy("unit", "Social work service agency")
    FACILITY = "facility", pgettext_lazy("unit", "Residential civil-affairs facility")


class Unit(models.Model):
    """An organisational unit. `area` is where it sits, service areas say whom it serves."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=12, choices=UnitKind)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    competent_body = models.CharField(max_length=40)
    zh = models.CharField(max_length=120)
    en = models.CharField(max_length=200)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("kind", "area"), name="unit_kind_area"),
            models.Index(fields=("area", "kind"), name="unit_area_kind"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="unit_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return self.label

    def is_in_force(self, on: date) -> bool:
        """Whether the unit exists on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def label(self) -> str:
        return self.zh if (get_language() or "zh").startswith("zh") else self.en


class ServiceArea(models.Model):
    """That a unit serves an area, between two dates; many to many in both directions."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="service_areas")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("area", "unit"), name="service_area_by_area"),)
        constraints = (
            models.UniqueConstraint(
                fields=("unit", "area"),
                condition=models.Q(valid_to__isnull=True),
                name="unit_serves_an_area_once",
            ),
        )
