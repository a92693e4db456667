"""`linli areas …`: data that comes from outside."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

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
    columns kind (merge, split, recode, reparent or rename), before, after, day and name (of a
    rename, or of an area that is new).
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


@areas.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Since when a full list holds.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the changes here as a list.")
def preview(file: Path, day: datetime | None, out: Path | None) -> None:
    """Say what FILE would change: a list of changes, or a new year's full list of some area.

    Of a full list, what became of what is compared by codes and names: --out writes it as a list of
    changes, in which what is open has no code after it yet. Nothing is stored.
    """
    set_up_django()
    from . import reorganising  # noqa: PLC0415  (needs Django)

    reorganising.preview(file, day=day.date() if day else None, out=out)


@areas.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Put the list of changes in FILE into force, as a whole or not at all."""
    set_up_django()
    from . import reorganising  # noqa: PLC0415

    reorganising.put_into_force(file)


@areas.command("take-back")
@click.argument("number", type=click.UUID)
def take_back(number: UUID) -> None:
    """Take the reorganisation NUMBER back, while nothing stands under its new codes."""
    set_up_django()
    from . import reorganising  # noqa: PLC0415

    reorganising.take_back(number)


@areas.command()
def log() -> None:
    """The reorganisations, the newest first."""
    set_up_django()
    from . import reorganising  # noqa: PLC0415

    reorganising.log()
