from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema, Status

from linli.dispatch import actions, queries
from linli.dispatch.enums import Contact, OrderState, Urgency, Value
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of
from linli.people.queries import person as person_of
from linli.services.queries import by_ids

from . import checks
from .door import Door
from .errors import NotFound, Unfit
from .lines import told
from .paging import cut
from .schemas import OLDER, After, Code, In, Lines, text, words
from .services import AccountIn, ServiceOut, account
from .services import out as service_out

door = Door("orders", reads=KeyScope.ORDERS_READ, writes=KeyScope.ORDERS_WRITE)
ORDER = "dispatch.order"


class OrderOut(Schema):
    id: UUID
    number: str
    state: OrderState
    need: str
    urgency: Urgency
    area: int
    unit: UUID
    station: UUID | None
    worker: UUID | None
    person: UUID | None = Field(description="null also if their file is kept elsewhere")
    result: str
    bounces: int
    opened_at: datetime
    due_at: datetime | None
    promised_at: datetime
    closed_at: datetime | None
    moves: list[str] = Field(description="what this caller may do with it now")


class OrderLine(Schema):
    id: UUID
    number: str
    state: OrderState
    need: str
    urgency: Urgency
    area: int
    unit: UUID
    station: UUID | None
    worker: UUID | None
    bounces: int
    opened_at: datetime
    due_at: datetime | None
    promised_at: datetime
    closed_at: datetime | None


class OrderPage(Schema):
    items: list[OrderLine]
    older: str | None = OLDER


class RemarkOut(Schema):
    move: str
    words: str
    is_for_resident: bool
    at: datetime


class OrderWords(Schema):
    """What the station is asked to do, and what was said with the moves, oldest first."""

    task: str
    remarks: list[RemarkOut]


class ServicesOut(Schema):
    items: list[ServiceOut]


class CandidateOut(Schema):
    station: UUID
    name: str
    reason: str
    load: int
    capacity: int


class CandidatesOut(Schema):
    """Stations for an order, the best first."""

    items: list[CandidateOut]


class ServedOut(Schema):
    id: UUID
    order: UUID
    person_times: int


class StationIn(In):
    station: UUID


class DecideIn(StationIn):
    words: words(2000)  # type: ignore[valid-type]


class ReturnIn(In):
    reason: Code = Field(examples=["no_capacity"])
    words: text(2000) = ""  # type: ignore[valid-type]


class AssignIn(In):
    worker: UUID


class WhoseIn(In):
    person: UUID


class FinishIn(In):
    result: Code = Field(examples=["solved"])
    words: text(2000) = ""  # type: ignore[valid-type]


class FollowUpIn(In):
    contact: Contact
    words: text(2000) = ""  # type: ignore[valid-type]


class VerdictIn(In):
    """What the resident says; entered for them."""

    value: Value


class WhyIn(In):
    """Why; the resident can read it."""

    words: words(2000)  # type: ignore[valid-type]


def line(row: Any) -> dict[str, Any]:
    """An order as a list shows it: codes and ids, never names or words."""
    names = ("number", "state", "need", "urgency", "bounces", "opened_at", "due_at")
    held = {name: getattr(row, name) for name in (*names, "promised_at", "closed_at")}
    return {
        "id": row.pk,
        "area": row.area_id,
        "unit": row.unit_id,
        "station": row.station_id,
        "worker": row.worker_id,
        **held,
    }


def shown(request: HttpRequest, order_id: UUID) -> dict[str, Any]:
    """An order as it is now. A move may take it out of the caller's sight: then without moves."""
    actor = actor_of(request)
    row = queries.order(actor, order_id)
    if row is None:
        return {}
    person = person_of(actor, row.person_id) if row.person_id else None
    more = {"person": person.pk if person else None, "result": row.result}
    return {**line(row), **more, "moves": sorted(queries.moves(row))}


def moved(request: HttpRequest, row: Any) -> dict[str, Any]:
    """What the caller sees of an order after a move of theirs."""
    after = {**line(row), "person": None, "result": row.result, "moves": []}
    return shown(request, row.pk) or after


def _one(request: HttpRequest, order_id: UUID) -> Any:
    found = queries.order(actor_of(request), order_id)
    if found is None:
        raise NotFound
    return found


@door.get("", needs="dispatch.view", gives=OrderPage)
def list_orders(
    request: HttpRequest, state: OrderState | None = None, late: bool = False, after: After = ""
) -> Any:
    """Orders the caller may see, newest first, 25 a page; `late` are those past their time."""
    actor = actor_of(request)
    rows = queries.orders(actor)
    if state is not None:
        rows = rows.filter(state=state)
    if late:
        rows = queries.overdue(rows, actor)
    page = cut(rows, sort="opened_at", after=after)
    return {"items": [line(one) for one in page.rows], "older": page.older or None}


@door.get("/{uuid:order_id}", needs="dispatch.view", gives=OrderOut)
def get_order(request: HttpRequest, order_id: UUID) -> Any:
    """One order, with what the caller may do with it now."""
    return shown(request, _one(request, order_id).pk)


@door.get("/{uuid:order_id}/words", needs="dispatch.view", gives=OrderWords)
def get_order_words(request: HttpRequest, order_id: UUID) -> Any:
    """What was written about an order."""
    row = _one(request, order_id)
    return {"task": row.task, "remarks": queries.remarks(row.pk)}


@door.get("/{uuid:order_id}/services", needs="dispatch.view", gives=ServicesOut)
def list_order_services(request: HttpRequest, order_id: UUID) -> Any:
    """Services given on an order, as far as the caller may see them."""
    ids = queries.service_ids(_one(request, order_id).pk)
    return {"items": [service_out(one) for one in by_ids(actor_of(request), ids)]}


@door.get("/{uuid:order_id}/timeline", needs="dispatch.view", gives=Lines)
def get_order_timeline(request: HttpRequest, order_id: UUID) -> Any:
    """The way of an order, oldest first."""
    return told([(ORDER, _one(request, order_id).pk)])


@door.get("/{uuid:order_id}/stations", needs="dispatch.dispatch", gives=CandidatesOut)
def list_order_stations(request: HttpRequest, order_id: UUID) -> Any:
    """The stations that fit an order, the best first, and why."""
    row = _one(request, order_id)
    found = queries.candidates(area=row.area_id, need=row.need, on=actor_of(request).today)
    items = [
        {
            "station": one.unit.pk,
            "name": one.unit.label,
            "reason": one.reason,
            "load": one.load,
            "capacity": one.capacity,
        }
        for one in found
    ]
    return {"items": items}


@door.post("/{uuid:order_id}/dispatch", needs="dispatch.dispatch", gives=OrderOut)
def dispatch_order(request: HttpRequest, order_id: UUID, given: StationIn) -> Any:
    """Send an order to a station."""
    actor, order = actor_of(request), _one(request, order_id)
    station = checks.station(actor, given.station)
    actions.dispatch_order(order, actor=actor, station_id=station)
    return moved(request, order)


@door.post("/{uuid:order_id}/arbitrate", needs="dispatch.dispatch", gives=OrderOut)
def arbitrate_order(request: HttpRequest, order_id: UUID, given: DecideIn) -> Any:
    """Decide, after two returns, which station keeps an order."""
    actor, order = actor_of(request), _one(request, order_id)
    station = checks.station(actor, given.station)
    actions.arbitrate_order(order, actor=actor, station_id=station, words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/transfer", needs="dispatch.transfer", gives=OrderOut)
def transfer_order(request: HttpRequest, order_id: UUID, given: DecideIn) -> Any:
    """Give an order to another station; nobody is charged for it."""
    actor, order = actor_of(request), _one(request, order_id)
    station = checks.station(actor, given.station)
    actions.transfer_order(order, actor=actor, station_id=station, words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/accept", needs="dispatch.accept", gives=OrderOut)
def accept_order(request: HttpRequest, order_id: UUID) -> Any:
    """Accept an order for the caller's station; of several at once, one wins."""
    order = _one(request, order_id)
    actions.accept_order(order, actor=actor_of(request))
    return moved(request, order)


@door.post("/{uuid:order_id}/return", needs="dispatch.return", gives=OrderOut)
def return_order(request: HttpRequest, order_id: UUID, given: ReturnIn) -> Any:
    """Send an order back to the centre with a reason."""
    actor, order = actor_of(request), _one(request, order_id)
    reason = checks.term(actor, TermList.RETURN_REASON, given.reason, "reason")
    actions.return_order(order, actor=actor, reason=reason, words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/assign", needs="dispatch.assign", gives=OrderOut)
def assign_order(request: HttpRequest, order_id: UUID, given: AssignIn) -> Any:
    """Give an order to a worker of the station; the deadline stays."""
    actor, order = actor_of(request), _one(request, order_id)
    found = (user for user, _load in queries.workers(order, on=actor.today))
    worker = next((user for user in found if user.pk == given.worker), None)
    if worker is None:
        raise Unfit(_("This colleague holds no post here now. Choose somebody else."), "worker")
    actions.assign_order(order, actor=actor, worker=worker)
    return moved(request, order)


@door.post("/{uuid:order_id}/person", needs="dispatch.serve", gives=OrderOut)
def name_order_person(request: HttpRequest, order_id: UUID, given: WhoseIn) -> Any:
    """Link an order to the person on file it is for."""
    order = _one(request, order_id)
    actions.name_person(order, actor=actor_of(request), person_id=given.person)
    return moved(request, order)


@door.post("/{uuid:order_id}/services", needs="dispatch.serve", gives=ServedOut, status=201)
def serve_order(request: HttpRequest, order_id: UUID, given: AccountIn) -> Any:
    """Put a service given on an order on record."""
    actor, order = actor_of(request), _one(request, order_id)
    service = actions.serve_order(order, actor=actor, account=account(actor, given))
    return Status(201, {"id": service.pk, "order": order.pk, "person_times": service.person_times})


@door.post("/{uuid:order_id}/finish", needs="dispatch.finish", gives=OrderOut)
def finish_order(request: HttpRequest, order_id: UUID, given: FinishIn) -> Any:
    """Say that the service is done and what came of it."""
    actor, order = actor_of(request), _one(request, order_id)
    result = checks.term(actor, TermList.RESULT, given.result, "result")
    actions.finish_order(order, actor=actor, result=result, words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/follow-up", needs="dispatch.follow_up", gives=OrderOut)
def follow_up_order(request: HttpRequest, order_id: UUID, given: FollowUpIn) -> Any:
    """Record a follow-up by the centre."""
    order = _one(request, order_id)
    contact = given.contact.value
    actions.follow_up_order(order, actor=actor_of(request), contact=contact, words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/say", needs="dispatch.say", gives=OrderOut)
def say_of_order(request: HttpRequest, order_id: UUID, given: VerdictIn) -> Any:
    """Enter the resident's own verdict, once, and close the order."""
    order, value = _one(request, order_id), given.value.value
    actions.take_verdict(order, actor=actor_of(request), value=value, is_anonymous=False)
    return moved(request, order)


@door.post("/{uuid:order_id}/close", needs="dispatch.close", gives=OrderOut)
def close_order(request: HttpRequest, order_id: UUID) -> Any:
    """Close a followed-up order of which the resident has said nothing."""
    order = _one(request, order_id)
    actions.close_order(order, actor=actor_of(request))
    return moved(request, order)


@door.post("/{uuid:order_id}/reopen", needs="dispatch.reopen", gives=OrderOut)
def reopen_order(request: HttpRequest, order_id: UUID, given: WhyIn) -> Any:
    """Open a finished order again; the centre dispatches it anew."""
    order = _one(request, order_id)
    actions.reopen_order(order, actor=actor_of(request), words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/withdraw", needs="dispatch.withdraw", gives=OrderOut)
def withdraw_order(request: HttpRequest, order_id: UUID, given: WhyIn) -> Any:
    """Withdraw an order that is no longer wanted."""
    order = _one(request, order_id)
    actions.withdraw_order(order, actor=actor_of(request), words=given.words)
    return moved(request, order)


@door.post("/{uuid:order_id}/urge", needs="dispatch.urge", gives=OrderOut)
def urge_order(request: HttpRequest, order_id: UUID) -> Any:
    """Ask whoever holds the order to hurry; deadlines stay as they are."""
    order = _one(request, order_id)
    actions.urge_order(order, actor=actor_of(request))
    return moved(request, order)
