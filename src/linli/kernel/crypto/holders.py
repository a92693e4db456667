"""Who holds sealed values outside our fields, in a library's table: a new key must reach them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Holder:
    """`values()` gives every sealed value; `reseal()` seals again what an older key has sealed, and
    returns how many values that were."""

    name: str
    values: Callable[[], Iterable[bytes]]
    reseal: Callable[[], int]


_holders: dict[str, Holder] = {}


def enter(holder: Holder) -> None:
    """Enter a holder; once under its name."""
    _holders[holder.name] = holder


def holders() -> list[Holder]:
    return list(_holders.values())
