import time as clock
from datetime import date, time

from linli.lib.worktime import Calendar, chinese_days, chinese_holiday

from .models import CalendarDay, CalendarYear

SPANS = ((time(8, 30), time(12, 0)), (time(14, 30), time(17, 30)))
KEPT_SECONDS = 60.0
_kept: tuple[float, Calendar | None] = (0.0, None)


def working_calendar() -> Calendar:
    """The working calendar as the tables have it (kept for a minute per process)."""
    global _kept  # noqa: PLW0603 - one process-wide copy, replaced as a whole
    moment, calendar = _kept
    if calendar is None or clock.monotonic() - moment > KEPT_SECONDS:
        days = dict(CalendarDay.objects.values_list("day", "is_working"))
        calendar = Calendar(days=days, known_years=frozenset(years_known()), spans=SPANS)
        _kept = (clock.monotonic(), calendar)
    return calendar


def forget() -> None:
    """Drop the kept copy after a change in this process."""
    global _kept  # noqa: PLW0603
    _kept = (0.0, None)


def years_known() -> set[int]:
    """Years whose holiday table is complete."""
    return set(CalendarYear.objects.values_list("year", flat=True))


def seed_years(first: int, last: int) -> list[int]:
    """Fill the table from the State Council's published arrangements; returns the years added.

    Years that are already in the table are left alone: they may have been edited.
    """
    added = []
    for year in range(first, last + 1):
        days: dict[date, tuple[bool, str]] | None = chinese_days(year)
        if days is None or CalendarYear.objects.filter(year=year).exists():
            continue
        CalendarDay.objects.bulk_create(
            [
                CalendarDay(day=day, is_working=on, zh=chinese_holiday(name), en=name)
                for day, (on, name) in days.items()
            ],
            ignore_conflicts=True,
        )
        CalendarYear.objects.create(year=year, source="chinesecalendar")
        added.append(year)
    forget()
    return added
