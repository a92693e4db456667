"""As which areas the statistics count: as they are today, or as they were before a change."""

from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from linli.kernel.reorganise.queries import change_days
from linli.kernel.stats.read import Question

from .periods import YEARS

NAME = "areas_on"
# A period of many changes offers the last ones.
OFFERED_AT_MOST = 3
DAY = timedelta(days=1)


def read(given: dict[str, str], *, today: date) -> date | None:
    """The day an address asks for; none for the areas as they are today."""
    try:
        day = date.fromisoformat(given.get(NAME, ""))
    except ValueError:
        return None
    return day if YEARS[0] <= day.year and day < today else None


def days(asked: Question) -> list[date]:
    """The days before changes that lie inside the period asked for."""
    found = change_days(asked.area, first=asked.first + DAY, last=asked.last)
    return [day - DAY for day in found[-OFFERED_AT_MOST:]]


def label(day: date | None) -> str:
    if day is None:
        return _("As the areas are today")
    return _("As they were on %(day)s") % {"day": formats.date_format(day, "DATE_FORMAT")}
