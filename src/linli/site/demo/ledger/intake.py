from typing import Any

from linli.dispatch.enums import Stage
from linli.intake.actions import PHONE, Asked
from linli.intake.enums import RequestState
from linli.intake.models import Addition, Request
from linli.intake.receipts import hash_pin
from linli.intake.workflow import REQUEST
from linli.kernel.accounts.actors import Actor, system
from linli.kernel.accounts.enums import ActorKind
from linli.kernel.crypto.sealing import blind
from linli.lib.receipts import new_number
from linli.lib.worktime import Due
from linli.site.wiring import JOINED

from ..steps import Step
from .book import Book
from .dispatch import Dispatch
from .rows import Row
from .rules import demand, demand_any


class Intake:
    """`linli.intake.actions` in bulk; every receipt has the same PIN."""

    def __init__(self, book: Book, dispatch: Dispatch, pin: str) -> None:
        self.book, self.dispatch, self.pin = book, dispatch, pin

    def _screen_due(self, urgency: str, area: int, actor: Actor) -> Due:
        return self.book.deadlines.due(urgency, Stage.SCREEN, area=area, start=actor.now)

    def _move(self, step: Step, name: str, actor: Actor, **told: Any) -> Row:
        request = self.book.requests[step.about]
        self.book.flows.move(REQUEST, request, name, actor=actor, **told)
        return request

    def register_request(self, actor: Actor, step: Step) -> None:
        if actor.kind != ActorKind.VISITOR:
            demand_any(actor, "intake.register")
        asked: Asked = step.facts["asked"]
        centre = self.book.centre_for(asked.area)
        until = self._screen_due(asked.urgency, asked.area, actor)
        number = new_number(rng=self.book.random)
        request = self.book.rows.add(
            Request,
            step.at,
            number=number,
            pin_hash=hash_pin(number, self.pin),
            area_id=asked.area,
            unit_id=centre.id,
            centre_id=centre.id,
            door=step.facts["door"],
            for_whom=asked.for_whom,
            need=asked.need,
            urgency=asked.urgency,
            words=asked.words,
            name=asked.name,
            phone=asked.phone,
            phone_index=blind(asked.phone, purpose=PHONE) if asked.phone else None,
            where=asked.where,
            registered_by_id=actor.user_id,
            registered_at=actor.now,
            registered_on=actor.today,
            due_at=until.at,
        )
        self.book.requests[step.about] = request
        self.book.flows.begin(
            REQUEST, request, actor=actor, until=until, need=asked.need, door=request.door
        )

    def accept_request(self, actor: Actor, step: Step) -> None:
        request, facts = self.book.requests[step.about], step.facts
        order = self.dispatch.open_order(actor, step, centre_id=request.centre_id)
        changes = {
            "order_id": order.id,
            "area_id": facts["area"],
            "need": facts["need"],
            "due_at": None,
        }
        self._move(step, "accept", actor, changes=changes)
        self.book.request_of[order.id] = request
        if facts["station"] is not None:
            before = (order.state, order.unit_id)
            self.dispatch.send(order, actor, step)
            self.dispatch.routing.moved(order, before=before)

    def _end(self, step: Step, move: str, actor: Actor) -> None:
        reason = step.facts.get("reason", "")
        changes = {"reply": step.facts["reply"], "reason": reason, "due_at": None}
        told = {"reason": reason} if reason else {}
        self._part_joined(self._move(step, move, actor, changes=changes, **told), actor)

    def _part_joined(self, request: Row, actor: Actor) -> None:
        """What was joined with a request comes back when that ends, as the site's wiring has it."""
        follows = system(JOINED, now=actor.now)
        for one in self.book.requests.values():
            if one.merged_into_id == request.id and one.state == RequestState.MERGED:
                until = self._screen_due(one.urgency, one.area_id, follows)
                self.book.flows.move(
                    REQUEST,
                    one,
                    "part",
                    actor=follows,
                    until=until,
                    changes={"merged_into_id": None, "due_at": until.at},
                    ended=request.state,
                )

    def inform_request(self, actor: Actor, step: Step) -> None:
        self._end(step, "inform", actor)

    def refer_request(self, actor: Actor, step: Step) -> None:
        self._end(step, "refer", actor)

    def refuse_request(self, actor: Actor, step: Step) -> None:
        self._end(step, "refuse", actor)

    def merge_request(self, actor: Actor, step: Step) -> None:
        other = self.book.requests[step.facts["other"]]
        demand(actor, "intake.screen", other)
        changes = {"merged_into_id": other.id, "due_at": None}
        self._move(step, "merge", actor, changes=changes, into=str(other.id))

    def add_to_request(self, actor: Actor, step: Step) -> None:
        request = self.book.requests[step.about]
        demand(actor, "intake.add", request)
        self._add(request, actor, step)
        self.book.tell(actor, "intake.added", REQUEST.name, request)

    def _add(self, request: Row, actor: Actor, step: Step) -> None:
        words = step.facts["words"]
        self.book.rows.add(Addition, step.at, request_id=request.id, words=words, at=actor.now)

    def reopen_request(self, actor: Actor, step: Step) -> None:
        request = self.book.requests[step.about]
        until = self._screen_due(request.urgency, request.area_id, actor)
        self._move(step, "reopen", actor, until=until, changes={"due_at": until.at})
        if step.facts["words"]:
            self._add(request, actor, step)

    def withdraw_request(self, actor: Actor, step: Step) -> None:
        changes = {"merged_into_id": None, "due_at": None}
        self._part_joined(self._move(step, "withdraw", actor, changes=changes), actor)

    def note_read(self, actor: Actor, step: Step) -> None:
        self.book.tell(actor, "intake.read", REQUEST.name, self.book.requests[step.about])
