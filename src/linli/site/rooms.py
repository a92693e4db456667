"""Loads what the rooms declare, in one order for all of them."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from linli.kernel.timeline import guards
from linli.kernel.timeline.record import sentences

DECLARATIONS = ("policies", "workflow", "phrases", "measures", "tasks", "sheets", "panels")
# Tables whose rows are about people: no write without an actor, whoever sends it.
GUARDED = (
    "people_person",
    "people_household",
    "people_membership",
    "people_personcategory",
    "people_basis",
    "people_serving",
    "people_formerplace",
    "people_duplicate",
    "people_merge",
    "people_moving",
    "services_service",
    "services_note",
    "services_recipient",
    "services_version",
    "people_nametoken",
    "dispatch_followup",
    "dispatch_orderservice",
    "dispatch_verdict",
    "dispatch_order",
    "dispatch_remark",
    "intake_request",
    "intake_addition",
    "sheets_import",
    "sheets_row",
    "sheets_mapping",
)


def load() -> None:
    """Import each room's declarations and enter its sentences and guards."""
    packages = ["linli.site", *(f"linli.kernel.{name}" for name in settings.KERNEL)]
    packages += [f"linli.{name}" for name in settings.ROOMS]
    for package in packages:
        for name in DECLARATIONS:
            if find_spec(f"{package}.{name}") is not None:
                module = import_module(f"{package}.{name}")
                sentences(getattr(module, "SENTENCES", {}))
    guards.guard(*GUARDED)
