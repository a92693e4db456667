"""`linli status` and `linli upgrade`."""

import click

from linli.site import databases, running
from linli.site.home import Home

from .backup import shown
from .groups import bring_up_to_date, set_up_django

LEAST_FREE = 500 * 2**20
SHARE_FREE = 0.2
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = 'linli_app' AND datname = current_database() AND pid <> pg_backend_pid()
"""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(as_json: bool) -> None:
    """Say how the installation is; exit code 1 when something is wrong with it."""
    home = Home.open()
    set_up_django()
    from django.db import DatabaseError  # noqa: PLC0415  (needs Django)

    from linli.site import status as looking  # noqa: PLC0415

    try:
        found = looking.status(home)
    except DatabaseError as error:
        told = str(error).strip().split("\n", 1)[0]
        raise click.ClickException(f"The database does not answer: {told}") from error
    if as_json:
        click.echo(found.as_json())
    else:
        for line in [*looking.lines(found), *(f"! {one}" for one in found.troubles)]:
            click.echo(line)
    if found.troubles:
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--without-backup", is_flag=True, help="Go on where no backup can be taken.")
def upgrade(without_backup: bool) -> None:
    """Bring everything to this version: back up, migrate, rebuild, check. May be repeated."""
    home = Home.open()
    with running.alone(home):
        if databases.is_embedded():
            databases.cluster(home).up()
        set_up_django()
        refuse_others()
        refuse_narrow(home)
        back_up(home, without_backup=without_backup)
        from linli.site.backup.proof import unapplied  # noqa: PLC0415  (needs Django)

        click.echo(f"{unapplied()} migrations to do.")
        if databases.is_ours_to_prepare():
            databases.prepare(home)
        bring_up_to_date()
        click.echo("Tables, triggers, numbers and pages are those of this version.")
        conclude()


def refuse_others() -> None:
    """Refuse while somebody works, from this machine or another."""
    from django.db import connection  # noqa: PLC0415  (needs Django)

    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        (count,) = cursor.fetchone()
    if count:
        raise running.Busy(
            f"{count} connections of linli serve or linli work are open; stop them first."
        )


def refuse_narrow(home: Home) -> None:
    """Refuse where there may be no room to write tables anew."""
    from linli.site.figures import disks  # noqa: PLC0415  (needs Django)

    for one in disks(home, None):
        wanted = max(LEAST_FREE, int(database_bytes() * SHARE_FREE))
        if one.free < wanted:
            raise click.ClickException(
                f"{one.folder} has {one.free // 2**20} MB left; an upgrade may need "
                f"{wanted // 2**20} MB. Nothing was changed."
            )


def database_bytes() -> int:
    from django.db import connection  # noqa: PLC0415  (needs Django)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def back_up(home: Home, *, without_backup: bool) -> None:
    """Take a backup where backups have been begun; elsewhere somebody has to say so."""
    from linli.site.backup import take  # noqa: PLC0415  (slow import)

    if databases.is_embedded() and take.note_of(home).path is not None:
        made = take.take(home, progress=shown(), say=click.echo)
        click.echo(f"Backup {made.name} taken.")
    elif not without_backup:
        raise click.ClickException(
            "No backup can be taken here: back the database up yourself, then say --without-backup."
        )
    else:
        click.echo("No backup was taken.")


def conclude() -> None:
    """Run the checks, as `linli check` does."""
    from linli.site.check import run_checks  # noqa: PLC0415  (needs Django)

    findings = run_checks()
    for finding in findings:
        click.echo(str(finding))
    if any(finding.level == "error" for finding in findings):
        raise click.exceptions.Exit(1)
    click.echo("Upgraded. Next: linli serve, linli work")
