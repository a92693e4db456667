from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from linli.lib.areacodes import range_of

NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Scope:
    """What may be looked at: code ranges and units; `is_everything` is for the system alone."""

    ranges: tuple[tuple[int, int], ...] = ()
    unit_ids: frozenset[UUID] = frozenset()
    is_everything: bool = False

    def covers(self, area: int) -> bool:
        """Whether a whole area lies inside one of the ranges."""
        low, high = range_of(area)
        return self.is_everything or any(one <= low and high <= two for one, two in self.ranges)

    def condition(self, *, area: str = "area_id", unit: str = "unit_id") -> Q:
        """The scope as a question about rows with these two columns."""
        if self.is_everything:
            return Q()
        asked = Q()
        for low, high in self.ranges:
            asked |= Q(**{f"{area}__gte": low, f"{area}__lte": high})
        if self.unit_ids:
            asked |= Q(**{f"{unit}__in": self.unit_ids})
        return asked if asked else NOTHING


_open: ContextVar[Scope | None] = ContextVar("linli_scope", default=None)


def current() -> Scope | None:
    return _open.get()


@contextmanager
def scope(value: Scope) -> Iterator[None]:
    """Open a scope for a block; scopes replace one another, they do not add up."""
    token = _open.set(value)
    try:
        yield
    finally:
        _open.reset(token)


@contextmanager
def unscoped(reason: str) -> Iterator[None]:
    """Look at everything, for work that belongs to nobody. A house test lists each use."""
    if not reason:
        raise ValueError("unscoped() needs a reason")
    with scope(Scope(is_everything=True)):
        yield
