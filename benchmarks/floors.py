"""PostgreSQL's own floor: the least that anything built on it must pay, on the same settings."""

from datetime import date, timedelta
from random import Random
from typing import Any

from django.db import connection, connections

from linli.lib.areacodes import range_of
from linli.lib.uuid7 import uuid7

from .crowd import Crowd
from .timing import Figure, figure, repeat
from .world.network import CITY_CODE

PART = "PostgreSQL's floor"
TABLE = "bench_floor"
INSERT = f"INSERT INTO {TABLE} (id, unit, at, kind) VALUES (%s, %s, now(), 'floor')"  # noqa: S608
PAGE = "SELECT * FROM dispatch_order WHERE unit_id = %s ORDER BY opened_at DESC, id DESC LIMIT 25"
GROUP = (
    "SELECT method, count(*), sum(person_times), sum(minutes) FROM services_service"
    " WHERE area_id BETWEEN %s AND %s AND occurred_on BETWEEN %s AND %s GROUP BY method"
)


def raw() -> Any:
    """psycopg's own connection under Django's, with Django's settings."""
    connection.ensure_connection()
    return connection.connection


def prepare() -> None:
    """A table like our smallest: a uuid key and one more index."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {TABLE}"
            " (id uuid PRIMARY KEY, unit uuid NOT NULL, at timestamptz NOT NULL, kind text)"
        )
        cursor.execute(f"CREATE INDEX IF NOT EXISTS {TABLE}_unit ON {TABLE} (unit, at)")
        cursor.execute(f"TRUNCATE {TABLE}")


def insert() -> None:
    """One row and its commit, in two messages as a web request would send them."""
    raw().execute(INSERT, (uuid7(), uuid7()))


def measure() -> dict[str, Figure]:
    """Each floor by a short name."""
    prepare()
    random = Random(1)  # noqa: S311  (which rows are read)
    held = raw()
    orders = [key for (key,) in held.execute("SELECT id FROM dispatch_order LIMIT 3000").fetchall()]
    units = [key for (key,) in held.execute("SELECT DISTINCT unit_id FROM dispatch_order")]
    year = (date.today() - timedelta(days=365), date.today())  # noqa: DTZ011  (a period)
    county = range_of(350582000000)

    def group(low: int, high: int) -> Any:
        return lambda: held.execute(GROUP, (low, high, *year)).fetchall()

    return {
        "ping": figure(PART, "SELECT 1", repeat(lambda: held.execute("SELECT 1").fetchone())),
        "commit": figure(PART, "insert and commit, 2 indexes", repeat(insert)),
        "commit4": _four(),
        "row": figure(
            PART,
            "one row by primary key",
            repeat(
                lambda: held.execute(
                    "SELECT * FROM dispatch_order WHERE id = %s", (random.choice(orders),)
                ).fetchone()
            ),
        ),
        "page": figure(
            PART,
            "25 rows by index",
            repeat(lambda: held.execute(PAGE, (random.choice(units),)).fetchall()),
        ),
        "county": figure(PART, "group by, a county's year", repeat(group(*county))),
        "city": figure(PART, "group by, a city's year", repeat(group(*range_of(CITY_CODE)))),
    }


def _four() -> Figure:
    with Crowd(4, "benchmarks.floors:insert_for") as crowd:
        told = crowd.run(3.0)
    counted = sum(len(one) for one in told)
    found = figure(PART, "insert and commit, 4 processes", [t for one in told for t in one])
    found.per_second = counted / 3.0
    return found


def insert_for(number: int) -> Any:
    """What each of the four does again and again."""
    return insert
