from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.areas.queries import children
from linli.kernel.stats.measures import Measure, measures
from linli.kernel.stats.read import (
    Count,
    NotCounted,
    Question,
    by_area,
    by_day,
    by_dimension,
    distinct,
    question,
    tells_apart,
    total,
)
from linli.kernel.ui.pages import actor_of

from .door import Door
from .errors import NotFound, Unfit
from .schemas import AskedArea, Day, text

door = Door("statistics", reads=KeyScope.STATISTICS_READ)
# The page's own permission; each measure asks for its own beside it.
NEEDS = "services.count"
Name = text(40, "services")
By = text(40, told="a dimension of the measure, `area` or `month`")
AREA, MONTH = "area", "month"


class NamedOut(Schema):
    name: str
    title: str


class AddedOut(NamedOut):
    unit: str


class MeasureOut(NamedOut):
    """What is counted, in which unit and from which source, and by what it can be broken down."""

    unit: str
    source: str
    dimensions: list[NamedOut]
    sums: list[AddedOut]
    distinct: list[AddedOut]


class MeasuresOut(Schema):
    items: list[MeasureOut]


class AmountOut(AddedOut):
    number: int


class PartOut(Schema):
    value: str = Field(description="a code, an area's 12 digits, or the first day of a month")
    label: str
    number: int


class NumbersOut(Schema):
    """A number, exact at the instant of commit."""

    measure: str
    area: int
    whose: UUID | None = Field(description="the unit, where the post counts its own numbers only")
    first: date
    last: date
    number: int
    unit: str
    sums: list[AmountOut]
    distinct: list[AmountOut]
    by: str
    parts: list[PartOut] = Field(description="the largest first; months in their order")
    is_kept_back: bool = Field(
        description="it is not broken down, because a single answer could be recognised"
    )
    source: str
    as_of: datetime


def _offered(actor: Actor) -> list[Measure]:
    return [one for one in measures() if holds(actor, one.needs)]


@door.get("", needs=NEEDS, gives=MeasuresOut)
def list_measures(request: HttpRequest) -> Any:
    """What the post may count."""
    return {
        "items": [
            {
                "name": one.name,
                "title": str(one.title),
                "unit": str(one.unit),
                "source": str(one.definition),
                "dimensions": [
                    {"name": name, "title": str(held.title)}
                    for name, held in one.dimensions.items()
                ],
                "sums": _added(one.sums),
                "distinct": _added(one.distinct),
            }
            for one in _offered(actor_of(request))
        ]
    }


def _added(held: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": str(one.title), "unit": str(one.unit)} for name, one in held.items()
    ]


def _asked(actor: Actor, name: str, area: int | None, first: date, last: date) -> Question:
    chosen = next((one for one in _offered(actor) if one.name == name), None)
    if chosen is None:
        raise Unfit(_("There is no such measure for this post."), "measure")
    if first > last:
        raise Unfit(_("The last day lies before the first."), "last")
    whole = (actor.area or 0) if area is None else area
    try:
        return question(actor, chosen, area=whole, first=first, last=last)
    except NotCounted as error:
        raise NotFound from error


@door.get("/numbers", needs=NEEDS, gives=NumbersOut)
def get_numbers(
    request: HttpRequest,
    measure: Name,  # type: ignore[valid-type]
    first: Day,
    last: Day,
    area: AskedArea | None = None,
    by: By = "",  # type: ignore[valid-type]
) -> Any:
    """One measure for an area and some days, broken down by one dimension if asked for.

    The same numbers as the page, kept back in the same cases; without an area, the post's own.
    """
    actor = actor_of(request)
    asked = _asked(actor, measure, area, first, last)
    found, one = total(asked), asked.measure
    is_kept_back = bool(by) and by not in {AREA, MONTH} and not tells_apart(asked)
    return {
        "measure": one.name,
        "area": asked.area,
        "whose": asked.unit,
        "first": first,
        "last": last,
        "number": found.n,
        "unit": str(one.unit),
        "sums": [
            added | {"number": value}
            for added, value in zip(_added(one.sums), found.sums, strict=True)
        ],
        "distinct": [
            added | {"number": distinct(asked, added["name"])} for added in _added(one.distinct)
        ],
        "by": by,
        "parts": _parts(asked, by) if by else [],
        "is_kept_back": is_kept_back,
        "source": str(one.definition),
        "as_of": actor.now,
    }


def _parts(asked: Question, by: str) -> list[dict[str, Any]]:
    if by == MONTH:
        return [
            {"value": day.isoformat(), "label": f"{day:%Y-%m}", "number": count.n}
            for day, count in by_day(asked, months=True).items()
        ]
    if by == AREA:
        return _areas(asked)
    if by not in asked.measure.dimensions:
        raise Unfit(_("The measure is not broken down by this."), "by")
    label = asked.measure.dimensions[by].label
    return [
        {"value": value, "label": label(value) if value else "", "number": count.n}
        for value, count in by_dimension(asked, by).items()
    ]


def _areas(asked: Question) -> list[dict[str, Any]]:
    # The page breaks down by area only what is counted for whole areas.
    below = [] if asked.unit is not None else children(asked.area)
    counts = by_area(asked, [one.code for one in below])
    rows = [(one, counts.get(one.code, Count()).n) for one in below]
    rows.sort(key=lambda row: -row[1])
    return [
        {"value": f"{one.code:012d}", "label": one.label, "number": number} for one, number in rows
    ]
