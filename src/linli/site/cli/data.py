"""`linli areas …`: data that comes from outside."""

from pathlib import Path

import click

from .groups import set_up_django


@click.group()
def areas() -> None:
    """The division tree."""


@areas.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def import_areas(files: tuple[Path, ...]) -> None:
    """Import areas and area changes from FILES."""
    set_up_django()
    from linli.kernel.areas.load import import_files  # noqa: PLC0415  (needs Django)

    import_files(list(files))
