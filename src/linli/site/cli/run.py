"""`linli serve` and `linli work`: the two processes of an installation."""

import os
import sys

import click

from linli.site.backup.restore import refuse_half
from linli.site.home import Home

from .groups import set_up_django


def granian(host: str, port: int) -> list[str]:
    """The web server's command: two processes of one thread each (see docs/decisions)."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host,
        "--port", str(port), "--workers", "2", "--blocking-threads", "1",
        "--respawn-failed-workers", "--no-access-log", "linli.site.wsgi:application",
    ]  # fmt: skip


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Answer web requests."""
    refuse_half(Home.open())
    command = granian(host, port)
    os.execv(command[0], command)  # noqa: S606


@click.command()
def work() -> None:
    """Do the jobs: seal the timeline, fold the statistics, remind, export."""
    refuse_half(Home.open())
    set_up_django()
    from linli.kernel.jobs.work import run  # noqa: PLC0415  (needs Django)

    run()
