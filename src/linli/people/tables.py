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
from linli.kernel.ui.addresses import row_address
from linli.kernel.ui.wording import joined

from .actions import note_found
from .models import Person
from .queries import category_codes, holding_category, is_number, listed, named


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
    if not holds(actor, "people.register"):
        return []
    return [{"url": reverse("people:new"), "label": _("Register a person"), "primary": True}]


STATION_FILTER = Filter(
    "station", _("Station"), _stations, lambda rows, value, actor: rows.filter(unit_id=value)
)
STATION_COLUMN = Column("station", _("Station"), lambda row, known: Cell(row.unit.label), width=26)

PEOPLE = Table(
    name="people",
    title=pgettext_lazy("place", "People"),
    needs="people.view",
    rows=listed,
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
