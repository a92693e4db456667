"""`linli init`, `linli demo`: from nothing to something that can be served."""

import os
import sys

import click

from linli.site import databases
from linli.site.home import Home, folder_from

from .groups import bring_up_to_date, set_up_django
from .pair import run_together


def prepare_installation(*, for_demo: bool = False) -> None:
    """A running server, the roles and the database, and the tables of this version.

    A demonstration leaves a database that is in use as it is.
    """
    home = Home.open()
    if databases.is_embedded():
        databases.cluster(home, install=True).up()
    if for_demo:
        set_up_django()
        from linli.site.demo import refuse_foreign  # noqa: PLC0415  (needs Django)

        refuse_foreign(home)
    if databases.is_ours_to_prepare():
        databases.prepare(home)
    bring_up_to_date()


@click.command()
def init() -> None:
    """Prepare the database of this installation; doing it again is harmless."""
    prepare_installation()
    from linli.site.install import import_areas  # noqa: PLC0415  (needs Django)

    if added := import_areas():
        click.echo(f"{added} areas loaded.")
    click.echo("Ready. Next: linli department, linli user add, linli serve, linli work.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-serve", is_flag=True, help="Prepare the demonstration and stop.")
@click.option("--reset", is_flag=True, help="Throw the old demonstration away first.")
def demo(host: str, port: int, no_serve: bool, reset: bool) -> None:
    """Show Linli with invented people, in a home of its own beside the real one."""
    own_home = folder_from(os.environ).with_name("linli-demo")
    os.environ.setdefault("LINLI_HOME", str(own_home))
    # Everybody may look around; a real installation starts with what settings.py says.
    os.environ.setdefault("LINLI_SECOND_FACTOR", "off")
    prepare_installation(for_demo=True)
    from linli.site.demo import prepare  # noqa: PLC0415  (needs Django)

    for line in prepare(reset=reset):
        click.echo(line)
    if not no_serve:
        click.echo(f"http://{host}:{port}/")
        program = [sys.executable, "-m", "linli.site"]
        web = [*program, "serve", "--host", host, "--port", str(port)]
        raise click.exceptions.Exit(run_together([web, [*program, "work"]]))
