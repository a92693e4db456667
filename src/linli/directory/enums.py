from django.db import models
from django.utils.translation import pgettext_lazy


class OperatingModel(models.TextChoices):
    """How a site is run; configuration, never a branch in the code."""

    DIRECT = "direct", pgettext_lazy("operating model", "Directly employed")
    PURCHASED = "purchased", pgettext_lazy("operating model", "Purchased from an agency")
    MIXED = "mixed", pgettext_lazy("operating model", "Mixed")
    ADMINISTRATION = "administration", pgettext_lazy("operating model", "Run by the administration")


class Weekday(models.IntegerChoices):
    MONDAY = 0, pgettext_lazy("weekday", "Monday")
    TUESDAY = 1, pgettext_lazy("weekday", "Tuesday")
    WEDNESDAY = 2, pgettext_lazy("weekday", "Wednesday")
    THURSDAY = 3, pgettext_lazy("weekday", "Thursday")
    FRIDAY = 4, pgettext_lazy("weekday", "Friday")
    SATURDAY = 5, pgettext_lazy("weekday", "Saturday")
    SUNDAY = 6, pgettext_lazy("weekday", "Sunday")
