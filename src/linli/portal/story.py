"""How a request stands, told to the person it is about."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from linli.directory.queries import site_of
from linli.dispatch.enums import AFTER_SERVICE, OPEN_STATES, OrderState
from linli.dispatch.queries import followed as followed_order
from linli.dispatch.queries import moves as order_moves
from linli.dispatch.queries import remarks
from linli.intake.enums import RequestState
from linli.intake.queries import followed as followed_request
from linli.intake.queries import moves as request_moves
from linli.intake.receipts import actor_for
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind
from linli.kernel.scope import scope
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import Line, lines
from linli.kernel.ui.moments import exact, short
from linli.kernel.units.queries import unit_labels
from linli.lib.receipts import grouped

from .hours import hours_today, phone_line
from .phrases import ORDER_STANDS, REQUEST_STANDS, TOLD

if TYPE_CHECKING:
    from linli.dispatch.models import Order
    from linli.intake.models import Request

URGED_AGAIN_AFTER = timedelta(days=1)
# Somebody reads what is added as long as one of these lasts; later it is opened again instead.
LISTENING = (*OPEN_STATES, OrderState.DONE)
BEFORE_SERVICE = tuple(state for state in OPEN_STATES if state != OrderState.SERVING)
Told = dict[str, str]


@dataclass(frozen=True)
class Said:
    """Words that belong to a request, and when they were said."""

    words: str
    when: str


@dataclass(frozen=True)
class Story:
    """What the holder of a receipt reads, and what they can do (`verbs`).

    `said` are the resident's own words, `replies` what was written for them. `order` is the one
    behind their own request; what a joined request follows is somebody else's, and only read.
    """

    request: "Request"
    order: "Order | None"
    headline: str
    upcoming: list[Told]
    events: list[Told]
    said: list[Said] = field(default_factory=list)
    replies: list[Said] = field(default_factory=list)
    answer: str = ""
    reason: str = ""
    station: str = ""
    phone_line: dict[str, str] | None = None
    verbs: frozenset[str] = frozenset()
    is_served: bool = False

    @property
    def is_merged(self) -> bool:
        return self.request.state == RequestState.MERGED

    @property
    def number(self) -> list[str]:
        """The receipt number in groups of four."""
        return grouped(self.request.number).split("-")


def story_of(actor: Actor) -> Story | None:
    """How the request of a receipt stands; None if the receipt opens nothing."""
    request = followed_request(actor)
    if request is None:
        return None
    if request.state == RequestState.MERGED:
        return _joined(request, actor)
    order = followed_order(actor, request.order_id) if request.order_id else None
    is_late = _is_late(request, order, actor.now)
    return Story(
        request=request,
        order=order,
        headline=_headline(request, order),
        upcoming=_upcoming(request, order, actor.now),
        events=_past(request, order, actor.now),
        said=_said(request, order, actor.now),
        replies=_replies(order, actor.now),
        answer=request.reply,
        reason=label(TermList.REFUSE_REASON, request.reason) if request.reason else "",
        verbs=_verbs(request, order, actor.now, is_late=is_late),
        is_served=_is_served(order),
        **_station(order.unit_id if order else request.centre_id, actor.now),
    )


def _joined(request: "Request", actor: Actor) -> Story:
    """A joined request shows the way of the other one, but nothing that was said there."""
    last, seen = request, {request.pk}
    order = None
    while last.state == RequestState.MERGED and last.merged_into_id not in seen:
        holder = actor_for(last.merged_into_id, now=actor.now, locale=actor.locale)
        if holder is None:
            break
        with scope(holder.scope):
            found = followed_request(holder)
            if found is None:
                break
            order = followed_order(holder, found.order_id) if found.order_id else None
        last = found
        seen.add(last.pk)
    return Story(
        request=request,
        order=None,
        headline=_headline(last, order),
        upcoming=_upcoming(last, order, actor.now),
        # Only one's own steps: what others said and did about theirs is not shown.
        events=_past(request, None, actor.now),
        said=_said(request, None, actor.now),
        verbs=_joined_verbs(request, order),
        is_served=_is_served(order),
        **_station(order.unit_id if order else last.centre_id, actor.now),
    )


def _is_served(order: "Order | None") -> bool:
    return order is not None and order.state in AFTER_SERVICE


def _joined_verbs(request: "Request", order: "Order | None") -> frozenset[str]:
    """What can be done with a joined request: say whether it helped, once in each round of the
    order, go one's own way again, or take it back."""
    verbs = request_moves(request)
    is_said = order is not None and request.said_round == order.reopened
    return verbs if _is_served(order) and not is_said else verbs - {"say"}


def _stands(request: "Request", order: "Order | None") -> tuple[Any, Any]:
    return ORDER_STANDS[order.state] if order else REQUEST_STANDS[request.state]


def _headline(request: "Request", order: "Order | None") -> str:
    return str(_stands(request, order)[0])


def _due_at(request: "Request", order: "Order | None") -> datetime | None:
    return order.due_at if order else request.due_at


def _is_late(request: "Request", order: "Order | None", now: datetime) -> bool:
    """Whether we are late; the days left for a verdict are the resident's own."""
    due_at = _due_at(request, order)
    is_ours = order is None or order.state != OrderState.FOLLOWED_UP
    return due_at is not None and due_at < now and is_ours


def _upcoming(request: "Request", order: "Order | None", now: datetime) -> list[Told]:
    """What comes next and by when; the last step first, as the line is read upwards."""
    told = []
    if order is not None and order.state in BEFORE_SERVICE:
        told.append(_ahead(_("Everything should be done."), order.promised_at, now))
    sentence, due_at = _stands(request, order)[1], _due_at(request, order)
    if sentence is not None and due_at is not None:
        step = _ahead(str(sentence), due_at, now)
        told.append(step | {"tone": "over"} if _is_late(request, order, now) else step)
    return told


def _ahead(sentence: str, moment: datetime, now: datetime) -> Told:
    by = _("should have been by %(when)s") if moment < now else _("by %(when)s")
    when = by % {"when": short(moment, now=now)}
    return {"sentence": sentence, "when": when, "exact": exact(moment), "tone": "next"}


def _past(request: "Request", order: "Order | None", now: datetime) -> list[Told]:
    """What has happened, the latest first."""
    subjects = [("intake.request", request.pk)]
    subjects += [("dispatch.order", order.pk)] if order else []
    happened = [one for one in lines(subjects, with_names=False) if one.verb in TOLD]
    ids = {UUID(one.data[key]) for one in happened for key in one.data if key.endswith("_unit")}
    units = unit_labels(ids)
    mine = {str(ActorKind.VISITOR.label), str(ActorKind.RECEIPT.label)}
    told = []
    for number, one in enumerate(reversed(happened)):
        told.append(
            {
                "sentence": _sentence(one, units),
                "who": _("You") if one.who in mine else one.who,
                "when": short(one.at, now=now),
                "exact": exact(one.at),
                "tone": "done" if number else "now",
            }
        )
    return told


def _sentence(line: Line, units: dict[UUID, str]) -> str:
    data = dict(line.data)
    for key, value in line.data.items():
        if key.endswith("_unit"):
            data[key] = units.get(UUID(value), "")
    if "result" in data:
        data["result"] = label(TermList.RESULT, data["result"])
    return str(TOLD[line.verb]) % data


def _said(request: "Request", order: "Order | None", now: datetime) -> list[Said]:
    """What the resident has said so far, oldest first."""
    parts = [(request.registered_at, request.words)]
    parts += [(one.at, one.words) for one in request.additions.all()]
    if order is not None:
        told = remarks(order.pk, for_resident=True)
        parts += [(one.at, one.words) for one in told if one.by_id is None]
    parts.sort(key=lambda part: part[0])
    return [Said(words, short(at, now=now)) for at, words in parts]


def _replies(order: "Order | None", now: datetime) -> list[Said]:
    """What was written for the resident, the latest first."""
    told = remarks(order.pk, for_resident=True) if order is not None else []
    theirs = [one for one in told if one.by_id is not None]
    return [Said(one.words, short(one.at, now=now)) for one in reversed(theirs)]


def _verbs(
    request: "Request", order: "Order | None", now: datetime, *, is_late: bool
) -> frozenset[str]:
    verbs = set(request_moves(request))
    if order is not None:
        verbs |= order_moves(order)
        urged_lately = order.urged_at is not None and order.urged_at > now - URGED_AGAIN_AFTER
        if not is_late or urged_lately:
            verbs -= {"urge"}
    if request.state == RequestState.REGISTERED or (order and order.state in LISTENING):
        verbs.add("add")
    return frozenset(verbs)


def _station(unit_id: UUID, now: datetime) -> dict[str, Any]:
    site = site_of(unit_id)
    if site is None:
        return {"station": unit_labels([unit_id]).get(unit_id, "")}
    return {"station": site.unit.label, "phone_line": phone_line(site, hours_today(site, now=now))}
