"""Statistics with several connections at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.stats.fold import fold
from linli.kernel.stats.models import Delta
from linli.kernel.stats.read import by_dimension, total
from linli.kernel.stats.verify import verify

from ..world import World, build_world
from .facts import COUNTED, NATION, PLACES, Recount, add_places, asked, fact, store

WRITERS, FACTS = 3, 100


@pytest.fixture
def busy(fresh_database: None) -> World:
    with transaction.atomic():
        made = build_world()
        add_places()
    return made


def record(world: World, *, times: int, start: int = 0) -> None:
    """So many facts, each in a transaction of its own."""
    for at in range(start, start + times):
        with transaction.atomic():
            set_actor(system("tests"))
            store(fact(world, area_id=PLACES[at % len(PLACES)]))


def alone(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connection.close()


def test_folds_beside_writers_and_readers_lose_and_double_nothing(busy: World) -> None:
    done = Event()
    seen: list[int] = []

    def fold_on() -> int:
        folded = 0
        while not done.is_set():
            folded += fold()
        return folded

    def read_on() -> None:
        while not done.is_set():
            question = asked(NATION)
            before = total(question).n
            parts = sum(one.n for one in by_dimension(question, "method").values())
            after = total(question).n
            seen.extend((before, parts, after))
            assert before <= parts <= after

    with ThreadPoolExecutor(WRITERS + 3) as pool:
        others = [pool.submit(alone, work) for work in (fold_on, fold_on, read_on)]
        writers = [
            pool.submit(alone, lambda start=at: record(busy, times=FACTS, start=start))
            for at in range(WRITERS)
        ]
        try:
            for one in writers:
                one.result()
        finally:
            done.set()
        folded = [one.result() for one in others]

    assert (seen, len(seen) > 3) == (sorted(seen), True)
    waiting = Delta.objects.count()
    assert sum(one or 0 for one in folded) + waiting == WRITERS * FACTS
    assert verify() == []
    recount = Recount.now()
    fold()
    assert total(asked(NATION)).n == WRITERS * FACTS
    for area in COUNTED:
        assert total(asked(area)) == recount.total(asked(area))


def test_a_number_does_not_change_while_it_is_folded(busy: World) -> None:
    record(busy, times=30)
    expected = total(asked(NATION))
    done = Event()

    def watch() -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(total(asked(NATION)).n)
        return seen

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(alone, watch)
        while fold():
            pass
        done.set()
        seen = watching.result()
    assert seen == {expected.n}
    assert total(asked(NATION)) == expected


def test_what_is_not_committed_is_counted_by_nobody_else(busy: World) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            set_actor(system("tests"))
            store(fact(busy))
            assert total(asked(NATION)).n == 1
            assert pool.submit(alone, lambda: (total(asked(NATION)).n, fold())).result() == (0, 0)
        assert pool.submit(alone, lambda: total(asked(NATION)).n).result() == 1
