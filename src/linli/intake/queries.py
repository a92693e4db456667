from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from linli.dispatch.enums import UNDER_WAY
from linli.kernel.access import visible, with_verbs
from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.kernel.scope import unscoped
from linli.lib.checkdigits import InvalidCode, mobile_or_landline
from linli.lib.receipts import InvalidNumber, normalise

from .enums import RequestState
from .models import Request
from .workflow import REQUEST

PHONE = "intake.phone"
LIKELY_DUPLICATE = timedelta(days=30)
SHOWN_DUPLICATES = 5
FOUND_AT_MOST = 20
SEALED = ("words", "name", "phone", "where", "reply")


def requests(actor: Actor) -> QuerySet[Request]:
    """Requests the actor may open."""
    return visible(Request.objects.all(), actor, "intake.view")


def request(actor: Actor, request_id: UUID) -> Request | None:
    """One request with the verbs the actor has on it, and `may_contact`; None if hidden."""
    rows = with_verbs(REQUEST.verbs_for(requests(actor), actor), actor, ("intake.contact",))
    rows = rows.select_related("centre", "registered_by", "merged_into")
    return next(iter(rows.prefetch_related("additions").filter(pk=request_id)), None)


def request_by_number(actor: Actor, text: str) -> Request | None:
    """The request with a receipt number as somebody typed it; None if hidden or mistyped."""
    try:
        number = normalise(text)
    except InvalidNumber:
        return None
    rows = requests(actor).filter(number=number)
    return rows.annotate(order_state=F("order__state")).first()


def watched(actor: Actor, request_id: UUID) -> Request | None:
    """A request about which the actor may ask who looked; nothing is read of it but its number."""
    return _watched(actor).filter(pk=request_id).first()


def watched_by_number(actor: Actor, text: str) -> Request | None:
    """The same by the number of its receipt."""
    try:
        return _watched(actor).filter(number=normalise(text)).first()
    except InvalidNumber:
        return None


def _watched(actor: Actor) -> QuerySet[Request]:
    rows = visible(Request.objects.all(), actor, "intake.looks")
    return rows.only("number", "area_id", "unit_id", "order_id")


def behind_orders(order_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The requests behind some orders, with their numbers."""
    rows = Request.objects.filter(order_id__in=list(order_ids))
    return dict(rows.values_list("pk", "number"))


def numbers(request_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of some requests in the open scope."""
    return dict(Request.objects.filter(pk__in=list(request_ids)).values_list("pk", "number"))


def of_phone(actor: Actor, text: str) -> list[Request]:
    """Requests with exactly this phone number, newest first, among those whose contact the actor
    may read."""
    try:
        index = blind(mobile_or_landline(text), purpose=PHONE)
    except InvalidCode:
        return []
    rows = visible(requests(actor), actor, "intake.contact").filter(phone_index=index)
    return list(rows.defer(*SEALED).order_by("-registered_at", "-id")[:FOUND_AT_MOST])


def by_ids(actor: Actor, request_ids: Iterable[UUID]) -> dict[UUID, Request]:
    rows = requests(actor).filter(pk__in=list(request_ids)).defer(*SEALED)
    return {one.pk: one for one in rows}


def followed(actor: Actor) -> Request | None:
    """The request a receipt opens."""
    rows = REQUEST.verbs_for(visible(Request.objects.all(), actor, "intake.follow"), actor)
    return rows.select_related("centre").first()


def moves(request: Request) -> frozenset[str]:
    """Names of the moves that the actor a request was asked for may make now."""
    return frozenset(one.name for one in REQUEST.moves_of(request))


def of_order(actor: Actor, order_id: UUID) -> Request | None:
    """The request behind an order the actor may see."""
    return requests(actor).filter(order_id=order_id).prefetch_related("additions").first()


def of_orders(actor: Actor, order_ids: Iterable[UUID]) -> dict[UUID, Request]:
    found = requests(actor).filter(order_id__in=list(order_ids))
    return {one.order_id: one for one in found if one.order_id is not None}


def likely_duplicates(request: Request, *, actor: Actor) -> list[Request]:
    """Other recent requests from the same phone, or for the same need at the same place."""
    same = Q(area_id=request.area_id, need=request.need)
    if request.phone_index is not None:
        same |= Q(phone_index=request.phone_index)
    since = request.registered_at - LIKELY_DUPLICATE
    rows = requests(actor).filter(same, registered_at__gte=since).exclude(pk=request.pk)
    rows = rows.exclude(state__in=(RequestState.MERGED, RequestState.WITHDRAWN))
    rows = rows.annotate(order_state=F("order__state"))
    return list(rows.order_by("-registered_at")[:SHOWN_DUPLICATES])


def is_under_way(state: str, order_state: str | None) -> bool:
    """Whether somebody is at work on a request in this state, with an order in that one: another
    can be joined with it."""
    if state == RequestState.ACCEPTED:
        return order_state in UNDER_WAY
    return state == RequestState.REGISTERED


def order_behind(request: Request) -> UUID | None:
    """The order that a joined request follows, over however many others; None without one."""
    state, target = request.state, request.merged_into_id
    order_id: UUID | None = None
    seen = {request.pk}
    with unscoped("a joined request goes the way of the other one, wherever that is"):
        while state == RequestState.MERGED and target is not None and target not in seen:
            seen.add(target)
            row = Request.objects.filter(pk=target)
            state, target, order_id = row.values_list("state", "merged_into_id", "order_id").get()
    return order_id if state == RequestState.ACCEPTED else None


def request_of(order_id: UUID) -> UUID | None:
    """The request behind an order, whoever may see it."""
    with unscoped("an order and its request belong together, whoever asks"):
        found: UUID | None = (
            Request.objects.filter(order_id=order_id).values_list("pk", flat=True).first()
        )
    return found
