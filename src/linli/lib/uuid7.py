"""UUID version 7 (RFC 9562 §5.7): ids that sort by the moment they were made.

Layout: 48 bits of milliseconds, version 7, 12 bits of the fraction of that millisecond, variant,
62 random bits. Neither Python 3.11 nor PostgreSQL 15 makes them; `SQL_TWIN` is the same layout
for the database.
"""

import os
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICKS_PER_MS = 1 << 12
MAX_MS = (1 << 48) - 1
LAST_MS = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
RANDOM_BITS = 62
VERSION = 7

# Ordered to the microsecond only: two calls within one microsecond sort by chance. The fraction
# is taken from the rest of the division, so that the product never leaves the bigint range.
SQL_TWIN = """\
CREATE OR REPLACE FUNCTION linli_uuid7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $linli$
    SELECT encode(
        substring(int8send(us / 1000) FROM 3)
        || int2send((28672 + (us % 1000) * 4096 / 1000)::smallint)
        || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
    )::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS now
$linli$;
"""

_lock = threading.Lock()
_latest = 0


def uuid7() -> UUID:
    """A new id, greater than every id this process made before.

    Safe to call from any thread. When the clock stands still or steps back, or above four million
    ids a second, the time part runs ahead of the clock instead of repeating itself.
    """
    global _latest  # noqa: PLW0603 - the order within a process is the state
    now = time.time_ns() * TICKS_PER_MS // 1_000_000
    with _lock:
        _latest = max(now, _latest + 1)
        tick = _latest
    return _assemble(tick, secrets.randbits(RANDOM_BITS))


def uuid7_at(moment: datetime, random: Random) -> UUID:
    """The id that would have been made at `moment`, its random bits drawn from `random`.

    For seeded demo data: the same moment and generator state give the same id. Ids of the same
    microsecond sort by chance. Raises ValueError for a naive moment and for one before 1970.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment of an id needs a time zone")
    microseconds = (moment - EPOCH) // timedelta(microseconds=1)
    if not 0 <= microseconds <= MAX_MS * 1000:
        raise ValueError("the moment of an id lies between 1970 and 10889")
    return _assemble(microseconds * TICKS_PER_MS // 1000, random.getrandbits(RANDOM_BITS))


def moment_of(id: UUID) -> datetime:
    """When an id was made, in UTC, to the millisecond; ValueError when it is not version 7.

    An id that tells of a time after the year 9999, as no calendar here can, gives its end.
    The finer bits are not read: in ids that others made they may be random. An id made elsewhere
    tells what its maker's clock said, so this never orders or dates a record.
    """
    if id.version != VERSION:
        raise ValueError("only version 7 ids carry a moment")
    return EPOCH + timedelta(milliseconds=min(id.int >> 80, LAST_MS))


def _assemble(tick: int, random_bits: int) -> UUID:
    milliseconds, fraction = divmod(tick, TICKS_PER_MS)
    return UUID(int=milliseconds << 80 | VERSION << 76 | fraction << 64 | 0b10 << 62 | random_bits)


def _renew_lock() -> None:
    # A fork while another thread held the lock would leave the child waiting for ever.
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)
