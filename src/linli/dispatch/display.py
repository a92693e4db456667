"""How an order reads on a page: its clocks, its way in sentences, its card and its neighbours."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.calendar import working_calendar
from linli.kernel.flow.models import Charge, Clock, Tier
from linli.kernel.flow.queries import clocks_of, running_clocks
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import moments
from linli.kernel.ui.addresses import address
from linli.kernel.ui.registry import Panel, panels_for
from linli.kernel.ui.verbs import buttons
from linli.kernel.units.queries import unit_labels
from linli.lib.receipts import grouped
from linli.people.queries import names
from linli.services.enums import Method
from linli.services.queries import by_ids

from . import queries
from .enums import AT_STATION, AT_WORK, Contact, OrderState, RoutingReason, Urgency, Value
from .models import Order
from .routing import load_words
from .workflow import ORDER

BELOW_COUNTY = 3
PHASES = {
    OrderState.PENDING: "new",
    OrderState.ARBITRATION: "new",
    OrderState.DISPATCHED: "waiting",
    OrderState.ACCEPTED: "running",
    OrderState.SERVING: "running",
    OrderState.DONE: "waiting",
    OrderState.FOLLOWED_UP: "waiting",
    OrderState.CLOSED: "done",
    OrderState.WITHDRAWN: "stopped",
}
# Lanes of the board: name → states. The centre sees every tier, a station what it holds.
CENTRE_LANES: dict[str, tuple[OrderState, ...]] = {
    "pending": (OrderState.PENDING,),
    "arbitration": (OrderState.ARBITRATION,),
    "dispatched": (OrderState.DISPATCHED,),
    "at_work": AT_WORK,
    "done": (OrderState.DONE,),
}
STATION_LANES: dict[str, tuple[OrderState, ...]] = {
    "dispatched": (OrderState.DISPATCHED,),
    "accepted": (OrderState.ACCEPTED,),
    "serving": (OrderState.SERVING,),
}
WORKER_LANES: dict[str, tuple[OrderState, ...]] = {"mine": AT_STATION}
# What the list can be narrowed to: each state, and what the board puts together.
SHOWN_STATES: dict[str, tuple[OrderState, ...]] = {
    **{str(one): (one,) for one in OrderState},
    "at_work": AT_WORK,
    "at_station": AT_STATION,
}


def need_of(order: Order) -> str:
    return label(TermList.NEED, order.need)


def state_of(order: Order) -> dict[str, Any]:
    """The state as `ui/_badge.html` takes it."""
    state = OrderState(order.state)
    return {"label": state.label, "phase": PHASES[state]}


def url_of(order: Order, verb: str) -> str:
    """The page or press of a verb; both kinds of return are one page."""
    name = "return" if verb == "return_again" else verb
    return address(f"dispatch:{name}", order.pk)


def running(clock: Clock, *, title: str, actor: Actor) -> dict[str, Any]:
    """A running clock as `ui/_clock.html` takes it; the browser keeps its words fresh."""
    return moments.clock(
        label=title,
        started_at=clock.started_at,
        due_at=clock.due_at,
        now=actor.now,
        provisional=clock.is_provisional,
    )


def brief(order: Order, actor: Actor) -> dict[str, Any]:
    """What stands beside a form: enough to know which order it is about."""
    clock = running_clocks(ORDER.name, [order.pk]).get(order.pk)
    return {
        "id": order.pk,
        "number": grouped(order.number),
        "need": need_of(order),
        "url": address("dispatch:order", order.pk),
        "state": state_of(order),
        "place": path_labels([order.area_id])[order.area_id],
        "task": order.task,
        "clock": running(clock, title=str(Tier(clock.tier).label), actor=actor) if clock else None,
    }


def board_page(actor: Actor, *, urgency: str = "", station_id: UUID | None = None) -> list[Any]:
    """The lanes of the actor's board with their cards."""
    if actor.has_role(Role.DISPATCHER):
        lanes = CENTRE_LANES
    else:
        lanes = WORKER_LANES if actor.has_role(Role.WORKER) else STATION_LANES
    found = queries.board(actor, lanes, urgency=urgency, station_id=station_id)
    shown = [order for orders, _count in found.values() for order in orders]
    clocks = running_clocks(ORDER.name, [order.pk for order in shown])
    places = path_labels({order.area_id for order in shown}, below=BELOW_COUNTY)
    titles = {"at_work": _("Accepted and in service"), "mine": _("What the station holds")}
    return [
        {
            "name": name,
            "title": titles.get(name) or OrderState(lanes[name][0]).label,
            "count": count,
            "more": count - len(orders),
            "more_url": _list_url(lanes[name], urgency=urgency, station_id=station_id),
            "cards": [
                _card(order, clocks.get(order.pk), places.get(order.area_id, ""), actor)
                for order in orders
            ],
        }
        for name, (orders, count) in found.items()
    ]


def _list_url(states: tuple[OrderState, ...], *, urgency: str, station_id: UUID | None) -> str:
    """The list of the orders in a lane, narrowed as the board is."""
    shown = next(code for code, held in SHOWN_STATES.items() if held == states)
    asked = {"state": shown, "urgency": urgency, "station": str(station_id or "")}
    kept = {name: value for name, value in asked.items() if value}
    return f"{reverse('dispatch:list')}?{urlencode(kept)}"


def fingerprint(lanes: list[Any], actor: Actor) -> str:
    """Changes when the board does, apart from the words of its clocks."""
    shown = [
        (card["id"], card["state"]["label"], card["holder"], card["bounces"], card["is_urged"])
        for lane in lanes
        for card in lane["cards"]
    ]
    due = [card["clock"]["due"] for lane in lanes for card in lane["cards"] if card["clock"]]
    told = repr((actor.today, shown, due, [lane["count"] for lane in lanes]))
    return sha256(told.encode()).hexdigest()[:16]


def _card(order: Order, clock: Clock | None, place: str, actor: Actor) -> dict[str, Any]:
    verbs = buttons(ORDER, order, lambda verb: url_of(order, verb))
    return {
        "id": order.pk,
        "url": address("dispatch:order", order.pk),
        "title": need_of(order),
        "number": grouped(order.number),
        "place": place,
        "state": state_of(order),
        "clock": running(clock, title=str(Tier(clock.tier).label), actor=actor) if clock else None,
        "holder": _holder(order, actor),
        "is_urged": order.urged_at is not None,
        "bounces": order.bounces,
        "verbs": [dict(one, kind="secondary") for one in verbs if one["kind"] == "primary"][:1],
    }


def _holder(order: Order, actor: Actor) -> dict[str, str]:
    """Who has an order at its station; nothing while the centre has it."""
    if order.worker is not None:
        is_mine = order.worker_id == actor.user_id
        return {"icon": "person", "name": _("You") if is_mine else order.worker.name}
    if order.station is None or order.unit_id == order.centre_id:
        return {}
    if actor.has_role(Role.DISPATCHER):
        return {"icon": "station", "name": order.station.label}
    return {"icon": "person", "name": _("Nobody yet")}


def order_page(order: Order, actor: Actor) -> dict[str, Any]:
    """Everything on the page of an order."""
    clocks = clocks_of(ORDER.name, order.pk)
    considered = {UUID(one["unit"]) for one in order.considered}
    labels = unit_labels({clock.unit for clock in clocks} | considered | {order.station_id})
    panels = panels_for("dispatch.order", actor, order)
    verbs = buttons(ORDER, order, lambda verb: url_of(order, verb))
    said = queries.verdict(order.pk)
    return {
        "order": order,
        "number": grouped(order.number),
        "need": need_of(order),
        "state": state_of(order),
        "urgency": Urgency(order.urgency).label,
        "place": path_labels([order.area_id])[order.area_id],
        "near": path_labels([order.area_id], below=BELOW_COUNTY)[order.area_id],
        "promised": moments.short(order.promised_at, now=actor.now),
        "tiers": tiers(clocks, labels, actor),
        "bounces": bounces(clocks, labels),
        "verbs": verbs,
        "panels": panels,
        "person_name": names(actor, [order.person_id]).get(order.person_id or order.pk, ""),
        "may_name_person": any(one["name"] == "serve" for one in verbs),
        "result": label(TermList.RESULT, order.result) if order.result else "",
        "verdict": Value(said.value).label if said else "",
        "services": _services(order, actor),
        "remarks": _remarks(order, actor),
        "holding": _holding(order, actor),
        "routing": RoutingReason(order.routing).label if order.routing else "",
        "considered": _considered(order, labels),
        "events": _events(order, panels, actor),
    }


def tiers(clocks: list[Clock], labels: Mapping[UUID, str], actor: Actor) -> list[dict[str, Any]]:
    """One bar per tier: the clock that runs, or the time the tier has used."""
    made = []
    for tier in Tier:
        held = [one for one in clocks if one.tier == tier and one.charge == Charge.WORK]
        if not held and tier == Tier.RESIDENT:
            continue
        title = str(tier.label)
        if held and tier == Tier.STATION:
            title = labels.get(held[-1].unit, title)
        now = next((one for one in held if one.stopped_at is None), None)
        if now is not None:
            made.append(running(now, title=title, actor=actor))
        else:
            made.append(_used(title, held))
    return made


def _used(title: str, held: list[Clock]) -> dict[str, Any]:
    """A tier whose time does not run: what it took, and whether that was too long."""
    if not held:
        return {"label": title, "text": _("not yet"), "tone": "wait", "percent": 0, "exact": ""}
    calendar = working_calendar()
    used = sum(one.minutes for one in held)
    allowed = sum(calendar.minutes_between(one.started_at, one.due_at) for one in held)
    taken = {"time": moments.minutes(used)}
    is_late = any(one.is_late for one in held)
    return {
        "label": title,
        "text": _("%(time)s used, over the time") % taken
        if is_late
        else _("%(time)s used, in time") % taken,
        "tone": "done",
        "percent": 100 if is_late else min(100, round(used * 100 / max(1, allowed))),
        "exact": _("working time in all"),
    }


def bounces(clocks: list[Clock], labels: Mapping[UUID, str]) -> list[str]:
    """The time lost by returns, and to whom it is charged, in sentences."""
    return [
        _("%(unit)s returned it; %(time)s of working time are charged to them.")
        % {"unit": labels.get(one.unit, ""), "time": moments.minutes(one.minutes)}
        for one in clocks
        if one.charge == Charge.BOUNCE
    ]


def _services(order: Order, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "id": one.pk,
            "day": one.occurred_on,
            "content": label(TermList.CONTENT, one.content),
            "method": Method(one.method).label,
            "time": moments.minutes(one.minutes),
            "person_times": ngettext(
                "%(count)s person-time", "%(count)s person-times", one.person_times
            )
            % {"count": one.person_times},
            "worker": one.worker.name,
        }
        for one in by_ids(actor, queries.service_ids(order.pk))
    ]


def _remarks(order: Order, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "words": one.words,
            "move": ORDER.moves[one.move].label,
            "who": one.by.name if one.by else _("the resident"),
            "when": moments.short(one.at, now=actor.now),
            "is_for_resident": one.is_for_resident,
        }
        for one in queries.remarks(order.pk)
    ]


def _holding(order: Order, actor: Actor) -> list[dict[str, str]]:
    """Who has the order, and what else they have."""
    if order.unit_id == order.centre_id or order.station is None:
        return [{"label": _("Centre"), "text": order.centre.label, "sub": ""}]
    found = queries.holding(order)
    full = load_words(found.station_load, found.station_capacity)
    made = [{"label": _("Station"), "text": order.station.label, "sub": full}]
    if order.worker is None:
        return [*made, {"label": _("Worker"), "text": _("Nobody yet"), "sub": ""}]
    load = load_words(found.worker_load)
    return [*made, {"label": _("Worker"), "text": order.worker.name, "sub": load}]


def _considered(order: Order, labels: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The stations that were weighed when it was sent, as they stood then."""
    return [
        {
            "name": labels.get(UUID(one["unit"]), ""),
            "why": RoutingReason(one["reason"]).label,
            "load": load_words(one["load"], one["capacity"]),
            "is_chosen": one["unit"] == str(order.station_id),
        }
        for one in order.considered
    ]


def words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    """The codes in an event's data as labels, for its sentence."""
    told = dict(data)
    if "reason" in data:
        # One list after the other: what is in neither comes back as it is.
        told["reason"] = label(
            TermList.REFUSE_REASON, label(TermList.RETURN_REASON, data["reason"])
        )
    if "result" in data:
        told["result"] = label(TermList.RESULT, data["result"])
    if "need" in data:
        told["need"] = label(TermList.NEED, data["need"])
    if "routing" in data:
        told["routing"] = RoutingReason(data["routing"]).label
    if "contact" in data:
        told["contact"] = Contact(data["contact"]).label
    return told


def _events(order: Order, panels: Iterable[Panel], actor: Actor) -> list[dict[str, Any]]:
    """The way of the order and of what hangs on it, oldest first; who read it is left out."""
    subjects = [(ORDER.name, order.pk)]
    for panel in panels:
        subjects += panel.context.get("subjects", [])
    return events(subjects, actor)


def events(subjects: Iterable[tuple[str, UUID]], actor: Actor) -> list[dict[str, Any]]:
    """Events as `ui/_timeline.html` takes them."""
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
