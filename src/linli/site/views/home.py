from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from linli.kernel.access import public
from linli.kernel.accounts.actors import SHANGHAI, Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.models import Duty
from linli.kernel.flow.queries import duties
from linli.kernel.ui.moments import clock
from linli.kernel.ui.pages import actor_of, page
from linli.kernel.ui.registry import DutyLine, registry

from .. import numbers

SHOWN_DUTIES = 60
NOW = timedelta(hours=4)


@public("strangers are sent to sign in; everybody signed in has a home")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What I must do next, by due time, and three numbers that matter to my role."""
    actor = actor_of(request)
    if not actor.is_user:
        return redirect("account_login")
    held = list(duties(actor)[:SHOWN_DUTIES])
    context = {
        "sentence": _sentence(actor, held),
        "groups": _groups(actor, held),
        "stats": numbers.three(actor),
        "has_post": actor.post_id is not None,
    }
    return page(request, "site/home.html", context, partial="site/_home.html")


def _sentence(actor: Actor, held: list[Duty]) -> str:
    late = sum(1 for one in held if one.due_at < actor.now)
    if not held:
        return _("Nothing waits for you.")
    waits = ngettext(
        "%(count)s thing waits for you", "%(count)s things wait for you", len(held)
    ) % {"count": len(held)}
    if not late:
        return _("%(waits)s, nothing is late.") % {"waits": waits}
    return ngettext(
        "%(waits)s, %(late)s of them is late.", "%(waits)s, %(late)s of them are late.", late
    ) % {"waits": waits, "late": late}


def _groups(actor: Actor, held: list[Duty]) -> list[dict[str, Any]]:
    """Duties under Now, Today, This week and Later, each as its room puts it."""
    lines = _lines(actor, held)
    areas = path_labels({one.area for one in held}, below=3)
    made: dict[str, list[dict[str, Any]]] = {}
    for one in held:
        line = lines.get((one.subject_type, one.subject_id))
        if line is not None:
            made.setdefault(_group(one.due_at, actor), []).append(
                _row(one, line, areas.get(one.area, ""), actor)
            )
    titles = {
        "now": _("Now"),
        "today": _("Today"),
        "week": _("This week"),
        "later": _("Later"),
    }
    return [{"title": titles[key], "duties": made[key]} for key in titles if key in made]


def _lines(actor: Actor, held: list[Duty]) -> dict[tuple[str, UUID], DutyLine]:
    found: dict[tuple[str, UUID], DutyLine] = {}
    for subject_type, maker in registry.lines.items():
        ids = [one.subject_id for one in held if one.subject_type == subject_type]
        if ids:
            made = maker(actor, ids)
            found |= {(subject_type, subject_id): line for subject_id, line in made.items()}
    return found


def _group(due_at: datetime, actor: Actor) -> str:
    if due_at < actor.now + NOW:
        return "now"
    day = due_at.astimezone(SHANGHAI).date()
    if day == actor.today:
        return "today"
    return "week" if day <= actor.today + timedelta(days=6 - actor.today.weekday()) else "later"


def _row(duty: Duty, line: DutyLine, where: str, actor: Actor) -> dict[str, Any]:
    label = registry.verbs[(duty.subject_type, duty.verb)]
    verb = {
        "name": duty.verb,
        "label": label,
        "kind": "primary" if duty.due_at < actor.now + NOW else "secondary",
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
