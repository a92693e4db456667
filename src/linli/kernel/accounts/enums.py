from django.db import models
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    """What a post is for. Rules ask for roles; nothing else in the code does."""

    WORKER = "worker", pgettext_lazy("role", "Social worker")
    STATION_HEAD = "station_head", pgettext_lazy("role", "Station head")
    DISPATCHER = "dispatcher", pgettext_lazy("role", "Dispatcher")
    OFFICER = "officer", pgettext_lazy("role", "Department officer")
    GRID_WORKER = "grid_worker", pgettext_lazy("role", "Grid worker")
    ADMINISTRATOR = "administrator", pgettext_lazy("role", "Administrator")
    AUDIT = "audit", pgettext_lazy("role", "Audit administrator")


class ActorKind(models.TextChoices):
    USER = "user", pgettext_lazy("actor", "Staff member")
    VISITOR = "visitor", pgettext_lazy("actor", "Resident")
    RECEIPT = "receipt", pgettext_lazy("actor", "Resident with a receipt")
    SYSTEM = "system", pgettext_lazy("actor", "System")
