"""What somebody types on the way to a receipt: kept encrypted, sent once, shown for a while.

Draft and receipt are the same row under the same key (a secret in a cookie of this browser). The
draft becomes the receipt in the transaction that registers the request, so a second press or a
reload finds the receipt instead of a draft. Many residents share a computer: half an hour without
a click, and the draft is gone. The page that sends has an operation id as every form: one that was
left open cannot send what was typed later for somebody else.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from linli.intake.actions import Asked, register_request
from linli.intake.enums import Door
from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.kernel.forms import drafts
from linli.kernel.operations import once
from linli.kernel.ui.once import Sent

COOKIE = "linli_ask"
DRAFT, RECEIPT = "portal:ask", "portal:receipt"
REQUEST = "intake.request"
# A PIN stays in the browser for as long as somebody needs to write it down.
SHOWN = timedelta(minutes=30)
IDLE = timedelta(minutes=30)
Typed = dict[str, str]


@dataclass(frozen=True)
class KeptReceipt:
    """The receipt of the request that came of a draft."""

    number: str
    pin: str
    request_id: UUID


def draft_of(key: str, *, now: datetime) -> Typed | None:
    """What was typed so far in the browser that has the key, if there was a click in the last half
    hour; this one counts."""
    values = drafts.find(key, path=DRAFT, now=now)
    if values is None:
        return None
    drafts.keep_on(key, until=now + IDLE)
    return {name: one[0] for name, one in values.items()}


def keep_draft(key: str, typed: Typed, *, now: datetime) -> str:
    """Keep what was typed; returns the key, a new one unless `key` opens a draft already."""
    held = key if draft_of(key, now=now) is not None else ""
    return drafts.keep(_listed(typed), path=DRAFT, now=now, key=held, kept=IDLE)


def receipt_of(key: str, *, now: datetime) -> KeptReceipt | None:
    """The receipt of this browser, for half an hour after the request was sent."""
    values = drafts.find(key, path=RECEIPT, now=now)
    if values is None:
        return None
    return KeptReceipt(values["number"][0], values["pin"][0], UUID(values["request"][0]))


def sent_before(key: str, sent: Sent | None) -> bool:
    """Whether this browser has sent a request from the same page with the same words.

    Raises Reused if the words were others.
    """
    if sent is None:
        return False
    return once.done_by(sent.operation, holder=_browser(key), given=sent.given) is not None


def _browser(key: str) -> str:
    return f"browser:{blind(key, purpose=COOKIE).hex()}"


@transaction.atomic
def send(key: str, *, actor: Actor, reach: Typed, sent: Sent | None = None) -> UUID | None:
    """Register what the draft says, and turn the draft into the receipt.

    Returns the id of the request: for a second press that of the first. None if the key opens
    nothing (any more). Raises NoCentre, and Reused for a page that this draft does not belong to.
    """
    # Of two presses at once the second waits here, and then finds the receipt of the first.
    drafts.hold(key)
    typed = draft_of(key, now=actor.now)
    if typed is None:
        kept = receipt_of(key, now=actor.now)
        return kept.request_id if kept else None
    if sent is not None:
        once.claim(sent.operation, holder=_browser(key), given=sent.given, now=actor.now)
    asked = Asked(
        area=int(typed["area"]),
        need=typed["need"],
        words=typed["words"],
        for_whom=typed["for_whom"],
        urgency=typed["urgency"],
        **reach,
    )
    receipt = register_request(actor=actor, asked=asked, door=Door.PUBLIC)
    told = {"number": receipt.number, "pin": receipt.pin, "request": str(receipt.request.pk)}
    drafts.keep(_listed(told), path=RECEIPT, now=actor.now, key=key, kept=SHOWN)
    if sent is not None:
        once.settle(sent.operation, subject_type=REQUEST, subject_id=receipt.request.pk)
    return receipt.request.pk


def forget(key: str) -> None:
    """Drop draft and receipt of this browser."""
    drafts.drop(key)


def _listed(typed: Typed) -> drafts.Values:
    return {name: [value] for name, value in typed.items()}
