"""`linli db …` and `linli migrate`."""

import os
import shutil

import click
from psycopg.conninfo import conninfo_to_dict

from linli.lib import postgres
from linli.lib.postgres import Cluster, find_binaries
from linli.site import databases
from linli.site.home import Home

from .groups import bring_up_to_date


def own_cluster(*, turbo: bool = False, install: bool = False) -> Cluster:
    """Our own server; a sentence instead when the database is somebody else's."""
    if not databases.is_embedded():
        raise click.ClickException("LINLI_DATABASE_URL is set: that server is not ours to run.")
    return databases.cluster(Home.open(), turbo=turbo, install=install)


@click.group()
def db() -> None:
    """Start, stop and enter our own PostgreSQL."""


@db.command()
def install() -> None:
    """Install PostgreSQL when it is missing: as root with apt, otherwise with npm."""
    found = postgres.install()
    click.echo(f"{postgres.told(found)}: {found}")


@db.command()
@click.option("--turbo", is_flag=True, help="For tests only: fast, and not safe against a crash.")
def up(turbo: bool) -> None:
    """Create the server if absent and start it."""
    status = own_cluster(turbo=turbo, install=True).up()
    click.echo(f"PostgreSQL {status.state}, process {status.pid}, socket in {status.socket_dir}")


@db.command()
def down() -> None:
    """Stop the server."""
    click.echo(f"PostgreSQL {own_cluster().down().state}")


@db.command()
def status() -> None:
    """Say whether the server runs; exit code 3 when it does not."""
    found = own_cluster().status()
    click.echo(f"PostgreSQL {found.state}" + (f", process {found.pid}" if found.pid else ""))
    if not found.is_running:
        raise click.exceptions.Exit(3)


@db.command(context_settings={"ignore_unknown_options": True})
@click.option("--as", "alias", default="app", type=click.Choice(["app", "owner", "load", "admin"]))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(alias: str, arguments: tuple[str, ...]) -> None:
    """Open psql on the database; ARGUMENTS go to psql."""
    home = Home.open()
    if alias == "admin":
        parameters = conninfo_to_dict(databases.administrator(home))
        parameters["dbname"] = databases.database_name()
    else:
        parameters = databases.target("default" if alias == "app" else alias, home)
    # The password travels in the environment: a command line is visible to every user.
    environ = os.environ | {"PGPASSWORD": str(parameters.pop("password", ""))}
    binaries = find_binaries()
    beside = binaries / "psql" if binaries else None
    program = str(beside) if beside and beside.is_file() else shutil.which("psql")
    if program is None:
        raise click.ClickException(
            "psql is missing: PostgreSQL as fetched by npm has none. Debian: postgresql-client"
        )
    words = [f"{name}={value}" for name, value in parameters.items()]
    os.execvpe(program, [program, " ".join(words), *arguments], environ)  # noqa: S606


@click.command()
def migrate() -> None:
    """Bring the database to this version of Linli; restart `serve` and `work` afterwards."""
    bring_up_to_date()
