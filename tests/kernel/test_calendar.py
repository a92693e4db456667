from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linli.kernel.flow.calendar import forget, seed_years, working_calendar, years_known
from linli.kernel.flow.clocks import Basis, ClockSpec, due
from linli.kernel.flow.models import CalendarDay, CalendarYear

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
# The Thursday before National Day of 2025, whose holiday went on to 8 October.
THURSDAY = datetime(2025, 9, 25, 16, 30, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _kept_no_longer() -> Iterator[None]:
    forget()
    yield
    forget()


def local(moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


def test_the_published_years_ship_with_names_in_both_languages() -> None:
    assert set(range(2020, 2027)) <= years_known()
    day = CalendarDay.objects.get(day=date(2025, 10, 1))
    assert (day.is_working, day.en) == (False, "National Day")
    assert day.zh
    # A Sunday on which people worked for the holiday.
    assert CalendarDay.objects.get(day=date(2025, 9, 28)).is_working


def test_seeding_again_adds_nothing_and_keeps_what_was_edited() -> None:
    CalendarDay.objects.filter(day=date(2025, 10, 1)).update(is_working=True, en="Edited")
    assert seed_years(2020, 2026) == []
    assert CalendarDay.objects.get(day=date(2025, 10, 1)).en == "Edited"
    CalendarYear.objects.filter(year=2025).delete()
    assert seed_years(2020, 2026) == [2025]
    assert CalendarDay.objects.get(day=date(2025, 10, 1)).en == "Edited"


def test_a_year_that_is_not_published_is_not_invented() -> None:
    assert seed_years(2090, 2092) == []
    assert not CalendarYear.objects.filter(year__gte=2090).exists()
    assert not CalendarDay.objects.filter(day__gte=date(2090, 1, 1)).exists()


@pytest.mark.parametrize(
    ("spec", "end"),
    [
        (ClockSpec(30, Basis.ELAPSED), "09-25 17:00"),
        (ClockSpec(24 * 60, Basis.ELAPSED), "09-26 16:30"),
        (ClockSpec(60, Basis.WORKING), "09-25 17:30"),
        (ClockSpec(61, Basis.WORKING), "09-26 08:31"),
        (ClockSpec(1, Basis.DAYS), "09-26 17:30"),
        # Sunday the 28th is worked; 1 to 8 October is not; Saturday the 11th is worked again.
        (ClockSpec(2, Basis.DAYS), "09-28 17:30"),
        (ClockSpec(5, Basis.DAYS), "10-09 17:30"),
        (ClockSpec(7, Basis.DAYS), "10-11 17:30"),
    ],
)
def test_a_deadline_counts_what_its_basis_says(spec: ClockSpec, end: str) -> None:
    found = due(spec, start=THURSDAY.astimezone(UTC))
    assert local(found.at) == end
    assert not found.is_provisional


def test_a_deadline_in_a_year_without_a_table_says_so() -> None:
    eve = datetime(2025, 12, 31, 16, 0, tzinfo=SHANGHAI)
    assert not due(ClockSpec(2, Basis.DAYS), start=eve).is_provisional
    CalendarYear.objects.filter(year=2026).delete()
    forget()
    assert due(ClockSpec(2, Basis.DAYS), start=eve).is_provisional
    assert not due(ClockSpec(30, Basis.WORKING), start=eve).is_provisional
    assert not due(ClockSpec(9 * 1440, Basis.ELAPSED), start=eve).is_provisional


def test_an_edited_day_counts_after_the_kept_copy_is_forgotten() -> None:
    friday = date(2026, 3, 6)
    assert working_calendar().is_working(friday)
    CalendarDay.objects.create(day=friday, is_working=False, en="Flood")
    assert working_calendar().is_working(friday)
    forget()
    assert not working_calendar().is_working(friday)
    thursday = datetime(2026, 3, 5, 17, 0, tzinfo=SHANGHAI)
    assert local(due(ClockSpec(60, Basis.WORKING), start=thursday).at) == "03-09 09:00"
    assert due(ClockSpec(60, Basis.WORKING), start=thursday).at - thursday > timedelta(days=3)
