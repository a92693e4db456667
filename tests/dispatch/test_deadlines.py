"""The deadlines that ship: what residents are told is what the tiers have time for."""

from datetime import UTC, datetime, timedelta

import pytest

from linli.dispatch.deadlines import UNTIL_DONE, deadline, promise
from linli.dispatch.enums import Stage, Urgency
from linli.dispatch.models import ClockRule
from linli.kernel.flow.calendar import working_calendar
from linli.kernel.flow.clocks import Basis

from ..world import COUNTY, VILLAGE, World

pytestmark = pytest.mark.django_db
UNTIL_BEGUN = (Stage.SCREEN, Stage.DISPATCH, Stage.ACCEPT, Stage.START)
# A Saturday evening, a morning, a noon break, the eve of a long holiday.
STARTS = [
    datetime(2025, 3, 1, 12, 0, tzinfo=UTC),
    datetime(2025, 3, 3, 1, 0, tzinfo=UTC),
    datetime(2025, 3, 4, 5, 0, tzinfo=UTC),
    datetime(2025, 9, 30, 9, 0, tzinfo=UTC),
]
WORKING_DAYS = {Urgency.DAY: 1, Urgency.WEEK: 5, Urgency.FORTNIGHT: 10}


def after(urgency: str, stages: tuple[Stage, ...], start: datetime) -> datetime:
    for stage in stages:
        start = deadline(urgency, stage, area=VILLAGE, start=start).at
    return start


@pytest.mark.parametrize("start", STARTS)
def test_who_takes_all_the_time_there_is_begins_when_the_resident_was_told(
    world: World, start: datetime
) -> None:
    assert after(Urgency.IMMEDIATE, UNTIL_BEGUN, start) == start + timedelta(hours=2)
    calendar = working_calendar()
    a_day = calendar.add_minutes(start, 390).at
    assert after(Urgency.DAY, UNTIL_BEGUN, start) == a_day
    for urgency in (Urgency.WEEK, Urgency.FORTNIGHT):
        last = calendar.add_days(start, WORKING_DAYS[urgency]).at
        assert after(urgency, UNTIL_BEGUN, start) == last


@pytest.mark.parametrize("urgency", Urgency.values)
def test_the_day_that_is_promised_leaves_every_tier_its_time(world: World, urgency: str) -> None:
    for start in STARTS:
        assert promise(urgency, area=VILLAGE, start=start) == after(urgency, UNTIL_DONE, start)


def test_the_most_local_rule_is_taken_stage_by_stage(world: World) -> None:
    before = promise(Urgency.WEEK, area=VILLAGE, start=STARTS[1])
    for area, amount in ((COUNTY, 2), (VILLAGE, 3)):
        ClockRule.objects.create(
            urgency=Urgency.WEEK, stage=Stage.ACCEPT, area=area, amount=amount, basis=Basis.DAYS
        )
    calendar = working_calendar()
    assert deadline(Urgency.WEEK, Stage.ACCEPT, area=VILLAGE, start=STARTS[1]) == (
        calendar.add_days(STARTS[1], 3)
    )
    assert promise(Urgency.WEEK, area=VILLAGE, start=STARTS[1]) == calendar.add_days(before, 2).at
