import json
from datetime import datetime
from random import Random
from uuid import UUID

from linli.lib.uuid7 import uuid7_at

from .network import Staff
from .spool import Spool

EVENT = (
    "id", "at", "actor_kind", "user", "post", "reason", "verb", "subject_type", "subject_id",
    "area", "unit", "data",
)  # fmt: skip


class Timeline:
    """Events as the actions would have left them; the database hashes them while they load."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spool = Spool("timeline_event", EVENT)

    def tell(
        self,
        verb: str,
        *,
        at: datetime,
        who: Staff | None,
        subject: tuple[str, UUID],
        place: tuple[int, UUID],
        **data: str | int,
    ) -> None:
        """One event; without anybody in a post it was a visitor."""
        kind = "user" if who else "visitor"
        user, post = (who.user, who.post) if who else (None, None)
        key = uuid7_at(at, self.random)
        self.spool.add((key, at, kind, user, post, "", verb, *subject, *place, json.dumps(data)))
