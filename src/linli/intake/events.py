from dataclasses import dataclass
from uuid import UUID

from linli.kernel.accounts.actors import Actor


@dataclass(frozen=True)
class RequestRegistered:
    """A request came in."""

    actor: Actor
    request_id: UUID
