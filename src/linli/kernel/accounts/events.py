from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class PostEnded:
    """A user no longer holds a role at a unit; `on` was the last day.

    May be told more than once for the same post: whoever follows it does nothing the second time.
    """

    user_id: UUID
    unit_id: UUID
    role: str
    on: date
