"""What the worker does behind everybody's back: folding, sealing; and the proofs."""

import time

from django.db import connection

from linli.kernel.stats.fold import fold
from linli.kernel.stats.models import Delta
from linli.kernel.stats.verify import verify as verify_statistics
from linli.kernel.timeline.models import Event, Seal
from linli.kernel.timeline.seal import seal
from linli.kernel.timeline.verify import verify as verify_timeline

from .crowd import Crowd
from .timing import Figure, load
from .writes import WRITER

PART = "Folding, sealing, proving"
BURST_SECONDS = 8.0
# The worker folds this often; what was folded a moment ago is exact all the same.
EVERY_SECONDS = 10


def measure(floors: dict[str, Figure]) -> list[Figure]:
    """First what loading has left, then what four writers leave in a few seconds."""
    made = [folding("fold what was loaded"), sealing("seal what was loaded")]
    with Crowd(4, WRITER) as crowd:
        told = crowd.run(BURST_SECONDS)
    actions = sum(len(one) for one in told)
    per_burst = f"after {actions:,} actions in {BURST_SECONDS:.0f} s"
    made.append(folding("fold after a burst", per_burst))
    made.append(sealing("seal after a burst", per_burst))
    return [*made, *proving()]


def folding(name: str, note: str = "") -> Figure:
    waiting = Delta.objects.count()
    began = time.perf_counter()
    folded = 0
    while now := fold():
        folded += now
    seconds = time.perf_counter() - began
    lag = f"lag ≤ {EVERY_SECONDS + seconds:.1f} s"
    told = f"{folded:,} of {waiting:,} deltas in {seconds:.2f} s, {lag}"
    note = " · ".join(part for part in (told, note) if part)
    return Figure(PART, name, per_second=folded / seconds, note=note, load=load())


def sealing(name: str, note: str = "") -> Figure:
    began = time.perf_counter()
    made = seal()
    seconds = time.perf_counter() - began
    events = made.events if made else 0
    note = " · ".join(part for part in (f"{events:,} events in {seconds:.2f} s", note) if part)
    return Figure(PART, name, per_second=events / seconds, note=note, load=load())


def proving() -> list[Figure]:
    began = time.perf_counter()
    differences = verify_statistics()
    middle = time.perf_counter()
    problems = verify_timeline().problems
    ended = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stats_tally")
        (cells,) = cursor.fetchone()
    events, seals = Event.objects.count(), Seal.objects.count()
    return [
        Figure(
            PART,
            "linli stats verify",
            note=f"{middle - began:.1f} s, {cells:,} cells, {len(differences)} differences",
            target="0 differences",
            is_met=not differences,
            load=load(),
        ),
        Figure(
            PART,
            "linli audit verify",
            note=f"{ended - middle:.1f} s, {events:,} events, {seals} seals, "
            f"{len(problems)} problems",
            target="0 problems",
            is_met=not problems,
            load=load(),
        ),
    ]
