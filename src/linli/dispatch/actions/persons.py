"""What follows for orders when files of persons become one, or two again."""

from collections.abc import Iterable
from uuid import UUID

from linli.kernel.flow import follow

from ..models import Order


def join_orders(*, kept: UUID, absorbed: UUID) -> None:
    """Orders for somebody whose file was merged are for the one that is kept."""
    follow.join(Order._base_manager.all(), kept=kept, absorbed=absorbed)


def part_orders(*, absorbed: UUID, files: Iterable[UUID]) -> None:
    """Two files are two again: each has the orders in which it was named."""
    follow.part(Order._base_manager.all(), absorbed=absorbed, files=files)
