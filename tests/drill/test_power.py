"""A hundred kills of everything that can be killed (R-01), and the same where they do harm."""

import os
import random
from pathlib import Path

from tests.faults.installation import folder_for_all, installed
from tests.faults.power import kill_everything

KILLS = int(os.environ.get("LINLI_DRILL_KILLS", "104"))
PARTS = ("postmaster", "backend", "worker", "web")
CARELESS = """
from psycopg import connect
from linli.site import databases
from linli.site.home import Home
address = databases.administrator(Home.open())
with connect(address, autocommit=True) as connection:
    connection.execute("ALTER SYSTEM SET synchronous_commit = off")
    # Nothing is written away but now and then.
    connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
    connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
    connection.execute("SELECT pg_reload_conf()")
"""


def test_a_hundred_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    order = [*PARTS] * (KILLS // len(PARTS))
    random.Random(7).shuffle(order)  # noqa: S311 - repeatable
    with folder_for_all() as folder, installed(folder) as town:
        outcome = kill_everything(town, order, log=tmp_path / "log")
    print(outcome)  # noqa: T201 - a drill reports
    assert sum(outcome.kills.values()) == len(order)
    assert outcome.acknowledged > len(order)
    assert outcome.refused == []
    assert (outcome.lost, outcome.twice, outcome.half_done) == (0, 0, 0)
    assert outcome.problems == []


def test_the_same_where_a_commit_does_not_wait_for_the_disk_is_seen_to_lose(
    tmp_path: Path,
) -> None:
    with folder_for_all() as folder, installed(folder) as town:
        town.python(CARELESS)
        outcome = kill_everything(town, ["postmaster"] * 6, log=tmp_path / "log")
    print(outcome)  # noqa: T201 - a drill reports
    assert outcome.lost > 0
