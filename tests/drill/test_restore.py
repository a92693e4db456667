"""A real pg_dump, restored on another server: transactions are counted anew there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from django.db import DatabaseError, connections
from psycopg.conninfo import conninfo_to_dict

from linli.kernel.timeline.models import Event, Seal
from linli.kernel.timeline.phrases import RESTORED
from linli.kernel.timeline.seal import Restored, go_on, seal, standing
from linli.kernel.timeline.verify import verify
from linli.lib.postgres import Cluster, find_binaries
from linli.site import check, databases, install
from linli.site.cli import main
from linli.site.home import Home

from ..kernel.test_seal import note, seal_everything

# More than a new server needs to restore a database, so that it must count from below.
TRANSACTIONS = 6_000
NAME = "linli_restored"


def tool(name: str, conninfo: str, *arguments: str) -> None:
    parameters = conninfo_to_dict(conninfo)
    environ = os.environ | {"PGPASSWORD": str(parameters.pop("password"))}
    where = [
        f"--{name}={parameters[key]}" for name, key in (("host", "host"), ("username", "user"))
    ]
    bin_dir = find_binaries()
    assert bin_dir is not None
    subprocess.run([bin_dir / name, *where, *arguments], env=environ, check=True)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[Home, Cluster]]:
    """Another installation with a server of its own and an empty database."""
    home = Home.open({"LINLI_HOME": str(tmp_path / "other")})
    server = databases.cluster(home, turbo=True)
    server.up()
    databases.prepare(home, {"LINLI_DATABASE_NAME": NAME})
    yield home, server
    server.remove()


@contextmanager
def connected(home: Home) -> Iterator[None]:
    """Every connection goes to another installation's database."""
    kept = {alias: dict(connections[alias].settings_dict) for alias in connections}
    for alias in connections:
        connections[alias].close()
        entry = databases.django_entry(
            alias, databases.target(alias, home, {"LINLI_DATABASE_NAME": NAME})
        )
        connections[alias].settings_dict.update(entry)
    yield
    for alias, settings in kept.items():
        connections[alias].close()
        connections[alias].settings_dict.update(settings)


def count_on(conninfo: str, *, to: int) -> None:
    """Use up transaction numbers."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        reached = 0
        while reached < to:
            row = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
            assert row is not None
            (reached,) = row


def codes() -> list[str]:
    return [f"{one.level} {one.code}" for one in check.restored()]


def test_the_timeline_goes_on_in_a_restored_database(
    fresh_database: None, database_name: str, elsewhere: tuple[Home, Cluster], tmp_path: Path
) -> None:
    home, server = elsewhere
    source = databases.administrator(Home.open())
    count_on(source, to=TRANSACTIONS)
    note(3)
    seal_everything()
    note(2)
    old = verify()
    assert (old.events, old.sealed, old.problems, codes()) == (5, 3, [], [])
    dump = str(tmp_path / "dump")
    tool("pg_dump", source, "--format=custom", f"--file={dump}", database_name)
    tool("pg_restore", server.conninfo(), f"--dbname={NAME}", "--exit-on-error", dump)

    with connected(home):
        assert standing().next < TRANSACTIONS < Seal.objects.get().before
        assert codes() == ["error timeline.restored"]
        # What would break the seals is refused, and nothing is half-done.
        with pytest.raises(DatabaseError, match="run: linli migrate"):
            note()
        with pytest.raises(Restored):
            seal()
        assert verify().problems == []

        install.migrate()

        assert codes() == []
        assert go_on() is None
        note(4)
        seal_everything()
        note()
        report = verify()
        assert (report.events, report.sealed, report.problems) == (11, 10, [])
        (move,) = report.moves
        assert f"from the head {old.head}" in move
        (named,) = Event.objects.filter(verb=RESTORED)
        assert (named.data["head"], named.data["seal"]) == (old.head, 2)
        assert list(Seal.objects.values_list("number", "events")) == [(1, 3), (2, 2), (3, 5)]
        numbers = list(Event.objects.order_by("at").values_list("transaction", flat=True))
        assert numbers == sorted(numbers)
        told = CliRunner().invoke(main, ["audit", "verify"])
        assert told.output.splitlines() == [move, "The timeline is whole."]
        edit_as_superuser(server.conninfo(NAME))
        assert [one.partition(" ")[0] for one in verify().problems] == ["event", "seal"]


def edit_as_superuser(conninfo: str) -> None:
    """Change the event that names the old head."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        edit = 'UPDATE timeline_event e SET data = data || \'{"head": "00"}\' WHERE verb = %s'
        connection.execute(edit.encode(), [RESTORED])


def test_a_server_that_counts_further_is_only_named(
    fresh_database: None, database_name: str, elsewhere: tuple[Home, Cluster], tmp_path: Path
) -> None:
    """As after pg_upgrade: nothing is refused, and the next migration tells of the move."""
    home, server = elsewhere
    source = databases.administrator(Home.open())
    note(2)
    seal_everything()
    with psycopg.connect(source) as connection:
        row = connection.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
    dump = str(tmp_path / "dump")
    tool("pg_dump", source, "--format=custom", f"--file={dump}", database_name)
    tool("pg_restore", server.conninfo(), f"--dbname={NAME}", "--exit-on-error", dump)
    count_on(server.conninfo(), to=row[0] + 1_000)

    with connected(home):
        assert codes() == ["warning timeline.restored"]
        note()
        seal_everything()
        assert verify().problems == []
        install.migrate()
        assert codes() == []
        note()
        seal_everything()
        report = verify()
        assert (report.events, report.sealed, report.problems) == (5, 5, [])
        assert len(report.moves) == 1
