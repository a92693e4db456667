import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import psycopg
from django.db import connections
from django.utils import timezone
from psycopg import sql

from linli.kernel.stats import triggers
from linli.site import databases, install
from linli.site.home import Home

from ..environment import DATABASE, HOME, ROOT, SIZE, TEMPLATE
from .casework import Casework
from .network import Network
from .network import build as build_network
from .people import People
from .services import Services
from .spool import Spool

STAMP = HOME / "bench-data.json"
PERSONS_PER_SERVICE = 0.3
ORDERS_PER_SERVICE = 0.15
SEED = 3505
# What is due today should be due today: older data is made anew.
FRESH_DAYS = 7
SHAPES = ("src/linli/*/migrations/*.py", "src/linli/kernel/*/migrations/*.py")


@dataclass
class Loading:
    """How the data set was loaded: rows, seconds and bytes, kept with it."""

    size: int
    shape: str
    made_at: str
    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    megabytes: float = 0.0
    facts_megabytes: float = 0.0


def prepare(*, rebuild: bool, say: Callable[[str], None]) -> Loading:
    """A fresh database for this run, cloned from the data set; built first if it is not there."""
    held = None if rebuild else _held()
    if held is None:
        say(f"Building the data set of {SIZE:,} services.")
        held = _build(say)
    _close()
    _drop(DATABASE)
    _administer(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER linli_owner STRATEGY FILE_COPY").format(
            sql.Identifier(DATABASE), sql.Identifier(TEMPLATE)
        )
    )
    databases.prepare(Home.open())
    # Functions and triggers as they are now, not as they were when the data set was made.
    install.migrate()
    _administer(sql.SQL("CHECKPOINT"))
    return held


def _shape() -> str:
    """Changes with everything the rows depend on."""
    digest = hashlib.sha256()
    found = [path for pattern in SHAPES for path in ROOT.glob(pattern)]
    for path in sorted([*found, *Path(__file__).parent.glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _held() -> Loading | None:
    if not STAMP.exists():
        return None
    held = Loading(**json.loads(STAMP.read_text(encoding="utf-8")))
    is_fresh = datetime.fromisoformat(held.made_at) > datetime.now(UTC) - timedelta(days=FRESH_DAYS)
    fits = held.size == SIZE and held.shape == _shape() and is_fresh
    return held if fits and TEMPLATE in _databases() else None


def _build(say: Callable[[str], None]) -> Loading:
    STAMP.unlink(missing_ok=True)
    _close()
    _drop(DATABASE)
    _drop(TEMPLATE)
    databases.prepare(Home.open())
    install.migrate()
    install.import_areas(("35",))
    made = Loading(SIZE, _shape(), datetime.now(UTC).isoformat())
    random, now = Random(SEED), timezone.now()  # noqa: S311  (invented rows)
    network = build_network(random)
    _load(made, _spools(random, network, now), say)
    _settle(made, say)
    _close()
    _administer(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(DATABASE), sql.Identifier(TEMPLATE)
        )
    )
    STAMP.write_text(json.dumps(asdict(made), indent=2), encoding="utf-8")
    return made


def _spools(random: Random, network: Network, now: datetime) -> list[Spool]:
    """Every table's rows, in the order in which they can be loaded."""
    people = People(random, network, now=now).write(int(SIZE * PERSONS_PER_SERVICE))
    services = Services(random, network, now=now)
    casework = Casework(random, network, services, now=now)
    casework.write(int(SIZE * ORDERS_PER_SERVICE))
    services.write(SIZE - services.services.rows)
    return [
        *people,
        services.services,
        services.recipients,
        services.notes,
        casework.orders,
        casework.links,
        casework.requests,
        casework.clocks,
        casework.duties,
        services.events.spool,
        casework.events.spool,
    ]


def _load(made: Loading, spools: list[Spool], say: Callable[[str], None]) -> None:
    for spool in spools:
        name = spool.table
        if name == "services_service":
            made.seconds["services_service, triggers off"] = _without_triggers(spool)
        seconds = spool.load()
        _analyse(name)
        made.rows[name] = made.rows.get(name, 0) + spool.rows
        made.seconds[name] = made.seconds.get(name, 0.0) + seconds
        say(f"  {name}: {spool.rows:,} rows in {seconds:.1f} s")
        spool.__exit__()


def _analyse(table: str) -> None:
    """Tell the planner what was loaded.

    Foreign keys are checked at the commit of the next table with a plan that is then kept: drawn
    for a table that counts as empty, it may walk through a whole index for every row.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")


def _without_triggers(spool: Spool) -> float:
    """Load the same rows with the statistics switched off, then empty the table again."""
    names = [f"linli_stats_services_{event}" for event in triggers.EVENTS]
    with connections["owner"].cursor() as cursor:
        for name in names:
            cursor.execute(f"ALTER TABLE {spool.table} DISABLE TRIGGER {name}")
        seconds = spool.load()
        cursor.execute(f"TRUNCATE {spool.table} CASCADE")
        for name in names:
            cursor.execute(f"ALTER TABLE {spool.table} ENABLE TRIGGER {name}")
    _administer(sql.SQL("CHECKPOINT"))
    return seconds


def _settle(made: Loading, say: Callable[[str], None]) -> None:
    """What autovacuum would have done by tomorrow, and the size on disk."""
    began = time.perf_counter()
    with psycopg.connect(_admin(DATABASE), autocommit=True) as connection:
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone()  # type: ignore[misc]
        (facts,) = connection.execute(  # type: ignore[misc]
            "SELECT sum(pg_total_relation_size(t)) FROM unnest("
            "ARRAY['services_service', 'services_recipient']::regclass[]) t"
        ).fetchone()
    made.megabytes, made.facts_megabytes = size / 1e6, float(facts) / 1e6
    say(f"  vacuum and analyse {time.perf_counter() - began:.1f} s, {made.megabytes:,.0f} MB")


def _admin(database: str = "postgres") -> str:
    return databases.cluster(Home.open()).conninfo(database)


def _administer(statement: sql.Composed | sql.SQL) -> None:
    with psycopg.connect(_admin(), autocommit=True) as connection:
        connection.execute(statement)


def _databases() -> set[str]:
    with psycopg.connect(_admin(), autocommit=True) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def _drop(name: str) -> None:
    _administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _close() -> None:
    for alias in connections:
        connections[alias].close()
