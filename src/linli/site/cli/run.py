"""`linli serve` and `linli work`: the two processes of an installation."""

import os
import shutil
import sys

import click

from linli.site import running
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


def counting_together(home: Home) -> dict[str, str]:
    """A folder in which the web processes of this server count, beginning at nothing (see
    `site.metrics`); those of servers that are gone are removed."""
    folder = home.path("metrics")
    for left in folder.glob("*"):
        if not left.name.isdigit() or not running.is_alive(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    own = folder / str(os.getpid())
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700, parents=True)
    return {"PROMETHEUS_MULTIPROC_DIR": str(own)}


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> None:
    """Answer web requests."""
    home = Home.open()
    refuse_half(home)
    # Kept by the process that this one becomes.
    running.hold(home)
    command = granian(host, port)
    os.execve(command[0], command, os.environ | counting_together(home))  # noqa: S606


@click.command()
def work() -> None:
    """Do the jobs: seal the timeline, fold the statistics, remind, export."""
    home = Home.open()
    refuse_half(home)
    running.hold(home)
    set_up_django()
    from linli.kernel.jobs.work import run  # noqa: PLC0415  (needs Django)

    run()
