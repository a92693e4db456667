from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.models import Clock, Tier
from linli.kernel.flow.queries import running_clocks
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices
from linli.kernel.ui import moments
from linli.kernel.ui.addresses import row_address
from linli.lib.receipts import InvalidNumber, grouped, normalise

from . import queries
from .display import BELOW_COUNTY, PHASES, SHOWN_STATES, need_of, running
from .enums import OrderState, Urgency
from .models import Order
from .workflow import ORDER

# A number stays on one line.
UNBROKEN = "\N{NON-BREAKING HYPHEN}"
SHOWN = (
    "number", "state", "need", "urgency", "area_id", "opened_at",
    "station__zh", "station__en", "worker__name",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What one page of the list needs beside its rows."""

    actor: Actor
    places: dict[int, str]
    clocks: dict[UUID, Clock]


def _know(rows: list[Order], actor: Actor) -> Known:
    return Known(
        actor,
        path_labels({order.area_id for order in rows}, below=BELOW_COUNTY),
        running_clocks(ORDER.name, [order.pk for order in rows]),
    )


def _rows(actor: Actor) -> QuerySet[Order]:
    return queries.orders(actor).select_related("station", "worker").only(*SHOWN)


def _state(order: Order, known: Known) -> Cell:
    state = OrderState(order.state)
    return Cell(state.label, state=PHASES[state])


def _clock(order: Order, known: Known) -> Cell:
    held = known.clocks.get(order.pk)
    if held is None:
        return Cell("")
    clock = running(held, title=str(Tier(held.tier).label), actor=known.actor)
    return Cell(clock["text"], clock=clock, value=moments.exact(held.due_at))


def _opened(order: Order, known: Known) -> Cell:
    text = moments.short(order.opened_at, now=known.actor.now)
    return Cell(text, value=moments.exact(order.opened_at))


def _search(rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
    try:
        return rows.filter(number=normalise(text))
    except InvalidNumber:
        return rows.none()


def _equal(column: str) -> Any:
    return lambda rows, value, actor: rows.filter(**{column: value})


def _needs(actor: Actor) -> Sequence[tuple[str, str]]:
    return choices(TermList.NEED, on=actor.today)


def _stations(actor: Actor) -> Sequence[tuple[str, str]]:
    return [(str(unit.pk), unit.label) for unit in queries.stations(actor)]


def _states(actor: Actor) -> Sequence[tuple[str, Any]]:
    """Each state, and those that lie together on the actor's board."""
    if actor.has_role(Role.DISPATCHER):
        return [*OrderState.choices, ("at_work", _("Accepted and in service"))]
    return [*OrderState.choices, ("at_station", _("What the station holds"))]


def _number(order: Order, known: Known) -> Cell:
    number = grouped(order.number)
    return Cell(number.replace("-", UNBROKEN), sub=Urgency(order.urgency).label, value=number)


def _place(order: Order, known: Known) -> Cell:
    return Cell(known.places[order.area_id])


def _need(order: Order, known: Known) -> Cell:
    return Cell(need_of(order), sub=known.places[order.area_id])


def _urgency(order: Order, known: Known) -> Cell:
    return Cell(Urgency(order.urgency).label)


def _worker(order: Order, known: Known) -> Cell:
    return Cell(order.worker.name if order.worker else "")


def _station(order: Order, known: Known) -> Cell:
    station = order.station.label if order.station else ""
    return Cell(station, sub=order.worker.name if order.worker else "")


NUMBER = Column("number", _("Number"), _number, width=14)
NEED = Column("need", pgettext_lazy("order", "Need"), _need, width=24)
PLACE = Column("place", _("Place"), _place, width=30)
URGENCY = Column("urgency", pgettext_lazy("order", "Urgency"), _urgency)
STATE = Column("state", _("State"), _state, kind="state")
STATION = Column("station", _("Station"), _station, width=30)
WORKER = Column("worker", _("Worker"), _worker)
CLOCK = Column("clock", _("Whose time runs"), _clock, kind="clock", width=24)
OPENED = Column("opened", pgettext_lazy("order", "Opened"), _opened, kind="time")

ORDERS = Table(
    name="orders",
    title=_("Orders"),
    needs="dispatch.view",
    rows=_rows,
    columns=(NUMBER, NEED, STATE, STATION, CLOCK, OPENED),
    sort="opened_at",
    day="opened_on",
    row_url=row_address("dispatch:order"),
    filters=(
        Filter(
            "state",
            _("State"),
            _states,
            lambda rows, value, actor: rows.filter(state__in=SHOWN_STATES[value]),
        ),
        Filter(
            "urgency",
            pgettext_lazy("order", "Urgency"),
            lambda actor: Urgency.choices,
            _equal("urgency"),
        ),
        Filter("station", _("Station"), _stations, _equal("station_id")),
        Filter("need", pgettext_lazy("order", "Need"), _needs, _equal("need")),
        Filter(
            "overdue",
            pgettext_lazy("deadline", "Time"),
            lambda actor: [("yes", _("Overdue"))],
            lambda rows, value, actor: queries.overdue(rows, actor),
        ),
    ),
    know=_know,
    search=_search,
    search_hint=_("Order number"),
    empty_title=_("No orders here"),
    empty_hint=_(
        "An order appears when the county centre accepts a request. Take a filter away to see more."
    ),
    actions=lambda actor: [{"url": reverse("dispatch:board"), "label": _("Board")}],
)
# A sheet has room for what a page puts on a second line.
ORDERS_SHEET = replace(
    ORDERS, columns=(NUMBER, NEED, PLACE, URGENCY, STATE, STATION, WORKER, CLOCK, OPENED)
)
