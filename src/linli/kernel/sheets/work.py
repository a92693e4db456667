"""What the worker does with an import, a piece at a time: each piece is one transaction, and asks
for the next one in it. A worker that dies in the middle has done nothing of a piece, and the job is
still in the database; so no row is left out, and none is done twice."""

import base64
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor, acting, actor_of, set_actor, system
from linli.kernel.crypto.sealing import blind
from linli.kernel.scope import scope
from linli.kernel.timeline.queries import touched_since

from . import actions, pieces, reading
from .declare import Checked, Desk, Kind, Made, Problem, Unfit, kind_of
from .enums import ImportState, Outcome
from .models import Import, Row
from .plan import RowReader, Sheet
from .queries import counts, expired, forgotten, plan_of, row_cells, sheets_of
from .values import is_rounded
from .workflow import IMPORT

REASON = "sheets.work"
CHECKED_AT_ONCE, STORED_AT_ONCE, REMOVED_AT_ONCE = 200, 100, 100
SAME_ROW, GROUP = "sheets.row", "sheets.group"
TWICE = _("This row says the same as row %(row)s of this sheet.")
FAILED = _("This row could not be stored. Please tell your administrator.")
ROUNDED = _("Your spreadsheet has rounded this number. Format the column as text and type it anew.")
logger = logging.getLogger(__name__)


@contextmanager
def _at_work(import_id: str, state: ImportState) -> Iterator[tuple[Import, Kind, Actor] | None]:
    """An import that is in a state, held for this piece of work, and whose it is to do it.

    None if it has been paused or thrown away meanwhile, or if its owner's post has ended: then it
    is paused or thrown away here.
    """
    with transaction.atomic():
        batch = Import._base_manager.select_for_update(of=("self",)).filter(pk=import_id).first()
        if batch is None or batch.state != state:
            yield None
            return
        kind = kind_of(batch.kind)
        actor = actor_of(batch.user, post_id=batch.post_id, is_strict=True)
        if kind is None or not batch.user.is_active or not holds(actor, kind.needs):
            _leave(batch)
            yield None
            return
        set_actor(actor)
        with scope(actor.scope), override(None):
            yield batch, kind, actor


def _leave(batch: Import) -> None:
    """Nobody may do this any more: it waits for a colleague, or is thrown away."""
    actor = system(REASON)
    set_actor(actor)
    with scope(actor.scope):
        if batch.state == ImportState.RUNNING:
            actions.pause_import(batch, actor=actor)
        elif batch.state == ImportState.UNDOING:
            IMPORT.move(batch, "halt", actor=actor)
        elif batch.state in IMPORT.moves["cancel"].frm:
            actions.cancel_import(batch, actor=actor)


def read_file(import_id: str) -> None:
    """Have a file read; what cannot be is refused with a reason, and deleted at once."""
    with _at_work(import_id, ImportState.UPLOADED) as held:
        if held is None:
            return
        batch, _kind, actor = held
        try:
            sheets = reading.read(base64.b64decode(batch.content))
        except reading.Unreadable as error:
            changes: dict[str, Any] = {"content": "", "reason": error.code, "ended_at": actor.now}
            IMPORT.move(batch, "refuse", actor=actor, changes=changes)
            return
        kept = [one for one in sheets if one["rows"]]
        text = json.dumps(kept, ensure_ascii=False)
        IMPORT.move(batch, "read", actor=actor, changes={"content": text}, sheets=len(kept))


def check_rows(import_id: str) -> None:
    """Look at the next rows as the page for one would; nothing of them is stored."""
    with _at_work(import_id, ImportState.CHECKING) as held:
        if held is None:
            return
        batch, kind, actor = held
        waiting = Row.objects.filter(batch=batch, outcome=Outcome.WAITING).order_by("number")
        rows = list(waiting[:CHECKED_AT_ONCE])
        if not rows:
            found = counts(batch)
            told: dict[str, Any] = {
                one: found.get(one, 0) for one in ("accepted", "refused", "already")
            }
            IMPORT.move(batch, "end_check", actor=actor, total=batch.total, **told)
            return
        checker = _Checker(batch, kind, actor)
        for row in rows:
            checker.look(row)
        fields = ("outcome", "problems", "key", "group")
        Row.objects.bulk_update(checker.once(rows), fields)
        pieces.go_on(batch, pieces.CHECK)


class _Checker:
    """Looks at rows of one import."""

    def __init__(self, batch: Import, kind: Kind, actor: Actor) -> None:
        plan = plan_of(batch)
        sheets: list[Sheet] = sheets_of(batch)
        self.batch = batch
        self.reader = RowReader(plan, kind, actor)
        self.cells = row_cells(sheets, plan)
        self.desk: Desk = kind.desk(actor)

    def check(self, row: Row) -> Checked:
        cells = self.cells.get(row.number, [])
        rounded = tuple(
            Problem(one.name, ROUNDED)
            for one in self.reader.columns
            if is_rounded(self.reader.cell(one, cells))
        )
        return Checked(problems=rounded) if rounded else self.desk.check(self.reader.values(cells))

    def look(self, row: Row) -> Checked:
        """Check a row and write down what it comes to."""
        found = self.check(row)
        row.key = _hash(found.key, SAME_ROW)
        row.group = _hash(found.group, GROUP)
        settle(row, found)
        return found

    def once(self, rows: list[Row]) -> list[Row]:
        """Of several rows of this file that say the same, the first one counts."""
        keys = {one.key for one in rows if one.key}
        earlier = Row.objects.filter(batch=self.batch, key__in=keys)
        earlier = earlier.filter(number__lt=rows[0].number).exclude(outcome=Outcome.REFUSED)
        first: dict[bytes, int] = {
            bytes(key): number for key, number in earlier.values_list("key", "number") if key
        }
        for row in rows:
            if row.key is None or row.outcome == Outcome.REFUSED:
                continue
            number = first.setdefault(bytes(row.key), row.number)
            if number != row.number:
                settle(row, Checked(problems=(Problem("", TWICE, {"row": number}),)))
        return rows


def _hash(text: str, purpose: str) -> bytes | None:
    return blind(text, purpose=purpose) if text else None


def settle(row: Row, found: Checked) -> None:
    """Write down what a row comes to; messages stay in no language."""
    row.problems = [[one.column, str(one.message), dict(one.told)] for one in found.problems]
    if found.problems:
        row.outcome = Outcome.REFUSED
    else:
        row.outcome = Outcome.ALREADY if found.is_there else Outcome.ACCEPTED


def store_rows(import_id: str) -> None:
    """Store the next rows by the room's own actions; what does not fit any more is refused."""
    with _at_work(import_id, ImportState.RUNNING) as held:
        if held is None:
            return
        batch, kind, actor = held
        fit = Row.objects.filter(batch=batch, outcome=Outcome.ACCEPTED).order_by("number")
        rows = list(fit[:STORED_AT_ONCE])
        if not rows:
            found = counts(batch)
            changes = {"ended_at": actor.now, "counts": found}
            told: dict[str, Any] = {one: found.get(one, 0) for one in ("done", "refused")}
            IMPORT.move(batch, "end", actor=actor, changes=changes, **told)
            return
        checker = _Checker(batch, kind, actor)
        for row in rows:
            _store(row, checker, actor)
            # At once: rows of the same group look for it.
            row.save(update_fields=("outcome", "problems", "made", "done_at"))
        done = sum(one.outcome == Outcome.DONE for one in rows)
        actions.note_stored(
            batch,
            actor=actor,
            first=rows[0].number,
            last=rows[-1].number,
            done=done,
            refused=len(rows) - done,
        )
        pieces.go_on(batch, pieces.RUN)


def _store(row: Row, checker: _Checker, actor: Actor) -> None:
    try:
        # Whatever a row does, it does as a whole or not at all.
        with transaction.atomic():
            found = checker.check(row)
            settle(row, found)
            if row.outcome == Outcome.ACCEPTED:
                row.made = [list(one) for one in checker.desk.store(found.facts, _together(row))]
                row.outcome, row.done_at = Outcome.DONE, actor.now
    except Unfit as error:
        settle(row, Checked(problems=(error.problem,)))
    except (OperationalError, InterfaceError):
        # Not the row's fault: the whole piece is done again.
        raise
    except Exception:
        # Without the row: what is in it does not belong in a log.
        logger.exception("a row of import %s could not be stored", row.batch_id)
        settle(row, Checked(problems=(Problem("", FAILED),)))


def _together(row: Row) -> list[Made]:
    """What came of the first row of a row's group."""
    if row.group is None:
        return []
    done = Row.objects.filter(batch_id=row.batch_id, group=row.group, outcome=Outcome.DONE)
    first = done.order_by("number").first()
    return [(kind, key) for kind, key in first.made] if first else []


def take_back(import_id: str) -> None:
    """Take back what came of the next rows, from the end; what others have built on stays."""
    with _at_work(import_id, ImportState.UNDOING) as held:
        if held is None:
            return
        batch, kind, actor = held
        done = Row.objects.filter(batch=batch, outcome=Outcome.DONE).order_by("-number")
        rows = list(done[:REMOVED_AT_ONCE])
        if not rows:
            found = counts(batch)
            told: dict[str, Any] = {one: found.get(one, 0) for one in ("removed", "kept")}
            IMPORT.move(batch, "end_undo", actor=actor, changes={"counts": found}, **told)
            return
        desk = kind.desk(actor)
        for row in rows:
            row.outcome = Outcome.REMOVED if _remove(row, desk) else Outcome.KEPT
        Row.objects.bulk_update(rows, ("outcome",))
        removed = sum(one.outcome == Outcome.REMOVED for one in rows)
        kept = len(rows) - removed
        actions.note_removed(batch, actor=actor, removed=removed, kept=kept)
        pieces.go_on(batch, pieces.UNDO)


def _remove(row: Row, desk: Desk) -> bool:
    made: Sequence[Made] = [(kind, key) for kind, key in row.made]
    subjects = [(kind, UUID(key)) for kind, key in made]
    if row.done_at is None or touched_since(subjects, row.done_at):
        return False
    return desk.remove(made)


def delete_expired(*, now: datetime) -> int:
    """Delete files that have been kept long enough, and the rows of imports that can no longer be
    taken back; returns how many files."""
    found = list(expired(now=now).defer("content", "plan"))
    with acting(system(REASON, now=now)) as actor:
        for batch in found:
            actions.delete_file(batch, actor=actor)
        Row.objects.filter(batch__in=forgotten(now=now)).delete()
    return len(found)
