"""The demonstration: four invented but plausible months in the real city of Quanzhou.

A script tells who did what and when, drawn from a fixed seed and always ending now. The ledger
plays it in memory as the rooms' actions would, and copies the rows. Nothing of it is real but the
names of places.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import connections
from django.utils import timezone

from linli.kernel.accounts.actors import system
from linli.kernel.stats.fold import fold
from linli.kernel.timeline.seal import seal
from linli.site import install
from linli.site.models import Demonstration

from .accounts import PASSWORD, PIN, lines_kept, lines_made
from .database import DemoRefused, refuse_foreign, refuse_others, wipe
from .ledger import Ledger
from .script import SEED, write_script
from .steps import Script

__all__ = ["PASSWORD", "PIN", "DemoRefused", "is_demo", "prepare", "refuse_foreign"]


def is_demo() -> bool:
    """Whether this database holds the demonstration."""
    return Demonstration.objects.exists()


def prepare(reset: bool = False) -> list[str]:
    """Make the demonstration unless it stands; returns what to tell at the terminal.

    With `reset` an old one is thrown away first. Raises DemoRefused for a database with people,
    units or users that are not the demonstration's. All of it is one transaction, so that a
    broken-off run leaves nothing.
    """
    held = Demonstration.objects.first()
    if held is not None and not reset:
        return lines_kept(held.made_at)
    if held is not None:
        wipe()
    else:
        refuse_others()
    with collector_paused():
        install.import_areas()
        script = make(timezone.now())
    while fold():
        pass
    seal()
    analyse()
    return lines_made(script)


def make(now: datetime, *, seed: int = SEED) -> Script:
    """Write the script up to `now`, play it in bulk and store it."""
    script = write_script(now, seed=seed)
    # S311: invented data, and the same each time.
    ledger = Ledger(password=make_password(PASSWORD), pin=PIN, random=Random(seed))  # noqa: S311
    script.play(ledger)
    rows, actor = ledger.book.rows, system("demo", now=now)
    rows.add(Demonstration, now, id=1, made_at=now, seed=seed)
    ledger.book.timeline.record(
        actor,
        "site.demonstration_made",
        subject_type="site.demonstration",
        subject_id=None,
        area=None,
        unit=None,
        persons=len(ledger.book.people),
        requests=len(ledger.book.requests),
    )
    ledger.store("demo")
    return script


def analyse() -> None:
    """Let the planner know the new rows, so that the first pages are fast too."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


@contextmanager
def collector_paused() -> Iterator[None]:
    """Half a million rows that all live to the end: looking for cycles is a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
