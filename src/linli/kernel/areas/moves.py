"""What has become of areas: merged into others, or under a new code somewhere else."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from django.db import connection
from django.db.models import Q

from linli.lib.areacodes import NATION, ancestors, range_of

from .models import ChangeKind

Span = tuple[int, int]
# After these everything that was recorded under a code counts under another.
MOVING = (ChangeKind.MERGE, ChangeKind.RECODE, ChangeKind.REPARENT)
# Every number of the statistics asks what has become of its area; mostly nothing has, and a log
# that is known is not read again.
MOVES = """
SELECT newest.id, change.kind, before_id, after_id, on_day, change.id,
       area.valid_from >= on_day
FROM (SELECT (SELECT id FROM areas_areachange ORDER BY id DESC LIMIT 1) AS id) newest
LEFT JOIN (areas_areachange change JOIN areas_area area ON area.code = after_id)
  ON newest.id IS DISTINCT FROM %s
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
class Line:
    """A line of the change log; `is_new`: there was no `after` before that day."""

    kind: str
    before: int
    after: int
    day: date
    is_new: bool


@dataclass(frozen=True)
class Moves:
    """The change log up to a day."""

    known: tuple[Line, ...]

    @cached_property
    def moved(self) -> dict[int, int]:
        """Where areas went, or what they lie in now."""
        return {one.before: one.after for one in self.known if one.kind in MOVING}

    @cached_property
    def kept(self) -> frozenset[int]:
        """Of these the areas that are still themselves: only what they lie in is another."""
        last = {one.before: one.kind for one in self.known if one.kind in MOVING}
        return frozenset(code for code, kind in last.items() if kind == ChangeKind.REPARENT)

    @cached_property
    def gone(self) -> frozenset[int]:
        """The areas that are no more."""
        return frozenset(self.moved.keys() - self.kept)

    @cached_property
    def _index(self) -> "Ends":
        return Ends.of(self.moved.items())

    def ranges(self, code: int) -> Ranges:
        """See `areas.queries.ranges`."""
        own = range_of(code)
        if code == NATION:
            return Ranges((own,))
        counts = {one: self._comes_to(own, one) for one in self._index.near(own)}
        inside = widest([own, *(range_of(one) for one, is_ours in counts.items() if is_ours)])
        partly = [
            range_of(one.before)
            for one in self.known
            if one.kind == ChangeKind.SPLIT
            and self._comes_to(own, one.after)
            and not self._comes_to(own, one.before)
        ]
        return Ranges(tuple(inside), tuple(_left(inside, counts)), tuple(dict.fromkeys(partly)))

    def touch(self, code: int) -> bool:
        """Whether an area in this one was ever merged or got a new code, so that ranges differ."""
        return bool(self._index.near(range_of(code), is_far=False))

    def holders(self, code: int) -> list[int]:
        """See `areas.queries.holders`."""
        found: list[int] = []
        seen: set[int] = set()
        while True:
            above = [code, *reversed(ancestors(code))]
            step = next((one for one in above if one in self.moved and one not in seen), None)
            if step is None:
                return list(dict.fromkeys([*found, *above]))
            # What lies below the area that has gone went along and is held as before.
            found += above[: above.index(step) + (step in self.kept)]
            seen.add(step)
            code = self.moved[step]

    def _comes_to(self, own: Span, code: int) -> bool:
        """Whether what was recorded under a code has come to lie inside a range."""
        seen: set[int] = set()
        while True:
            is_inside = _holds([own], code)
            above = [code, *reversed(ancestors(code))]
            # Where the range goes as part of a larger area, what lies in it goes along.
            steps = [one for one in above if _holds([own], one)] if is_inside else above
            step = next((one for one in steps if one in self.moved and one not in seen), None)
            if step is None or (step in self.kept and range_of(step) == own):
                return is_inside
            seen.add(step)
            code = self.moved[step]


@dataclass(frozen=True)
class Ends:
    """Pairs of areas, found by where either end lies."""

    by_before: tuple[int, ...]
    by_after: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "Ends":
        held = list(pairs)
        befores = sorted({before for before, _after in held})
        return cls(tuple(befores), tuple(sorted((after, before) for before, after in held)))

    def near(self, own: Span, *, is_far: bool = True) -> set[int]:
        """The befores that can matter to a range: those in it, and those that lead into it; with
        `is_far` also those that lead to these."""
        found: set[int] = set()
        spans = [own]
        while spans:
            low, high = spans.pop()
            first, last = bisect_left(self.by_before, low), bisect_right(self.by_before, high)
            start = bisect_left(self.by_after, (low, -1))
            end = bisect_right(self.by_after, (high, 10**12))
            new = {*self.by_before[first:last], *(one for _to, one in self.by_after[start:end])}
            spans += [range_of(one) for one in new - found] if is_far else []
            found |= new
        return found


# The whole log as it was last read, with the id of its newest line: reorganisations are put into
# force one at a time, so a log with the same newest line is the same log.
_known: tuple[UUID | None, Moves] = (None, Moves(()))


def moves(*, geography: date | None = None) -> Moves:
    """The change log as it is known for a day (default: all of it), in one statement."""
    global _known  # noqa: PLW0603 - kept for the life of the process
    newest, log = _known
    with connection.cursor() as cursor:
        cursor.execute(MOVES, [newest])
        rows = cursor.fetchall()
    if rows[0][0] != newest:
        held = [row for row in rows if row[1] not in {None, ChangeKind.RENAME}]
        held.sort(key=lambda row: (row[4], row[5]))
        log = Moves(tuple(Line(row[1], row[2], row[3], row[4], row[6]) for row in held))
        _known = rows[0][0], log
    if geography is None:
        return log
    return Moves(tuple(one for one in log.known if one.day <= geography))


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
    gone: list[Span] = []
    around: list[tuple[Span, bool]] = []
    at = 0

    def up_to(end: int) -> None:
        """What lies before a code belongs to the smallest area around it."""
        nonlocal at
        if around and not around[-1][1] and at < end:
            begins = gone.pop()[0] if gone and gone[-1][1] == at - 1 else at
            gone.append((begins, end - 1))
        at = max(at, end)

    def close(before: int) -> None:
        while around and around[-1][0][1] < before:
            up_to(around[-1][0][1] + 1)
            around.pop()

    held = sorted(
        ((range_of(one), is_ours) for one, is_ours in counts.items() if _holds(inside, one)),
        key=lambda one: (one[0][0], -one[0][1]),
    )
    for span, is_ours in held:
        close(span[0])
        up_to(span[0])
        around.append((span, is_ours))
    close(10**12 + 1)
    return gone
