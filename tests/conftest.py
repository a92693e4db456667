import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.db import connections
from django.http import HttpRequest
from django.template.backends.jinja2 import Template
from django.template.backends.utils import csrf_input_lazy, csrf_token_lazy
from django.test import signals
from django.utils import translation
from psycopg import sql

from linli.kernel.accounts.actors import Actor, set_actor
from linli.kernel.flow import calendar
from linli.kernel.scope import scope
from linli.kernel.terms import queries as terms
from linli.site import databases, install
from linli.site.home import Home

from .environment import HOME, ROOT
from .world import World, build_world

# Files that take minutes: begun first, or the other process would wait for them at the end.
LONG = (
    "tests/looks/test_pages.py",
    "tests/oracle/test_writes.py",
    "tests/oracle/test_reads.py",
    "tests/gateway/test_contract_changing.py",
    "tests/gateway/test_contract_reading.py",
    "tests/oracle/test_withdrawn.py",
    "tests/oracle/test_hostile.py",
    "tests/site/test_operate.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {name: at for at, name in enumerate(LONG)}
    items.sort(key=lambda one: ranks.get(one.nodeid.partition("::")[0], len(LONG)))


CITY = "3505"
SOURCES = ("*.py", "*.json", "*.css", "*.js")
STALE_SECONDS = 3600


def _administrator() -> str:
    return databases.administrator(Home.open())


def _execute(statement: sql.Composed | sql.SQL) -> None:
    with psycopg.connect(_administrator(), autocommit=True) as connection:
        connection.execute(statement)


def _drop(name: str) -> None:
    _execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _databases(prefix: str) -> list[str]:
    with psycopg.connect(_administrator(), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
        )
        return sorted(name for (name,) in rows)


def _drop_stale(prefix: str) -> None:
    """Drop what runs that were killed have left; names end in the moment of their making."""
    for name in _databases(prefix):
        made = name.rpartition("_")[2]
        if not made.isdigit() or int(made) < time.time() - STALE_SECONDS:
            _drop(name)


def _fingerprint() -> str:
    """Changes with every file that a migrated database could depend on."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted((ROOT / "src" / "linli").rglob(pattern)):
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _point_to(name: str) -> None:
    for alias in connections:
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def _build_template(name: str) -> None:
    """Migrate as the owner and load one city's areas."""
    os.environ["LINLI_DATABASE_NAME"] = name
    databases.prepare(Home.open())
    _point_to(name)
    install.migrate()
    install.import_areas((CITY,))
    call_command("collectstatic", interactive=False, verbosity=0)
    for alias in connections:
        connections[alias].close()


def _template() -> str:
    """A database to clone from, built once for this state of the source."""
    prefix = f"linli_template_{_fingerprint()}_"
    _drop_stale("linli_template_")
    _drop_stale("linli_test_")
    held = _databases(prefix)
    if held:
        return held[-1]
    # Built under another name, so that a build that was killed is never taken for a template.
    name, building = f"{prefix}{int(time.time())}", f"linli_test_building_{int(time.time())}"
    _build_template(building)
    _execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(building), sql.Identifier(name)
        )
    )
    return name


def clone(template: str, name: str) -> None:
    """A fresh database from the template; the one that had this name is gone."""
    for alias in connections:
        connections[alias].close()
    _drop(name)
    _execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER linli_owner").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


@pytest.fixture(scope="session", autouse=True)
def told_contexts() -> Iterator[None]:
    """Tells the test client what a page was made of, as Django's own templates do."""
    render = Template.render

    def told(self: Any, context: Any = None, request: HttpRequest | None = None) -> Any:
        if request is None:
            return render(self, context, request)
        context = dict(context or {})
        context["request"] = request
        context["csrf_input"] = csrf_input_lazy(request)
        context["csrf_token"] = csrf_token_lazy(request)
        for processor in self.backend.template_context_processors:
            context.update(processor(request))
        signals.template_rendered.send(sender=self, template=self, context=context)
        return self.template.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", told)
        yield


@pytest.fixture(scope="session", autouse=True)
def kept_tables() -> Iterator[None]:
    """What a process keeps for half a minute it keeps throughout: else now and then, in the middle
    of a test that counts them, there is one query more."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (calendar, terms):
            patch.setattr(module, "KEPT_SECONDS", float("inf"))
        yield


@pytest.fixture(scope="session")
def database_name() -> str:
    return f"linli_test_{os.getpid()}_{int(time.time())}"


@pytest.fixture(scope="session")
def template_name(django_db_blocker: Any) -> str:
    """The template for this state of the source."""
    databases.cluster(Home.open(), install=True, turbo=True).up()
    with django_db_blocker.unblock(), (Path(HOME) / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        name = _template()
    # Whoever has asked for the address of a file before there was one asks anew.
    staticfiles_storage.hashed_files, staticfiles_storage.manifest_hash = (
        staticfiles_storage.load_manifest()
    )
    return name


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_blocker: Any, database_name: str, template_name: str
) -> Iterator[None]:
    """A database for this worker, cloned from the template."""
    with django_db_blocker.unblock():
        clone(template_name, database_name)
        _point_to(database_name)
    yield
    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()
        _drop(database_name)


@pytest.fixture
def fresh_database(
    django_db_setup: None, django_db_blocker: Any, database_name: str, template_name: str
) -> Iterator[None]:
    """A database in which transactions are real; cloned anew afterwards (nothing is flushed)."""
    with django_db_blocker.unblock():
        yield
        clone(template_name, database_name)


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """Every test begins in Chinese, whatever language a page of the one before was in."""
    with translation.override("zh-hans"):
        yield


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Act as the middleware would let this actor act."""
    set_actor(actor)
    with scope(actor.scope):
        yield actor


@pytest.fixture
def world(db: None) -> World:
    return build_world()
