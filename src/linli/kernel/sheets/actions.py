import base64
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.timeline.record import record

from .declare import Kind, kind_of
from .enums import ImportState, Outcome
from .models import Import, Mapping, Row
from .pieces import CHECK, READ, RUN, UNDO, go_on
from .plan import Plan, Said, body, headings
from .queries import can_be_undone, counts, digest_of, same_at_work, sheets_of
from .values import same
from .workflow import IMPORT

MOST_BYTES = 5_000_000
KEPT = timedelta(days=14)
ROWS_AT_ONCE = 2_000


class AtWork(Stale):
    """The same file is being imported already."""

    def __str__(self) -> str:
        return _("Somebody at your unit is importing the same file. Nothing was begun here.")


class TooLate(Stale):
    """An import is too old to be taken back."""

    def __str__(self) -> str:
        return _("This import is more than 30 days old: it cannot be taken back as a whole.")


def _tell(actor: Actor, verb: str, batch: Import, **data: int) -> None:
    record(
        actor,
        f"sheets.{verb}",
        subject_type=IMPORT.name,
        subject_id=batch.pk,
        area=batch.area_id,
        unit=batch.unit_id,
        **data,
    )


@transaction.atomic
def upload(*, actor: Actor, kind: Kind, name: str, blob: bytes) -> Import:
    """Take a file in, sealed; a job reads it."""
    if not holds(actor, kind.needs) or actor.unit_id is None or actor.area is None:
        raise Refused
    if len(blob) > MOST_BYTES:
        raise Refused
    batch: Import = Import.objects.create(
        kind=kind.name,
        area_id=actor.area,
        unit_id=actor.unit_id,
        file_name=name[-120:],
        digest=digest_of(blob),
        bytes=len(blob),
        content=base64.b64encode(blob).decode(),
        user_id=actor.user_id,
        post_id=actor.post_id,
        uploaded_at=actor.now,
        kept_until=actor.now + KEPT,
    )
    IMPORT.begin(batch, actor=actor, until=None, bytes=batch.bytes)
    go_on(batch, READ)
    return batch


@transaction.atomic
def plan_import(batch: Import, *, actor: Actor, plan: Plan) -> None:
    """Say what the columns mean, remember it for the unit, and have every row checked."""
    kind = kind_of(batch.kind)
    sheets = sheets_of(batch)
    if kind is None or not sheets or not can(actor, "imports.run", batch):
        raise Refused
    numbers = [number for number, _cells in body(sheets[plan.sheet], plan.header)]
    changes = {
        "plan": plan.text(),
        "total": len(numbers),
        "begun_at": actor.now,
        "user_id": actor.user_id,
        "post_id": actor.post_id,
    }
    IMPORT.move(batch, "check", actor=actor, changes=changes, rows=len(numbers))
    Row.objects.filter(batch=batch).delete()
    rows = (Row(batch=batch, number=one) for one in numbers)
    Row.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    _remember(batch, plan, headings(sheets[plan.sheet], plan.header), actor)
    go_on(batch, CHECK)


def _remember(batch: Import, plan: Plan, found: list[str], actor: Actor) -> None:
    held = Mapping.objects.filter(unit_id=batch.unit_id, kind=batch.kind).first()
    said = Said.of(held.said) if held else Said()
    titles = {name: found[at] for name, at in plan.columns.items() if at < len(found)}
    codes = {
        name: said.codes.get(name, {}) | {same(word): code for word, code in told.items()}
        for name, told in plan.codes.items()
    }
    made = Said(said.titles | titles, dict(plan.fixed), said.codes | codes)
    Mapping.objects.update_or_create(
        unit_id=batch.unit_id,
        kind=batch.kind,
        defaults={"said": made.text(), "said_at": actor.now, "area_id": batch.area_id},
    )


@transaction.atomic
def run_import(batch: Import, *, actor: Actor) -> None:
    """Begin to store the rows that can be; raises AtWork if the same file is being imported."""
    # Of two at once the second waits here for the first.
    Mapping.objects.select_for_update().filter(unit_id=batch.unit_id, kind=batch.kind).first()
    if same_at_work(batch):
        raise AtWork
    _begin(batch, "run", RUN, actor)


def _begin(batch: Import, move: str, job: str, actor: Actor) -> None:
    rows = counts(batch).get(Outcome.ACCEPTED, 0)
    changes = {"begun_at": actor.now, "user_id": actor.user_id, "post_id": actor.post_id}
    told: dict[str, Any] = {"rows": rows} if move == "run" else {}
    IMPORT.move(batch, move, actor=actor, changes=changes, **told)
    go_on(batch, job)


def pause_import(batch: Import, *, actor: Actor) -> None:
    """Stop after the rows in hand; what is stored stays."""
    IMPORT.move(batch, "pause", actor=actor)


@transaction.atomic
def resume_import(batch: Import, *, actor: Actor) -> None:
    """Go on where it was paused."""
    _begin(batch, "resume", RUN, actor)


@transaction.atomic
def stop_import(batch: Import, *, actor: Actor) -> None:
    """Leave the rest of a paused import; what is stored stays, and can be taken back."""
    held = counts(batch)
    changes = {"ended_at": actor.now, "counts": held}
    done = held.get(Outcome.DONE, 0)
    IMPORT.move(batch, "stop", actor=actor, changes=changes, done=done)


@transaction.atomic
def cancel_import(batch: Import, *, actor: Actor) -> None:
    """Throw an import away before anything of it is stored; its file is deleted at once."""
    changes = {"ended_at": actor.now, "content": "", "plan": ""}
    IMPORT.move(batch, "cancel", actor=actor, changes=changes)
    Row.objects.filter(batch=batch).delete()


@transaction.atomic
def undo_import(batch: Import, *, actor: Actor) -> None:
    """Begin to take back what an import made, as far as nobody has built on it. Raises TooLate."""
    if batch.state == ImportState.DONE and not can_be_undone(batch, now=actor.now):
        raise TooLate
    changes = {
        "begun_at": actor.now,
        "counts": {},
        "user_id": actor.user_id,
        "post_id": actor.post_id,
    }
    IMPORT.move(batch, "undo", actor=actor, changes=changes)
    go_on(batch, UNDO)


def note_stored(
    batch: Import, *, actor: Actor, first: int, last: int, done: int, refused: int
) -> None:
    """Put on record what came of a piece of an import."""
    _tell(actor, "stored", batch, first=first, last=last, done=done, refused=refused)


def note_removed(batch: Import, *, actor: Actor, removed: int, kept: int) -> None:
    """Put on record how much of an import has been taken back at once."""
    _tell(actor, "removed", batch, removed=removed, kept=kept)


def note_download(batch: Import, *, actor: Actor, rows: int) -> None:
    """Put on record that somebody took the sheet with its errors."""
    _tell(actor, "downloaded", batch, rows=rows)


@transaction.atomic
def delete_file(batch: Import, *, actor: Actor) -> None:
    """Delete the file of an import whose time has passed; what waited for somebody is thrown
    away."""
    if not actor.is_system:
        raise Refused
    if batch.state in IMPORT.moves["cancel"].frm:
        cancel_import(batch, actor=actor)
    Import._base_manager.filter(pk=batch.pk).update(content=None, plan=None)
    _tell(actor, "expired", batch)
