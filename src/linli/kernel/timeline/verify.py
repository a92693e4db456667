from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.db import connections, transaction

from . import guards
from .heads import Head
from .models import Event, Seal
from .phrases import RESTORED
from .seal import START, link

SHOWN = 20
CHUNK = 20_000
ALTERED = """
SELECT count(*), (array_agg(e.id) FILTER (WHERE e.hash <> linli_event_hash(e)))[1:%s]
FROM timeline_event e
"""


@dataclass
class Report:
    """What `linli audit verify` found; `problems` is empty when the timeline is whole.

    `moves` tells where the chain went on in a restored database, and what was lost there;
    `published` is how many heads from outside were compared.
    """

    events: int = 0
    sealed: int = 0
    seals: int = 0
    head: str = ""
    published: int = 0
    moves: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Move:
    """A seal with which the chain has gone on in a restored database."""

    number: int
    at: datetime


def verify(*, heads: Iterable[Head] = (), using: str = "default") -> Report:
    """Check every event against its hash, every link against its events, and the guards.

    Finds an edited, deleted, added or reordered event below the last head. What was cut off after
    it, and a chain that was made anew, is found by `heads` that were published elsewhere.
    """
    report = Report()
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(ALTERED, [SHOWN])
        report.events, altered = cursor.fetchone()
        report.problems += [f"event {one} was altered" for one in altered or ()]
        moves = _check_chain(report, using)
        _check_published(report, list(heads), moves, using)
    report.problems += [f"guard {one}" for one in guards.flaws(using=using)]
    return report


def _check_chain(report: Report, using: str) -> list[Move]:
    """Walk along all events once, from seal to seal; where the chain has moved on."""
    head, expected_first = START, 0
    before: Seal | None = None
    moves = []
    events = _Walk(using)
    for number, one in enumerate(Seal.objects.using(using).order_by("number"), start=1):
        hashes = events.between(one.first, one.before)
        if one.number != number or one.first != expected_first:
            report.problems.append(f"seal {one.number} does not follow the one before it")
        if len(hashes) != one.events:
            report.problems.append(
                f"seal {one.number} holds {one.events} events, {len(hashes)} are there"
            )
        if link(head, hashes) != bytes(one.head):
            report.problems.append(f"seal {one.number} does not match its events")
        if before is not None and _is_move(report, one, before, using):
            moves.append(Move(one.number, one.sealed_at))
        head, expected_first, before = bytes(one.head), one.before, one
        report.sealed += one.events
        report.seals = number
    report.head = head.hex() if report.seals else ""
    return moves


class _Walk:
    """All events in order, read once however many seals there are: a year has half a million."""

    def __init__(self, using: str) -> None:
        rows = Event.objects.using(using).order_by("transaction", "id")
        self._rows: Iterator[tuple[int, bytes | memoryview]] = rows.values_list(
            "transaction", "hash"
        ).iterator(chunk_size=CHUNK)
        self._next: tuple[int, bytes | memoryview] | None = None
        self._step()

    def _step(self) -> None:
        self._next = next(islice(self._rows, 1), None)

    def between(self, first: int, before: int) -> list[bytes | memoryview]:
        """The hashes of the events from one transaction up to another. Seals that overlap lose what
        an earlier one took: then neither matches."""
        found = []
        while self._next is not None and self._next[0] < before:
            if self._next[0] >= first:
                found.append(self._next[1])
            self._step()
        return found


def _is_move(report: Report, one: Seal, before: Seal, using: str) -> bool:
    """Whether the chain goes on elsewhere. A link of another server must be named by an event, and
    the links after it protect that."""
    if (before.shift, before.origin) == (one.shift, one.origin):
        return False
    named = Event.objects.using(using).filter(
        verb=RESTORED,
        transaction__gte=one.before,
        data__head=bytes(before.head).hex(),
        data__seal=one.number,
        data__shift=one.shift,
        data__origin=one.origin,
    )
    if named.exists():
        report.moves.append(
            f"With seal {one.number} the timeline goes on in a database restored on"
            f" {one.sealed_at:%Y-%m-%d}, from the head {bytes(before.head).hex()}."
        )
        return True
    if before.origin or one.shift != before.shift:
        report.problems.append(f"seal {one.number} is of another server, and no event says why")
    return False


def _check_published(report: Report, heads: list[Head], moves: list[Move], using: str) -> None:
    """Every head that was published must be a link of the chain. What was published before a
    restore and lies beyond it was lost with it: that is said, and no fault."""
    report.published = len(heads)
    lost = 0
    held = {one.number: one for one in Seal.objects.using(using).all()} if heads else {}
    for one in sorted(heads, key=lambda each: (each.number, each.at)):
        seal = held.get(one.number)
        if seal is not None and (bytes(seal.head).hex(), seal.before) == (one.head, one.before):
            continue
        if any(move.number <= one.number and one.at < move.at for move in moves):
            lost += 1
        elif seal is None:
            report.problems.append(
                f"seal {one.number} was published at {one.at:%Y-%m-%d %H:%M} UTC and is gone:"
                " the end of the timeline was cut off"
            )
        else:
            report.problems.append(
                f"seal {one.number} was published at {one.at:%Y-%m-%d %H:%M} UTC with another head:"
                " the timeline was made anew"
            )
    if lost:
        report.moves.append(f"{lost} published seals were lost with a restore.")
