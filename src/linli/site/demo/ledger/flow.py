from datetime import datetime
from typing import Any
from uuid import UUID

from linli.kernel.accounts.actors import SHANGHAI, Actor
from linli.kernel.flow.calendar import working_calendar
from linli.kernel.flow.machine import Flow, Stale
from linli.kernel.flow.models import Charge, Clock, Duty
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.record import JsonValue, UnknownVerb, known_verbs
from linli.lib.worktime import Due

from .rows import Row, Rows
from .rules import answers, demand


class Timeline:
    """`linli.kernel.timeline.record.record` for rows in bulk."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.known = known_verbs()

    def record(
        self,
        actor: Actor,
        verb: str,
        *,
        subject_type: str,
        subject_id: UUID | None,
        area: int | None,
        unit: UUID | None,
        **data: JsonValue,
    ) -> None:
        if verb not in self.known:
            raise UnknownVerb(verb)
        self.rows.add(
            Event,
            actor.now,
            at=actor.now,
            actor_kind=actor.kind,
            user=actor.user_id,
            post=actor.post_id,
            reason=actor.reason,
            verb=verb,
            subject_type=subject_type,
            subject_id=subject_id,
            area=area,
            unit=unit,
            data=data,
        )


class Flows:
    """`linli.kernel.flow` for rows in bulk: the same moves and duties, the same clocks."""

    def __init__(self, rows: Rows, timeline: Timeline) -> None:
        self.rows, self.timeline = rows, timeline
        self._clocks: dict[UUID, Row] = {}
        self._duties: dict[UUID, Row] = {}

    def begin(
        self, flow: Flow, subject: Row, *, actor: Actor, until: Due, **data: JsonValue
    ) -> None:
        self._tell(flow, subject, "opened", actor, data)
        self._wait(flow, subject, actor, until)

    def move(
        self,
        flow: Flow,
        subject: Row,
        name: str,
        *,
        actor: Actor,
        until: Due | None = None,
        changes: dict[str, Any] | None = None,
        guard: Any = True,
        **data: JsonValue,
    ) -> None:
        """Make a move, or raise Refused or Stale: then the script tells what cannot happen."""
        step = flow.moves[name]
        before = subject.state
        demand(actor, step.needs, subject)
        if before not in step.frm or not answers(guard, subject):
            raise Stale
        for column, value in (changes or {}).items():
            setattr(subject, column, value)
        if step.to is not None:
            subject.state = step.to
        self._tell(flow, subject, name, actor, data)
        stays = until is None and step.to == before and before in flow.waiting
        if step.to is not None and not stays:
            self.stop(subject.pk, actor.now, Charge.BOUNCE if step.is_bounce else Charge.WORK)
            self._wait(flow, subject, actor, until)

    def rehand(self, flow: Flow, subject: Row, *, actor: Actor) -> None:
        duty = self._duties.get(subject.pk)
        if duty is not None:
            self.stop(subject.pk, actor.now, Charge.WORK)
            self._wait(flow, subject, actor, Due(duty.due_at, is_provisional=duty.is_provisional))

    def minutes_running(self, subject_id: UUID, now: datetime) -> int:
        clock = self._clocks.get(subject_id)
        return working_calendar().minutes_between(clock.started_at, now) if clock else 0

    def stop(self, subject_id: UUID, now: datetime, charge: Charge) -> None:
        running = self._clocks.pop(subject_id, None)
        if running is not None:
            running.stopped_at = now
            running.stopped_on = now.astimezone(SHANGHAI).date()
            running.is_late = now > running.due_at
            running.minutes = working_calendar().minutes_between(running.started_at, now)
            running.charge = charge

    def _tell(
        self, flow: Flow, subject: Row, name: str, actor: Actor, data: dict[str, JsonValue]
    ) -> None:
        self.timeline.record(
            actor,
            f"{flow.name}.{name}",
            subject_type=flow.name,
            subject_id=subject.pk,
            area=subject.area_id,
            unit=subject.unit_id,
            **data,
        )

    def _wait(self, flow: Flow, subject: Row, actor: Actor, until: Due | None) -> None:
        done = self._duties.pop(subject.pk, None)
        if done is not None:
            self.rows.remove(done)
        if subject.state not in flow.waiting:
            return
        if until is None:
            raise ValueError(f"{flow.name}: state {subject.state} needs a deadline")
        waiting = flow.waiting[subject.state](subject)
        common: dict[str, Any] = {
            "subject_type": flow.name,
            "subject_id": subject.pk,
            "area": subject.area_id,
            "unit": waiting.unit,
            "due_at": until.at,
            "is_provisional": until.is_provisional,
        }
        self._clocks[subject.pk] = self.rows.add(
            Clock,
            actor.now,
            state=subject.state,
            tier=waiting.tier,
            started_at=actor.now,
            **common,
        )
        if waiting.role is not None:
            self._duties[subject.pk] = self.rows.add(
                Duty,
                actor.now,
                verb=waiting.verb,
                role=waiting.role,
                user=waiting.user,
                opened_at=actor.now,
                **common,
            )
