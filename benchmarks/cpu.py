"""Processor time, which other people's work on the machine hardly changes."""

import os
from collections.abc import Iterable
from pathlib import Path

from linli.site import databases
from linli.site.home import Home

TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """The processor seconds of some processes, their children and PostgreSQL, since it was made."""

    def __init__(self, pids: Iterable[int]) -> None:
        postmaster = databases.cluster(Home.open()).status().pid
        self._parents = [*pids, *([postmaster] if postmaster else [])]
        self._began = self._read()

    def seconds(self) -> float:
        return self._read() - self._began

    def _read(self) -> float:
        """Children that have ended count with the parent that waited for them."""
        return sum(
            _used(pid, with_ended=True) + sum(_used(child) for child in children(pid))
            for pid in self._parents
        )


def children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(one) for one in listed.split()]


def _used(pid: int, *, with_ended: bool = False) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(one) for one in fields[11 : 15 if with_ended else 13]) / TICKS


def idle_note(seconds_each: float) -> str:
    """What the machine's cores could do with nothing else to do."""
    cores = os.cpu_count() or 1
    return f"{cores / seconds_each:,.0f}/s if all {cores} cores were free"
