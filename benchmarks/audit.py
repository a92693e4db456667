"""The timeline at its size: `python -m benchmarks.audit [--events 10000000] [--rebuild]`.

Ten million events of a province's year in a database of their own, made in the database itself;
then the two questions of an audit, what the index for them costs a writer, and the whole proof.
"""

from . import environment  # noqa: F401, I001  (before Django's settings)

import argparse
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

os.environ["LINLI_DATABASE_NAME"] = DATABASE = "linli_bench_audit"

import django

django.setup()

import psycopg
from django.db import connections, transaction

from linli.kernel.accounts.actors import system
from linli.kernel.timeline import looks
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.record import record, record_shown
from linli.kernel.timeline.seal import START, go_on, link
from linli.kernel.timeline.verify import verify
from linli.lib.uuid7 import uuid7
from linli.site import databases, install
from linli.site.home import Home

from .report import table
from .timing import Figure, figure, load, once, repeat

PART = "The timeline"
WORKERS, PERSONS, REQUESTS, SERVICES = 2_000, 200_000, 300_000, 400_000
# One person whom everybody opens, and one worker who opens everything: the answers must hold there.
HOT_LOOKS, BUSY_SHARE = 5_000, 0.005
EVENTS_PER_TRANSACTION, TRANSACTIONS_PER_SEAL = 2, 10
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
INDEXES = ("event_subject", "event_user", "event_transaction", "event_about")
SQL_ID = "lpad(to_hex({kind}), 8, '0') || '-0000-7000-8000-' || lpad(to_hex({n}), 12, '0')"
KINDS = {"worker": 1, "post": 2, "person": 3, "request": 4, "service": 5, "event": 6, "unit": 7}
# Shares of a thousand events, as stations leave them: half of them looks.
STAGE = f"""
CREATE UNLOGGED TABLE staged AS
WITH drawn AS (
  SELECT i, random() AS what, 1 + floor(random() * {PERSONS})::int AS person,
         CASE WHEN random() < {BUSY_SHARE} THEN 0
              ELSE 1 + floor(random() * {WORKERS})::int END AS worker,
         1 + floor(random() * {REQUESTS})::int AS request,
         1 + floor(random() * {SERVICES})::int AS service
  FROM generate_series(1, %(events)s) i
)
SELECT
  {{event}}::uuid AS id,
  timestamptz '2026-01-01 00:00+00' + interval '1 year' * (i::float / %(events)s) AS at,
  'user'::varchar(8) AS actor_kind, {{worker}}::uuid AS "user", {{post}}::uuid AS post,
  ''::varchar(60) AS reason,
  (CASE WHEN what < .30 THEN 'people.read' WHEN what < .33 THEN 'people.revealed'
        WHEN what < .45 THEN 'intake.read' WHEN what < .53 THEN 'services.note_read'
        WHEN what < .56 THEN 'people.found' WHEN what < .561 THEN 'ui.exported'
        WHEN what < .75 THEN 'services.recorded' ELSE 'dispatch.order.accept' END
  )::varchar(60) AS verb,
  (CASE WHEN what < .33 THEN 'people.person' WHEN what < .45 THEN 'intake.request'
        WHEN what < .53 THEN 'services.service' WHEN what < .56 THEN 'people.search'
        WHEN what < .561 THEN 'ui.list' WHEN what < .75 THEN 'services.service'
        ELSE 'dispatch.order' END)::varchar(40) AS subject_type,
  CASE WHEN i <= {HOT_LOOKS} * 3 AND what < .33 THEN {{hot}}::uuid
       WHEN what < .33 THEN {{person}}::uuid
       WHEN what < .45 OR what >= .75 THEN {{request}}::uuid
       WHEN what < .53 OR what >= .561 THEN {{service}}::uuid END AS subject_id,
  350502004001::bigint AS area, {{unit}}::uuid AS unit,
  '{{{{}}}}'::jsonb AS data,
  CASE WHEN what >= .33 AND what < .39 OR what >= .45 AND what < .53
         THEN ARRAY[{{person}}::uuid]
       WHEN what >= .53 AND what < .56
         THEN (SELECT array_agg(({{near}})::uuid) FROM generate_series(0, 4) k)
       WHEN what >= .56 AND what < .561
         THEN (SELECT array_agg(({{near}})::uuid) FROM generate_series(0, 499) k)
  END AS about,
  ''::bytea AS hash, 1 + i / {EVENTS_PER_TRANSACTION} AS transaction
FROM drawn
"""
COLUMNS = (
    'id, at, actor_kind, "user", post, reason, verb, subject_type, subject_id, area, unit, data,'
    " about, transaction"
)
# The columns in the order in which the table has them, for the hash.
AS_EVENT = """
ROW(s.id, s.at, s.actor_kind, s."user", s.post, s.reason, s.verb, s.subject_type, s.subject_id,
    s.area, s.unit, s.data, s.hash, s.transaction, s.about)::timeline_event
"""


def main() -> None:
    """Build what is missing, measure, print; the database is kept for the next time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rebuild", action="store_true")
    asked = parser.parse_args()
    cluster = databases.cluster(Home.open(), install=True)
    was_up = cluster.status().is_running
    cluster.up()
    try:
        made = prepare(asked.events, rebuild=asked.rebuild)
        print(table([*made, *questions(), *writing(), proving()]))
    finally:
        if not was_up:
            cluster.down()


def prepare(events: int, *, rebuild: bool) -> list[Figure]:
    """The database with so many events, unless it is there."""
    with psycopg.connect(_admin("postgres"), autocommit=True) as held:
        found = held.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found and rebuild:
            held.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)".encode())
    databases.prepare(Home.open())
    install.migrate()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM timeline_event LIMIT 1) e")
        if cursor.fetchone()[0]:
            return []
        return _build(cursor, events)


def _build(cursor: Any, events: int) -> list[Figure]:
    ids = {kind: SQL_ID.format(kind=at, n=kind) for kind, at in KINDS.items()}
    ids |= {
        "event": SQL_ID.format(kind=KINDS["event"], n="i"),
        "post": SQL_ID.format(kind=KINDS["post"], n="worker"),
        "unit": SQL_ID.format(kind=KINDS["unit"], n="worker / 10"),
        "hot": SQL_ID.format(kind=KINDS["person"], n="0"),
        "near": SQL_ID.format(kind=KINDS["person"], n=f"1 + (person + k) %% {PERSONS}"),
    }
    ids = {name: f"({text})" for name, text in ids.items()}
    say = _steps()
    cursor.execute(STAGE.format(**ids), {"events": events})
    say(f"{events:,} events drawn")
    defs = []
    for name in INDEXES:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name])
        defs += cursor.fetchone()
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("ALTER TABLE timeline_event DISABLE TRIGGER linli_stamp")
    cursor.execute(
        f"INSERT INTO timeline_event ({COLUMNS}, hash)"
        f" SELECT {COLUMNS}, linli_event_hash({AS_EVENT}) FROM staged s"
    )
    cursor.execute("ALTER TABLE timeline_event ENABLE TRIGGER linli_stamp")
    cursor.execute("DROP TABLE staged")
    say("hashed and stored")
    for one in defs:
        cursor.execute(one)
        say(one.split()[2])
    cursor.execute("VACUUM (ANALYZE) timeline_event")
    _seal(say)
    return [_sizes(cursor)]


def _seal(say: Callable[[str], None]) -> None:
    """A seal for every ten transactions, as one for every minute of the year would be."""
    number, head, first, hashes = 0, START, 0, []
    rows = Event.objects.order_by("transaction", "id").values_list("transaction", "hash")
    statement = (
        "COPY timeline_seal (number, first, before, events, head, shift, origin, sealed_at)"
        " FROM STDIN"
    )
    with psycopg.connect(_admin(DATABASE)) as held:
        held.execute("SET session_replication_role = replica")
        with transaction.atomic(), held.cursor().copy(statement) as copy:
            for at, one in _with_end(rows.iterator(chunk_size=50_000)):
                if hashes and at >= first + TRANSACTIONS_PER_SEAL:
                    number, head = number + 1, link(head, hashes)
                    copy.write_row((number, first, at, len(hashes), head, 0, "", BEGAN))
                    first, hashes = at, []
                hashes.append(bytes(one))
    # The numbers are drawn and run ahead of the server's own, as in a restored database.
    go_on()
    say(f"{number:,} seals")


def _with_end(rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
    last = 0
    for at, one in rows:
        last = at
        yield at, one
    yield last + TRANSACTIONS_PER_SEAL + 1, b""


def _sizes(cursor: Any) -> Figure:
    cursor.execute(
        "SELECT pg_relation_size('timeline_event') / 1e6, "
        + ", ".join(f"pg_relation_size('{name}') / 1e6" for name in INDEXES)
    )
    sizes = dict(zip(("table", *INDEXES), cursor.fetchone(), strict=True))
    return Figure(PART, "MB", note=", ".join(f"{k} {v:,.0f}" for k, v in sizes.items()))


def questions() -> list[Figure]:
    """Who looked at this person, what did this worker look at; for anybody, and for the worst."""
    random = Random(7)  # noqa: S311
    since, until = BEGAN, BEGAN + YEAR

    def person(number: int) -> list[tuple[str, UUID]]:
        """A file with some orders' requests and services that are about the person."""
        subjects = [("people.person", _id("person", number))]
        subjects += [("intake.request", _id("request", 1 + number + at)) for at in range(5)]
        return subjects + [
            ("services.service", _id("service", 1 + number + at)) for at in range(40)
        ]

    def asked_of(number: int) -> Callable[[], object]:
        def ask() -> None:
            held = person(number)
            looks.lookers(held, since=since, until=until)
            looks.looks_at(held, since=since, until=until, most=200)

        return ask

    def watched(number: int) -> Callable[[], object]:
        def ask() -> None:
            one = looks.Watched(_id("worker", number), [_id("post", number)], since, until)
            looks.by_day(one)
            looks.by_subject(one, most=200)
            looks.of_user(one, most=200)

        return ask

    made = []
    for name, work in (
        ("who looked at this person (any)", lambda: asked_of(random.randrange(PERSONS))()),  # noqa: PLW0108
        (f"who looked at this person ({HOT_LOOKS:,} looks)", asked_of(0)),
        (
            "what did this worker look at (any, a year)",
            lambda: watched(random.randrange(WORKERS))(),  # noqa: PLW0108
        ),
        ("what did this worker look at (50,000 events)", watched(0)),
    ):
        made.append(figure(PART, name, repeat(work, seconds=6)).p95_within(1000))
    return made


def writing() -> list[Figure]:
    """What one event costs, with and without a person it is about: the index must be cheap."""
    actor, given = system("benchmarks"), {"subject_type": "ui.list", "subject_id": None}

    def plain() -> None:
        record(actor, "ui.exported", **given)

    def about(count: int) -> Callable[[], object]:
        return lambda: record_shown(
            actor, "ui.exported", about=[uuid7() for _one in range(count)], **given
        )

    made = []
    for name, work in (
        ("record an event", plain),
        ("record a look at one person", about(1)),
        ("record a search with 20 persons", about(20)),
        ("record an export of 1,000 persons", about(1000)),
    ):
        with transaction.atomic():
            made.append(figure(PART, name, repeat(work, seconds=4)))
            transaction.set_rollback(True)
    return made


def proving() -> Figure:
    found: list[Any] = []
    seconds = once(lambda: found.append(verify()))
    report = found[0]
    note = f"{seconds:.1f} s, {report.events:,} events, {report.seals:,} seals"
    note += f", {len(report.problems)} problems {report.problems[:2]}"
    made = Figure(PART, "linli audit verify", per_second=report.events / seconds, note=note)
    made.target, made.is_met, made.load = "0 problems", not report.problems, load()
    return made


def _id(kind: str, number: int) -> UUID:
    return UUID(f"{KINDS[kind]:08x}-0000-7000-8000-{number:012x}")


def _steps() -> Callable[[str], None]:
    began = [time.perf_counter()]

    def say(what: str) -> None:
        now = time.perf_counter()
        print(f"  {what}: {now - began[0]:.1f} s", flush=True)
        began[0] = now

    return say


def _admin(database: str) -> str:
    return databases.cluster(Home.open()).conninfo(database)


if __name__ == "__main__":
    main()
