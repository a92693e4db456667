from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.flow.calendar import working_calendar

if TYPE_CHECKING:
    from linli.directory.models import Site

SATURDAY = 5
# Keeps "14:30–17:30" on one line.
JOIN = "\u2060"


def hours_today(site: "Site", *, now: datetime) -> str:
    """Today's opening hours in words; empty if nobody has entered any."""
    spans = list(site.hours.all())
    if not spans:
        return ""
    today = now.astimezone(SHANGHAI).date()
    told = [
        f"{one.opens:%H:%M}–{JOIN}{one.closes:%H:%M}"
        for one in spans
        if one.weekday == today.weekday()
    ]
    if not told:
        return _("Closed today")
    if today.weekday() < SATURDAY and not working_calendar().is_working(today):
        return _("Today is a holiday: it may be closed")
    return _("Open today %(hours)s") % {"hours": pgettext("between opening hours", ", ").join(told)}


def phone_line(site: "Site | None", hours: str = "") -> dict[str, str] | None:
    """A site to talk to, for `ui/_talk.html`; None without a phone."""
    if site is None or not site.phone:
        return None
    return {
        "station": site.unit.label,
        "number": site.phone,
        "tel": dialled(site.phone),
        "hours": hours,
    }


def dialled(phone: str) -> str:
    """A phone number as a `tel:` link has it: digits, and a leading plus."""
    digits = "".join(one for one in phone if one.isdigit())
    return f"+{digits}" if phone.startswith("+") else digits
