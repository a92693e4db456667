from dataclasses import dataclass, field

from django.db import connections, transaction

from . import guards
from .models import Event, Seal
from .seal import START, link

SHOWN = 20


@dataclass
class Report:
    """What `linli audit verify` found; `problems` is empty when the timeline is whole."""

    events: int = 0
    sealed: int = 0
    seals: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)


def missing_guards() -> list[str]:
    return guards.missing()


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
    report.problems += [f"guard {name} is missing" for name in guards.missing(using=using)]
    return report


def _check_chain(report: Report, using: str) -> None:
    head, expected_first = START, 0
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
        head, expected_first = bytes(one.head), one.before
        report.sealed += one.events
        report.seals = number
    report.head = head.hex() if report.seals else ""
