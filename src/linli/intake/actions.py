from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from linli.dispatch.actions import dispatch_order, open_order
from linli.dispatch.enums import Stage
from linli.dispatch.queries import deadline
from linli.kernel.access import can, holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.publish import publish
from linli.kernel.scope import unscoped
from linli.kernel.timeline.record import record
from linli.kernel.units.queries import centre_for
from linli.lib.receipts import new_number, new_pin

from .enums import RequestState
from .events import RequestRegistered
from .models import Addition, Request
from .queries import PHONE
from .receipts import hash_pin
from .workflow import REQUEST

if TYPE_CHECKING:
    from linli.dispatch.models import Order


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
    """Join a request with an earlier one about the same need; its receipt shows the other's way."""
    if other.pk == request.pk:
        raise Refused
    # Both rows in one order, so that two requests never end up joined to each other.
    ids = sorted((request.pk, other.pk))
    rows = Request.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    states = dict(rows.values_list("pk", "state"))
    if states.get(other.pk) == RequestState.MERGED:
        raise Stale
    if not can(actor, "intake.screen", other):
        raise Refused
    REQUEST.move(
        request,
        "merge",
        actor=actor,
        changes={"merged_into_id": other.pk, "due_at": None},
        into=str(other.pk),
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
    """Open an ended request again (one with an order is reopened through its order)."""
    until = deadline(request.urgency, Stage.SCREEN, area=request.area_id, start=actor.now)
    REQUEST.move(request, "reopen", actor=actor, until=until, changes={"due_at": until.at})
    if words:
        Addition.objects.create(request=request, words=words, at=actor.now)


@transaction.atomic
def withdraw_request(request: Request, *, actor: Actor) -> None:
    """Take a request back before it was screened."""
    REQUEST.move(request, "withdraw", actor=actor, changes={"due_at": None})


def follow_order(*, order_id: UUID, unit_id: UUID) -> None:
    """A request follows its order: the unit that holds the order answers for the request."""
    with unscoped("a request follows its order to whichever unit holds it"):
        Request.objects.filter(order_id=order_id).update(unit_id=unit_id)


def note_read(request: Request, *, actor: Actor) -> None:
    """Put on record that somebody opened the request."""
    record(
        actor,
        "intake.read",
        subject_type=REQUEST.name,
        subject_id=request.pk,
        area=request.area_id,
        unit=request.unit_id,
    )
