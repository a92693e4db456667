from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.ui.registry import DutyLine, Found, duty_lines, finder, place
from linli.lib.receipts import InvalidNumber, grouped, normalise

from . import queries
from .display import BELOW_COUNTY, need_of, state_of, url_of
from .enums import AT_WORK, OrderState
from .models import Order
from .workflow import ORDER


def _lines(actor: Actor, order_ids: list[UUID]) -> dict[UUID, DutyLine]:
    found = queries.by_ids(actor, order_ids)
    places = path_labels({order.area_id for order in found.values()}, below=BELOW_COUNTY)
    return {pk: _line(order, places[order.area_id]) for pk, order in found.items()}


def _line(order: Order, where: str) -> DutyLine:
    verb = _next_verb(order)
    return DutyLine(
        what=need_of(order),
        where=where,
        url=reverse("dispatch:order", args=[order.pk]),
        number=grouped(order.number),
        verb_url=url_of(order, verb),
        method="get" if ORDER.moves[verb].asks else "post",
    )


def _next_verb(order: Order) -> str:
    """The verb of the duty that an order's state brings with it."""
    if order.state in AT_WORK and order.worker_id is None:
        return "assign"
    return {
        OrderState.PENDING: "dispatch",
        OrderState.ARBITRATION: "arbitrate",
        OrderState.DISPATCHED: "accept",
        OrderState.ACCEPTED: "serve",
        OrderState.SERVING: "finish",
    }.get(OrderState(order.state), "follow_up")


def _find(actor: Actor, text: str) -> Iterable[Found]:
    try:
        order = queries.order_by_number(actor, normalise(text))
    except InvalidNumber:
        return []
    if order is None:
        return []
    url = reverse("dispatch:order", args=[order.pk])
    label = f"{grouped(order.number)} {need_of(order)}"
    return [Found(label, str(state_of(order)["label"]), url)]


place(
    name="dispatch.board",
    label=_("Board"),
    icon="board",
    url_name="dispatch:board",
    needs="dispatch.view",
    order=20,
    key="o",
)
duty_lines(
    "dispatch.order",
    _lines,
    verbs={
        "dispatch": pgettext_lazy("duty", "Dispatch"),
        "arbitrate": pgettext_lazy("duty", "Decide"),
        "accept": pgettext_lazy("duty", "Accept"),
        "assign": pgettext_lazy("duty", "Assign"),
        "serve": pgettext_lazy("duty", "Begin to help"),
        "finish": pgettext_lazy("duty", "Finish"),
        "follow_up": pgettext_lazy("duty", "Follow up"),
    },
)
finder("dispatch.orders", _("Orders"), "dispatch.view", _find)
