import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from linli.kernel.accounts.actors import Actor, set_actor
from linli.kernel.scope import scope
from linli.site import databases
from linli.site.home import Home

from .environment import HOME
from .world import World, build_world

TEMPLATE = "linli_test_template"
CITY = "3505"


def _administrator() -> str:
    return databases.administrator(Home.open())


def _execute(statement: sql.Composed | sql.SQL) -> None:
    with psycopg.connect(_administrator(), autocommit=True) as connection:
        connection.execute(statement)


def clone(name: str) -> None:
    """A fresh database from the template; the one that had this name is gone."""
    for alias in connections:
        connections[alias].close()
    held = sql.Identifier(name)
    _execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(held))
    _execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER linli_owner").format(
            held, sql.Identifier(TEMPLATE)
        )
    )


def _point_to(name: str) -> None:
    for alias in connections:
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def _build_template() -> None:
    """Migrate as the owner and load one city's areas, once per test run."""
    from linli.site import install

    home = Home.open()
    os.environ["LINLI_DATABASE_NAME"] = TEMPLATE
    _execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE))
    )
    databases.prepare(home)
    _point_to(TEMPLATE)
    install.migrate()
    install.import_areas((CITY,))
    for alias in connections:
        connections[alias].close()


@pytest.fixture(scope="session")
def database_name(worker_id: str) -> str:
    return f"linli_test_{worker_id}"


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_blocker: Any, database_name: str, testrun_uid: str
) -> Iterator[None]:
    """A database for this worker, cloned from a template that the owner has built once."""
    databases.cluster(Home.open(), install=True, turbo=True).up()
    stamp = Path(HOME) / "template-of-run"
    with django_db_blocker.unblock(), (Path(HOME) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != testrun_uid:
            _build_template()
            stamp.write_text(testrun_uid)
        clone(database_name)
        _point_to(database_name)
    yield
    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()


@pytest.fixture
def fresh_database(
    django_db_setup: None, django_db_blocker: Any, database_name: str
) -> Iterator[None]:
    """A database in which transactions are real; cloned anew afterwards (nothing is flushed)."""
    with django_db_blocker.unblock():
        yield
        clone(database_name)


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Act as the middleware would let this actor act."""
    set_actor(actor)
    with scope(actor.scope):
        yield actor


@pytest.fixture
def world(db: None) -> World:
    return build_world()
