import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import django

from linli.site import databases
from linli.site.home import Home

from .environment import SIZE
from .report import missed, store, table
from .timing import Figure, load

PARTS = ("load", "actions", "upkeep", "reads", "web")


def main() -> None:
    """Prepare the data, measure the parts asked for, print, store, and leave nothing running."""
    asked = _arguments()
    cluster = databases.cluster(Home.open(), install=True)
    was_up = cluster.status().is_running
    cluster.up()
    try:
        _measure(asked)
    finally:
        if not was_up:
            cluster.down()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rebuild", action="store_true", help="make the data set anew")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    return parser.parse_args()


def _measure(asked: argparse.Namespace) -> None:
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415  (needs Django)

    from .world.build import prepare  # noqa: PLC0415

    began_with = load()
    loading = prepare(rebuild=asked.rebuild, say=_say)
    if "web" in asked.only:
        call_command("collectstatic", interactive=False, verbosity=0)
    figures: list[Figure] = []
    floors = _floors(figures)
    if "upkeep" not in asked.only:
        # The worker would have done it long ago.
        _fold()
    for name, part in _parts(loading).items():
        if name in asked.only:
            made = part(floors)
            figures += made
            _say(f"\n{made[0].part}\n{table(made)}")
    facts = _facts(loading, began_with)
    for line in missed(figures):
        _say(f"missed: {line}")
    _say(f"\n{store(figures, facts)}")


def _floors(figures: list[Figure]) -> dict[str, Figure]:
    from . import floors  # noqa: PLC0415  (needs Django)

    made = floors.measure()
    figures += made.values()
    _say(f"\n{floors.PART}\n{table(list(made.values()))}")
    return made


def _parts(loading: Any) -> dict[str, Callable[[dict[str, Figure]], list[Figure]]]:
    from . import loads, reads, upkeep, writes  # noqa: PLC0415  (needs Django)
    from .web import measure as web  # noqa: PLC0415

    return {
        "load": lambda floors: loads.figures(loading),
        "actions": writes.measure,
        "upkeep": upkeep.measure,
        "reads": reads.measure,
        "web": web,
    }


def _fold() -> None:
    from linli.kernel.stats.fold import fold  # noqa: PLC0415  (needs Django)

    while fold():
        pass


def _facts(loading: Any, began_with: float) -> dict[str, Any]:
    """What a reader needs to compare this run with another."""
    return {
        "at": datetime.now(UTC).isoformat(),
        "services": SIZE,
        "machine": f"{os.cpu_count()} cores, {platform.platform()}",
        "python": platform.python_version(),
        "django": django.get_version(),
        "load_before": began_with,
        "loading": vars(loading),
    }


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
