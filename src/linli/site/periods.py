"""Calendar periods of the statistics pages: day, week, month, quarter, year, or a free range."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

# Beyond them the calendar itself runs out.
YEARS = (1900, 2200)
KINDS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included; `kind` is empty for a free range."""

    kind: str
    first: date
    last: date

    @property
    def label(self) -> str:
        if self.kind == "day":
            return formats.date_format(self.first, "DATE_FORMAT")
        if self.kind == "month":
            return formats.date_format(self.first, "YEAR_MONTH_FORMAT")
        if self.kind == "quarter":
            quarter = (self.first.month - 1) // 3 + 1
            return _("Q%(quarter)s %(year)s") % {"quarter": quarter, "year": self.first.year}
        if self.kind == "year":
            return _("the year %(year)s") % {"year": self.first.year}
        return _("%(first)s to %(last)s") % {"first": self.first, "last": self.last}

    def before(self) -> "Period":
        """The period of the same kind (or length) just before this one."""
        if self.kind in KINDS:
            return period_of(self.kind, self.first - timedelta(days=1))
        length = self.last - self.first
        return Period("", self.first - length - timedelta(days=1), self.first - timedelta(days=1))

    def after(self) -> "Period":
        """The period of the same kind just after this one."""
        return period_of(self.kind or "day", self.last + timedelta(days=1))


def period_of(kind: str, day: date) -> Period:
    """The period of a kind that holds a day; an unknown kind is a month."""
    if kind == "day":
        return Period(kind, day, day)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    if kind == "year":
        return Period(kind, date(day.year, 1, 1), date(day.year, 12, 31))
    months = 3 if kind == "quarter" else 1
    start = (day.month - 1) // months * months + 1
    end = start + months - 1
    last = monthrange(day.year, end)[1]
    return Period(
        kind if kind == "quarter" else "month",
        date(day.year, start, 1),
        date(day.year, end, last),
    )


def read_period(given: dict[str, str], *, today: date) -> Period:
    """The period an address asks for: `first` and `last`, or `period` and `on`; else this month."""
    first, last = _day(given.get("first")), _day(given.get("last"))
    if first and last and first <= last:
        return Period("", first, last)
    return period_of(given.get("period", "month"), _day(given.get("on")) or today)


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if YEARS[0] <= day.year <= YEARS[1] else None
