from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from linli.kernel.areas.moves import Ranges, Span, moves, together
from linli.lib.areacodes import range_of

NOTHING = Q(pk__in=[])


@dataclass(frozen=True)
class Scope:
    """What may be looked at: code ranges and units; `is_everything` is for the system alone.

    `left` are the parts of the ranges that have gone to an area elsewhere, `former` the areas that
    are gone themselves and have a range only for what was recorded under their codes.
    """

    ranges: tuple[Span, ...] = ()
    unit_ids: frozenset[UUID] = frozenset()
    is_everything: bool = False
    left: tuple[Span, ...] = ()
    former: frozenset[int] = frozenset()

    def covers(self, area: int) -> bool:
        """Whether a whole area is looked after: it lies inside one of the ranges and has not gone
        (what lies in it may have)."""
        return self.reaches(area) and not _lies_in(area, self.left)

    def reaches(self, area: int) -> bool:
        """Whether a whole area lies inside one of the ranges, or did until it went elsewhere."""
        return self.is_everything or _lies_in(area, self.ranges)

    def condition(self, *, area: str = "area_id", unit: str = "unit_id") -> Q:
        """The scope as a question about rows with these two columns."""
        if self.is_everything:
            return Q()
        asked = Ranges(self.ranges, self.left).condition(area)
        if self.unit_ids:
            asked |= Q(**{f"{unit}__in": self.unit_ids})
        return asked if asked else NOTHING


def _lies_in(area: int, spans: Iterable[Span]) -> bool:
    low, high = range_of(area)
    return any(one <= low and high <= two for one, two in spans)


def scope_of(
    codes: Iterable[int], *, moved: Collection[int], unit_ids: Iterable[UUID] = ()
) -> Scope:
    """The scope of who looks after some areas, as statistics count them: with what was merged into
    them under its old codes, without what has gone elsewhere.

    `moved` are those into or out of which something has moved; for them alone the change log is
    read.
    """
    asked, touched, units = list(codes), set(moved), frozenset(unit_ids)
    if touched.isdisjoint(asked):
        return Scope(ranges=tuple(range_of(one) for one in asked), unit_ids=units)
    log = moves()
    held = together(log.ranges(one) for one in asked)
    former = frozenset(low for low, _high in held.inside if low in log.gone)
    return Scope(ranges=held.inside, left=held.left, former=former, unit_ids=units)


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
