from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.lib.worktime import (
    DEFAULT_SPANS,
    Calendar,
    Due,
    Hours,
    chinese_days,
    chinese_holiday,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
YEARS = frozenset(range(2020, 2036))
PLAIN = Calendar(days={}, known_years=YEARS)
DAY_MINUTES = 390

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 7 * 365 * 86_400 * 10**6).map(
    lambda microseconds: EPOCH + timedelta(microseconds=microseconds)
)
MINUTES = st.integers(0, 6_000)
EXCEPTIONS = st.dictionaries(
    st.dates(date(2024, 1, 1), date(2031, 12, 31)), st.booleans(), max_size=60
)
CALENDARS = st.builds(lambda days: Calendar(days=days, known_years=YEARS), EXCEPTIONS)


def at(text: str) -> datetime:
    """A moment in UTC from a wall-clock reading in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def due(text: str, *, is_provisional: bool = False) -> Due:
    return Due(at(text), is_provisional)


@pytest.fixture(scope="module")
def year_2026() -> Calendar:
    published = chinese_days(2026)
    assert published is not None
    days = {day: is_working for day, (is_working, _) in published.items()}
    return Calendar(days=days, known_years=frozenset({2026}))


def test_the_default_day_has_six_and_a_half_hours() -> None:
    assert ((time(8, 30), time(12)), (time(14, 30), time(17, 30))) == DEFAULT_SPANS
    assert PLAIN.minutes_between(at("2026-03-02 00:00"), at("2026-03-03 00:00")) == DAY_MINUTES


def test_hours_without_a_noon_break_are_one_span() -> None:
    assert Hours(time(9), None, None, time(17)).spans == ((time(9), time(17)),)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-03-02 09:00", 30, "2026-03-02 09:30"),
        ("2026-03-02 11:45", 30, "2026-03-02 14:45"),
        ("2026-03-02 11:30", 30, "2026-03-02 12:00"),
        ("2026-03-02 13:00", 1, "2026-03-02 14:31"),
        ("2026-03-02 06:00", 60, "2026-03-02 09:30"),
        ("2026-03-02 17:00", 60, "2026-03-03 09:00"),
        ("2026-03-06 17:00", 30, "2026-03-06 17:30"),
        ("2026-03-06 17:00", 31, "2026-03-09 08:31"),
        ("2026-03-07 10:00", 390, "2026-03-09 17:30"),
        ("2026-03-02 08:30", 391, "2026-03-03 08:31"),
        ("2026-03-07 10:00", 0, "2026-03-07 10:00"),
        ("2026-03-02 11:59:30.5", 1, "2026-03-02 14:30:30.5"),
    ],
)
def test_working_minutes_skip_nights_noons_and_weekends(start: str, minutes: int, end: str) -> None:
    assert PLAIN.add_minutes(at(start), minutes) == due(end)
    assert PLAIN.minutes_between(at(start), at(end)) == minutes


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02 09:00", 1, "2026-03-03 17:30"),
        ("2026-03-02 23:00", 1, "2026-03-03 17:30"),
        ("2026-03-06 09:00", 1, "2026-03-09 17:30"),
        ("2026-03-07 09:00", 1, "2026-03-09 17:30"),
        ("2026-03-02 09:00", 15, "2026-03-23 17:30"),
        ("2026-03-02 09:00", 0, "2026-03-02 17:30"),
        ("2026-03-02 18:00", 0, "2026-03-03 17:30"),
        ("2026-03-07 09:00", 0, "2026-03-09 17:30"),
    ],
)
def test_working_days_end_with_business_and_do_not_count_the_first(
    start: str, days: int, end: str
) -> None:
    assert PLAIN.add_days(at(start), days) == due(end)


def test_the_day_is_that_of_shanghai_not_of_greenwich() -> None:
    # 23:30 UTC on Sunday is 07:30 on Monday.
    start = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert PLAIN.add_minutes(start, 10) == due("2026-03-02 08:40")
    assert PLAIN.add_days(start, 1) == due("2026-03-03 17:30")
    assert PLAIN.add_minutes(start, 10).at.tzinfo is UTC


def test_the_spring_festival_of_2026_is_skipped_and_its_make_up_days_count(
    year_2026: Calendar,
) -> None:
    assert not year_2026.is_working(date(2026, 2, 17))
    assert year_2026.is_working(date(2026, 2, 14))
    # Friday 13 February; Saturday 14 is worked; 15 to 23 are off; the 24th is a Tuesday.
    assert year_2026.add_days(at("2026-02-13 10:00"), 1) == due("2026-02-14 17:30")
    assert year_2026.add_days(at("2026-02-13 10:00"), 2) == due("2026-02-24 17:30")
    assert year_2026.add_minutes(at("2026-02-14 17:00"), 60) == due("2026-02-24 09:00")


def test_a_deadline_that_passes_into_an_unknown_year_is_provisional(year_2026: Calendar) -> None:
    eve = at("2026-12-31 17:00")
    assert year_2026.add_minutes(eve, 30) == due("2026-12-31 17:30")
    assert year_2026.add_minutes(eve, 31) == due("2027-01-01 08:31", is_provisional=True)
    assert year_2026.add_days(eve, 1).is_provisional
    assert year_2026.add_days(at("2025-12-31 09:00"), 3).is_provisional


def test_an_unknown_year_in_between_is_noticed() -> None:
    calendar = Calendar(days={}, known_years=frozenset({2026, 2028}))
    assert calendar.add_days(at("2026-12-30 09:00"), 300).is_provisional


@given(CALENDARS, MOMENTS, MINUTES)
def test_as_many_minutes_lie_between_as_were_added(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    end = calendar.add_minutes(start, minutes)
    assert end.at >= start
    assert calendar.minutes_between(start, end.at) == minutes
    assert calendar.minutes_between(end.at, start) == -minutes
    if minutes:
        # It is the first such moment: one microsecond earlier the last minute is not over.
        earlier = end.at - timedelta(microseconds=1)
        assert calendar.minutes_between(start, earlier) == minutes - 1


@given(CALENDARS, MOMENTS, MOMENTS, MINUTES, MINUTES)
def test_later_starts_and_longer_terms_are_never_due_earlier(
    calendar: Calendar, one: datetime, other: datetime, few: int, many: int
) -> None:
    (one, other), (few, many) = sorted((one, other)), sorted((few, many))
    assert calendar.add_minutes(one, few).at <= calendar.add_minutes(one, many).at
    assert calendar.add_minutes(one, few).at <= calendar.add_minutes(other, few).at
    assert calendar.add_days(one, few // 400).at <= calendar.add_days(other, many // 400).at


@given(CALENDARS, MOMENTS, MINUTES, MINUTES)
def test_terms_add_up(calendar: Calendar, start: datetime, first: int, then: int) -> None:
    middle = calendar.add_minutes(start, first).at
    in_two_steps = calendar.add_minutes(middle, then).at
    at_once = calendar.add_minutes(start, first + then).at
    assert calendar.minutes_between(at_once, in_two_steps) == 0


@given(MOMENTS, st.integers(1, 5000), st.integers(0, 40))
def test_a_holiday_adds_nothing_and_defers_the_deadline(
    start: datetime, minutes: int, ahead: int
) -> None:
    holiday = start.astimezone(SHANGHAI).date() + timedelta(days=ahead)
    closed = Calendar(days={holiday: False}, known_years=YEARS)
    morning = datetime.combine(holiday, time(), SHANGHAI)
    assert closed.minutes_between(morning, morning + timedelta(days=1)) == 0
    without, with_holiday = PLAIN.add_minutes(start, minutes), closed.add_minutes(start, minutes)
    lost = PLAIN.minutes_between(start, with_holiday.at) - minutes
    assert with_holiday.at >= without.at
    assert 0 <= lost <= DAY_MINUTES


@given(CALENDARS, MOMENTS, st.integers(0, 60))
def test_the_last_day_of_a_term_is_a_working_day(
    calendar: Calendar, start: datetime, days: int
) -> None:
    last = calendar.add_days(start, days).at.astimezone(SHANGHAI)
    first = start.astimezone(SHANGHAI).date()
    between = [first + timedelta(days=n + 1) for n in range((last.date() - first).days)]
    assert calendar.is_working(last.date())
    assert last.time() == time(17, 30)
    assert sum(map(calendar.is_working, between)) == days or days == 0


@pytest.mark.parametrize("n", [-1, -1000])
def test_deadlines_in_the_past_are_refused(n: int) -> None:
    for add in (PLAIN.add_minutes, PLAIN.add_days):
        with pytest.raises(ValueError, match="ahead"):
            add(at("2026-03-02 09:00"), n)


def test_naive_datetimes_are_refused() -> None:
    naive = datetime(2026, 3, 2, 9)  # noqa: DTZ001  (the villain)
    with pytest.raises(ValueError, match="aware"):
        PLAIN.add_minutes(naive, 1)
    with pytest.raises(ValueError, match="aware"):
        PLAIN.add_days(naive, 1)


@pytest.mark.parametrize(
    "spans",
    [
        (),
        ((time(9), time(9)),),
        ((time(17), time(9)),),
        ((time(9), time(12)), (time(11), time(17))),
        ((time(14), time(17)), (time(9), time(12))),
    ],
)
def test_impossible_hours_are_refused(spans: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="working hours"):
        Calendar(days={}, known_years=YEARS, spans=spans)


def test_the_published_year_is_given_with_names() -> None:
    days = chinese_days(2026)
    assert days is not None
    assert {day.year for day in days} == {2026}
    assert days[date(2026, 10, 1)] == (False, "National Day")
    assert days[date(2026, 2, 14)] == (True, "Spring Festival")
    assert date(2026, 3, 2) not in days
    assert chinese_holiday("Spring Festival") == "春节"
    assert chinese_holiday("Nobody's Day") == ""


@pytest.mark.parametrize("year", [1999, 2003, 2099, 0, 10_000])
def test_an_unpublished_year_is_not_guessed(year: int) -> None:
    assert chinese_days(year) is None
