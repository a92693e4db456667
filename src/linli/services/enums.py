from django.db import models
from django.utils.translation import pgettext_lazy


class Method(models.TextChoices):
    """The professional method of a service."""

    CASE = "case", pgettext_lazy("method", "Case work")
    GROUP = "group", pgettext_lazy("method", "Group work")
    COMMUNITY = "community", pgettext_lazy("method", "Community work")
    VISIT = "visit", pgettext_lazy("method", "Home visit")
    PHONE = "phone", pgettext_lazy("method", "By phone")
    ONLINE = "online", pgettext_lazy("method", "Online")
    WINDOW = "window", pgettext_lazy("method", "At the window")


class Place(models.TextChoices):
    """Where a service took place."""

    HOME = "home", pgettext_lazy("place", "At home")
    STATION = "station", pgettext_lazy("place", "At the station")
    COMMUNITY = "community", pgettext_lazy("place", "In the community")
    INSTITUTION = "institution", pgettext_lazy("place", "In an institution")
    REMOTE = "remote", pgettext_lazy("place", "By phone or online")


LIKELY_PLACE = {
    Method.VISIT: Place.HOME,
    Method.PHONE: Place.REMOTE,
    Method.ONLINE: Place.REMOTE,
    Method.WINDOW: Place.STATION,
    Method.COMMUNITY: Place.COMMUNITY,
}
