"""Where the database is, who connects as whom, and how it is prepared.

Three roles from the first migration on: `linli_owner` migrates, `linli_app` serves, works and
tests, `linli_load` copies bulk data in. Neither of the last two owns anything, so that triggers
and grants bind them.

The server is our own under `LINLI_HOME`, unless `LINLI_DATABASE_URL` names another:

- its user is `linli_app`: it is used as it stands, beside `LINLI_DATABASE_OWNER_URL` and
  `LINLI_DATABASE_LOAD_URL`; an administrator has prepared that database;
- any other user is an administrator's: `linli init` prepares the database with it, and the three
  roles connect to the same server with passwords kept in `LINLI_HOME`.

Run as root, our own server cannot stand inside `LINLI_HOME`: PostgreSQL runs as another user, who
could pass through the folder only if it were opened (0711). It stands in `/var/lib/linli-…`
instead, under a random name noted in `LINLI_HOME/database-folder`: a new home never meets the
server of an old one, and a home may be moved.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from psycopg import Connection, OperationalError, ProgrammingError, connect
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from linli.lib.postgres import Cluster, ClusterError, find_binaries
from linli.lib.postgres import install as install_programs

from .home import Home

ROLES = {"default": "linli_app", "owner": "linli_owner", "load": "linli_load"}
URLS = {
    "default": "LINLI_DATABASE_URL",
    "owner": "LINLI_DATABASE_OWNER_URL",
    "load": "LINLI_DATABASE_LOAD_URL",
}
EXTENSIONS = ("pg_trgm", "btree_gin", "btree_gist")
# Any constant will do; two `linli init` at once must meet at the same number.
PREPARE_LOCK = 7_346_651


class DatabaseError(Exception):
    """The database cannot be found or prepared; the message is one sentence for the terminal."""


def database_settings(home: Home, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Django's DATABASES: `default` (linli_app), `owner` and `load`. Connects to nothing."""
    return {alias: django_entry(alias, target(alias, home, environ)) for alias in ROLES}


def target(alias: str, home: Home, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The libpq parameters with which `alias` connects."""
    given = parsed(environ, URLS["default"])
    if given and given.get("user") == ROLES["default"]:
        own = parsed(environ, URLS[alias])
        if own is None:
            raise DatabaseError(f"{URLS['default']} is set for linli_app, {URLS[alias]} is not.")
        return own
    role = {
        "user": ROLES[alias],
        "password": home.secret(f"database-{ROLES[alias]}"),
        "dbname": database_name(environ),
    }
    return (given or {"host": str(cluster(home, environ).socket_dir)}) | role


def administrator(home: Home, environ: Mapping[str, str] = os.environ) -> str:
    """How the administrator connects to the server, as libpq reads it.

    Raises `DatabaseError` when `LINLI_DATABASE_URL` names linli_app: then nobody here is one.
    """
    given = parsed(environ, URLS["default"])
    if given is None:
        return cluster(home, environ).conninfo()
    if given.get("user") == ROLES["default"]:
        raise DatabaseError(
            "The database is managed elsewhere (LINLI_DATABASE_URL names linli_app): "
            "its administrator prepares it."
        )
    return make_conninfo("", **({"dbname": "postgres"} | given))


def is_embedded(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the server is our own under `LINLI_HOME`."""
    return not environ.get(URLS["default"])


def is_ours_to_prepare(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether we hold an administrator's address, so that `linli init` may make roles."""
    given = parsed(environ, URLS["default"])
    return given is None or given.get("user") != ROLES["default"]


def database_name(environ: Mapping[str, str] = os.environ) -> str:
    """The name of the database when we make it."""
    return environ.get("LINLI_DATABASE_NAME") or "linli"


def cluster(
    home: Home,
    environ: Mapping[str, str] = os.environ,
    *,
    turbo: bool = False,
    install: bool = False,
) -> Cluster:
    """Our own server for this home, over the binaries that made it; nothing is started.

    With `install`, PostgreSQL is installed or fetched when it is missing.
    """
    folder = cluster_folder(home)
    made_by = folder / "pgdata" / "PG_VERSION"
    major = int(made_by.read_text()) if made_by.exists() else None
    bin_dir = find_binaries(environ, major=major)
    if bin_dir is None and install and major is None:
        bin_dir = install_programs(environ)
    if bin_dir is None and major is not None:
        raise ClusterError(f"The database in {folder} needs PostgreSQL {major}, which is missing.")
    return Cluster(folder, bin_dir or Path("/nonexistent"), turbo)


def cluster_folder(home: Home) -> Path:
    """Where our own server stands: inside the home, or for root in a folder noted there."""
    if os.geteuid() != 0:
        return home.path("database")
    noted = home.once("database-folder", make=lambda: f"/var/lib/linli-{secrets.token_hex(6)}")
    return Path(noted.strip())


def parsed(environ: Mapping[str, str], name: str) -> dict[str, Any] | None:
    """A PostgreSQL address as libpq parameters; None when the variable is not set."""
    if not (url := environ.get(name)):
        return None
    try:
        return conninfo_to_dict(url)
    except ProgrammingError as error:
        raise DatabaseError(f"{name} is no PostgreSQL address: {error}") from error


def django_entry(alias: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of DATABASES from libpq parameters; what Django has no word for goes to OPTIONS."""
    rest = dict(parameters)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": rest.pop("dbname", "") or database_name(),
        "USER": rest.pop("user", ""),
        "PASSWORD": rest.pop("password", ""),
        "HOST": rest.pop("host", ""),
        "PORT": str(rest.pop("port", "")),
        "CONN_MAX_AGE": 600 if alias == "default" else 0,
        "CONN_HEALTH_CHECKS": True,
        "TIME_ZONE": "UTC",
        "OPTIONS": rest | {"server_side_binding": True, "prepare_threshold": 2},
    }


def is_taken(home: Home, *, marker: str, tables: Sequence[str]) -> bool:
    """Whether the database holds rows of `tables` but none of `marker`, asked without changing
    anything and before there may be one."""
    if is_ours_to_prepare():
        address = make_conninfo(administrator(home), dbname=database_name())
    else:
        address = make_conninfo("", **target("default", home))
    try:
        connection = connect(address, autocommit=True)
    except OperationalError:
        # There is none yet, or none that answers: preparing it will say so.
        return False
    with connection:
        return not _has_rows(connection, marker) and any(
            _has_rows(connection, one) for one in tables
        )


def _has_rows(connection: Connection, table: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone()
    if found is None or found[0] is None:
        return False
    asked = SQL("SELECT EXISTS (SELECT 1 FROM {})").format(Identifier("public", table))
    return connection.execute(asked).fetchone() == (True,)


def prepare_database(admin: str, database: str, passwords: Mapping[str, str]) -> None:
    """Create roles, database, extensions and grants; doing it again changes nothing.

    `admin`: libpq string of a superuser, or of a role with CREATEROLE and CREATEDB.
    `passwords`: one for each of linli_owner, linli_app, linli_load.
    Raises `DatabaseError` when an existing role or database cannot be made fit.
    """
    with connect(admin, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [PREPARE_LOCK])
        for role, password in passwords.items():
            prepare_role(connection, role, password)
        create_database(connection, database)
        with connect(make_conninfo(admin, dbname=database), autocommit=True) as inside:
            prepare_inside(inside, database)


def prepare_role(connection: Connection, role: str, password: str) -> None:
    """A role that can sign in and nothing else."""
    found = connection.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
        " FROM pg_roles WHERE rolname = %s",
        [role],
    ).fetchone()
    if found is None:
        connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(role)))
    elif found[0]:
        raise DatabaseError(
            f"The role {role} exists with rights it must not have; run: ALTER ROLE {role} "
            "NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION"
        )
    # Only the verifier leaves this process, so that no server log can hold the password.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(role), Literal(verifier))
    )


def create_database(connection: Connection, database: str) -> None:
    """The database, owned by linli_owner, with Chinese letters as letters."""
    found = connection.execute(
        "SELECT pg_encoding_to_char(encoding), datctype, pg_get_userbyid(datdba)"
        " FROM pg_database WHERE datname = %s",
        [database],
    ).fetchone()
    if found is not None:
        if found != ("UTF8", found[1], "linli_owner") or found[1] in {"C", "POSIX"}:
            raise DatabaseError(
                f"The database {database} exists, but is not UTF8 with a UTF-8 locale and owned "
                f"by linli_owner (it is {', '.join(found)})."
            )
        return
    mine = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    if mine.fetchone() != (True,):
        # Who is no superuser may give things only to roles they belong to.
        connection.execute("GRANT linli_owner TO CURRENT_USER")
    connection.execute(
        SQL(
            "CREATE DATABASE {} OWNER linli_owner TEMPLATE template0 ENCODING 'UTF8'"
            " LOCALE 'C.UTF-8'"
        ).format(Identifier(database))
    )


def prepare_inside(connection: Connection, database: str) -> None:
    """Extensions, schema and grants of one database."""
    name = Identifier(database)
    for extension in EXTENSIONS:
        connection.execute(SQL("CREATE EXTENSION IF NOT EXISTS {}").format(Identifier(extension)))
    for statement in (
        "ALTER DATABASE {} SET timezone = 'UTC'",
        "ALTER DATABASE {} SET jit = off",
        "ALTER DATABASE {} SET default_text_search_config = 'pg_catalog.simple'",
        "REVOKE ALL ON DATABASE {} FROM PUBLIC",
        "GRANT CONNECT ON DATABASE {} TO linli_app",
        "GRANT CONNECT, TEMPORARY ON DATABASE {} TO linli_load",
    ):
        connection.execute(SQL(statement).format(name))
    for statement in (
        "ALTER SCHEMA public OWNER TO linli_owner",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO linli_app, linli_load",
    ):
        connection.execute(SQL(statement))
    for kind, rights in (
        ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
        ("SEQUENCES", "USAGE, SELECT"),
    ):
        connection.execute(
            SQL(
                "ALTER DEFAULT PRIVILEGES FOR ROLE linli_owner IN SCHEMA public"
                " GRANT {} ON {} TO linli_app, linli_load"
            ).format(SQL(rights), SQL(kind))
        )


def prepare(home: Home, environ: Mapping[str, str] = os.environ) -> None:
    """Prepare the database of this home, with the passwords kept there."""
    passwords = {role: home.secret(f"database-{role}") for role in ROLES.values()}
    prepare_database(administrator(home, environ), database_name(environ), passwords)


class OwnerMigrates:
    """Only the owner of the tables migrates; the application's role owns nothing."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
