import hashlib
from collections.abc import Iterable

from django.db import connections, transaction
from django.utils import timezone

from .models import Event, Seal

# Two processes that seal at once would fork the chain; the loser waits and finds nothing to do.
LOCK = 7_305_001
START = b"\x00" * 32


def link(previous: bytes, hashes: Iterable[bytes | memoryview]) -> bytes:
    """The head after a link: SHA-256 over the previous head and the events' hashes in order."""
    digest = hashlib.sha256(previous)
    for one in hashes:
        digest.update(bytes(one))
    return digest.digest()


def seal(*, using: str = "default") -> Seal | None:
    """Seal every event whose transaction has ended; returns the new link, or None if there is none.

    A transaction number below the oldest one still running can never appear again, so the set of
    events below that horizon is complete and final.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        (horizon,) = cursor.fetchone()
        last = Seal.objects.using(using).order_by("-number").first()
        first = last.before if last else 0
        rows = Event.objects.using(using).filter(transaction__gte=first, transaction__lt=horizon)
        hashes = list(rows.order_by("transaction", "id").values_list("hash", flat=True))
        if not hashes:
            return None
        return Seal.objects.using(using).create(
            number=last.number + 1 if last else 1,
            first=first,
            before=horizon,
            events=len(hashes),
            head=link(bytes(last.head) if last else START, hashes),
            sealed_at=timezone.now(),
        )
