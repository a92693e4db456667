import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

WARM_UP = 3


@dataclass
class Figure:
    """One line of the table: how long a thing takes, how often a second, and beside which floor.

    `cpu` is the processor time of one, in milliseconds, of all processes that had a hand in it.
    `ratio` is p50 over the floor's p50 for single figures, floor per second over per second for
    throughputs; `target` is words for people, `is_met` None where nothing was promised.
    """

    part: str
    name: str
    p50: float | None = None
    p95: float | None = None
    per_second: float | None = None
    cpu: float | None = None
    count: int = 0
    floor: str = ""
    ratio: float | None = None
    target: str = ""
    is_met: bool | None = None
    note: str = ""
    load: float = 0.0

    def against(self, floor: "Figure") -> "Figure":
        """Set beside a floor measured in the same way."""
        self.floor = floor.name
        if self.p50 and floor.p50:
            self.ratio = self.p50 / floor.p50
        elif self.per_second and floor.per_second:
            self.ratio = floor.per_second / self.per_second
        return self

    def at_least(self, per_second: float, *, whose: str = "") -> "Figure":
        self.target = f"≥ {per_second:g}/s" + (f" ({whose})" if whose else "")
        self.is_met = self.per_second is not None and self.per_second >= per_second
        return self

    def p95_within(self, milliseconds: float) -> "Figure":
        self.target = f"p95 ≤ {milliseconds:g} ms"
        self.is_met = self.p95 is not None and self.p95 <= milliseconds
        return self

    def at_most(self, value: float, limit: float, unit: str) -> "Figure":
        """For figures that are no times (bytes, seconds): the value stands in the note."""
        self.note = " · ".join(part for part in (f"{value:,.1f} {unit}", self.note) if part)
        self.target = f"≤ {limit:,g} {unit}"
        self.is_met = value <= limit
        return self


def figure(part: str, name: str, seconds: list[float], **more: Any) -> Figure:
    """p50 and p95 in milliseconds, and how many a second one caller gets one after another."""
    cuts = quantiles(seconds, n=20) if len(seconds) > 1 else seconds * 19
    return Figure(
        part,
        name,
        p50=cuts[9] * 1000,
        p95=cuts[18] * 1000,
        per_second=len(seconds) / sum(seconds),
        count=len(seconds),
        load=load(),
        **more,
    )


def repeat(
    work: Callable[[], object], *, seconds: float = 2.0, at_most: int = 5_000
) -> list[float]:
    """The durations of calling `work` for so long, after a few calls that do not count."""
    for _ in range(WARM_UP):
        work()
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until and len(taken) < at_most:
        taken.append(once(work))
    return taken


def once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def load() -> float:
    """What else the machine does: the one-minute load average, ours included."""
    return round(os.getloadavg()[0], 2)
