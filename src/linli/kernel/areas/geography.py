"""Where facts count under the geography of a day: as areas are now, or as they were then.

A fact keeps the code it was recorded with. Under the geography of a day it is followed along the
changes up to that day, and back along those after it. Where an area was divided, or two became one,
nobody can say to which of them an old (or a new) fact belongs: it counts in every area that holds
all of them, and in none of the parts. Nothing is ever apportioned.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from linli.lib.areacodes import NATION, ancestors, range_of

from .models import ChangeKind
from .moves import MOVING, Ends, Line, Moves, Span, moves

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """Codes from `low` to `high`, on the days from `first` to `last` (all included)."""

    low: int
    high: int
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True)
class Way:
    """Where a fact has come to: a code, the day of which that is true, and whether no more is known
    of it than this code."""

    code: int
    day: date
    is_exact: bool = True


Lines = dict[int, list[Line]]


@dataclass(frozen=True)
class Geography:
    """The areas after every change up to a day.

    `moved` says what has become of areas by then, `divided` what was split off them. Of the areas
    that came later, `came` says which ones they were then, `mixed` which ones they have taken in.
    """

    moved: dict[int, Line]
    divided: Lines
    came: Lines
    mixed: Lines
    log: Moves
    _ends: Ends
    _pieces: dict[int, tuple[Piece, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, log: Moves, on: date) -> "Geography":
        past = [one for one in log.known if one.day <= on]
        later = [one for one in log.known if one.day > on and one.kind != ChangeKind.REPARENT]
        moved = {one.before: one for one in past if one.kind in MOVING}
        divided = _by((one.before, one) for one in past if one.kind == ChangeKind.SPLIT)
        came = _by((one.after, one) for one in later if _is_same(one))
        mixed = _by((one.after, one) for one in later if not _is_same(one))
        pairs = [(one.before, one.after) for one in moved.values()]
        pairs += [(code, one.after) for code, held in divided.items() for one in held]
        pairs += [(code, one.before) for code, held in came.items() for one in held]
        pairs += [(code, one.before) for code, held in mixed.items() for one in held]
        return cls(moved, divided, came, mixed, log, Ends.of(pairs))

    def holders(self, code: int, day: date) -> list[int]:
        """The areas that surely hold a fact with this code and day, the smallest first."""
        return self._holders(Way(code, day), frozenset())

    def _holders(self, way: Way, seen: frozenset[tuple[int, bool]]) -> list[int]:
        above = [way.code, *reversed(ancestors(way.code))]
        for at, one in enumerate(above):
            is_alone = at == 0 and way.is_exact and (one, True) not in seen
            if is_alone and (ways := self._parts(one, way.day)):
                return self._common(ways, seen | {(one, True)})
            if (one, False) not in seen and (ways := self._ways(one, way)):
                line = self.moved.get(one)
                is_kept = line is not None and line.kind == ChangeKind.REPARENT
                # What lies below the area that has gone went along and is held as before.
                rest = self._common(ways, seen | {(one, False)})
                return list(dict.fromkeys([*above[: at + is_kept], *rest]))
        return above

    def _common(self, ways: list[Way], seen: frozenset[tuple[int, bool]]) -> list[int]:
        """The areas that hold a fact wherever of these it is."""
        chains = [self._holders(each, seen) for each in ways]
        certain = set(chains[0]).intersection(*chains[1:])
        return [each for each in chains[0] if each in certain]

    def _parts(self, one: int, day: date) -> list[Way]:
        """Of which areas a fact may be that is known by this one alone; none if it is its own."""
        mixed = [
            Way(line.before, line.day - DAY) for line in self.mixed.get(one, ()) if line.day <= day
        ]
        parts = [Way(line.after, line.day) for line in self.divided.get(one, ()) if line.day > day]
        return [Way(one, day), *mixed, *parts] if mixed or parts else []

    def _ways(self, one: int, way: Way) -> list[Way]:
        """Where what is recorded in an area is found instead: in one of several, if nobody knows
        in which."""
        if one in self.moved:
            line = self.moved[one]
            if line.kind == ChangeKind.REPARENT:
                return [Way(line.after, way.day, is_exact=False)]
            return [Way(line.after, line.day)]
        return [
            Way(line.before, min(way.day, line.day - DAY), way.is_exact)
            for line in self.came.get(one, ())
        ]

    def is_plain(self, code: int) -> bool:
        """Whether the area is exactly the range of its own code, on any day."""
        return self.pieces(code) == (Piece(*range_of(code)),)

    def pieces(self, code: int) -> tuple[Piece, ...]:
        """The codes and days that surely count in an area; none of them twice."""
        if code not in self._pieces:
            self._pieces[code] = tuple(self._find(code))
        return self._pieces[code]

    def _find(self, code: int) -> Iterator[Piece]:
        own = range_of(code)
        near = self._ends.near(own) if code != NATION else set()
        if not near:
            yield Piece(*own)
            return
        whole = [range_of(one) for one in near if one in self.moved or one in self.came]
        alone = [(one, one) for one in near if one in self.divided or one in self.mixed]
        days = sorted(
            {
                line.day
                for one in near
                for line in (*self.divided.get(one, ()), *self.mixed.get(one, ()))
            }
        )
        for low, high, counts in _joined(self._counted(code, [own, *whole, *alone], days)):
            starts = [date.min, *days]
            ends = [*(day - DAY for day in days), date.max]
            begun: date | None = None
            for at, is_ours in enumerate(counts):
                begun = begun or (starts[at] if is_ours else None)
                if begun and (at + 1 == len(counts) or not counts[at + 1]):
                    yield Piece(low, high, begun, ends[at])
                    begun = None

    def _counted(
        self, code: int, spans: list[Span], days: list[date]
    ) -> Iterator[tuple[int, int, tuple[bool, ...]]]:
        """For stretches of codes that are treated alike: between which days they count here."""
        edges = sorted({edge for low, high in spans for edge in (low, high + 1)})
        widest = _Around(spans)
        for low, end in pairwise(edges):
            if widest.holds(low):
                counts = tuple(code in self.holders(low, day) for day in (date.min, *days))
                yield low, end - 1, counts


class _Around:
    """Whether codes, asked for in their order, lie in some ranges."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = sorted(spans, reverse=True)
        self.high = -1

    def holds(self, code: int) -> bool:
        while self.spans and self.spans[-1][0] <= code:
            self.high = max(self.high, self.spans.pop()[1])
        return code <= self.high


def _joined(
    stretches: Iterable[tuple[int, int, tuple[bool, ...]]],
) -> Iterator[tuple[int, int, tuple[bool, ...]]]:
    """Stretches that follow one another and count alike are one."""
    held: tuple[int, int, tuple[bool, ...]] | None = None
    for low, high, counts in stretches:
        if held and held[1] == low - 1 and held[2] == counts:
            held = (held[0], high, counts)
            continue
        if held:
            yield held
        held = (low, high, counts)
    if held:
        yield held


def _by(pairs: Iterable[tuple[int, Line]]) -> Lines:
    found: Lines = defaultdict(list)
    for code, one in pairs:
        found[code].append(one)
    return dict(found)


def _is_same(line: Line) -> bool:
    """Whether all that `after` is was (in) `before`: a new code, or an area that came from it."""
    return line.kind == ChangeKind.RECODE or line.is_new


# Of the log that was asked last, the geographies that were asked of it.
_held: tuple[Moves, dict[date, Geography]] = (Moves(()), {})
KEPT = 64


def geography(on: date | None = None) -> Geography:
    """The geography of a day (default: after all changes known)."""
    global _held  # noqa: PLW0603 - kept for the life of the process
    log = moves()
    if _held[0] is not log:
        _held = log, {}
    found = _held[1]
    day = on or date.max
    if day not in found:
        if len(found) > KEPT:
            found.clear()
        found[day] = Geography.of(log, day)
    return found[day]
