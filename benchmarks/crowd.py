import multiprocessing
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Self

STOP = -1.0

Work = Callable[[], object]


class Crowd(AbstractContextManager["Crowd"]):
    """So many processes that do the same work at the same time, each on its own connection.

    `maker` is the name of a function ("package.module:function") that is called with the number of
    the process, in that process, and gives the work that is repeated.
    """

    def __init__(self, how_many: int, maker: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for number in range(how_many):
            ours, theirs = context.Pipe()
            process = context.Process(target=_live, args=(theirs, maker, number), daemon=True)
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def __enter__(self) -> Self:
        return self

    def run(self, seconds: float) -> list[list[float]]:
        """Work for so long, all at once; the durations that each process measured."""
        for pipe in self._pipes:
            pipe.send(seconds)
        return [pipe.recv() for pipe in self._pipes]

    def pids(self) -> list[int]:
        return [process.pid for process in self._processes if process.pid]

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.send(STOP)
        for process in self._processes:
            process.join(timeout=20)
            if process.is_alive():
                process.kill()


def _live(pipe: Connection, maker: str, number: int) -> None:
    import django  # noqa: PLC0415  (a new process sets up for itself)

    django.setup()
    module, _, function = maker.partition(":")
    work: Work = getattr(import_module(module), function)(number)
    for _ in range(3):
        work()
    pipe.send("ready")
    while (seconds := pipe.recv()) != STOP:
        taken = []
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            work()
            taken.append(time.perf_counter() - began)
        pipe.send(taken)
