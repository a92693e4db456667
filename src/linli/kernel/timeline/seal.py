import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connections, transaction
from django.utils import timezone

from linli.kernel.accounts.actors import system

from .models import Event, Seal
from .phrases import RESTORED
from .record import write

# Two processes that seal at once would fork the chain; the loser waits and finds nothing to do.
LOCK = 7_305_001
START = b"\x00" * 32
SNAPSHOT = """
SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint
FROM pg_current_snapshot() s
"""
ORIGIN = """
SELECT CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
       THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE '' END
"""


class Restored(Exception):
    """The database was restored: until `go_on` nothing can be recorded or sealed."""

    def __str__(self) -> str:
        return "The database was restored; run: linli migrate"


@dataclass(frozen=True)
class Standing:
    """The last seal beside the server that it is on now.

    `oldest` is the oldest transaction that still runs, `next` the one that begins next, both by
    the server's own count; `origin` names the server, or is empty where it may not be asked.
    """

    last: Seal | None
    oldest: int
    next: int
    origin: str

    @property
    def is_restarted(self) -> bool:
        """Whether the server counts transactions from below what is sealed already."""
        return self.last is not None and self.next + self.last.shift < self.last.before

    @property
    def is_elsewhere(self) -> bool:
        """Whether the last seal was made on another server than this."""
        before = self.last.origin if self.last else ""
        return bool(before and self.origin and before != self.origin)


def link(previous: bytes, hashes: Iterable[bytes | memoryview]) -> bytes:
    """The head after a link: SHA-256 over the previous head and the events' hashes in order."""
    digest = hashlib.sha256(previous)
    for one in hashes:
        digest.update(bytes(one))
    return digest.digest()


def standing(*, using: str = "default") -> Standing:
    """Where the chain stands now."""
    with connections[using].cursor() as cursor:
        cursor.execute(SNAPSHOT)
        oldest, upcoming = cursor.fetchone()
        cursor.execute(ORIGIN)
        (origin,) = cursor.fetchone()
    last = Seal.objects.using(using).order_by("-number").first()
    return Standing(last, oldest, upcoming, origin)


def seal(*, using: str = "default") -> Seal | None:
    """Seal every event whose transaction has ended; returns the new link, or None if there is none.

    A transaction number below the oldest one still running can never appear again, so the set of
    events below that horizon is complete and final. Raises Restored where it would appear again.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        now = standing(using=using)
        if now.is_restarted:
            raise Restored
        last = now.last
        shift, origin = (last.shift, last.origin or now.origin) if last else (0, now.origin)
        made = _link(last, before=now.oldest + shift, shift=shift, origin=origin, using=using)
        if not made.events:
            return None
        made.save(using=using, force_insert=True)
    return made


def go_on(*, using: str = "owner") -> Seal | None:
    """Begin a new part of the chain if the database has come to another server; None if not.

    Its first link covers what was left unsealed and follows the old head, and the first event
    after it names that head. Only the owner can keep writers away meanwhile.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # Shared with readers: nobody writes an event until the link stands.
        cursor.execute("LOCK TABLE timeline_event IN SHARE ROW EXCLUSIVE MODE")
        now = standing(using=using)
        last = now.last
        if last is None or not (now.is_restarted or now.is_elsewhere):
            return None
        newest = Event.objects.using(using).order_by("-transaction").first()
        before = max(last.before, newest.transaction + 1 if newest else 0, now.oldest + last.shift)
        shift = before - now.oldest
        made = _link(last, before=before, shift=shift, origin=now.origin, using=using)
        made.save(using=using, force_insert=True)
        data = {"head": bytes(last.head).hex(), "seal": made.number, "shift": shift}
        data |= {"origin": now.origin, "before": last.origin}
        actor = system(RESTORED)
        named = Event(
            at=actor.now,
            actor_kind=actor.kind,
            reason=actor.reason,
            verb=RESTORED,
            subject_type="timeline.seal",
            data=data,
        )
        write(named, using=using)
    return made


def _link(last: Seal | None, *, before: int, shift: int, origin: str, using: str) -> Seal:
    """The next link over the events up to a number, not yet stored."""
    first = last.before if last else 0
    rows = Event.objects.using(using).filter(transaction__gte=first, transaction__lt=before)
    hashes = list(rows.order_by("transaction", "id").values_list("hash", flat=True))
    return Seal(
        number=last.number + 1 if last else 1,
        first=first,
        before=before,
        events=len(hashes),
        head=link(bytes(last.head) if last else START, hashes),
        shift=shift,
        origin=origin,
        sealed_at=timezone.now(),
    )
