"""The deliveries of an event, written in its transaction; and what each try makes of them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from linli.kernel.accounts.actors import Actor, acting, actor_of, system
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import holders
from linli.kernel.flow import duty
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.record import record
from linli.lib.worktime import Due

from .kinds import kind
from .models import Attempt, Delivery, Hook, Outcome
from .sending import Answered
from .signing import headers

SUBJECT = "hooks.hook"
KEPT = timedelta(days=30)
# How long to wait after each try that failed: the last one is three days after the first.
WAITS = tuple(
    timedelta(seconds=one) for one in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)


@dataclass(frozen=True)
class Message:
    """What is sent: to where, which bytes, with which headers."""

    url: str
    body: bytes
    headers: dict[str, str]


def announce(name: str, *, subject_id: UUID, at: datetime, **data: str) -> list[UUID]:
    """Write a delivery for every hook that asks for such events and whose post may be one that sees
    the subject; `data` are codes. Whether it does see it is asked when it is sent."""
    asked = kind(name)
    hooks = Hook.objects.filter(ended_at__isnull=True, kinds__contains=[name])
    if asked is None or not hooks.exists():
        return []
    # Where and whose it is, as the event in this transaction has just told.
    told = Event.objects.filter(subject_type=asked.subject, subject_id=subject_id)
    area, unit = told.order_by("-at", "-id").values_list("area", "unit").first() or (None, None)
    if area is None:
        return []
    above = holders(area)
    near = (
        Q(post__unit_id=unit)
        | Q(post__unit__area_id__in=above)
        | Q(post__unit__service_areas__area_id__in=above)
    )
    made = [
        Delivery(hook=hook, kind=name, subject_id=subject_id, data=data, at=at, next_at=at)
        for hook in hooks.filter(near).distinct().order_by("id")
    ]
    Delivery.objects.bulk_create(made)
    return [one.pk for one in made]


def prepare(delivery_id: UUID, *, now: datetime) -> Message | None:
    """The message of a delivery that is due; None if there is nothing to send, or the post may not
    see its subject, or not any more."""
    rows = Delivery.objects.select_related("hook__post__user")
    held = rows.filter(pk=delivery_id, outcome=Outcome.WAITING).first()
    if held is None or held.hook.ended_at is not None:
        return None
    post, asked = held.hook.post, kind(held.kind)
    actor = actor_of(post.user, post_id=post.pk, is_strict=True, now=now)
    with acting(actor):
        may = post.user.is_active and actor.post_id is not None and asked is not None
        sees = may and asked is not None and asked.sees(actor, held.subject_id)
    if not sees:
        Delivery.objects.filter(pk=held.pk).update(outcome=Outcome.WITHHELD, next_at=None)
        return None
    return message_of(held, now=now)


def message_of(delivery: Delivery, *, now: datetime) -> Message:
    """A message as it is sent now: kind, moment, ids and codes."""
    hook = delivery.hook
    told = {
        "type": delivery.kind,
        "timestamp": delivery.at.isoformat(),
        "data": {"id": str(delivery.subject_id), **delivery.data},
    }
    body = json.dumps(told, separators=(",", ":"), sort_keys=True).encode()
    valid = [hook.secret]
    if hook.former_secret and hook.former_until is not None and now < hook.former_until:
        valid.append(hook.former_secret)
    name = f"msg_{delivery.pk.hex}"
    signed = headers(valid, message=name, timestamp=int(now.timestamp()), body=body)
    return Message(hook.url, body, signed)


@transaction.atomic
def note(delivery_id: UUID, answered: Answered, *, now: datetime) -> datetime | None:
    """Keep what came of a try; returns when to try again, if at all."""
    held = Delivery.objects.select_for_update(of=("self",)).select_related("hook__post__unit")
    one = held.get(pk=delivery_id)
    Attempt.objects.create(
        delivery=one,
        at=now,
        status=answered.status,
        problem=answered.problem,
        milliseconds=answered.milliseconds,
    )
    if one.outcome != Outcome.WAITING:
        return None
    one.tries += 1
    one.next_at = None
    if answered.is_taken:
        one.outcome = Outcome.DELIVERED
    elif one.tries > len(WAITS):
        one.outcome = Outcome.GIVEN_UP
        with acting(system("hooks.deliver", now=now)) as actor:
            _give_up(one, actor=actor)
    else:
        one.next_at = now + WAITS[one.tries - 1]
    one.save(update_fields=("outcome", "tries", "next_at"))
    return one.next_at


def _give_up(delivery: Delivery, *, actor: Actor) -> None:
    """Say in the timeline that a message was given up, and give who registered the hook something
    to do about it."""
    hook = delivery.hook
    unit = hook.post.unit
    record(
        actor,
        "hooks.given_up",
        subject_type=SUBJECT,
        subject_id=hook.pk,
        area=unit.area_id,
        unit=unit.pk,
        delivery=str(delivery.pk),
        kind=delivery.kind,
    )
    if hook.by_id is None or hook.by_unit_id is None:
        return
    duty.close((SUBJECT, hook.pk))
    duty.open_for(
        (SUBJECT, hook.pk),
        verb="look",
        area=unit.area_id,
        unit=hook.by_unit_id,
        role=Role(hook.by_role),
        user=hook.by_id,
        until=Due(actor.now + timedelta(days=1), is_provisional=False),
        now=actor.now,
    )


def forget(*, now: datetime) -> int:
    """Drop deliveries and their tries after thirty days; returns how many deliveries."""
    old = Delivery.objects.filter(at__lt=now - KEPT).exclude(outcome=Outcome.WAITING)
    count = old.count()
    old.delete()
    return count


def due_again(*, now: datetime) -> list[UUID]:
    """Deliveries that wait though their time came long ago: their job was lost with a worker."""
    late = Q(next_at__lt=now - timedelta(minutes=10)) | Q(next_at__isnull=True)
    held = Delivery.objects.filter(late, outcome=Outcome.WAITING, hook__ended_at__isnull=True)
    return list(held.order_by("id").values_list("pk", flat=True)[:500])
