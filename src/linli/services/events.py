from dataclasses import dataclass
from uuid import UUID

from linli.kernel.accounts.actors import Actor


@dataclass(frozen=True)
class ServiceRecorded:
    """A service was put on record."""

    actor: Actor
    service_id: UUID
