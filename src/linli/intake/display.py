"""How a request reads on a page."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst

from linli.dispatch.enums import Urgency
from linli.dispatch.queries import by_ids as orders_by_ids
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.models import Clock, Tier
from linli.kernel.flow.queries import running_clocks
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import moments
from linli.kernel.ui.registry import panels_for
from linli.kernel.ui.verbs import buttons
from linli.lib.receipts import grouped

from . import queries
from .enums import Door, ForWhom, RequestState
from .models import Request
from .workflow import REQUEST

BELOW_COUNTY = 3
PHASES = {
    RequestState.REGISTERED: "new",
    RequestState.ACCEPTED: "running",
    RequestState.INFORMED: "done",
    RequestState.REFERRED: "done",
    RequestState.REFUSED: "stopped",
    RequestState.MERGED: "stopped",
    RequestState.WITHDRAWN: "stopped",
}


def need_of(asked: Request) -> str:
    return label(TermList.NEED, asked.need)


def state_of(asked: Request) -> dict[str, Any]:
    """The state as `ui/_badge.html` takes it."""
    state = RequestState(asked.state)
    return {"label": state.label, "phase": PHASES[state]}


def url_of(asked: Request, verb: str = "request") -> str:
    return reverse(f"intake:{verb}", args=[asked.pk])


def running(clock: Clock, actor: Actor) -> dict[str, Any]:
    """The clock to screen as `ui/_clock.html` takes it; the browser keeps its words fresh."""
    made = moments.clock(
        label=str(Tier(clock.tier).label),
        started_at=clock.started_at,
        due_at=clock.due_at,
        now=actor.now,
        provisional=clock.is_provisional,
    )
    by = moments.short(clock.due_at, now=actor.now)
    return made | {"by": by, "start": clock.started_at.isoformat()}


def line(asked: Request, actor: Actor) -> dict[str, Any]:
    """Enough to know which request it is, without what somebody said in it."""
    return {
        "number": grouped(asked.number),
        "need": need_of(asked),
        "url": url_of(asked),
        "state": state_of(asked),
        "place": path_labels([asked.area_id], below=BELOW_COUNTY)[asked.area_id],
        "door": Door(asked.door).label,
        "registered": moments.short(asked.registered_at, now=actor.now),
    }


def brief(asked: Request, actor: Actor) -> dict[str, Any]:
    """What stands beside a form, and beside another request; who shows it notes the reading."""
    return line(asked, actor) | {"words": asked.words}


def request_page(asked: Request, actor: Actor, *, likely: Iterable[Request] = ()) -> dict[str, Any]:
    """Everything on the page of a request; name and phone only for those who must reach them.
    `likely` are the requests that may be about the same."""
    clock = running_clocks(REQUEST.name, [asked.pk]).get(asked.pk)
    verbs = buttons(REQUEST, asked, lambda verb: url_of(asked, verb))
    order_ids = [asked.order_id] if asked.order_id else []
    found = orders_by_ids(actor, order_ids).get(asked.order_id or asked.pk)
    return {
        **brief(asked, actor),
        "asked": asked,
        "verbs": verbs,
        "clock": running(clock, actor) if clock else None,
        "for_whom": ForWhom(asked.for_whom).label,
        "urgency": Urgency(asked.urgency).label,
        "additions": _additions(asked, actor),
        "may_contact": asked.may_contact,  # type: ignore[attr-defined]
        "has_contact": bool(asked.name or asked.phone or asked.where),
        "order": _order(found),
        "other": _other(asked, actor),
        "reason": label(TermList.REFUSE_REASON, asked.reason) if asked.reason else "",
        "duplicates": duplicates(asked, likely, actor),
        "panels": panels_for("intake.request", actor, asked),
        "events": _events(asked, actor),
    }


def _additions(asked: Request, actor: Actor) -> list[dict[str, str]]:
    return [
        {"words": one.words, "when": moments.short(one.at, now=actor.now)}
        for one in sorted(asked.additions.all(), key=lambda one: one.at)
    ]


def _order(order: Any) -> dict[str, str] | None:
    if order is None:
        return None
    return {"number": grouped(order.number), "url": reverse("dispatch:order", args=[order.pk])}


def _other(asked: Request, actor: Actor) -> dict[str, str] | None:
    """The request this one was joined with, if the actor may open it."""
    if asked.merged_into_id is None:
        return None
    found = queries.by_ids(actor, [asked.merged_into_id]).get(asked.merged_into_id)
    return {"number": grouped(found.number), "url": url_of(found)} if found else None


def duplicates(asked: Request, likely: Iterable[Request], actor: Actor) -> list[dict[str, Any]]:
    """Requests that may be about the same, with what tells whether they are, and whether anybody
    is at work on them still."""
    made = []
    for one in likely:
        told: dict[str, Any] = brief(one, actor)
        told["is_same_phone"] = one.phone_index is not None and one.phone_index == asked.phone_index
        order_state = one.order_state  # type: ignore[attr-defined]
        told["is_under_way"] = queries.is_under_way(one.state, order_state)
        made.append(told)
    return made


def words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    """The codes in an event's data as labels, for its sentence."""
    told = dict(data)
    if "reason" in data:
        told["reason"] = label(TermList.REFUSE_REASON, data["reason"])
    if "ended" in data:
        told["ended"] = RequestState(data["ended"]).label
    return told


def _events(asked: Request, actor: Actor) -> list[dict[str, Any]]:
    """The way of the request, oldest first; who read it is left out."""
    subjects: list[tuple[str, UUID]] = [(REQUEST.name, asked.pk)]
    return [
        {
            "when": moments.short(line.at, now=actor.now),
            "exact": moments.exact(line.at),
            "who": line.who,
            "sentence": capfirst(line.sentence),
        }
        for line in lines(subjects, words=words)
        if not line.verb.endswith(".read")
    ]
