from dataclasses import dataclass
from uuid import UUID

from linli.kernel.accounts.actors import Actor

from .enums import RequestState


@dataclass(frozen=True)
class RequestRegistered:
    """A request came in."""

    actor: Actor
    request_id: UUID


@dataclass(frozen=True)
class RequestEnded:
    """A request ended without an order: the state that it ended in."""

    actor: Actor
    request_id: UUID
    state: RequestState
