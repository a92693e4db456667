from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import Q

from linli.dispatch.actions import NUMBER_PREFIX
from linli.dispatch.enums import AT_STATION, OrderState, Stage
from linli.dispatch.models import FollowUp, Order, OrderService, Remark, Verdict
from linli.dispatch.workflow import ORDER, RETURNS_BEFORE_ARBITRATION
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Refused, Stale
from linli.lib.areacodes import TOWNSHIP, at_level
from linli.lib.receipts import new_number
from linli.lib.worktime import Due

from ..steps import Step
from .book import Book
from .routing import Routing
from .rows import Row
from .rules import demand, demand_any
from .services import Services

Act = Callable[["Dispatch", Row, Actor, Step], None]


def acts(action: Act) -> Callable[["Dispatch", Actor, Step], None]:
    """Find the order of the step, and keep the stations' loads up afterwards."""

    @wraps(action)
    def act(room: "Dispatch", actor: Actor, step: Step) -> None:
        order = room.book.orders[step.about]
        before = (order.state, order.unit_id)
        action(room, order, actor, step)
        room.routing.moved(order, before=before)

    return act


class Dispatch:
    """`linli.dispatch.actions` in bulk."""

    def __init__(self, book: Book, services: Services) -> None:
        self.book, self.services = book, services
        self.routing = Routing(book)

    def _due(self, order: Row, stage: Stage, actor: Actor) -> Due:
        return self.book.deadlines.due(order.urgency, stage, area=order.area_id, start=actor.now)

    def _move(self, order: Row, name: str, actor: Actor, **told: Any) -> None:
        self.book.flows.move(ORDER, order, name, actor=actor, **told)

    def _remark(
        self, order: Row, move: str, actor: Actor, step: Step, *, for_resident: bool = False
    ) -> None:
        if step.facts["words"]:
            self.book.rows.add(
                Remark,
                step.at,
                order_id=order.id,
                move=move,
                words=step.facts["words"],
                is_for_resident=for_resident,
                by_id=actor.user_id,
                at=actor.now,
            )

    def _handed_over(self, order: Row, unit_id: UUID) -> None:
        """As `linli.site.wiring` has it: the request follows its order."""
        request = self.book.request_of.get(order.id)
        if request is not None:
            request.unit_id = unit_id

    def open_order(self, actor: Actor, step: Step, *, centre_id: UUID) -> Row:
        facts = step.facts
        demand_any(actor, "dispatch.open")
        if not actor.scope.covers(facts["area"]):
            raise Refused
        told = {"area": facts["area"], "start": actor.now}
        until = self.book.deadlines.due(facts["urgency"], Stage.DISPATCH, **told)
        promise = self.book.deadlines.promise(facts["urgency"], **told)
        order = self.book.rows.add(
            Order,
            step.at,
            number=new_number(NUMBER_PREFIX, rng=self.book.random),
            area_id=facts["area"],
            unit_id=centre_id,
            centre_id=centre_id,
            need=facts["need"],
            urgency=facts["urgency"],
            task=facts["task"],
            opened_at=actor.now,
            opened_on=actor.today,
            due_at=until.at,
            promised_at=promise,
        )
        self.book.orders[facts["order"]] = self.book.orders_by_id[order.id] = order
        self.book.flows.begin(
            ORDER, order, actor=actor, until=until, need=order.need, urgency=order.urgency
        )
        return order

    @acts
    def dispatch_order(self, order: Row, actor: Actor, step: Step) -> None:
        self.send(order, actor, step)

    def send(self, order: Row, actor: Actor, step: Step) -> None:
        self._to_station(order, "dispatch", actor, step, is_binding=False)

    def _to_station(
        self, order: Row, name: str, actor: Actor, step: Step, *, is_binding: bool | None = None
    ) -> None:
        station_id = self.book.units[step.facts["station"]].id
        reason, considered = self.routing.route(order, station_id)
        until = self._due(order, Stage.ACCEPT, actor)
        changes = {
            "unit_id": station_id,
            "station_id": station_id,
            "worker_id": None,
            "due_at": until.at,
            "routing": reason,
            "considered": considered,
        } | ({} if is_binding is None else {"is_binding": is_binding})
        before = (
            {"from_unit": str(order.station_id)} if name == "transfer" else {"routing": str(reason)}
        )
        self._move(
            order, name, actor, until=until, changes=changes, to_unit=str(station_id), **before
        )
        if name != "dispatch":
            self._remark(order, name, actor, step)
        self._handed_over(order, station_id)

    def _to_centre(self, order: Row, due_at: Any) -> dict[str, Any]:
        return {"unit_id": order.centre_id, "worker_id": None, "due_at": due_at}

    @acts
    def accept_order(self, order: Row, actor: Actor, step: Step) -> None:
        until = self._due(order, Stage.START, actor)
        changes: dict[str, Any] = {"due_at": until.at}
        if actor.role == Role.WORKER:
            changes["worker_id"] = actor.user_id
        self._move(order, "accept", actor, until=until, changes=changes)

    @acts
    def return_order(self, order: Row, actor: Actor, step: Step) -> None:
        lost = self.book.flows.minutes_running(order.id, actor.now)
        bounces = order.bounces + 1
        is_last = bounces >= RETURNS_BEFORE_ARBITRATION
        until = self._due(order, Stage.DISPATCH, actor)
        self._move(
            order,
            "return_again" if is_last else "return",
            actor,
            until=until,
            changes=self._to_centre(order, until.at)
            | {"bounces": bounces, "bounced_minutes": order.bounced_minutes + lost},
            guard=Q(is_binding=False),
            reason=step.facts["reason"],
            from_unit=str(order.station_id),
            minutes=lost,
        )
        self._remark(order, "return", actor, step)
        self._handed_over(order, order.centre_id)

    @acts
    def arbitrate_order(self, order: Row, actor: Actor, step: Step) -> None:
        self._to_station(order, "arbitrate", actor, step, is_binding=True)

    @acts
    def transfer_order(self, order: Row, actor: Actor, step: Step) -> None:
        self._to_station(order, "transfer", actor, step)

    @acts
    def assign_order(self, order: Row, actor: Actor, step: Step) -> None:
        worker = self.book.actors.user(step.facts["worker"])
        if worker.unit_id != order.unit_id:
            raise Refused
        changes = {"worker_id": worker.user_id}
        self._move(order, "assign", actor, changes=changes, to=str(worker.user_id))
        self.book.flows.rehand(ORDER, order, actor=actor)

    @acts
    def name_person(self, order: Row, actor: Actor, step: Step) -> None:
        person = self.book.people[step.facts["person"]]
        demand(actor, "dispatch.serve", order)
        demand(actor, "people.view", person)
        if order.state not in AT_STATION:
            raise Stale
        order.person_id = person.id
        self.book.tell(actor, "dispatch.person_named", ORDER.name, order)

    @acts
    def serve_order(self, order: Row, actor: Actor, step: Step) -> None:
        is_first = order.state == OrderState.ACCEPTED
        until = self._due(order, Stage.FINISH, actor) if is_first else None
        changes: dict[str, Any] = {"due_at": until.at} if until else {}
        if order.worker_id is None:
            changes["worker_id"] = actor.user_id
        self._move(order, "serve", actor, until=until, changes=changes)
        service = self.services.record(actor, step, step.facts["service"])
        self.book.rows.add(OrderService, step.at, order_id=order.id, service_id=service.id)

    @acts
    def finish_order(self, order: Row, actor: Actor, step: Step) -> None:
        until = self._due(order, Stage.FOLLOW_UP, actor)
        result = step.facts["result"]
        changes = {"result": result, "due_at": until.at}
        self._move(order, "finish", actor, until=until, changes=changes, result=result)
        self._remark(order, "finish", actor, step, for_resident=True)

    @acts
    def follow_up_order(self, order: Row, actor: Actor, step: Step) -> None:
        until = self._due(order, Stage.VERDICT, actor)
        contact = step.facts["contact"]
        changes = {"due_at": until.at}
        self._move(order, "follow_up", actor, until=until, changes=changes, contact=contact)
        self.book.rows.add(
            FollowUp,
            step.at,
            order_id=order.id,
            contact=contact,
            by_id=actor.user_id,
            at=actor.now,
        )
        self._remark(order, "follow_up", actor, step)

    @acts
    def take_verdict(self, order: Row, actor: Actor, step: Step) -> None:
        self._move(
            order,
            "say",
            actor,
            changes=self._closing(order, actor) | {"has_verdict": True},
            guard=Q(has_verdict=False),
        )
        is_anonymous: bool = step.facts["is_anonymous"]
        township = at_level(order.area_id, TOWNSHIP)
        self.book.rows.add(
            Verdict,
            step.at,
            id=UUID(int=self.book.random.getrandbits(128), version=4),
            order_id=None if is_anonymous else order.id,
            round=order.reopened,
            area_id=township if is_anonymous and township else order.area_id,
            unit_id=order.station_id or order.centre_id,
            value=step.facts["value"],
            need=order.need,
            said_on=actor.today,
        )

    def _closing(self, order: Row, actor: Actor) -> dict[str, Any]:
        return {"closed_at": order.closed_at or actor.now, "due_at": None}

    @acts
    def close_order(self, order: Row, actor: Actor, step: Step) -> None:
        self._move(order, "close", actor, changes=self._closing(order, actor))

    @acts
    def reopen_order(self, order: Row, actor: Actor, step: Step) -> None:
        until = self._due(order, Stage.DISPATCH, actor)
        self._move(
            order,
            "reopen",
            actor,
            until=until,
            changes=self._to_centre(order, until.at)
            | {
                "reopened": order.reopened + 1,
                "closed_at": None,
                "bounces": 0,
                "is_binding": False,
                "has_verdict": False,
            },
        )
        self._remark(order, "reopen", actor, step, for_resident=True)
        self._handed_over(order, order.centre_id)

    @acts
    def withdraw_order(self, order: Row, actor: Actor, step: Step) -> None:
        self._move(order, "withdraw", actor, changes=self._closing(order, actor))
        self._remark(order, "withdraw", actor, step, for_resident=True)

    @acts
    def urge_order(self, order: Row, actor: Actor, step: Step) -> None:
        self._move(order, "urge", actor, changes={"urged_at": actor.now})
