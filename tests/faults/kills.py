"""Kill web and job workers under load, again and again, and count what is left."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connections, transaction
from django.utils import timezone

from linli.intake.models import Request
from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue
from linli.kernel.flow.models import Clock, Duty
from linli.kernel.scope import unscoped
from linli.kernel.stats import verify as stats
from linli.kernel.stats.fold import fold
from linli.kernel.stats.models import Delta, Tally
from linli.kernel.timeline import verify as timeline
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.seal import seal

from ..server import serving, wait_until_up
from ..world import VILLAGE, build_world
from .load import Load

# A web worker that dies twice within 5.5 s is taken for a crash loop, and the server ends itself.
PAUSE_SECONDS = 6.0
# The job worker folds every ten seconds, and begins anew after each kill.
FOLDED_WITHIN_SECONDS = 60.0


@dataclass
class Outcome:
    """What the kills left behind. `waiting` are deltas that the last job worker did not fold."""

    kills: int
    killed: int
    waiting: int
    acknowledged: int
    unanswered: int
    stored: int
    lost: int
    half_done: int
    stats_differences: list[str]
    timeline_problems: list[str]
    refused: list[str]


def kill_under_load(database: str, *, kills: int, log: Path) -> Outcome:
    """Serve, load, kill the web workers and the job worker `kills` times, then count."""
    with transaction.atomic():
        world = build_world()
        post = Post.objects.get(user=world.users["dispatcher"])
        key = issue(post, name="load", valid_until=timezone.now() + timedelta(hours=1))
    body = {"area": VILLAGE, "need": "care", "words": "帮忙", "door": "phone"}
    with serving(database, log=log, with_worker=True) as running:
        load = Load(running.port, key, body)
        threads = load.run()
        killed: set[int] = set()
        for _kill in range(kills):
            time.sleep(PAUSE_SECONDS)
            killed.update(running.kill_web())
            running.kill_worker()
            wait_until_up(running.url)
        time.sleep(PAUSE_SECONDS)
        load.stop.set()
        for thread in threads:
            thread.join(timeout=30)
        waiting = wait_until_folded()
    outcome = count(kills, load, killed=len(killed), waiting=waiting)
    for alias in connections:
        connections[alias].close()
    return outcome


def wait_until_folded() -> int:
    """Give the job worker its time; how many deltas it has left."""
    until = time.monotonic() + FOLDED_WITHIN_SECONDS
    while (waiting := Delta.objects.count()) and time.monotonic() < until:
        time.sleep(0.5)
    return waiting


def count(kills: int, load: Load, *, killed: int = 0, waiting: int = 0) -> Outcome:
    """Compare what was told with what is stored, and what is stored with what goes with it."""
    with unscoped("test"):
        stored = set(Request.objects.values_list("pk", flat=True))
    told = {
        name: set(rows)
        for name, rows in {
            "event": Event.objects.filter(verb="intake.request.opened").values_list(
                "subject_id", flat=True
            ),
            "clock": Clock.objects.values_list("subject_id", flat=True),
            "duty": Duty.objects.values_list("subject_id", flat=True),
        }.items()
    }
    before = [str(one) for one in stats.verify()]
    while fold():
        pass
    seal()
    cube = Tally.objects.filter(measure="requests", dim="", area=0).values_list("n", flat=True)
    differences = before + [str(one) for one in stats.verify()]
    if sum(cube) != len(stored):
        differences.append(f"cube says {sum(cube)}, stored are {len(stored)}")
    return Outcome(
        kills=kills,
        killed=killed,
        waiting=waiting,
        acknowledged=len(load.acknowledged),
        unanswered=load.unanswered,
        stored=len(stored),
        lost=len(set(load.acknowledged) - stored),
        half_done=sum(len(stored ^ ids) for ids in told.values()),
        stats_differences=differences,
        timeline_problems=timeline.verify().problems,
        refused=load.refused,
    )
