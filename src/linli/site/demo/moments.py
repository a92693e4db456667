from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from math import log
from random import Random

from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.flow.calendar import working_calendar
from linli.lib.worktime import Calendar

DAYS = 120
WORKDAY_MINUTES = 390

# Monday to Sunday; January to December (cold months and typhoons bring more).
WEEKDAYS = (1.25, 1.1, 1.0, 1.0, 0.95, 0.35, 0.25)
MONTHS = (1.2, 0.9, 1.0, 1.0, 0.95, 0.95, 1.05, 1.1, 1.15, 0.95, 1.1, 1.25)
HOLIDAY = 0.3
# Hour of the day → weight; nobody is at the stations at noon and at night.
STAFFED = {8: 4, 9: 12, 10: 11, 11: 6, 14: 6, 15: 11, 16: 9, 17: 3}
PUBLIC = {
    6: 1, 7: 3, 8: 5, 9: 9, 10: 8, 11: 6, 12: 4, 13: 4, 14: 5,
    15: 7, 16: 6, 17: 5, 18: 4, 19: 7, 20: 9, 21: 6, 22: 3, 23: 1,
}  # fmt: skip


class Moments:
    """Draws days and times as they come in life, and counts working time from them."""

    def __init__(self, now: datetime, random: Random) -> None:
        self.now = now
        self.random = random
        self.calendar: Calendar = working_calendar()
        self.today = now.astimezone(SHANGHAI).date()
        self._days = [self.today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
        self._weights = list(accumulate(self._weight(day) for day in self._days))

    def _weight(self, day: date) -> float:
        weight = WEEKDAYS[day.weekday()] * MONTHS[day.month - 1]
        is_holiday = day.weekday() < 5 and not self.calendar.is_working(day)
        return weight * HOLIDAY if is_holiday else weight

    def recent(self, hours: dict[int, int] = STAFFED, *, since: date | None = None) -> datetime:
        """A moment of the last `DAYS` days (from a day on) that has passed."""
        while True:
            day = self.random.choices(self._days, cum_weights=self._weights)[0]
            moment = self.at_hour(day, hours)
            if moment < self.now and (since is None or day >= since):
                return moment

    def long_ago(self, least_days: int, most_days: int) -> datetime:
        """A moment in office hours so many days back."""
        while True:
            day = self.today - timedelta(days=self.random.randint(least_days, most_days))
            if self.calendar.is_working(day):
                return self.at_hour(day, STAFFED)

    def at_hour(self, day: date, hours: dict[int, int] = STAFFED) -> datetime:
        hour = self.random.choices(list(hours), list(hours.values()))[0]
        # Offices open at half past eight, close at noon, open at half past two.
        lowest = 30 if hours is STAFFED and hour in {8, 14} else 0
        highest = 29 if hours is STAFFED and hour == 17 else 59
        clock = time(hour, self.random.randint(lowest, highest), self.random.randrange(60))
        return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)

    def after(self, moment: datetime, median: float, sigma: float = 0.7) -> datetime:
        """A moment so many working minutes later, give or take."""
        minutes = max(1, round(self.random.lognormvariate(log(median), sigma)))
        return self.calendar.add_minutes(moment, minutes).at + self._seconds()

    def soon(self, moment: datetime, median: float, sigma: float = 0.4) -> datetime:
        """A moment so many minutes later around the clock: where there is danger."""
        minutes = max(1.0, self.random.lognormvariate(log(median), sigma))
        return moment + timedelta(seconds=round(minutes * 60))

    def at_leisure(self, moment: datetime, median_days: float) -> datetime:
        """When a resident comes back to something, some days later and at any hour."""
        days = max(0, round(self.random.lognormvariate(log(median_days), 0.6)))
        day = moment.astimezone(SHANGHAI).date() + timedelta(days=days)
        later = self.at_hour(day, PUBLIC)
        return later if later > moment else later + timedelta(days=1)

    def before_now(self, working_minutes: int) -> datetime:
        """About the moment since which so many working minutes have passed."""
        low, high = self.now - timedelta(days=60), self.now
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            if self.calendar.minutes_between(middle, self.now) >= working_minutes:
                low = middle
            else:
                high = middle
        return low.replace(microsecond=0) - timedelta(seconds=self.random.randrange(240))

    def _seconds(self) -> timedelta:
        return timedelta(seconds=self.random.randrange(1, 60))
