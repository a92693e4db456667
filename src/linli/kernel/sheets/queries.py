import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind

from .enums import BUSY, ENDED, ImportState, Outcome
from .models import Import, Mapping, Row
from .plan import Plan, Said, Sheet

DIGEST = "sheets.file"
UNDO_DAYS = timedelta(days=30)
SHOWN_ROWS = 100
DONE_SO_FAR = {
    ImportState.CHECKING: (Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ALREADY),
    ImportState.RUNNING: (Outcome.DONE,),
    ImportState.PAUSED: (Outcome.DONE,),
    ImportState.UNDOING: (Outcome.REMOVED, Outcome.KEPT),
}
STILL_TO_COME = {
    ImportState.CHECKING: (Outcome.WAITING,),
    ImportState.RUNNING: (Outcome.ACCEPTED,),
    ImportState.PAUSED: (Outcome.ACCEPTED,),
    ImportState.UNDOING: (Outcome.DONE,),
}


@dataclass(frozen=True)
class Progress:
    """How far a job is: rows done, rows in all, and when it will have ended at this pace."""

    done: int
    total: int
    ends_at: datetime | None


def imports(actor: Actor) -> QuerySet[Import]:
    """Imports the actor may look at; files are not read."""
    rows = visible(Import.objects.all(), actor, "imports.view")
    return rows.defer("content", "plan").select_related("user")


def one(actor: Actor, import_id: UUID) -> Import | None:
    """One import with the actor's verbs on it; None if hidden. Its file is not read."""
    rows = with_verbs(imports(actor), actor, ("imports.run", "imports.undo"))
    return rows.filter(pk=import_id).first()


def digest_of(blob: bytes) -> bytes:
    return blind(base64.b64encode(blob).decode(), purpose=DIGEST)


def sheets_of(batch: Import) -> list[Sheet]:
    """The cells of an import that has been read; none when they have been deleted."""
    return list(json.loads(batch.content)) if batch.content else []


def plan_of(batch: Import) -> Plan:
    return Plan.of(batch.plan)


def said_by(unit_id: UUID, kind: str) -> Said:
    """What a unit has said of a kind of sheet."""
    held = Mapping.objects.filter(unit_id=unit_id, kind=kind).first()
    return Said.of(held.said) if held else Said()


def counts(batch: Import) -> dict[str, int]:
    """How many rows there are of each outcome."""
    if batch.counts:
        return {str(name): int(number) for name, number in batch.counts.items()}
    rows = Row.objects.filter(batch=batch).values_list("outcome").annotate(n=Count("id"))
    return dict(rows.order_by("outcome"))


def progress(batch: Import, *, now: datetime) -> Progress | None:
    """How far the job of an import is, if it has one that counts rows."""
    state = ImportState(batch.state)
    if state not in DONE_SO_FAR:
        return None
    held = counts(batch)
    done = sum(held.get(one, 0) for one in DONE_SO_FAR[state])
    rest = sum(held.get(one, 0) for one in STILL_TO_COME[state])
    ends_at = None
    if done and batch.begun_at and state in BUSY:
        ends_at = now + (now - batch.begun_at) * (rest / done)
    return Progress(done, done + rest, ends_at)


def rows_with(batch: Import, *outcomes: str) -> QuerySet[Row]:
    """The rows of some outcomes, in the order of the sheet."""
    return Row.objects.filter(batch=batch, outcome__in=outcomes).order_by("number")


def kinds_of_problems(batch: Import) -> list[tuple[str, str, int]]:
    """Column, message and number of rows of each kind of problem, the commonest first."""
    held: dict[tuple[str, str], int] = {}
    rows = rows_with(batch, Outcome.REFUSED).values_list("problems", flat=True)
    for problems in rows.iterator():
        for column, message, _told in problems:
            held[column, message] = held.get((column, message), 0) + 1
    return [(*key, number) for key, number in sorted(held.items(), key=lambda each: -each[1])]


def others_of_file(batch: Import) -> list[Import]:
    """Other imports of the very same file at the unit that were not thrown away."""
    gone = (ImportState.CANCELLED, ImportState.UNDONE, ImportState.REFUSED)
    found = Import.objects.filter(unit_id=batch.unit_id, kind=batch.kind, digest=batch.digest)
    found = found.exclude(pk=batch.pk).exclude(state__in=gone).defer("content", "plan")
    return list(found.select_related("user").order_by("-uploaded_at")[:5])


def same_at_work(batch: Import) -> bool:
    """Whether the same file is being imported at the unit by another import."""
    busy = (ImportState.RUNNING, ImportState.PAUSED, ImportState.UNDOING)
    held = Import.objects.filter(unit_id=batch.unit_id, kind=batch.kind, digest=batch.digest)
    return bool(held.exclude(pk=batch.pk).filter(state__in=busy).exists())


def can_be_undone(batch: Import, *, now: datetime) -> bool:
    """Whether the days in which an import can be taken back have not passed."""
    return (
        batch.state == ImportState.DONE
        and batch.ended_at is not None
        and now <= batch.ended_at + UNDO_DAYS
    )


def expired(*, now: datetime) -> QuerySet[Import]:
    """Imports whose file has been kept for as long as was said."""
    return Import._base_manager.filter(kept_until__lte=now, content__isnull=False)


def forgotten(*, now: datetime) -> QuerySet[Import]:
    """Imports that ended so long ago that their rows serve nothing any more."""
    rows = Row.objects.filter(batch=OuterRef("pk"))
    ended = Import._base_manager.filter(ended_at__lte=now - UNDO_DAYS, state__in=ENDED)
    return ended.filter(Exists(rows))


def made_by(rows: Iterable[Row]) -> list[tuple[str, UUID]]:
    """Everything that came of some rows, as subjects of the timeline."""
    return [(kind, UUID(key)) for row in rows for kind, key in row.made]


def row_cells(sheets: list[Sheet], plan: Plan) -> dict[int, list[Any]]:
    """The cells of the sheet of a plan by the numbers of its rows."""
    return dict(sheets[plan.sheet]["rows"]) if sheets else {}
