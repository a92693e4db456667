from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.directory.queries import stations
from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import labels, path_labels
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices, label
from linli.kernel.ui import moments
from linli.kernel.ui.addresses import row_address
from linli.kernel.ui.wording import joined

from .actions import note_found
from .enums import DuplicateState, MoveState, Signal
from .handling import duplicates
from .models import Duplicate, Person
from .queries import category_codes, holding_category, is_number, kept, listed, named, names


@dataclass(frozen=True)
class Known:
    """What one page of persons needs besides its rows."""

    today: date
    places: dict[int, str]
    categories: dict[UUID, list[str]]


def age(born_on: date, today: date) -> int:
    """Whole years lived on a day."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def _know(rows: list[Person], actor: Actor) -> Known:
    codes = {one.area_id for one in rows}
    return Known(
        actor.today,
        path_labels(codes, below=3) if actor.has_role(Role.DISPATCHER) else labels(codes),
        category_codes([one.pk for one in rows], on=actor.today),
    )


def _age(row: Person, known: Known) -> Cell:
    if row.born_on is None:
        return Cell("—", value="")
    years = age(row.born_on, known.today)
    return Cell(str(years), value=years)


def _categories(row: Person, known: Known) -> Cell:
    codes = known.categories.get(row.pk, [])
    return Cell(joined(label(TermList.PERSON_CATEGORY, code) for code in codes))


def _narrow_category(rows: QuerySet[Any], value: str, actor: Actor) -> QuerySet[Any]:
    return holding_category(rows, value, on=actor.today)


def _stations(actor: Actor) -> Sequence[tuple[str, str]]:
    return [(str(one.pk), one.label) for one in stations(actor)]


def _search(rows: QuerySet[Any], text: str, actor: Actor) -> QuerySet[Any]:
    """By name only: a number does not belong in an address."""
    return rows if is_number(text) else named(rows, text)


def _tell_found(rows: list[Person], actor: Actor) -> None:
    note_found([one.pk for one in rows], actor=actor)


def _actions(actor: Actor) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if holds(actor, "duplicates.view"):
        made.append({"url": reverse("people:duplicates"), "label": _("Possible duplicates")})
    if holds(actor, "people.import"):
        made.append({"url": f"{reverse('imports:new')}?kind=people", "label": _("Import a sheet")})
    if holds(actor, "people.register"):
        url = reverse("people:new")
        made.append({"url": url, "label": _("Register a person"), "primary": True})
    return made


STATION_FILTER = Filter(
    "station", _("Station"), _stations, lambda rows, value, actor: rows.filter(unit_id=value)
)
STATION_COLUMN = Column("station", _("Station"), lambda row, known: Cell(row.unit.label), width=26)

PEOPLE = Table(
    name="people",
    title=pgettext_lazy("place", "People"),
    needs="people.keep",
    rows=lambda actor: listed(kept(actor)),
    columns=(
        Column("name", _("Name"), lambda row, known: Cell(row.name)),
        Column("preferred_name", _("Called"), lambda row, known: Cell(row.preferred_name)),
        Column("age", _("Age"), _age, kind="number", width=8),
        Column("area", _("Area"), lambda row, known: Cell(known.places.get(row.area_id, ""))),
        Column("categories", _("Categories today"), _categories, width=36),
    ),
    sort="recorded_at",
    row_url=row_address("people:person"),
    filters=(
        Filter(
            "category",
            _("Category"),
            lambda actor: choices(TermList.PERSON_CATEGORY, on=actor.today, area=actor.area),
            _narrow_category,
        ),
    ),
    know=_know,
    search=_search,
    tell_found=_tell_found,
    empty_title=_("Nobody is on file here yet"),
    empty_hint=_("People appear here when a station registers them."),
    actions=_actions,
)


def people_table(actor: Actor) -> Table:
    """The list as the actor needs it: who sees several stations can tell them apart."""
    if not actor.has_role(Role.DISPATCHER):
        return PEOPLE
    return replace(
        PEOPLE,
        columns=(*PEOPLE.columns, STATION_COLUMN),
        filters=(*PEOPLE.filters, STATION_FILTER),
    )


DUPLICATE_PHASES = {
    DuplicateState.ASKED: "new",
    DuplicateState.CONSULTED: "waiting",
    DuplicateState.SAME: "done",
    DuplicateState.DIFFERENT: "stopped",
}
MOVE_PHASES = {
    MoveState.PROPOSED: "new",
    MoveState.AGREED: "waiting",
    MoveState.DONE: "done",
    MoveState.REFUSED: "stopped",
    MoveState.WITHDRAWN: "stopped",
}


@dataclass(frozen=True)
class KnownPairs:
    """What one page of questions needs besides its rows."""

    actor: Actor
    names: dict[UUID, str]
    places: dict[int, str]


def _know_pairs(rows: list[Duplicate], actor: Actor) -> KnownPairs:
    ids = {person for one in rows for person in (one.one_id, one.other_id)}
    places = path_labels({one.area_id for one in rows}, below=3)
    return KnownPairs(actor, names(actor, ids), places)


def _whose(row: Duplicate, known: KnownPairs) -> Cell:
    held = [known.names[one] for one in (row.one_id, row.other_id) if one in known.names]
    return Cell(joined(dict.fromkeys(held)) or "—")


def _asked(row: Duplicate, known: KnownPairs) -> Cell:
    text = moments.short(row.asked_at, now=known.actor.now)
    return Cell(text, value=moments.exact(row.asked_at))


def _due(row: Duplicate, known: KnownPairs) -> Cell:
    if row.due_at is None:
        return Cell("")
    text = moments.short(row.due_at, now=known.actor.now)
    return Cell(text, value=moments.exact(row.due_at))


DUPLICATES = Table(
    name="duplicates",
    title=_("Possible duplicates"),
    needs="duplicates.view",
    rows=lambda actor: duplicates(actor).defer("words", "answer"),
    columns=(
        Column("names", pgettext_lazy("duplicates", "Names on file"), _whose, width=26),
        Column("signal", _("Why it is asked"), lambda row, known: Cell(Signal(row.signal).label)),
        Column(
            "state",
            _("State"),
            lambda row, known: Cell(
                DuplicateState(row.state).label, state=DUPLICATE_PHASES[DuplicateState(row.state)]
            ),
        ),
        Column("area", _("Area"), lambda row, known: Cell(known.places.get(row.area_id, ""))),
        Column("asked", pgettext_lazy("duplicates", "Asked"), _asked),
        Column("due", _("Due"), _due),
    ),
    sort="asked_at",
    row_url=row_address("people:duplicate"),
    filters=(
        Filter(
            "state",
            _("State"),
            lambda actor: [(one.value, one.label) for one in DuplicateState],
            lambda rows, value, actor: rows.filter(state=value),
        ),
    ),
    know=_know_pairs,
    empty_title=_("No file looks like another one"),
    empty_hint=_("Questions come from stations and from a comparison each night."),
)
