"""Times in words: "due in 3 h (by 16:30)", "2 days ago"."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import SHANGHAI

SOON = timedelta(hours=4)
HOUR = 3600
DAY = 86400


def local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def exact(moment: datetime) -> str:
    """Date and time in full, for hovering and for print."""
    return local(moment).strftime("%Y-%m-%d %H:%M")


def day(value: date | None) -> str:
    """A day in words; nothing for none."""
    return date_format(value, "DATE_FORMAT") if value else ""


def short(moment: datetime, *, now: datetime) -> str:
    """The time alone today, the day and time this year, otherwise the full date."""
    here, today = local(moment), local(now)
    if here.date() == today.date():
        return here.strftime("%H:%M")
    if here.year == today.year:
        return f"{_day_and_month(here.date(), get_language())} {here:%H:%M}"
    return here.strftime("%Y-%m-%d")


@lru_cache(maxsize=2000)
def _day_and_month(day: date, language: str | None) -> str:
    """Unbroken wherever a line ends. A list shows the same few days over and over."""
    return date_format(day, pgettext("date format", "j F")).replace(" ", "\N{NO-BREAK SPACE}")


def span(length: timedelta) -> str:
    """A length of time in its largest unit: minutes, hours or days."""
    seconds = abs(length.total_seconds())
    if seconds < HOUR:
        count = max(1, round(seconds / 60))
        return ngettext("%(count)s min", "%(count)s min", count) % {"count": count}
    if seconds < DAY:
        count = round(seconds / HOUR)
        return ngettext("%(count)s h", "%(count)s h", count) % {"count": count}
    count = round(seconds / DAY)
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def minutes(count: int) -> str:
    """Minutes as hours and minutes; beyond a hundred hours only as hours."""
    if count < 60:
        return _("%(count)s min") % {"count": count}
    if count >= 100 * 60:
        return _("%(hours)s h") % {"hours": f"{round(count / 60):,}"}
    return _("%(hours)s h %(minutes)s min") % {"hours": count // 60, "minutes": count % 60}


def due_text(due_at: datetime, *, now: datetime, by: str = "") -> str:
    """How much time is left, with the moment it ends (`by`, if it is in words already)."""
    by = by or short(due_at, now=now)
    if due_at < now:
        return _("%(span)s over (was due %(by)s)") % {"span": span(now - due_at), "by": by}
    return _("due in %(span)s (by %(by)s)") % {"span": span(due_at - now), "by": by}


def clock(
    *, label: Any, started_at: datetime, due_at: datetime, now: datetime, provisional: bool = False
) -> dict[str, Any]:
    """A running clock for `ui/_clock.html`: words, share of the time used, and its tone."""
    whole = max(1.0, (due_at - started_at).total_seconds())
    used = (now - started_at).total_seconds() / whole
    tone = "over" if due_at < now else "soon" if due_at - now < SOON else "ok"
    hint, by = exact(due_at), short(due_at, now=now)
    if provisional:
        hint += " · " + _("the holidays of that year are not published yet")
    return {
        "label": label,
        "text": due_text(due_at, now=now, by=by),
        "exact": hint,
        "due": due_at.isoformat(),
        "start": started_at.isoformat(),
        "by": by,
        "percent": min(100, max(0, round(used * 100))),
        "tone": tone,
    }
