from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from linli.kernel.access.permissions import can, visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.timeline.record import record
from linli.lib.worktime import Due

from . import clocks, duty
from .models import Charge, Duty, Tier


class Stale(Exception):
    """Somebody was faster: the subject is no longer in a state from which this move starts."""

    def __str__(self) -> str:
        return _("Somebody was faster: this has already changed. Nothing of yours was lost.")


class Refused(Exception):
    """The actor may not make this move."""

    def __str__(self) -> str:
        return _("Your post does not allow this.")


@dataclass(frozen=True)
class Move:
    """A row of a transition table.

    `to=None` keeps the state; a move into the state it started from begins a new clock if it is
    given a deadline. `asks` names what the user is asked for, so that a button can tell
    a form from a plain press. `is_bounce` charges the stopped clock as lost time. `shown` may hide
    the button for a row; it guards nothing.
    """

    name: str
    frm: frozenset[str]
    to: str | None
    needs: str
    label: str | Promise
    asks: tuple[str, ...] = ()
    kind: str = "secondary"
    is_bounce: bool = False
    shown: Callable[[Any], bool] = field(default=lambda row: True)


@dataclass(frozen=True)
class Waiting:
    """What a subject waits for: the verb of the duty, whose clock runs, and who is on duty.

    `role=None` opens no duty: the time of a resident runs, but nobody is told to hurry.
    """

    verb: str
    tier: Tier
    role: Role | None
    unit: UUID
    user: UUID | None = None


@contextmanager
def _one_transaction() -> Iterator[None]:
    """The caller's transaction where there is one: whoever begins it undoes what failed in it, and
    a savepoint of our own would do so twice."""
    if transaction.get_connection().in_atomic_block:
        yield
    else:
        with transaction.atomic():
            yield


class Flow:
    """A life cycle: its name (`room.noun`), its moves, and what each state waits for."""

    def __init__(
        self,
        name: str,
        *,
        moves: Iterable[Move],
        waiting: dict[str, Callable[[Any], Waiting]],
        field: str = "state",
    ) -> None:
        self.name = name
        self.moves = {one.name: one for one in moves}
        self.waiting = waiting
        self.field = field

    def states(self) -> set[str]:
        """Every state that a move starts from or leads to."""
        starts = {state for one in self.moves.values() for state in one.frm}
        return starts | {one.to for one in self.moves.values() if one.to}

    def begin(self, subject: Any, *, actor: Actor, until: Due | None, **data: Any) -> None:
        """A subject was just created in its first state: tell the timeline, start its clock."""
        self._check_deadline(getattr(subject, self.field), "", until)
        self._tell(subject, "opened", actor, data)
        self._wait(subject, actor, until, is_new=True)

    def move(
        self,
        subject: Any,
        name: str,
        *,
        actor: Actor,
        until: Due | None = None,
        changes: dict[str, Any] | None = None,
        guard: models.Q | None = None,
        **data: Any,
    ) -> None:
        """Make a move, or raise Refused or Stale; the subject carries the new values afterwards.

        `changes` are further columns set in the same swap, `guard` a further condition on the row
        as it is, `until` the deadline of the state that is reached, `data` codes and ids for the
        timeline.
        """
        step = self.moves[name]
        before = getattr(subject, self.field)
        values = dict(changes or {})
        if step.to is not None:
            values[self.field] = step.to
            self._check_deadline(step.to, before, until)
        with _one_transaction():
            self._swap(subject, step, actor, values, guard or models.Q())
            for column, value in values.items():
                setattr(subject, column, value)
            if step.to is None:
                # The row is ours now; its state may have moved on since it was read.
                held = type(subject)._base_manager.filter(pk=subject.pk)
                setattr(subject, self.field, held.values_list(self.field, flat=True).get())
            self._tell(subject, name, actor, data)
            if step.to is not None and not self._stays(step.to, before, until):
                charge = Charge.BOUNCE if step.is_bounce else Charge.WORK
                clocks.stop((self.name, subject.pk), now=actor.now, charge=charge)
                self._wait(subject, actor, until)

    def _swap(
        self, subject: Any, step: Move, actor: Actor, values: dict[str, Any], guard: models.Q
    ) -> None:
        """Change the row if it is as it was and the actor may, in one statement."""
        open_to = visible(type(subject)._default_manager.all(), actor, step.needs)
        rows = open_to.filter(guard, pk=subject.pk, **{f"{self.field}__in": step.frm})
        if (rows.update(**values) if values else len(rows.select_for_update())) == 1:
            return
        if can(actor, step.needs, subject) or self._has_moved(subject):
            # Who was allowed a moment ago and is not any more has lost a race, too.
            raise Stale
        raise Refused

    def _check_deadline(self, to: str, before: str, until: Due | None) -> None:
        if to in self.waiting and until is None and not self._stays(to, before, until):
            raise ValueError(f"{self.name}: state {to} waits for somebody and needs a deadline")

    def _stays(self, to: str, before: str, until: Due | None) -> bool:
        """Whether clock and duty go on: a waiting state reached from itself, with no deadline."""
        return until is None and to == before and to in self.waiting

    def _has_moved(self, subject: Any) -> bool:
        """Whether the row has another state than the subject in hand."""
        rows = type(subject)._base_manager.filter(pk=subject.pk)
        return not rows.filter(**{self.field: getattr(subject, self.field)}).exists()

    def rehand(self, subject: Any, *, actor: Actor, keeps_clock: bool = False) -> None:
        """Give duty and clock to whom they belong now, with the deadline they had.

        With `keeps_clock` only the duty goes over: the time of the tier that had it runs on.
        """
        held = Duty.objects.filter(subject_type=self.name, subject_id=subject.pk).first()
        if held is not None:
            if not keeps_clock:
                clocks.stop((self.name, subject.pk), now=actor.now)
            until = Due(held.due_at, is_provisional=held.is_provisional)
            self._wait(subject, actor, until, has_clock=keeps_clock)

    def verbs_for(self, rows: models.QuerySet[Any], actor: Actor) -> models.QuerySet[Any]:
        """Rows annotated with `may_<verb>` for every permission the moves need."""
        return with_verbs(rows, actor, sorted({one.needs for one in self.moves.values()}))

    def moves_of(self, row: Any) -> list[Move]:
        """The moves that a row annotated by `verbs_for` allows now, in the table's order."""
        state = getattr(row, self.field)
        return [
            one
            for one in self.moves.values()
            if state in one.frm
            and getattr(row, "may_" + one.needs.partition(".")[2])
            and one.shown(row)
        ]

    def _tell(self, subject: Any, name: str, actor: Actor, data: dict[str, Any]) -> None:
        record(
            actor,
            f"{self.name}.{name}",
            subject_type=self.name,
            subject_id=subject.pk,
            area=subject.area_id,
            unit=subject.unit_id,
            **data,
        )

    def _wait(
        self,
        subject: Any,
        actor: Actor,
        until: Due | None,
        *,
        is_new: bool = False,
        has_clock: bool = False,
    ) -> None:
        """Replace the subject's duty and clock by those of its present state."""
        if not is_new:
            duty.close((self.name, subject.pk))
        state = getattr(subject, self.field)
        if state not in self.waiting or until is None:
            return
        waiting = self.waiting[state](subject)
        if not has_clock:
            clocks.start(
                (self.name, subject.pk),
                area=subject.area_id,
                state=state,
                tier=waiting.tier,
                unit=waiting.unit,
                now=actor.now,
                until=until,
            )
        if waiting.role is not None:
            duty.open_for(
                (self.name, subject.pk),
                verb=waiting.verb,
                area=subject.area_id,
                unit=waiting.unit,
                role=waiting.role,
                user=waiting.user,
                until=until,
                now=actor.now,
            )
