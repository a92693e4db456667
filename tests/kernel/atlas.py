"""Random histories of areas and facts, and a recount that knows the ground itself.

The ground is made of plots. An area has plots of its own beside the areas that lie in it; dividing
one cuts each of these in two. A fact is known to lie in the own plots that its area had on its day
(what is recorded under a township alone stays with it when a village goes elsewhere), and counts in
an area under the geography of a day when all of them lie in what that area was then.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from hypothesis import strategies as st

from linli.kernel.areas.moves import MOVING, Moves
from linli.kernel.areas.moves import Line as Logged
from linli.lib.areacodes import COUNTY, TOWNSHIP, VILLAGE, ancestors, level_of

CITY = 350500000000
# Two counties with two townships of two villages each, under codes nobody has.
COUNTIES = (350570000000, 350571000000)
START = [
    code
    for county in COUNTIES
    for code in (
        county,
        *(county + town * 1000 for town in (1, 2)),
        *(county + town * 1000 + village for town in (1, 2) for village in (201, 202)),
    )
]
DAYS = [date(2023, 7, 1), date(2024, 7, 1), date(2025, 7, 1)]
FACT_DAYS = [date(2023, 3, 1), date(2023, 9, 1), date(2024, 9, 1), date(2025, 9, 1)]
GEOGRAPHIES = [date(2023, 6, 30), date(2023, 12, 31), date(2024, 12, 31), None]
NUMBERED = {COUNTY: 10**6, TOWNSHIP: 10**3, VILLAGE: 1}
ORDER = ("split", "carve", "rename", "reparent", "recode", "merge", "dissolve")
Line = tuple[str, int, int, date, str]
moves = st.tuples(
    st.sampled_from(("merge", "split", "recode", "reparent", "rename", "carve", "dissolve")),
    st.integers(0, 999),
    st.integers(0, 999),
    st.booleans(),
)
histories = st.lists(st.lists(moves, max_size=3), min_size=3, max_size=3)
facts = st.lists(
    st.tuples(st.sampled_from(FACT_DAYS), st.integers(0, 999)), min_size=1, max_size=12
)
_plots = count()


@dataclass
class Atlas:
    """The areas in force, what each lies in, and the plots that are its own (not those of the
    areas in it); `years` keeps all that for every day asked about."""

    parent: dict[int, int] = field(default_factory=dict)
    own: dict[int, set[int]] = field(default_factory=dict)
    cut: dict[int, set[int]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    years: dict[date | None, dict[int, set[int]]] = field(default_factory=dict)
    alone: dict[date | None, dict[int, set[int]]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    along: list[Line] = field(default_factory=list)

    @classmethod
    def begin(cls) -> "Atlas":
        made = cls()
        for code in (CITY, *START):
            made.parent[code] = ancestors(code)[-1]
            made.own[code] = {next(_plots)}
            made.used.add(code)
        return made

    def ground(self) -> dict[int, set[int]]:
        """All the plots of every area in force."""
        found: defaultdict[int, set[int]] = defaultdict(set)
        for code, plots in self.own.items():
            at = code
            while at in self.own:
                found[at] |= plots
                at = self.parent[at]
        return dict(found)

    def keep(self, day: date | None) -> None:
        self.years[day] = self.ground()
        self.alone[day] = {code: set(plots) for code, plots in self.own.items()}

    def reorganise(self, day: date, asked: list[Any]) -> list[Line]:
        """Do what of these can be done on a day; returns the lines that say so."""
        self.touched, before = set(), len(self.lines)
        # A list has no order within a day; this is the one in which it is put into force.
        for name, one, other, is_new in sorted(asked, key=lambda each: ORDER.index(each[0])):
            codes = sorted(code for code in self.own if code != CITY and code not in self.touched)
            if codes:
                getattr(self, name)(day, codes[one % len(codes)], other, is_new)
        return self.lines[before:]

    def _peers(self, code: int) -> list[int]:
        return sorted(
            each
            for each in self.own
            if level_of(each) == level_of(code)
            and each != code
            and each not in self.touched
            and not self._is_in(each, code)
        )

    def _is_in(self, code: int, area: int) -> bool:
        while code in self.parent:
            if code == area:
                return True
            code = self.parent[code]
        return False

    def _new(self, near: int) -> int:
        """A code that nobody has, in an area in force."""
        above = self.parent[near]
        # A code lies where it says: not in an area that only belongs there by now.
        step = NUMBERED[level_of(near)]
        if level_of(above) == level_of(near) - 1:
            code = above
        else:
            code = CITY
        code += step * (90 if step > 1 else 301)
        if step == 10**6:
            code = CITY + 80 * step
        while code in self.used:
            code += step
        self.used.add(code)
        return code

    def _say(self, kind: str, before: int, after: int, day: date, name: str = "") -> None:
        self.lines.append((kind, before, after, day, name))
        self.touched |= {before, after}

    def _end(self, code: int, after: int) -> None:
        for child in [each for each, above in self.parent.items() if above == code]:
            self.parent[child] = after
            self.along.append(("reparent", child, after, self.lines[-1][3], ""))
        self.own[after] |= self.own.pop(code)
        del self.parent[code]

    def merge(self, day: date, code: int, other: int, is_new: bool) -> None:
        peers = self._peers(code)
        if not peers:
            return
        after = peers[other % len(peers)]
        if is_new and level_of(code) != VILLAGE:
            second, after = after, self._new(code)
            self.parent[after] = self._above(after)
            self.own[after] = set()
            self._say("merge", code, after, day, "新合")
            self._say("merge", second, after, day, "新合")
            self._end(code, after)
            self._end(second, after)
            return
        self._say("merge", code, after, day)
        self._end(code, after)

    def _above(self, code: int) -> int:
        return ancestors(code)[-1]

    def recode(self, day: date, code: int, other: int, is_new: bool) -> None:
        after = self._new(code)
        if self._above(after) not in self.own or self._above(after) in self.touched:
            return
        self.parent[after], self.own[after] = self._above(after), set()
        self._say("recode", code, after, day, "新码")
        self._end(code, after)

    def split(self, day: date, code: int, other: int, is_new: bool) -> None:
        peers = self._peers(code)
        after = peers[other % len(peers)] if peers and not is_new else self._new(code)
        if after not in self.own:
            if self._above(after) not in self.own or self._above(after) in self.touched:
                return
            self.parent[after], self.own[after] = self._above(after), set()
        self._say("split", code, after, day, "新设")
        for plot in list(self.own[code]):
            stays, goes = next(_plots), next(_plots)
            self.cut[plot] = {stays, goes}
            self.own[code] = self.own[code] - {plot} | {stays}
            self.own[after].add(goes)

    def carve(self, day: date, code: int, other: int, is_new: bool) -> None:
        """Something new in a part of an area, nobody knows of what."""
        if level_of(code) == VILLAGE:
            return
        after = code + NUMBERED[level_of(code) + 1] * 60
        while after in self.used:
            after += NUMBERED[level_of(code) + 1]
        self.used.add(after)
        self.parent[after], self.own[after] = code, set()
        self._say("split", code, after, day, "新村")
        for plot in list(self.own[code]):
            stays, goes = next(_plots), next(_plots)
            self.cut[plot] = {stays, goes}
            self.own[code] = self.own[code] - {plot} | {stays}
            self.own[after].add(goes)

    def dissolve(self, day: date, code: int, other: int, is_new: bool) -> None:
        """Into the area above, nobody knows where."""
        after = self.parent[code]
        if after == CITY or after in self.touched:
            return
        self._say("merge", code, after, day)
        self._end(code, after)

    def reparent(self, day: date, code: int, other: int, is_new: bool) -> None:
        above = sorted(
            each
            for each in self.own
            if level_of(each) == level_of(code) - 1
            and each != self.parent[code]
            and each not in self.touched
        )
        if above:
            after = above[other % len(above)]
            self._say("reparent", code, after, day)
            self.parent[code] = after

    def rename(self, day: date, code: int, other: int, is_new: bool) -> None:
        self._say("rename", code, code, day, f"改名{other}")

    def pieces(self, plots: set[int]) -> set[int]:
        """Plots as they have been cut since."""
        found: set[int] = set()
        todo = list(plots)
        while todo:
            plot = todo.pop()
            if plot in self.cut:
                todo += self.cut[plot]
            else:
                found.add(plot)
        return found

    def log(self) -> Moves:
        """The change log that putting these lines into force makes."""
        told = {(line[1], line[3]) for line in self.lines if line[0] in MOVING}
        along = [line for line in self.along if (line[1], line[3]) not in told]
        begun: dict[int, date] = dict.fromkeys((CITY, *START), date.min)
        made = []
        for kind, before, after, day, _name in sorted(self.lines + along, key=lambda one: one[3]):
            is_new = begun.setdefault(after, day) == day
            if kind != "rename":
                made.append(Logged(kind, before, after, day, is_new))
        return Moves(tuple(made))


def live(history: list[list[Any]]) -> Atlas:
    """Live through the years and keep what the areas were in each."""
    atlas = Atlas.begin()
    atlas.keep(GEOGRAPHIES[0])
    for day, asked, after in zip(DAYS, history, GEOGRAPHIES[1:], strict=True):
        atlas.reorganise(day, asked)
        atlas.keep(after)
    return atlas


def ground_on(atlas: Atlas, day: date) -> dict[int, set[int]]:
    """The areas of the year in which a fact was recorded."""
    passed = sum(1 for one in DAYS if one <= day)
    return atlas.alone[GEOGRAPHIES[passed]]


def counts_in(atlas: Atlas, code: int, day: date, geography: date | None) -> set[int]:
    """The areas of a geography that surely hold a fact."""
    known = atlas.pieces(ground_on(atlas, day)[code])
    return {area for area, plots in atlas.years[geography].items() if known <= atlas.pieces(plots)}
