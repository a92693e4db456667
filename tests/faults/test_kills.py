from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from linli.intake import actions as intake
from linli.kernel.accounts.actors import visitor
from linli.site import databases
from linli.site.home import Home

from ..conftest import acting
from ..world import VILLAGE, build_world
from .kills import count, kill_under_load
from .load import Load

KILLS = 2


def test_kills_under_load_lose_nothing_that_was_acknowledged(
    fresh_database: None, database_name: str, tmp_path: Path
) -> None:
    outcome = kill_under_load(database_name, kills=KILLS, log=tmp_path / "server.log")
    assert outcome.acknowledged > 20, (tmp_path / "server.log").read_text()[-2000:]
    # The kills have struck: other processes each time, and calls that were under way.
    assert (outcome.killed, outcome.unanswered >= KILLS) == (2 * KILLS, True)
    assert outcome.refused == []
    assert (outcome.lost, outcome.half_done, outcome.waiting) == (0, 0, 0)
    assert (outcome.stats_differences, outcome.timeline_problems) == ([], [])


def _nothing() -> None:
    pass


def _as_superuser(statement: str) -> Callable[[], None]:
    def plant() -> None:
        name = connection.settings_dict["NAME"]
        address = make_conninfo(databases.administrator(Home.open()), dbname=name)
        with psycopg.connect(address, autocommit=True) as held:
            held.execute("SET session_replication_role = replica")
            assert held.execute(statement.encode()).rowcount > 0

    return plant


FIRST_REQUEST = "(SELECT id FROM intake_request ORDER BY id LIMIT 1)"
FIRST_EVENT = "(SELECT id FROM timeline_event WHERE verb = 'intake.request.opened' LIMIT 1)"
# lost, half-done, whether numbers differ, whether the timeline has problems
PLANTS: dict[str, tuple[Callable[[], None], tuple[int, int, bool, bool]]] = {
    "nothing": (_nothing, (0, 0, False, False)),
    "a request lost": (
        _as_superuser(f"DELETE FROM intake_request WHERE id = {FIRST_REQUEST}"),
        (1, 3, True, False),
    ),
    "a duty lost": (
        _as_superuser(f"DELETE FROM flow_duty WHERE subject_id = {FIRST_REQUEST}"),
        (0, 1, False, False),
    ),
    "an event lost": (
        _as_superuser(f"DELETE FROM timeline_event WHERE id = {FIRST_EVENT}"),
        (0, 1, False, False),
    ),
    "a delta lost": (
        _as_superuser("DELETE FROM stats_delta WHERE measure = 'requests'"),
        (0, 0, True, False),
    ),
    "an event altered": (
        _as_superuser("UPDATE timeline_event SET reason = 'x'"),
        (0, 0, False, True),
    ),
}


@pytest.mark.parametrize("name", PLANTS)
def test_what_the_count_is_there_for_is_counted(fresh_database: None, name: str) -> None:
    plant, expected = PLANTS[name]
    with transaction.atomic():
        build_world()
    load = Load(port=0, key="", body={})
    load.acknowledged = [_request() for _time in range(3)]
    plant()

    found = count(0, load)

    wrong = (bool(found.stats_differences), bool(found.timeline_problems))
    assert (found.lost, found.half_done, *wrong) == expected
    load.acknowledged.append(uuid4())
    assert count(0, load).lost == expected[0] + 1


def _request() -> UUID:
    asked = intake.Asked(area=VILLAGE, need="care", words="帮忙", for_whom="self")
    with transaction.atomic(), acting(visitor()) as actor:
        return intake.register_request(actor=actor, asked=asked, door="public").request.pk
