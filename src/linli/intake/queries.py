from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from linli.kernel.access import visible
from linli.kernel.accounts.actors import Actor

from .enums import RequestState
from .models import Request
from .workflow import REQUEST

LIKELY_DUPLICATE = timedelta(days=30)
SHOWN_DUPLICATES = 5


def requests(actor: Actor) -> QuerySet[Request]:
    """Requests the actor may open."""
    return visible(Request.objects.all(), actor, "intake.view")


def request(actor: Actor, request_id: UUID) -> Request | None:
    """One request with the verbs the actor has on it; None if hidden."""
    rows = REQUEST.verbs_for(requests(actor), actor).filter(pk=request_id)
    return rows.select_related("centre", "registered_by", "order", "merged_into").first()


def followed(actor: Actor) -> Request | None:
    """The request a receipt opens."""
    rows = REQUEST.verbs_for(visible(Request.objects.all(), actor, "intake.follow"), actor)
    return rows.select_related("centre").first()


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
    return list(rows.order_by("-registered_at")[:SHOWN_DUPLICATES])
