"""Deadlines on the Chinese working calendar.

The calendar is passed in: which days are exceptions, and for which years the holiday table is
known. Datetimes go in and come out aware and in UTC; days and hours are those of Asia/Shanghai.
A result that rests on a year without a table says so (`Due.is_provisional`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chinese_calendar import constants, is_workday

SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000
_SATURDAY = 5

Spans = tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class Hours:
    """Office hours of a day; both ends of the noon break, or neither (`spans` for a Calendar)."""

    opens: time = time(8, 30)
    noon_from: time | None = time(12, 0)
    noon_to: time | None = time(14, 30)
    closes: time = time(17, 30)

    @property
    def spans(self) -> Spans:
        if self.noon_from is None or self.noon_to is None:
            return ((self.opens, self.closes),)
        return ((self.opens, self.noon_from), (self.noon_to, self.closes))


DEFAULT_SPANS = Hours().spans


@dataclass(frozen=True)
class Due:
    """When something is due, in UTC. Provisional: a year without a holiday table was passed."""

    at: datetime
    is_provisional: bool


@dataclass(frozen=True, eq=False)
class Calendar:
    """Working days and hours.

    `days` holds the exceptions: False for a holiday, True for a make-up working day; any other
    day goes by its weekday. `known_years` are the years whose exceptions are complete. `spans` are
    the working hours of every working day, in order. Raises ValueError when they overlap or are
    empty.
    """

    days: Mapping[date, bool]
    known_years: frozenset[int]
    spans: Spans = DEFAULT_SPANS
    _spans: tuple[tuple[int, int], ...] = field(init=False, repr=False)
    _day_total: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spans = tuple(
            (_since_midnight(opens), _since_midnight(closes)) for opens, closes in self.spans
        )
        edges = [edge for span in spans for edge in span]
        if not spans or edges != sorted(set(edges)):
            raise ValueError("working hours must be spans in order that do not touch")
        object.__setattr__(self, "_spans", spans)
        object.__setattr__(self, "_day_total", sum(closes - opens for opens, closes in spans))

    def is_working(self, day: date) -> bool:
        """Whether people work on a day, by exception first and by weekday else."""
        exception = self.days.get(day)
        return day.weekday() < _SATURDAY if exception is None else exception

    def add_minutes(self, start: datetime, minutes: int) -> Due:
        """The first moment at which so many working minutes have passed since `start`.

        Time outside working hours does not count, so a deadline falls inside working hours, on
        their end rather than on the next beginning. Zero minutes are due at `start` itself.
        Raises ValueError for negative minutes and for a naive start.
        """
        if minutes < 0:
            raise ValueError("a deadline lies ahead")
        first, at = _local(start)
        left = minutes * _MINUTE
        if not left:
            return self._due(first, first, at)
        day = first
        while (today := self._worked(day, at)) < left:
            left -= today
            day, at = day + _DAY, 0
        return self._due(first, day, self._reach(at, left))

    def add_days(self, start: datetime, working_days: int) -> Due:
        """The end of business of the n-th working day after the day of `start`.

        The day of the start does not count (Civil Code, article 201). Zero days: the end of that
        same day, or of the next working day when it is not one or its business has ended.
        Raises ValueError for negative days and for a naive start.
        """
        if working_days < 0:
            raise ValueError("a deadline lies ahead")
        first, at = _local(start)
        closes = self._spans[-1][1]
        day, left = first, working_days
        if not left and not (self.is_working(day) and at <= closes):
            left = 1
        while left:
            day += _DAY
            left -= self.is_working(day)
        return self._due(first, day, closes)

    def minutes_between(self, a: datetime, b: datetime) -> int:
        """Whole working minutes from `a` to `b`; negative when `b` comes first."""
        if b < a:
            return -self.minutes_between(b, a)
        (day, at), (latest_day, until) = _local(a), _local(b)
        worked = 0
        while day < latest_day:
            worked += self._worked(day, at)
            day, at = day + _DAY, 0
        return (worked + self._worked(day, at, until)) // _MINUTE

    def _worked(self, day: date, at: int, until: int | None = None) -> int:
        """Working microseconds of a day between two times of that day."""
        if not self.is_working(day):
            return 0
        if not at and until is None:
            return self._day_total
        end = self._spans[-1][1] if until is None else until
        return sum(max(0, min(closes, end) - max(opens, at)) for opens, closes in self._spans)

    def _reach(self, at: int, left: int) -> int:
        """The time of day at which `left` more microseconds were worked since `at`."""
        for opens, closes in self._spans:
            begins = max(opens, at)
            if begins + left <= closes:
                return begins + left
            left -= max(0, closes - begins)
        raise AssertionError("the day is too short, which add_minutes has ruled out")

    def _due(self, first: date, day: date, at: int) -> Due:
        moment = datetime.combine(day, time(), SHANGHAI) + at * _MICROSECOND
        passed = range(first.year, day.year + 1)
        return Due(moment.astimezone(UTC), not self.known_years.issuperset(passed))


def chinese_days(year: int) -> dict[date, tuple[bool, str]] | None:
    """The State Council's arrangement for a year: day → (is working, holiday in English).

    Holds every day off of a holiday, weekends within included, and every make-up working day
    under the holiday it makes up for. None when the arrangement is not published (or older than
    the data of `chinesecalendar`, 2004). `chinese_holiday` gives the Chinese name.
    """
    try:
        is_workday(date(year, 1, 1))
    except (NotImplementedError, ValueError):
        return None
    # New Year's days off may be published a year ahead of the rest; the National Day is not.
    if date(year, 10, 1) not in constants.holidays:
        return None
    off = {day: (False, str(name)) for day, name in constants.holidays.items()}
    made_up = {day: (True, str(name)) for day, name in constants.workdays.items()}
    return {day: entry for day, entry in sorted({**off, **made_up}.items()) if day.year == year}


def chinese_holiday(name: str) -> str:
    """The Chinese name of a holiday that `chinese_days` named in English, else ""."""
    return next(
        (str(holiday.chinese) for holiday in constants.Holiday if holiday.value == name), ""
    )


def _since_midnight(moment: time) -> int:
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * 1_000_000 + moment.microsecond


def _local(moment: datetime) -> tuple[date, int]:
    """Day and microseconds since midnight in Asia/Shanghai."""
    if moment.tzinfo is None:
        raise ValueError("working time needs aware datetimes")
    local = moment.astimezone(SHANGHAI)
    return local.date(), _since_midnight(local.time())
