from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema, Status

from linli.dispatch.enums import Urgency
from linli.intake import actions, queries
from linli.intake.enums import Door as Way
from linli.intake.enums import ForWhom, RequestState
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of

from . import checks
from .door import Door
from .errors import NotFound, Unfit
from .lines import told
from .orders import OrderOut, moved
from .paging import cut
from .schemas import OLDER, After, Area, Code, In, Lines, text, words

door = Door("requests", reads=KeyScope.REQUESTS_READ, writes=KeyScope.REQUESTS_WRITE)
REQUEST = "intake.request"


class RequestOut(Schema):
    id: UUID
    number: str
    state: RequestState
    door: Way
    for_whom: ForWhom
    need: str
    urgency: Urgency
    area: int
    unit: UUID
    order: UUID | None
    registered_at: datetime
    due_at: datetime | None


class RequestPage(Schema):
    items: list[RequestOut]
    older: str | None = OLDER


class OneRequestOut(RequestOut):
    reason: str
    moves: list[str] = Field(description="what this caller may do with it now")


class AdditionOut(Schema):
    words: str
    at: datetime


class RequestWords(Schema):
    """What is in a request; name and phone only for those who must reach the person."""

    words: str
    where: str
    reply: str
    name: str | None
    phone: str | None
    additions: list[AdditionOut]


class RequestIn(In):
    area: Area
    need: Code
    words: words(4000, "The light is broken.")  # type: ignore[valid-type]
    for_whom: ForWhom = ForWhom.OTHER
    urgency: Urgency = Urgency.WEEK
    name: text(80) = ""  # type: ignore[valid-type]
    phone: text(20, "13800138000") = ""  # type: ignore[valid-type]
    where: text(200) = ""  # type: ignore[valid-type]
    door: Way = Way.AGENCY


class ReceiptOut(Schema):
    id: UUID
    number: str
    pin: str = Field(description="shown this once; with the number it opens the request")


class AcceptIn(In):
    area: Area
    need: Code
    urgency: Urgency = Urgency.WEEK
    task: words(4000, "Visit and have a look.")  # type: ignore[valid-type]
    station: UUID | None = None


class ReplyIn(In):
    """What the resident is told."""

    reply: words(4000)  # type: ignore[valid-type]


class RefuseIn(ReplyIn):
    reason: Code = Field(examples=["untrue"])


class MergeIn(In):
    """The request with which another is joined."""

    other: UUID


class ReopenIn(In):
    words: words(4000)  # type: ignore[valid-type]


def line(row: Any) -> dict[str, Any]:
    """A request as a list shows it: codes and ids, never names or words."""
    names = ("number", "state", "door", "for_whom", "need", "urgency", "registered_at", "due_at")
    held = {name: getattr(row, name) for name in names}
    ids = {"id": row.pk, "area": row.area_id, "unit": row.unit_id, "order": row.order_id}
    return ids | held


def _after(request: HttpRequest, row: Any) -> dict[str, Any]:
    """What the caller sees of a request after a move of theirs."""
    found = queries.request(actor_of(request), row.pk)
    moves = sorted(queries.moves(found)) if found else []
    return {**line(found or row), "reason": row.reason, "moves": moves}


def _one(request: HttpRequest, request_id: UUID) -> Any:
    found = queries.request(actor_of(request), request_id)
    if found is None:
        raise NotFound
    return found


@door.get("", needs="intake.view", gives=RequestPage)
def list_requests(
    request: HttpRequest, state: RequestState | None = None, after: After = ""
) -> Any:
    """Requests the caller may see, newest first, 25 a page."""
    rows = queries.requests(actor_of(request)).defer(*queries.SEALED)
    if state is not None:
        rows = rows.filter(state=state)
    page = cut(rows, sort="registered_at", after=after)
    return {"items": [line(one) for one in page.rows], "older": page.older or None}


@door.post("", needs="intake.register", gives=ReceiptOut, status=201)
def register_request(request: HttpRequest, given: RequestIn) -> Any:
    """Register a request; the answer holds the receipt and its PIN."""
    actor = actor_of(request)
    if given.door == Way.PUBLIC:
        raise Unfit(_("This door is for residents themselves."), "door")
    if given.for_whom == ForWhom.ANONYMOUS and (given.name or given.phone):
        sentence = _("You wrote a name or a phone: choose for whom it is, or leave them out.")
        raise Unfit(sentence, "for_whom")
    asked = actions.Asked(
        area=checks.place(actor, given.area),
        need=checks.term(actor, TermList.NEED, given.need, "need"),
        words=given.words,
        for_whom=given.for_whom.value,
        urgency=given.urgency.value,
        name=given.name,
        phone=checks.phone(given.phone),
        where=given.where,
    )
    receipt = actions.register_request(actor=actor, asked=asked, door=given.door.value)
    return Status(201, {"id": receipt.request.pk, "number": receipt.number, "pin": receipt.pin})


@door.get("/{uuid:request_id}", needs="intake.view", gives=OneRequestOut)
def get_request(request: HttpRequest, request_id: UUID) -> Any:
    """One request, with what the caller may do with it now."""
    return _after(request, _one(request, request_id))


@door.post(
    "/{uuid:request_id}/words",
    needs="intake.view",
    gives=RequestWords,
    scope=KeyScope.REQUESTS_READ,
)
def read_request(request: HttpRequest, request_id: UUID) -> Any:
    """What is in a request. That it was read is on record."""
    row = _one(request, request_id)
    actions.note_read(row, actor=actor_of(request))
    return {
        "words": row.words,
        "where": row.where if row.may_contact else "",
        "reply": row.reply,
        "name": row.name if row.may_contact else None,
        "phone": row.phone if row.may_contact else None,
        "additions": list(row.additions.all()),
    }


@door.get("/{uuid:request_id}/timeline", needs="intake.view", gives=Lines)
def get_request_timeline(request: HttpRequest, request_id: UUID) -> Any:
    """The way of a request, oldest first."""
    return told([(REQUEST, _one(request, request_id).pk)])


@door.post("/{uuid:request_id}/accept", needs="intake.screen", gives=OrderOut, status=201)
def accept_request(request: HttpRequest, request_id: UUID, given: AcceptIn) -> Any:
    """Take a request on; with a station, the order is dispatched at once."""
    actor, row = actor_of(request), _one(request, request_id)
    order = actions.accept_request(
        row,
        actor=actor,
        area=checks.within(actor.scope, checks.place(actor, given.area)),
        need=checks.term(actor, TermList.NEED, given.need, "need"),
        urgency=given.urgency.value,
        task=given.task,
        station_id=checks.station(actor, given.station) if given.station else None,
    )
    return Status(201, moved(request, order))


@door.post("/{uuid:request_id}/inform", needs="intake.screen", gives=OneRequestOut)
def inform_request(request: HttpRequest, request_id: UUID, given: ReplyIn) -> Any:
    """End a request with information for the resident."""
    row = _one(request, request_id)
    actions.inform_request(row, actor=actor_of(request), reply=given.reply)
    return _after(request, row)


@door.post("/{uuid:request_id}/refer", needs="intake.screen", gives=OneRequestOut)
def refer_request(request: HttpRequest, request_id: UUID, given: ReplyIn) -> Any:
    """Say who else can help."""
    row = _one(request, request_id)
    actions.refer_request(row, actor=actor_of(request), reply=given.reply)
    return _after(request, row)


@door.post("/{uuid:request_id}/refuse", needs="intake.screen", gives=OneRequestOut)
def refuse_request(request: HttpRequest, request_id: UUID, given: RefuseIn) -> Any:
    """Do not take a request on, for a reason the resident is told."""
    actor, row = actor_of(request), _one(request, request_id)
    reason = checks.term(actor, TermList.REFUSE_REASON, given.reason, "reason")
    actions.refuse_request(row, actor=actor, reason=reason, reply=given.reply)
    return _after(request, row)


@door.post("/{uuid:request_id}/merge", needs="intake.screen", gives=OneRequestOut)
def merge_request(request: HttpRequest, request_id: UUID, given: MergeIn) -> Any:
    """Join a request with another about the same need that is under way."""
    actor, row = actor_of(request), _one(request, request_id)
    other = queries.request(actor, given.other)
    if other is None or other.pk == row.pk:
        raise Unfit(_("No other request with this id was found here."), "other")
    actions.merge_request(row, actor=actor, other=other)
    return _after(request, row)


@door.post("/{uuid:request_id}/reopen", needs="intake.reopen", gives=OneRequestOut)
def reopen_request(request: HttpRequest, request_id: UUID, given: ReopenIn) -> Any:
    """Open an ended request again, or part it from the one it was joined with."""
    row = _one(request, request_id)
    actions.reopen_request(row, actor=actor_of(request), words=given.words)
    return _after(request, row)


@door.post("/{uuid:request_id}/withdraw", needs="intake.withdraw", gives=OneRequestOut)
def withdraw_request(request: HttpRequest, request_id: UUID) -> Any:
    """Take a request back before it was screened, or while it is joined with another."""
    row = _one(request, request_id)
    actions.withdraw_request(row, actor=actor_of(request))
    return _after(request, row)
