"""Roles and grants, on a server of our own that other tests do not touch: roles are server-wide."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from linli.lib.postgres import Cluster, find_binaries
from linli.site.databases import (
    DatabaseError,
    administrator,
    database_settings,
    is_ours_to_prepare,
    prepare_database,
)
from linli.site.home import Home

PASSWORDS = {role: f"{role}-invented" for role in ("linli_owner", "linli_app", "linli_load")}
ADMIN = "postgresql://boss:pw@db.example:5433/postgres?sslmode=require"
APP = "postgresql://linli_app:pw@db.example/linli"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    bin_dir = find_binaries()
    assert bin_dir is not None
    folder = Path(tempfile.gettempdir()) / f"linli-test-{secrets.token_hex(4)}"
    made = Cluster(folder, bin_dir, turbo=True)
    made.up()
    yield made
    made.remove()


@pytest.fixture
def admin(cluster: Cluster) -> Iterator[str]:
    """A superuser on a server without our roles and databases."""
    yield cluster.conninfo()
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        for name in ("linli", "plain"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        for role in (*PASSWORDS, "boss"):
            connection.execute(f"DROP ROLE IF EXISTS {role}".encode())


def as_role(admin: str, role: str) -> psycopg.Connection:
    target = make_conninfo(admin, user=role, password=PASSWORDS[role], dbname="linli")
    return psycopg.connect(target, autocommit=True)


def make_table(admin: str) -> None:
    with as_role(admin, "linli_owner") as owner:
        owner.execute("CREATE TABLE fact (id bigint GENERATED ALWAYS AS IDENTITY, day date)")
        owner.execute("CREATE INDEX ON fact USING gin (day)")


@pytest.mark.parametrize("role", ["linli_app", "linli_load"])
def test_what_the_owner_makes_others_may_fill_but_not_own(admin: str, role: str) -> None:
    prepare_database(admin, "linli", PASSWORDS)
    make_table(admin)

    with as_role(admin, role) as connection:
        connection.execute("INSERT INTO fact (day) VALUES ('2026-11-22')")
        connection.execute("UPDATE fact SET day = '2026-11-23'")
        assert connection.execute("DELETE FROM fact RETURNING id").fetchall() == [(1,)]
        for forbidden in (
            "TRUNCATE fact",
            "ALTER TABLE fact DISABLE TRIGGER ALL",
            "DROP TABLE fact",
            "CREATE TABLE mine (id int)",
            "SET session_replication_role = replica",
            "SET ROLE linli_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_preparing_twice_changes_nothing_and_keeps_what_was_revoked(admin: str) -> None:
    prepare_database(admin, "linli", PASSWORDS)
    make_table(admin)
    with as_role(admin, "linli_owner") as owner:
        owner.execute("REVOKE UPDATE, DELETE ON fact FROM linli_app")

    prepare_database(admin, "linli", PASSWORDS)

    with as_role(admin, "linli_app") as app:
        app.execute("INSERT INTO fact (day) VALUES ('2026-11-22')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM fact")


def test_strangers_cannot_connect_to_the_database(admin: str) -> None:
    prepare_database(admin, "linli", PASSWORDS)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE boss LOGIN PASSWORD 'pw'")

    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(make_conninfo(admin, user="boss", password="pw", dbname="linli"))


def test_an_administrator_who_is_no_superuser_is_enough(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD 'pw'")
    boss = make_conninfo(admin, user="boss", password="pw")

    prepare_database(boss, "linli", PASSWORDS)
    prepare_database(boss, "linli", PASSWORDS)
    make_table(admin)

    with as_role(admin, "linli_app") as app:
        assert app.execute("SELECT count(*) FROM fact").fetchone() == (0,)
        assert app.execute("SELECT cardinality(show_trgm('社区'))").fetchone() == (3,)


def test_an_existing_role_with_too_much_power_is_refused(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE ROLE linli_app LOGIN BYPASSRLS")

    with pytest.raises(DatabaseError, match="rights it must not have; run: ALTER ROLE linli_app"):
        prepare_database(admin, "linli", PASSWORDS)


def test_a_database_that_cannot_see_chinese_letters_is_refused(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE plain TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")

    with pytest.raises(DatabaseError, match="not UTF8 with a UTF-8 locale"):
        prepare_database(admin, "plain", PASSWORDS)


def test_passwords_do_not_reach_the_servers_log(cluster: Cluster, admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
    cluster.down()
    cluster.up()
    prepare_database(admin, "linli", PASSWORDS)
    # Only a stopped server has surely written its whole log.
    cluster.down()
    logged = "".join(path.read_text() for path in (cluster.data_dir / "log").iterdir())
    cluster.up()

    assert logged.count("ALTER ROLE") >= len(PASSWORDS)
    assert [password for password in PASSWORDS.values() if password in logged] == []


def test_an_administrators_address_serves_three_roles_with_our_passwords(tmp_path: Path) -> None:
    home = Home.open({"LINLI_HOME": str(tmp_path / "home")})

    made = database_settings(home, {"LINLI_DATABASE_URL": ADMIN, "LINLI_DATABASE_NAME": "county"})

    assert {alias: entry["USER"] for alias, entry in made.items()} == {
        "default": "linli_app",
        "owner": "linli_owner",
        "load": "linli_load",
    }
    assert {entry["NAME"] for entry in made.values()} == {"county"}
    assert made["default"]["HOST"] == "db.example"
    assert made["default"]["PORT"] == "5433"
    assert made["default"]["OPTIONS"] == {
        "sslmode": "require",
        "server_side_binding": True,
        "prepare_threshold": 2,
    }
    assert made["load"]["PASSWORD"] == home.secret("database-linli_load")
    assert "pw" not in {entry["PASSWORD"] for entry in made.values()}


def test_the_applications_own_address_is_used_verbatim(tmp_path: Path) -> None:
    home = Home.open({"LINLI_HOME": str(tmp_path / "home")})
    environ = {"LINLI_DATABASE_URL": APP}

    with pytest.raises(DatabaseError, match="LINLI_DATABASE_OWNER_URL is not"):
        database_settings(home, environ)
    with pytest.raises(DatabaseError, match="managed elsewhere"):
        administrator(home, environ)
    environ |= {
        "LINLI_DATABASE_OWNER_URL": "postgresql://linli_owner:po@db.example/linli",
        "LINLI_DATABASE_LOAD_URL": "postgresql://linli_load:pl@db.example/linli",
    }
    made = database_settings(home, environ)

    assert is_ours_to_prepare(environ) is False
    assert [entry["PASSWORD"] for entry in made.values()] == ["pw", "po", "pl"]


def test_an_address_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    home = Home.open({"LINLI_HOME": str(tmp_path / "home")})

    with pytest.raises(DatabaseError, match="LINLI_DATABASE_URL is no PostgreSQL address"):
        database_settings(home, {"LINLI_DATABASE_URL": "mysql://root@localhost/linli"})
