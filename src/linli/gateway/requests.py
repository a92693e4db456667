from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status

from linli.intake import actions, queries
from linli.intake.enums import RequestState
from linli.kernel.access import holds
from linli.kernel.tables import page_of
from linli.kernel.terms.models import TermList
from linli.kernel.ui.pages import actor_of

from . import checks
from .errors import NotFound
from .schemas import (
    ONCE,
    AcceptIn,
    OrderOut,
    Problem,
    ReceiptOut,
    ReplyIn,
    RequestIn,
    RequestOut,
    RequestPage,
)
from .shapes import order_out, request_out

router = Router(tags=["requests"])
REFUSALS = {404: Problem, 409: Problem, 422: Problem}


def _one(request: HttpRequest, request_id: UUID) -> Any:
    found = queries.request(actor_of(request), request_id)
    if found is None:
        raise NotFound
    return found


@router.get("", response={200: RequestPage, 404: Problem}, operation_id="list_requests")
def list_requests(
    request: HttpRequest, state: RequestState | None = None, after: str = Query("", max_length=200)
) -> Any:
    """Requests the caller may see, newest first, 25 a page."""
    actor = actor_of(request)
    if not holds(actor, "intake.view"):
        raise NotFound
    rows = queries.requests(actor)
    if state is not None:
        rows = rows.filter(state=state)
    cut = page_of(rows, sort="registered_at", after=after)
    return {"items": [request_out(one) for one in cut.rows], "older": cut.older or None}


@router.post(
    "", response={201: ReceiptOut, **REFUSALS}, operation_id="register_request", openapi_extra=ONCE
)
def register_request(request: HttpRequest, given: RequestIn) -> Any:
    """Register a request; the answer holds the receipt and its PIN."""
    actor = actor_of(request)
    asked = actions.Asked(
        area=checks.place(actor, given.area),
        need=checks.term(actor, TermList.NEED, given.need),
        words=checks.some_words(given.words),
        for_whom=given.for_whom,
        urgency=given.urgency,
        name=checks.words(given.name),
        phone=checks.phone(given.phone),
        where=checks.words(given.where),
    )
    receipt = actions.register_request(actor=actor, asked=asked, door=given.door)
    return Status(201, {"id": receipt.request.pk, "number": receipt.number, "pin": receipt.pin})


@router.get("/{uuid:request_id}", response={200: RequestOut, 404: Problem})
def get_request(request: HttpRequest, request_id: UUID) -> Any:
    """One request."""
    return request_out(_one(request, request_id))


@router.post("/{uuid:request_id}/accept", response={201: OrderOut, **REFUSALS}, openapi_extra=ONCE)
def accept_request(request: HttpRequest, request_id: UUID, given: AcceptIn) -> Any:
    """Take a request on; with a station, the order is dispatched at once."""
    actor = actor_of(request)
    order = actions.accept_request(
        _one(request, request_id),
        actor=actor,
        area=checks.place(actor, given.area),
        need=checks.term(actor, TermList.NEED, given.need),
        urgency=given.urgency,
        task=checks.some_words(given.task),
        station_id=checks.station(actor, given.station) if given.station else None,
    )
    return Status(201, order_out(order))


@router.post(
    "/{uuid:request_id}/inform", response={200: RequestOut, **REFUSALS}, openapi_extra=ONCE
)
def inform_request(request: HttpRequest, request_id: UUID, given: ReplyIn) -> Any:
    """End a request with information for the resident."""
    row = _one(request, request_id)
    actions.inform_request(row, actor=actor_of(request), reply=checks.some_words(given.reply))
    return request_out(row)
