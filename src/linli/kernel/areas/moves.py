"""What has become of areas: merged into others, or under a new code somewhere else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db import connection
from django.db.models import Q

from linli.lib.areacodes import NATION, ancestors, range_of

from .models import ChangeKind

Span = tuple[int, int]
# After these everything that was recorded under a code counts under another.
MOVING = (ChangeKind.MERGE, ChangeKind.RECODE)
# Every number of the statistics asks what has become of its area; mostly nothing has.
MOVES = """
SELECT kind, before_id, after_id FROM areas_areachange
WHERE kind <> %s AND on_day <= %s ORDER BY on_day
"""
# SQL: how many codes lie in an area of this code (`areacodes.span_of`), for the query that reads
# whether anything in it has moved.
SPAN = """
CASE WHEN {code} = 0 THEN 1000000000000 WHEN {code} %% 10000000000 = 0 THEN 10000000000
     WHEN {code} %% 100000000 = 0 THEN 100000000 WHEN {code} %% 1000000 = 0 THEN 1000000
     WHEN {code} %% 1000 = 0 THEN 1000 ELSE 1 END
"""


@dataclass(frozen=True)
class Ranges:
    """The code ranges that make up an area.

    `left` lies inside them but has gone to another area; of `not_attributable` only an unknown
    part belongs here.
    """

    inside: tuple[Span, ...]
    left: tuple[Span, ...] = ()
    not_attributable: tuple[Span, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the area is exactly the range of its own code."""
        return len(self.inside) == 1 and not self.left

    def condition(self, column: str) -> Q:
        """The condition for rows whose code in this column counts here."""
        return _within(self.inside, column) & ~_within(self.left, column)

    def counts(self, code: int) -> bool:
        """Whether what was recorded under a code counts here."""
        return _holds(self.inside, code) and not _holds(self.left, code)


def _within(spans: Iterable[Span], column: str) -> Q:
    asked = Q()
    for low, high in spans:
        asked |= Q(**{f"{column}__gte": low, f"{column}__lte": high})
    return asked


@dataclass(frozen=True)
class Moves:
    """The change log up to a day."""

    known: tuple[tuple[str, int, int], ...]
    moved: dict[int, int]

    def ranges(self, code: int) -> Ranges:
        """See `areas.queries.ranges`."""
        own = range_of(code)
        if code == NATION:
            return Ranges((own,))
        counts = {one: self._comes_to(own, one) for one in self._near(own)}
        inside = widest([own, *(range_of(one) for one, is_ours in counts.items() if is_ours)])
        partly = [
            range_of(before)
            for kind, before, after in self.known
            if kind == ChangeKind.SPLIT
            and self._comes_to(own, after)
            and not self._comes_to(own, before)
        ]
        return Ranges(tuple(inside), tuple(_left(inside, counts)), tuple(dict.fromkeys(partly)))

    def touch(self, code: int) -> bool:
        """Whether an area in this one was ever merged or got a new code, so that ranges differ."""
        here = [range_of(code)]
        return any(
            _holds(here, before) or _holds(here, after) for before, after in self.moved.items()
        )

    def holders(self, code: int) -> list[int]:
        """See `areas.queries.holders`."""
        found: list[int] = []
        seen: set[int] = set()
        while True:
            above = [code, *reversed(ancestors(code))]
            step = next((one for one in above if one in self.moved and one not in seen), None)
            # What lies below the area that has gone went along and is held as before.
            found += above if step is None else above[: above.index(step)]
            if step is None:
                return list(dict.fromkeys(found))
            seen.add(step)
            code = self.moved[step]

    def _near(self, own: Span) -> set[int]:
        """The areas whose move can matter to a range: those in it, and those that may lead into
        it."""
        found: set[int] = set()
        spans = [own]
        while spans:
            new = {
                before
                for before, after in self.moved.items()
                if before not in found and (_holds(spans, before) or _holds(spans, after))
            }
            found |= new
            spans = [range_of(one) for one in new]
        return found

    def _comes_to(self, own: Span, code: int) -> bool:
        """Whether what was recorded under a code has come to lie inside a range."""
        seen: set[int] = set()
        while True:
            is_inside = _holds([own], code)
            above = [code, *reversed(ancestors(code))]
            # Where the range goes as part of a larger area, what lies in it goes along.
            steps = [one for one in above if _holds([own], one)] if is_inside else above
            step = next((one for one in steps if one in self.moved and one not in seen), None)
            if step is None:
                return is_inside
            seen.add(step)
            code = self.moved[step]


def moves(*, geography: date | None = None) -> Moves:
    """The change log as it is known for a day (default: all of it), in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(MOVES, [str(ChangeKind.RENAME), geography or date.max])
        known = tuple(cursor.fetchall())
    moved = {before: after for kind, before, after in known if kind != ChangeKind.SPLIT}
    return Moves(known, moved)


def together(held: Iterable[Ranges]) -> Ranges:
    """Several areas as one: what has left one of them may be in another."""
    parts = list(held)
    inside = widest([span for one in parts for span in one.inside])
    ours = [span for one in parts for span in without(one.inside, one.left)]
    return Ranges(tuple(inside), tuple(without(inside, ours)))


def widest(spans: Iterable[Span]) -> list[Span]:
    """The ranges that lie in no other of them, in order."""
    found: list[Span] = []
    for low, high in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or low > found[-1][1]:
            found.append((low, high))
    return found


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """What is left of some ranges when others are taken out of them."""
    found = list(spans)
    for start, end in holes:
        cut = []
        for low, high in found:
            cut += [(low, min(high, start - 1)), (max(low, end + 1), high)]
        found = [(low, high) for low, high in dict.fromkeys(cut) if low <= high]
    return found


def _holds(spans: Iterable[Span], code: int) -> bool:
    return any(low <= code <= high for low, high in spans)


def _left(inside: list[Span], counts: dict[int, bool]) -> list[Span]:
    """The parts of ranges that have gone: where the smallest area that moved does not count."""
    moves = {range_of(one): is_ours for one, is_ours in counts.items() if _holds(inside, one)}
    edges = sorted({edge for low, high in moves for edge in (low, high + 1)})
    gone: list[Span] = []
    for low, end in pairwise(edges):
        smallest = min(
            (span for span in moves if span[0] <= low <= span[1]),
            key=lambda span: span[1] - span[0],
            default=None,
        )
        if smallest is None or moves[smallest]:
            continue
        begins = gone.pop()[0] if gone and gone[-1][1] == low - 1 else low
        gone.append((begins, end - 1))
    return gone
