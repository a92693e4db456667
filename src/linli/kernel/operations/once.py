from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from linli.kernel.crypto.sealing import blind
from linli.lib.uuid7 import VERSION, moment_of

from .models import Operation

KEPT = timedelta(days=30)
PURPOSE = "operations.input"
# A second one with the same id waits here until the first has been decided.
CLAIM = """
INSERT INTO operations_operation (id, holder, input_hash, subject_type, at, kept_until)
VALUES (%s, %s, %s, '', %s, %s) ON CONFLICT (id) DO NOTHING
"""


@dataclass(frozen=True)
class Done:
    """What an operation did when it was sent first."""

    subject_type: str
    subject_id: UUID | None
    answer: str


class Reused(Exception):
    """An id came again with other input, from somebody else, or after it may have been forgotten.

    `done` tells its own sender what it did; others learn nothing.
    """

    def __init__(self, done: Done | None = None) -> None:
        super().__init__()
        self.done = done

    def __str__(self) -> str:
        if self.done is None:
            return _("This page cannot be sent any more. Nothing was stored; please send it anew.")
        return _(
            "This page was sent before, with other content, and that was stored."
            " What you have sent now was not."
        )


def claim(
    operation: UUID, *, holder: str, given: str, now: datetime, kept: timedelta | None = KEPT
) -> Done | None:
    """Take an id for the present transaction: None if it is new and its work is to be done now, or
    what it did before with the same input.

    Of two at once the second waits for the first. What was claimed must be settled or released.
    Raises Reused. With `kept=None` the id never ends, for devices that may come back after a year;
    otherwise one older than `kept` is refused, because it could have been forgotten.
    """
    if kept is not None and operation.version == VERSION and moment_of(operation) < now - kept:
        raise Reused
    with connection.cursor() as cursor:
        until = None if kept is None else now + kept
        cursor.execute(CLAIM, [operation, holder, _hash(given), now, until])
        if cursor.rowcount == 1:
            return None
    done = done_by(operation, holder=holder, given=given)
    if done is None:
        raise Reused
    return done


def done_by(operation: UUID, *, holder: str, given: str) -> Done | None:
    """What an operation of a holder did, without claiming it; None if it is not known as theirs.

    Raises Reused if it did so with other input.
    """
    held = Operation.objects.filter(pk=operation, holder=holder).first()
    if held is None:
        return None
    done = Done(held.subject_type, held.subject_id, held.answer)
    if bytes(held.input_hash) != _hash(given):
        raise Reused(done)
    return done


def _hash(given: str) -> bytes:
    # Keyed: what was sent may be as short as a phone number.
    return blind(given, purpose=PURPOSE)


def settle(
    operation: UUID, *, subject_type: str, subject_id: UUID | None, answer: str = ""
) -> None:
    """Keep what a claimed operation has done and what was answered."""
    Operation.objects.filter(pk=operation).update(
        subject_type=subject_type, subject_id=subject_id, answer=answer
    )


def release(operation: UUID) -> None:
    """Let a claimed id go: nothing came of it, so it may be sent again, with other input too."""
    Operation.objects.filter(pk=operation).delete()


def drop_expired(*, now: datetime) -> int:
    """Forget the operations that nobody can send again; returns how many."""
    count, _models = Operation.objects.filter(kept_until__lte=now).delete()
    return count
