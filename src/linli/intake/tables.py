from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.models import Clock
from linli.kernel.flow.queries import running_clocks
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices
from linli.kernel.ui import moments
from linli.lib.receipts import grouped

from . import queries
from .display import BELOW_COUNTY, PHASES, need_of, running, url_of
from .enums import Door, RequestState
from .models import Request
from .workflow import REQUEST

# A number stays on one line.
UNBROKEN = "\N{NON-BREAKING HYPHEN}"


@dataclass(frozen=True)
class Known:
    """What one page of the list needs beside its rows."""

    actor: Actor
    places: dict[int, str]
    clocks: dict[UUID, Clock]


def know(rows: list[Request], actor: Actor) -> Known:
    return Known(
        actor,
        path_labels({one.area_id for one in rows}, below=BELOW_COUNTY),
        running_clocks(REQUEST.name, [one.pk for one in rows]),
    )


def _rows(actor: Actor) -> QuerySet[Request]:
    return queries.requests(actor).defer(*queries.SEALED)


def _state(asked: Request, known: Known) -> Cell:
    state = RequestState(asked.state)
    return Cell(state.label, state=PHASES[state])


def _clock(asked: Request, known: Known) -> Cell:
    held = known.clocks.get(asked.pk)
    if held is None:
        return Cell("")
    clock = running(held, known.actor)
    return Cell(clock["text"], clock=clock, value=moments.exact(held.due_at))


def _registered(asked: Request, known: Known) -> Cell:
    text = moments.short(asked.registered_at, now=known.actor.now)
    return Cell(text, value=moments.exact(asked.registered_at))


def _number(asked: Request, known: Known) -> Cell:
    number = grouped(asked.number)
    return Cell(number.replace("-", UNBROKEN), value=number)


def _equal(column: str) -> Any:
    return lambda rows, value, actor: rows.filter(**{column: value})


def _needs(actor: Actor) -> Sequence[tuple[str, str]]:
    return choices(TermList.NEED, on=actor.today)


def _actions(actor: Actor) -> list[dict[str, Any]]:
    if not holds(actor, "intake.register"):
        return []
    url = reverse("intake:new")
    return [{"url": url, "label": _("Register a request"), "primary": True}]


REQUESTS = Table(
    name="requests",
    title=_("Requests"),
    needs="intake.view",
    rows=_rows,
    columns=(
        Column("number", _("Receipt"), _number, width=14),
        Column("need", pgettext_lazy("request", "Need"), lambda one, known: Cell(need_of(one))),
        Column("place", _("Place"), lambda one, known: Cell(known.places[one.area_id]), width=30),
        Column(
            "door",
            pgettext_lazy("request", "Door"),
            lambda one, known: Cell(Door(one.door).label),
        ),
        Column("state", _("State"), _state, kind="state"),
        Column("clock", _("Time to screen"), _clock, kind="clock", width=24),
        Column("registered", _("Registered"), _registered, kind="time"),
    ),
    sort="registered_at",
    day="registered_on",
    row_url=url_of,
    filters=(
        Filter("state", _("State"), lambda actor: RequestState.choices, _equal("state")),
        Filter(
            "door", pgettext_lazy("request", "Door"), lambda actor: Door.choices, _equal("door")
        ),
        Filter("need", pgettext_lazy("request", "Need"), _needs, _equal("need")),
    ),
    know=know,
    empty_title=_("No requests here"),
    empty_hint=_(
        "A request appears when a resident asks for help, or when you write one down for them."
    ),
    actions=_actions,
)
