from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from linli.kernel.access import holds, requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import Place, children, label, path
from linli.kernel.stats.measures import Measure, measures
from linli.kernel.stats.read import (
    Count,
    NotCounted,
    Question,
    by_area,
    by_dimensions,
    distinct,
    during,
    not_attributed,
    question,
    tells_apart,
)
from linli.kernel.ui.moments import exact, minutes
from linli.kernel.ui.pages import actor_of, page
from linli.kernel.ui.pages import asked as asked_of
from linli.kernel.units.queries import unit_labels
from linli.lib.areacodes import NATION

from .. import geographies
from ..periods import KINDS, Period, period_of, read_period

TREND_MONTHS = 12
MOST_ROWS = 40
# Areas without any are folded away, but a short list stays whole.
FEWEST_ROWS = 12
VILLAGE_LEVEL = 5
MINUTES = "minutes"


@requires("services.count")
@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """The numbers of one measure for an area and a period: a sentence, the drawing, the table."""
    actor = actor_of(request)
    given = asked_of(request)
    offered = [one for one in measures() if holds(actor, one.needs)]
    chosen = next((one for one in offered if one.name == given.get("measure")), offered[0])
    code = _area(given, actor)
    period = read_period(given, today=actor.today)
    span: dict[str, Any] = {"area": code, "first": period.first, "last": period.last}
    as_of = geographies.read(given, today=actor.today)
    try:
        asked = question(actor, chosen, as_of=as_of, **span)
    except NotCounted as error:
        raise Http404 from error
    above, over_time = path(code), _over_time(asked, period, actor)
    found, is_told_apart = over_time.found, tells_apart(asked)
    parts = by_dimensions(asked) if is_told_apart else {}
    context = {
        "title": _("Statistics"),
        "area_path": _path(above, code, actor, given),
        "tabs": _tabs(given, period),
        "geographies": _geographies(asked, actor, given, span),
        "measure_tabs": _measure_tabs(offered, chosen, given),
        "sentence": _sentence(asked, over_time, whose=_whose(asked, above), period=period),
        "stats": _stats(asked, found, actor, period),
        "period": period,
        "older_url": _url(given, period.before()),
        "newer_url": _url(given, period.after()) if period.last < actor.today else "",
        "columns": _trend(over_time.months, period),
        "areas": _areas(asked, given, found),
        "tables": [_table(asked, name, counts, found) for name, counts in parts.items()],
        "kept_back": "" if is_told_apart else _kept_back(chosen),
        "measure_title": chosen.title,
        "unit": chosen.unit,
        "source": chosen.definition,
        "as_of": exact(actor.now),
    }
    return page(request, "site/statistics.html", context)


def _area(given: dict[str, str], actor: Actor) -> int:
    text = given.get("area", "")
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    return actor.area or 0


def _url(given: dict[str, str], period: Period | None = None, **changes: str) -> str:
    names = ["measure", "area", "period", "on", geographies.NAME]
    if period is None:
        names += ["first", "last"]
    kept = {name: given[name] for name in names if name in given}
    if period is not None and period.kind:
        kept |= {"period": period.kind, "on": period.first.isoformat()}
    elif period is not None:
        kept |= {"first": period.first.isoformat(), "last": period.last.isoformat()}
    return "?" + urlencode(kept | changes)


def _path(
    above: list[Place], code: int, actor: Actor, given: dict[str, str]
) -> list[dict[str, str]]:
    """The areas above, as far up as the actor may count."""
    return [
        {"label": one.label, "url": _url(given, area=str(one.code))}
        for one in above
        if actor.scope.covers(one.code) or one.code == code
    ]


def _tabs(given: dict[str, str], period: Period) -> list[dict[str, Any]]:
    words = {
        "day": pgettext("period", "Day"),
        "week": pgettext("period", "Week"),
        "month": pgettext("period", "Month"),
        "quarter": pgettext("period", "Quarter"),
        "year": pgettext("period", "Year"),
    }
    return [
        {
            "label": words[kind],
            "url": _url(given, period_of(kind, period.last)),
            "is_current": period.kind == kind,
        }
        for kind in KINDS
    ]


def _measure_tabs(
    offered: list[Measure], chosen: Measure, given: dict[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "label": one.title,
            "url": _url(given, measure=one.name),
            "is_current": one is chosen,
        }
        for one in offered
    ]


def _geographies(
    asked: Question, actor: Actor, given: dict[str, str], span: dict[str, Any]
) -> list[dict[str, Any]]:
    """As which areas the number can be counted; none where nothing has changed in the period."""
    if asked.unit is not None:
        return []
    offered: list[date | None] = [None]
    for day in geographies.days(asked):
        try:
            question(actor, asked.measure, as_of=day, **span)
        except NotCounted:
            continue
        offered.append(day)
    if offered == [None] and asked.as_of is None:
        return []
    without = {name: value for name, value in given.items() if name != geographies.NAME}
    return [
        {
            "label": geographies.label(day),
            "url": _url(without | ({geographies.NAME: day.isoformat()} if day else {})),
            "is_current": day == asked.as_of,
        }
        for day in dict.fromkeys([*offered, asked.as_of])
    ]


def _whose(asked: Question, above: list[Place]) -> str:
    """The area, or the unit where the actor sees no more than their own."""
    if asked.unit is not None:
        return unit_labels([asked.unit]).get(asked.unit, "")
    named = {one.code: one.label for one in above}
    return named.get(asked.area) or label(asked.area)


@dataclass(frozen=True)
class OverTime:
    """The number now, `earlier` that of the period before, and those of twelve months.

    A period that `is_running` is compared with as many days of the one before it; one that has
    begun today with nothing: some hours are not a day.
    """

    found: Count
    earlier: Count
    is_running: bool
    has_just_begun: bool
    months: dict[Period, Count]


def _over_time(asked: Question, period: Period, actor: Actor) -> OverTime:
    before = period.before()
    is_running = period.first <= actor.today < period.last
    elapsed = actor.today - period.first
    last = min(before.last, before.first + elapsed) if is_running else before.last
    months = [period_of("month", period.last)]
    while len(months) < TREND_MONTHS:
        months.insert(0, months[0].before())
    spans = [(period.first, period.last), (before.first, last)]
    found, earlier, *each = during(asked, spans + [(one.first, one.last) for one in months])
    has_just_begun = period.first == actor.today
    return OverTime(
        found, earlier, is_running, has_just_begun, dict(zip(months, each, strict=True))
    )


def _sentence(asked: Question, over_time: OverTime, *, whose: str, period: Period) -> str:
    """One sentence that says the number and how it compares with the period before."""
    found = over_time.found
    earlier = 0 if over_time.has_just_begun else over_time.earlier.n
    said = _("%(period)s: %(amount)s in %(area)s") % {
        "period": period.label,
        "amount": asked.measure.amount(found.n),
        "area": whose,
    }
    if not earlier:
        return _("%(said)s.") % {"said": said}
    change = round((found.n - earlier) * 100 / earlier)
    than = _("the same days of %(period)s") if over_time.is_running else "%(period)s"
    before = than % {"period": period.before().label}
    compared = {"said": said, "change": abs(change), "before": before}
    if change > 0:
        return _("%(said)s, %(change)s %% more than in %(before)s.") % compared
    if change < 0:
        return _("%(said)s, %(change)s %% fewer than in %(before)s.") % compared
    return _("%(said)s, as many as in %(before)s.") % compared


def _stats(asked: Question, found: Count, actor: Actor, period: Period) -> list[dict[str, Any]]:
    one = asked.measure
    made: list[dict[str, Any]] = [
        {
            "label": one.title,
            "number": f"{found.n:,}",
            "unit": one.unit,
            "url": _list_url(asked, actor, period),
        }
    ]
    for (name, added), value in zip(one.sums.items(), found.sums, strict=True):
        number, unit = (minutes(value), "") if name == MINUTES else (f"{value:,}", added.unit)
        made.append({"label": added.title, "number": number, "unit": unit})
    made += [
        {"label": what.title, "number": f"{distinct(asked, name):,}", "unit": what.unit}
        for name, what in one.distinct.items()
    ]
    return made


def _list_url(asked: Question, actor: Actor, period: Period) -> str:
    """The list behind the number, where the actor may open every row that was counted."""
    one = asked.measure
    # Whole areas are listed for the centre alone; everybody else opens rows of their own unit.
    is_listed = asked.unit is not None or actor.has_role(Role.DISPATCHER)
    is_listed = is_listed and asked.is_listed
    if not one.list_url or not is_listed or not holds(actor, one.listed_by):
        return ""
    kept = {"first": period.first.isoformat(), "last": period.last.isoformat()}
    if asked.unit is not None:
        kept["unit"] = str(asked.unit)
    if asked.area != NATION:
        kept["area"] = f"{asked.area:012d}"
    return f"{reverse(one.list_url)}?{urlencode(kept)}"


def _kept_back(one: Measure) -> str:
    """Why a number is not broken down."""
    return _(
        "What each of them says is told apart only over whole months that are over, with at least"
        " %(fewest)s in each, so that nobody's answer can be recognised."
    ) % {"fewest": one.fewest}


def _trend(months: dict[Period, Count], period: Period) -> list[dict[str, Any]]:
    """The number of each of the twelve months up to the end of the period."""
    most = max(one.n for one in months.values()) or 1
    return [
        {
            "label": f"{one.first:%m}",
            "year": f"{one.first:%Y}" if one.first.month == 1 else "",
            "title": one.label,
            "text": _brief(count.n),
            "exact": f"{count.n:,}",
            "percent": round(count.n * 100 / most),
            "is_current": one.first <= period.last and period.first <= one.last,
        }
        for one, count in months.items()
    ]


def _brief(number: int) -> str:
    """A number that fits above a narrow column; the table has it in full."""
    return str(number) if number < 10_000 else f"{number / 1000:.0f}k"


def _areas(asked: Question, given: dict[str, str], found: Count) -> dict[str, Any] | None:
    """The areas just below, each a way down; None where there are none."""
    below = [] if asked.unit is not None else children(asked.area, on=asked.as_of)
    if not below:
        return None
    counts = by_area(asked, [one.code for one in below])
    most = max((one.n for one in counts.values()), default=0) or 1
    below.sort(key=lambda one: -counts.get(one.code, Count()).n)
    rows = [
        {
            "label": one.label,
            "text": f"{counts.get(one.code, Count()).n:,}",
            "percent": round(counts.get(one.code, Count()).n * 100 / most),
            "url": _url(given, area=f"{one.code:012d}") if one.level < VILLAGE_LEVEL else "",
        }
        for one in below
    ]
    shown = min(MOST_ROWS, max(len(counts), FEWEST_ROWS))
    whole = not_attributed(found, counts.values())
    return {
        "rows": rows[:shown],
        "rest": rows[shown:],
        "head": _("Area"),
        "not_attributed": f"{whole.n:,}" if whole.n else "",
    }


def _table(asked: Question, name: str, counts: dict[str, Count], found: Count) -> dict[str, Any]:
    """One dimension: each value with its number and share."""
    dimension = asked.measure.dimensions[name]
    whole = found.n or 1
    return {
        "title": dimension.title,
        "rows": [
            {
                "label": dimension.label(value) if value else _("not stated"),
                "text": f"{one.n:,}",
                "percent": round(one.n * 100 / whole),
            }
            for value, one in counts.items()
        ],
    }
