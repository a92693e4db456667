"""`linli areas …`: data that comes from outside."""

from datetime import datetime
from pathlib import Path

import click

from .groups import set_up_django

MOST_CODES = 20


@click.group()
def areas() -> None:
    """The division tree."""


@areas.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="The day since which the new areas exist."
)
def import_areas(files: tuple[Path, ...], since: datetime | None) -> None:
    """Import areas and area changes from FILES.

    A list of areas is CSV in UTF-8 with the columns code and name. A list of changes has the
    columns kind (merge, split, recode or rename), before, after, day and name (of a rename).
    """
    set_up_django()
    from linli.kernel.areas.load import import_files  # noqa: PLC0415  (needs Django)
    from linli.lib.divisions import VALID_FROM, AreaFileError  # noqa: PLC0415  (slow import)

    try:
        done = import_files(list(files), since=since.date() if since else VALID_FROM)
    except AreaFileError as error:
        raise click.ClickException(f"{error}. Nothing was stored.") from error
    click.echo(f"{done.areas} areas and {done.changes} changes added.")
    if done.renamed:
        codes = ", ".join(f"{code:012d}" for code in done.renamed[:MOST_CODES])
        more = " …" if len(done.renamed) > MOST_CODES else ""
        click.echo(
            f"{len(done.renamed)} known areas are called otherwise here and keep their names;"
            f" a list of changes renames them: {codes}{more}"
        )
