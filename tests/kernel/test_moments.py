from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from linli.kernel.ui.moments import clock, due_text, exact, minutes, short, span

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI).astimezone(UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(seconds=1), "due in 1 min (by 09:00)"),
        (timedelta(), "due in 1 min (by 09:00)"),
        (59 * MINUTE, "due in 59 min (by 09:59)"),
        (HOUR, "due in 1 h (by 10:00)"),
        (3 * HOUR, "due in 3 h (by 12:00)"),
        (15 * HOUR, "due in 15 h (by 3\N{NO-BREAK SPACE}March 00:00)"),
        (DAY, "due in 1 day (by 3\N{NO-BREAK SPACE}March 09:00)"),
        (5 * DAY, "due in 5 days (by 7\N{NO-BREAK SPACE}March 09:00)"),
        (400 * DAY, "due in 400 days (by 2027-04-06)"),
        (-timedelta(seconds=1), "1 min over (was due 08:59)"),
        (-90 * MINUTE, "2 h over (was due 07:30)"),
        (-2 * DAY, "2 days over (was due 28\N{NO-BREAK SPACE}February 09:00)"),
        (-100 * DAY, "100 days over (was due 2025-11-22)"),
    ],
)
def test_how_much_time_is_left_in_english(after: timedelta, words: str) -> None:
    assert due_text(NOW + after, now=NOW) == words


@pytest.mark.parametrize("after", [MINUTE, 3 * HOUR, DAY, 5 * DAY, -MINUTE, -2 * DAY])
def test_how_much_time_is_left_in_chinese(after: timedelta) -> None:
    with translation.override("zh-hans"):
        told = due_text(NOW + after, now=NOW)
    with translation.override("en"):
        english = due_text(NOW + after, now=NOW)
    assert told != english
    assert not any("a" <= letter <= "z" for letter in told.lower())
    assert any("\u4e00" <= letter <= "\u9fff" for letter in told)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "1 min"),
        (89 * timedelta(seconds=1), "1 min"),
        (91 * timedelta(seconds=1), "2 min"),
        (HOUR - timedelta(seconds=1), "60 min"),
        (DAY - timedelta(seconds=1), "24 h"),
        (36 * HOUR + MINUTE, "2 days"),
        (-3 * HOUR, "3 h"),
    ],
)
def test_a_length_is_told_in_its_largest_unit(length: timedelta, words: str) -> None:
    assert span(length) == words


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 min"),
        (59, "59 min"),
        (60, "1 h 0 min"),
        (135, "2 h 15 min"),
        (5999, "99 h 59 min"),
        (600_000, "10,000 h"),
    ],
)
def test_minutes_of_work(count: int, words: str) -> None:
    assert minutes(count) == words


@pytest.mark.usefixtures("english")
def test_a_day_is_a_day_in_shanghai() -> None:
    late, early = datetime(2026, 3, 1, 16, 30, tzinfo=UTC), datetime(2026, 3, 1, 15, 30, tzinfo=UTC)
    now = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)
    assert (short(late, now=now), exact(late)) == ("00:30", "2026-03-02 00:30")
    assert short(early, now=now) == "1\N{NO-BREAK SPACE}March 23:30"
    new_year = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
    assert short(new_year, now=now) == "1\N{NO-BREAK SPACE}January 00:00"
    assert short(new_year - MINUTE, now=now) == "2025-12-31"


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("begun", "due", "tone", "percent"),
    [
        (-DAY, 5 * DAY, "ok", 17),
        (-HOUR, 4 * HOUR, "ok", 20),
        (-HOUR, 4 * HOUR - timedelta(seconds=1), "soon", 20),
        (-3 * HOUR, HOUR, "soon", 75),
        (-HOUR, timedelta(), "soon", 100),
        (-HOUR, -timedelta(seconds=1), "over", 100),
        (-5 * DAY, -2 * DAY, "over", 100),
        (HOUR, 2 * HOUR, "soon", 0),
        (timedelta(), timedelta(), "soon", 0),
        (timedelta(), -HOUR, "over", 0),
    ],
)
def test_a_clock_has_a_tone_and_a_share(
    begun: timedelta, due: timedelta, tone: str, percent: int
) -> None:
    shown = clock(label="Station", started_at=NOW + begun, due_at=NOW + due, now=NOW)
    assert (shown["tone"], shown["percent"]) == (tone, percent)
    assert shown["text"] == due_text(NOW + due, now=NOW)
    assert shown["exact"] == exact(NOW + due)
    assert ("over" in shown["text"]) is (tone == "over")


@pytest.mark.usefixtures("english")
def test_a_provisional_deadline_says_why() -> None:
    given = {"label": "Station", "started_at": NOW, "due_at": NOW + DAY, "now": NOW}
    assert "holidays" in clock(**given, provisional=True)["exact"]
    assert "holidays" not in clock(**given)["exact"]
