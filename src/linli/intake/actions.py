from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from linli.dispatch.actions import add_verdict, dispatch_order, open_order
from linli.dispatch.enums import Stage
from linli.dispatch.queries import deadline, held_state, persons_of
from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.scope import unscoped
from linli.kernel.timeline.queries import has_done
from linli.kernel.timeline.record import record, record_shown
from linli.kernel.units.queries import centre_for
from linli.lib.receipts import new_number, new_pin

from .enums import RequestState
from .events import RequestEnded, RequestRegistered
from .models import Addition, Request
from .queries import PHONE, is_under_way, order_behind
from .receipts import hash_pin
from .workflow import REQUEST

if TYPE_CHECKING:
    from linli.dispatch.models import Order

REDRAWN = timedelta(minutes=1)


class NoCentre(Exception):
    """No guidance centre answers for the area."""

    def __str__(self) -> str:
        return _("No social work centre serves this area yet. Please call 12345.")


@dataclass(frozen=True)
class Asked:
    """What somebody asked for, already validated; empty text means not told."""

    area: int
    need: str
    words: str
    for_whom: str
    urgency: str = "week"
    name: str = ""
    phone: str = ""
    where: str = ""


@dataclass(frozen=True)
class Receipt:
    """What the resident takes away; the PIN is never stored in clear."""

    request: Request
    number: str
    pin: str


@transaction.atomic
def register_request(*, actor: Actor, asked: Asked, door: str) -> Receipt:
    """Register a request at the centre that answers for its area.

    Anybody may ask at the public door; at the others somebody on duty writes it down.
    """
    if actor.kind != ActorKind.VISITOR and not holds(actor, "intake.register"):
        raise Refused
    centre = centre_for(asked.area, on=actor.today)
    if centre is None:
        raise NoCentre
    number, pin = new_number(), new_pin()
    until = deadline(asked.urgency, Stage.SCREEN, area=asked.area, start=actor.now)
    request = Request(
        number=number,
        pin_hash=hash_pin(number, pin),
        area_id=asked.area,
        unit=centre,
        centre=centre,
        door=door,
        for_whom=asked.for_whom,
        need=asked.need,
        urgency=asked.urgency,
        words=asked.words,
        name=asked.name,
        phone=asked.phone,
        phone_index=blind(asked.phone, purpose=PHONE) if asked.phone else None,
        where=asked.where,
        registered_by_id=actor.user_id,
        registered_at=actor.now,
        registered_on=actor.today,
        due_at=until.at,
    )
    with unscoped("a request belongs to the centre, wherever it is written down"):
        request.save(force_insert=True)
    REQUEST.begin(request, actor=actor, until=until, need=asked.need, door=door)
    publish(RequestRegistered(actor, request.pk))
    return Receipt(request, number, pin)


@transaction.atomic
def accept_request(
    request: Request,
    *,
    actor: Actor,
    area: int,
    need: str,
    urgency: str,
    task: str,
    station_id: UUID | None = None,
) -> "Order":
    """Take a request on: open an order, and send it to a station if one is named."""
    order = open_order(
        actor=actor, centre=request.centre, area=area, need=need, urgency=urgency, task=task
    )
    REQUEST.move(
        request,
        "accept",
        actor=actor,
        changes={"order_id": order.pk, "area_id": area, "need": need, "due_at": None},
    )
    if station_id is not None:
        dispatch_order(order, actor=actor, station_id=station_id)
    return order


def _end(request: Request, move: str, *, actor: Actor, reply: str = "", reason: str = "") -> None:
    told: dict[str, Any] = {"reason": reason} if reason else {}
    changes = {"reply": reply, "reason": reason, "due_at": None}
    REQUEST.move(request, move, actor=actor, changes=changes, **told)
    publish(RequestEnded(actor, request.pk, RequestState(request.state)))


@transaction.atomic
def inform_request(request: Request, *, actor: Actor, reply: str) -> None:
    """End a request with information; the reply is shown to the resident."""
    _end(request, "inform", actor=actor, reply=reply)


@transaction.atomic
def refer_request(request: Request, *, actor: Actor, reply: str) -> None:
    """Say who else can help; the reply is shown to the resident."""
    _end(request, "refer", actor=actor, reply=reply)


@transaction.atomic
def refuse_request(request: Request, *, actor: Actor, reason: str, reply: str) -> None:
    """Do not take a request on, for a reason the resident is told."""
    _end(request, "refuse", actor=actor, reply=reply, reason=reason)


@transaction.atomic
def merge_request(request: Request, *, actor: Actor, other: Request) -> None:
    """Join a request with another about the same need that is under way; its receipt shows the
    other's way. Stale if nobody is at work on the other any more."""
    if other.pk == request.pk:
        raise Refused
    # Held before the requests, as by whoever moves the order: nothing ends while this is joined.
    order_state = held_state(other.order_id) if other.order_id else ""
    # Both rows in one order, so that two requests never end up joined to each other.
    ids = sorted((request.pk, other.pk))
    rows = Request.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    held = {pk: rest for pk, *rest in rows.values_list("pk", "state", "order_id")}
    if not can(actor, "intake.screen", other):
        raise Refused
    state, order_id = held[other.pk]
    if order_id != other.order_id or not is_under_way(state, order_state):
        raise Stale
    REQUEST.move(
        request,
        "merge",
        actor=actor,
        changes={"merged_into_id": other.pk, "said_round": None, "due_at": None},
        into=str(other.pk),
    )


@transaction.atomic
def part_joined(request_id: UUID, *, actor: Actor, ended: RequestState) -> int:
    """Bring what was joined with a request back to screening, now that the other has ended without
    help in the state `ended`; returns how many. Each goes to its own centre with a new deadline."""
    with unscoped("what was joined comes back to its own centre, wherever that is"):
        joined = Request.objects.filter(merged_into_id=request_id, state=RequestState.MERGED)
        found = list(joined.select_for_update(of=("self",)).order_by("pk"))
        for one in found:
            until = deadline(one.urgency, Stage.SCREEN, area=one.area_id, start=actor.now)
            changes = {"merged_into_id": None, "due_at": until.at}
            REQUEST.move(one, "part", actor=actor, until=until, changes=changes, ended=ended)
    return len(found)


@transaction.atomic
def say_for_joined(request: Request, *, actor: Actor, value: str) -> None:
    """Take the verdict of somebody whose request was joined with another: once in each round of the
    order that followed, and without a name. Stale while no help was given yet."""
    order_id = order_behind(request)
    if order_id is None:
        raise Stale
    said_round = add_verdict(order_id, actor=actor, value=value)
    REQUEST.move(
        request,
        "say",
        actor=actor,
        changes={"said_round": said_round},
        guard=Q(said_round__isnull=True) | Q(said_round__lt=said_round),
    )


@transaction.atomic
def add_to_request(request: Request, *, actor: Actor, words: str) -> Addition:
    """Let the resident add something."""
    if not can(actor, "intake.add", request):
        raise Refused
    made = Addition.objects.create(request=request, words=words, at=actor.now)
    record(
        actor,
        "intake.added",
        subject_type=REQUEST.name,
        subject_id=request.pk,
        area=request.area_id,
        unit=request.unit_id,
    )
    return made


@transaction.atomic
def reopen_request(request: Request, *, actor: Actor, words: str) -> None:
    """Open an ended request again, or part it from the one it was joined with (one with an order is
    reopened through its order)."""
    until = deadline(request.urgency, Stage.SCREEN, area=request.area_id, start=actor.now)
    changes = {"merged_into_id": None, "due_at": until.at}
    REQUEST.move(request, "reopen", actor=actor, until=until, changes=changes)
    if words:
        Addition.objects.create(request=request, words=words, at=actor.now)


@transaction.atomic
def withdraw_request(request: Request, *, actor: Actor) -> None:
    """Take a request back before it was screened, or while it is joined with another, which goes
    on."""
    changes = {"merged_into_id": None, "due_at": None}
    REQUEST.move(request, "withdraw", actor=actor, changes=changes)
    publish(RequestEnded(actor, request.pk, RequestState.WITHDRAWN))


def follow_order(*, order_id: UUID, unit_id: UUID) -> None:
    """A request follows its order: the unit that holds the order answers for the request."""
    with unscoped("a request follows its order to whichever unit holds it"):
        Request.objects.filter(order_id=order_id).update(unit_id=unit_id)


def note_read(request: Request, *, actor: Actor, is_redrawn: bool = False) -> None:
    """Put on record that somebody reads what is in the request.

    A page that is only drawn anew (`is_redrawn`) counts once a minute.
    """
    subject = (REQUEST.name, request.pk)
    if is_redrawn and has_done(actor, "intake.read", subject, since=actor.now - REDRAWN):
        return
    record_shown(
        actor,
        "intake.read",
        subject_type=REQUEST.name,
        subject_id=request.pk,
        area=request.area_id,
        unit=request.unit_id,
        about=persons_of([request.order_id]),
    )
