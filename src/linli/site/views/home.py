from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from linli.kernel.access import holds, public
from linli.kernel.accounts.actors import SHANGHAI, Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.models import Duty
from linli.kernel.flow.queries import duties
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.moments import clock
from linli.kernel.ui.pages import actor_of, page
from linli.kernel.ui.registry import DutyLine, registry

from .. import numbers
from ..tables.waiting import BELOW_COUNTY, WAITING, lines_of

SHOWN_DUTIES = 60
DAY = timedelta(days=1)
NOW = timedelta(hours=4)
GROUPS = ("now", "today", "week", "later")


@public("strangers are sent to sign in; everybody signed in has a home")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What I must do next, by due time, and three numbers that matter to my role."""
    actor = actor_of(request)
    if not actor.is_user:
        return redirect("account_login")
    waiting = duties(actor)
    counts = _counts(waiting, actor)
    context = {
        "sentence": _sentence(counts),
        "groups": _groups(actor, list(waiting[:SHOWN_DUTIES]), counts),
        "stats": numbers.three(actor),
        "has_post": actor.post_id is not None,
        "starts": _starts(actor),
    }
    return page(request, "site/home.html", context, partial="site/_home.html")


@public("strangers are sent to sign in; everybody signed in has a list of what waits for them")
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """All that waits for me, by due time; the home page shows the first of it."""
    if not actor_of(request).is_user:
        return redirect("account_login")
    return list_page(request, WAITING)


def _starts(actor: Actor) -> list[dict[str, str]]:
    """Where somebody for whom nothing waits may begin."""
    found = (
        ("intake.register", "intake:new", _("Register a request")),
        ("staff.register", "accounts:new", _("Register a user")),
        ("staff.view", "accounts:list", pgettext("place", "Users")),
        ("services.count", "site:statistics", _("Statistics")),
    )
    able = [(name, label) for needs, name, label in found if holds(actor, needs)]
    return [{"url": reverse(name), "label": label} for name, label in able]


def _counts(waiting: QuerySet[Duty], actor: Actor) -> dict[str, int]:
    """How many duties there are in each group, and how many of all are late; none is left out."""
    ends = _ends(actor)
    before = {name: Count("pk", filter=Q(due_at__lt=end)) for name, end in ends.items()}
    late = Count("pk", filter=Q(due_at__lt=actor.now))
    found = waiting.order_by().aggregate(late=late, later=Count("pk"), **before)
    counts, so_far = {"late": int(found["late"])}, 0
    for name in GROUPS:
        counts[name] = max(0, found[name] - so_far)
        so_far = max(so_far, found[name])
    return counts


def _ends(actor: Actor) -> dict[str, datetime]:
    """The moment at which each group but the last ends."""
    midnight = datetime.combine(actor.today + DAY, time.min, SHANGHAI)
    return {
        "now": actor.now + NOW,
        "today": midnight,
        "week": midnight + (6 - actor.today.weekday()) * DAY,
    }


def _sentence(counts: dict[str, int]) -> str:
    count, late = sum(counts[name] for name in GROUPS), counts["late"]
    if not count:
        return _("Nothing waits for you.")
    waits = ngettext("%(count)s thing waits for you", "%(count)s things wait for you", count) % {
        "count": count
    }
    if not late:
        return _("%(waits)s, nothing is late.") % {"waits": waits}
    return ngettext(
        "%(waits)s, %(late)s of them is late.", "%(waits)s, %(late)s of them are late.", late
    ) % {"waits": waits, "late": late}


def _groups(actor: Actor, held: list[Duty], counts: dict[str, int]) -> list[dict[str, Any]]:
    """Duties under Now, Today, This week and Later, each as its room puts it; `more` are those
    that have no place here."""
    lines = lines_of(actor, held)
    areas = path_labels({one.area for one in held}, below=BELOW_COUNTY)
    ends = _ends(actor)
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    left = dict(counts)
    for one in held:
        name = next((name for name, end in ends.items() if one.due_at < end), "later")
        left[name] -= 1
        line = lines.get((one.subject_type, one.subject_id))
        if line is not None:
            is_next = name == "now" and not made[name]
            made[name].append(_row(one, line, areas.get(one.area, ""), actor, is_next=is_next))
    titles = {
        "now": _("Now"),
        "today": _("Today"),
        "week": _("This week"),
        "later": _("Later"),
    }
    return [
        {
            "title": titles[name],
            "duties": made[name],
            "count": len(made[name]) + left[name],
            "more": left[name],
        }
        for name in GROUPS
        if made[name] or left[name]
    ]


def _row(duty: Duty, line: DutyLine, where: str, actor: Actor, *, is_next: bool) -> dict[str, Any]:
    label = registry.verbs[(duty.subject_type, duty.verb)]
    verb = {
        "name": duty.verb,
        "label": label,
        "kind": "primary" if is_next else "secondary",
        "url": line.verb_url or line.url,
        "method": line.method,
    }
    return {
        "title": line.what,
        "url": line.url,
        "sub": [part for part in (line.number, line.where or where) if part],
        "clock": clock(
            label=label,
            started_at=duty.opened_at,
            due_at=duty.due_at,
            now=actor.now,
            provisional=duty.is_provisional,
        ),
        "verbs": [verb],
    }
