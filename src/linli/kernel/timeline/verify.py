from dataclasses import dataclass, field

from django.db import connections, transaction

from . import guards
from .models import Event, Seal
from .phrases import RESTORED
from .seal import START, link

SHOWN = 20


@dataclass
class Report:
    """What `linli audit verify` found; `problems` is empty when the timeline is whole.

    `moves` tells where the chain went on in a restored database.
    """

    events: int = 0
    sealed: int = 0
    seals: int = 0
    head: str = ""
    moves: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def verify(*, using: str = "default") -> Report:
    """Check every event against its hash, every link against its events, and the guards.

    Finds an edited, deleted, added or reordered event below the last head; what was cut off after
    it is found by comparing the head with the copy that was published elsewhere.
    """
    report = Report()
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(
            "SELECT count(*), (array_agg(e.id) FILTER (WHERE e.hash <> linli_event_hash(e)))[1:%s]"
            " FROM timeline_event e",
            [SHOWN],
        )
        report.events, altered = cursor.fetchone()
        report.problems += [f"event {one} was altered" for one in altered or ()]
        _check_chain(report, using)
    report.problems += [f"guard {one}" for one in guards.flaws(using=using)]
    return report


def _check_chain(report: Report, using: str) -> None:
    head, expected_first = START, 0
    before: Seal | None = None
    for number, one in enumerate(Seal.objects.using(using).order_by("number"), start=1):
        rows = Event.objects.using(using).filter(
            transaction__gte=one.first, transaction__lt=one.before
        )
        hashes = list(rows.order_by("transaction", "id").values_list("hash", flat=True))
        if one.number != number or one.first != expected_first:
            report.problems.append(f"seal {one.number} does not follow the one before it")
        if len(hashes) != one.events:
            report.problems.append(
                f"seal {one.number} holds {one.events} events, {len(hashes)} are there"
            )
        if link(head, hashes) != bytes(one.head):
            report.problems.append(f"seal {one.number} does not match its events")
        if before is not None and (before.shift, before.origin) != (one.shift, one.origin):
            _check_move(report, one, before, using)
        head, expected_first, before = bytes(one.head), one.before, one
        report.sealed += one.events
        report.seals = number
    report.head = head.hex() if report.seals else ""


def _check_move(report: Report, one: Seal, before: Seal, using: str) -> None:
    """A link of another server must be named by an event, which the links after it protect."""
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
    elif before.origin or one.shift != before.shift:
        report.problems.append(f"seal {one.number} is of another server, and no event says why")
