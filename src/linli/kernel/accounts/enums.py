from django.db import models
from django.utils.translation import pgettext_lazy


class Role(models.TextChoices):
    """What a post is for. Rules ask for roles; nothing else in the code does."""

    WORKER = "worker", pgettext_lazy("role", "Social worker")
    STATION_HEAD = "station_head", pgettext_lazy("role", "Station head")
    DISPATCHER = "dispatcher", pgettext_lazy("role", "Dispatcher")
    OFFICER = "officer", pgettext_lazy("role", "Department officer")
    GRID_WORKER = "grid_worker", pgettext_lazy("role", "Grid worker")
    SYSTEM = "system", pgettext_lazy("role", "System administrator")
    SECURITY = "security", pgettext_lazy("role", "Security administrator")
    AUDIT = "audit", pgettext_lazy("role", "Audit administrator")


# Three people who keep watch on one another: nobody holds two of these at a time, and none of them
# reads what residents have entrusted to a station.
ADMINISTRATORS = (Role.SYSTEM, Role.SECURITY, Role.AUDIT)


class KeyScope(models.TextChoices):
    """What a program's key may be used for, within what its post may do."""

    AREAS_READ = "areas:read", pgettext_lazy("key", "Read areas and code lists")
    DIRECTORY_READ = "directory:read", pgettext_lazy("key", "Read sites and agencies")
    DIRECTORY_WRITE = "directory:write", pgettext_lazy("key", "Change sites and agencies")
    PEOPLE_READ = "people:read", pgettext_lazy("key", "Read files of people, numbers masked")
    PEOPLE_WRITE = "people:write", pgettext_lazy("key", "Register people and change their files")
    PEOPLE_REVEAL = "people:reveal", pgettext_lazy("key", "Read numbers and addresses in full")
    SERVICES_READ = "services:read", pgettext_lazy("key", "Read services")
    SERVICES_WRITE = "services:write", pgettext_lazy("key", "Record and correct services")
    ORDERS_READ = "orders:read", pgettext_lazy("key", "Read orders")
    ORDERS_WRITE = "orders:write", pgettext_lazy("key", "Move orders")
    REQUESTS_READ = "requests:read", pgettext_lazy("key", "Read requests")
    REQUESTS_WRITE = "requests:write", pgettext_lazy("key", "Register and screen requests")
    STATISTICS_READ = "statistics:read", pgettext_lazy("key", "Read statistics")


class ActorKind(models.TextChoices):
    USER = "user", pgettext_lazy("actor", "Staff member")
    VISITOR = "visitor", pgettext_lazy("actor", "Resident")
    RECEIPT = "receipt", pgettext_lazy("actor", "Resident with a receipt")
    SYSTEM = "system", pgettext_lazy("actor", "System")
