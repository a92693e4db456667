"""A worker that is killed in the middle of an import, and two at work on the same one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connections, transaction

from linli.kernel.scope import unscoped
from linli.kernel.sheets import actions
from linli.kernel.sheets.models import Import
from linli.kernel.stats import verify as stats
from linli.kernel.timeline import verify as timeline
from linli.people.models import Person

from ..conftest import acting
from ..environment import HOME, ROOT
from ..sheets.hands import checked, drive, fresh, outcomes, person_row, workbook
from ..world import build_world

ROWS, PIECE = 90, 40
# What a worker does with an import until it is done; PLANT is put in before.
WORKER = """
import os, signal, sys
import django
django.setup()
from linli.kernel.sheets import work
from linli.kernel.sheets.models import Import
from linli.people import actions, sheets

made, die_at, import_id = [0], int(sys.argv[1]), sys.argv[2]
store = actions.import_person

def counted(**given):
    made[0] += 1
    if made[0] == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return store(**given)

actions.import_person = counted
work.STORED_AT_ONCE = {piece}
{plant}
while Import._base_manager.get(pk=import_id).state == "running":
    work.store_rows(import_id)
"""
# Each row committed by itself, before the piece is marked as done.
PIECEMEAL = """
from contextlib import contextmanager, nullcontext
class Loose:
    @staticmethod
    def atomic():
        return nullcontext()
work.transaction = Loose
work.Row.save = lambda self, **given: None
from django.db import connection, models
connection.cursor().execute("SELECT set_config('linli.actor', 'planted', false)")
models.QuerySet.select_for_update = lambda self, **given: self
"""


def worker(database: str, batch: Import, *, die_at: int = 0, plant: str = "") -> "subprocess.Popen":  # type: ignore[type-arg]
    environ = os.environ | {
        "LINLI_HOME": str(HOME),
        "LINLI_DATABASE_NAME": database,
        "DJANGO_SETTINGS_MODULE": "linli.site.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    code = WORKER.format(plant=plant, piece=PIECE)
    return subprocess.Popen([sys.executable, "-c", code, str(die_at), str(batch.pk)], env=environ)


@pytest.fixture
def running(fresh_database: None) -> Iterator[Import]:
    """An import that waits for a worker."""
    with transaction.atomic():
        world = build_world()
    with transaction.atomic():
        batch = checked(world, workbook([person_row(one) for one in range(1, ROWS + 1)]))
    with transaction.atomic(), acting(world.actor("head")) as actor:
        actions.run_import(fresh(batch), actor=actor)
    for alias in connections:
        connections[alias].close()
    yield batch
    for alias in connections:
        connections[alias].close()


def stored() -> int:
    with unscoped("tests"):
        return int(Person.objects.count())


def sound(batch: Import) -> list[str]:
    """What is lost, half done or done twice."""
    wrong = []
    if outcomes(batch) != {"done": ROWS} or stored() != ROWS:
        wrong.append(f"{outcomes(batch)}, {stored()} persons")
    wrong += [str(one) for one in stats.verify()]
    return wrong + timeline.verify().problems


def test_a_killed_worker_loses_nothing_and_does_nothing_twice(
    running: Import, database_name: str
) -> None:
    for die_at in (1, 30, 55):
        assert worker(database_name, running, die_at=die_at).wait() == -signal.SIGKILL
        assert stored() % PIECE == 0, "a piece is stored as a whole or not at all"
        assert outcomes(running).get("done", 0) == stored()
    assert stored() == PIECE
    with transaction.atomic():
        batch = drive(running)
    assert (batch.state, sound(batch)) == ("done", [])


def test_two_workers_at_the_same_import_do_each_row_once(
    running: Import, database_name: str
) -> None:
    both = [worker(database_name, running) for _one in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert sound(fresh(running)) == []


def test_a_piece_that_is_no_transaction_is_noticed(running: Import, database_name: str) -> None:
    planted = worker(database_name, running, die_at=20, plant=PIECEMEAL)
    assert planted.wait() == -signal.SIGKILL
    assert stored() != outcomes(running).get("done", 0)
