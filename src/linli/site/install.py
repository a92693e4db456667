"""Brings a database up to date: migrations by the owner, guards and triggers, shipped settings."""

import json
from datetime import date
from importlib import resources

from django.core.management import call_command
from django.db import connections, transaction

from linli.dispatch import deadlines
from linli.kernel.accounts.actors import acting, system
from linli.kernel.areas.load import import_packaged
from linli.kernel.areas.models import Area
from linli.kernel.flow.calendar import seed_years
from linli.kernel.operations.epochs import first_epoch
from linli.kernel.stats import triggers
from linli.kernel.stats.rebuild import rebuild
from linli.kernel.terms.models import Term
from linli.kernel.timeline import guards
from linli.kernel.timeline.seal import go_on
from linli.lib.divisions import VALID_FROM
from linli.lib.uuid7 import SQL_TWIN

FIRST_YEAR = 2020


def migrate(*, verbosity: int = 0) -> None:
    """Run migrations as the owner, then (re)install functions and triggers, then seed settings.

    Where the triggers of a measure have changed, its numbers are made anew from the facts.

    In a database that was restored, the timeline goes on with a new part of its chain.
    """
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
    with transaction.atomic(using="owner"):
        with connections["owner"].cursor() as cursor:
            cursor.execute(SQL_TWIN)
            cursor.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO linli_app")
        guards.install()
        go_on()
        for one in triggers.install():
            rebuild(one, using="owner")
    seed()


def seed() -> None:
    """Term lists, deadlines and holiday tables that ship with Linli; nothing set is overwritten."""
    blob = resources.files("linli.kernel.terms").joinpath("data/terms.json").read_text("utf-8")
    for name, rows in json.loads(blob).items():
        for position, (code, zh, en) in enumerate(rows):
            # A term may have been renamed since: then it has several rows, all of them kept.
            if not Term.objects.filter(list=name, code=code, area=None).exists():
                Term.objects.create(
                    list=name, code=code, zh=zh, en=en, position=position, valid_from=VALID_FROM
                )
    deadlines.seed()
    with acting(system("linli migrate")) as actor:
        first_epoch(actor=actor)
    seed_years(FIRST_YEAR, date.today().year + 1)  # noqa: DTZ011 - only the year matters


def import_areas(prefixes: tuple[str, ...] = ("",)) -> int:
    """Load the division list unless it is there already; returns the number of areas added."""
    if Area.objects.count() > 1:
        return 0
    return import_packaged(prefixes)
