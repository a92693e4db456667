"""Opening a request with receipt number and PIN, throttled so that PINs cannot be tried out."""

from datetime import datetime, timedelta
from hmac import compare_digest

from linli.kernel.accounts.actors import Actor, receipt_holder
from linli.kernel.crypto.sealing import blind
from linli.kernel.scope import unscoped
from linli.lib.receipts import InvalidNumber, normalise

from .models import ReceiptFailure, Request

WINDOW = timedelta(minutes=30)
TRIES_PER_RECEIPT_AND_PLACE = 5
TRIES_PER_PLACE = 30
# From everywhere together: a PIN cannot be tried out from many places either.
TRIES_PER_RECEIPT_AND_DAY = 100
DAY = timedelta(days=1)
PIN = "intake.pin"


class TooManyTries(Exception):
    """Wrong PINs from this place; a pause is needed."""


def hash_pin(number: str, pin: str) -> bytes:
    """Keyed hash of a PIN, bound to its receipt."""
    return blind(f"{number}:{pin}", purpose=PIN)


def _hash(kind: str, value: str) -> bytes:
    return blind(f"{kind}\x00{value}", purpose="intake.receipt")


def open_receipt(
    text: str, pin: str, *, place: str, now: datetime, locale: str = "zh-hans"
) -> Actor | None:
    """The actor of somebody who shows a receipt and its PIN; None if they do not fit.

    `place` is the network they come from: wrong tries are counted for the receipt at this place,
    so that a stranger elsewhere cannot lock the owner out. Raises TooManyTries.
    """
    try:
        number = normalise(text)
    except InvalidNumber:
        return None
    source = _hash("place", place)
    ours = _hash("number", f"{number}\x00{place}")
    whole = _hash("receipt", number)
    recent = ReceiptFailure.objects.filter(at__gt=now - WINDOW)
    if (
        recent.filter(number_hash=ours).count() >= TRIES_PER_RECEIPT_AND_PLACE
        or recent.filter(source_hash=source).count() >= TRIES_PER_PLACE
        or ReceiptFailure.objects.filter(whole_hash=whole, at__gt=now - DAY).count()
        >= TRIES_PER_RECEIPT_AND_DAY
    ):
        raise TooManyTries
    with unscoped("a receipt opens its request wherever it is"):
        found = (
            Request.objects.filter(number=number)
            .values_list("pk", "pin_hash", "order_id", "area_id", "order__area_id")
            .first()
        )
    # Hash and compare in any case: an unknown receipt takes as long as a wrong PIN.
    held = bytes(found[1]) if found else b"\x00" * 32
    if not compare_digest(hash_pin(number, pin.strip()), held) or found is None:
        ReceiptFailure.objects.create(
            number_hash=ours, source_hash=source, whole_hash=whole, at=now
        )
        ReceiptFailure.objects.filter(at__lt=now - DAY).delete()
        return None
    request_id, _pin, order_id, area, order_area = found
    ids = [one for one in (request_id, order_id) if one is not None]
    areas = {one for one in (area, order_area) if one is not None}
    return receipt_holder(ids, areas=areas, locale=locale, now=now)


def actor_for(request_id: object, *, now: datetime, locale: str = "zh-hans") -> Actor | None:
    """The actor of a receipt that was opened before (kept in a signed session)."""
    with unscoped("a receipt opens its request wherever it is"):
        found = (
            Request.objects.filter(pk=request_id)
            .values_list("pk", "order_id", "area_id", "order__area_id")
            .first()
        )
    if found is None:
        return None
    ids = [one for one in found[:2] if one is not None]
    areas = {one for one in found[2:] if one is not None}
    return receipt_holder(ids, areas=areas, locale=locale, now=now)
