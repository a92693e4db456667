"""What has changed between the areas in force and a new year's full list, as far as it shows.

The list gives codes and names, never what became of what. So each change says how sure it is:
certain, a guess from names and codes, or open, which somebody who knows must answer.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from linli.lib.areacodes import COUNTY, VILLAGE, ancestors, at_level, level_of, range_of
from linli.lib.divisions import Division

from .models import AreaVersion, ChangeKind

CERTAIN, GUESS, OPEN = "certain", "guess", "open"
SUGGESTED_AT_MOST = 5
# Of the areas below, so many must have gone to one place before that says where theirs has gone.
MOST = 0.5
ENDING = re.compile(
    r"(社区居民委员会|社区居委会|居民委员会|村民委员会|居委会|村委会|社区|嘎查|街道办事处|街道|民族乡|[村镇乡])$"
)


@dataclass(frozen=True)
class Proposal:
    """A change that a list seems to tell, how sure that is, and other answers to choose from."""

    kind: ChangeKind
    before: int
    after: int
    name: str
    old_name: str
    certainty: str
    others: tuple[int, ...] = ()


@dataclass
class Comparison:
    """The areas in force with their names and parents, and those of the list."""

    held: dict[int, tuple[str, int]]
    listed: dict[int, str]

    def __post_init__(self) -> None:
        self.vanished = sorted(self.held.keys() - self.listed.keys(), key=_from_the_top)
        self.new = self.listed.keys() - self.held.keys()
        self.by_name: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        self.inside: defaultdict[int, list[int]] = defaultdict(list)
        self.below: defaultdict[int, list[int]] = defaultdict(list)
        for code, name in self.listed.items():
            self.by_name[level_of(code), name].append(code)
            self.inside[ancestors(code)[-1]].append(code)
        for code in self.new:
            self.by_name[level_of(code), f"~{stem(self.listed[code])}"].append(code)
        for code, (_name, parent) in self.held.items():
            self.below[parent].append(code)
        self.went: dict[int, Proposal] = {}
        self.taken: set[int] = set()

    def proposals(self) -> list[Proposal]:
        """Every difference, from the top down."""
        names = {code: name for code, (name, _parent) in self.held.items()}
        found = [
            Proposal(ChangeKind.RENAME, code, code, name, names[code], CERTAIN)
            for code, name in self.listed.items()
            if code in names and names[code] != name
        ]
        for code in self.vanished:
            self.went[code] = self._successor(code)
            if self.went[code].certainty != OPEN and self.went[code].kind == ChangeKind.RECODE:
                self.taken.add(self.went[code].after)
        found += self.went.values()
        found += [self._origin(code) for code in sorted(self.new - self.taken)]
        return sorted(found, key=lambda one: (one.before, one.after))

    def _successor(self, code: int) -> Proposal:
        """What became of an area that is not in the list."""
        name, parent = self.held[code]
        level = level_of(code)
        above = self.went[parent].after if parent in self.went else parent
        free = [
            one for one in self.by_name[level, name] if one in self.new and one not in self.taken
        ]
        near = [one for one in free if ancestors(one)[-1] == above]
        if len(near) == 1:
            return self._recode(code, near[0], CERTAIN)
        # Elsewhere in the county: the same name, once.
        county = at_level(above, COUNTY)
        there = [one for one in free if at_level(one, COUNTY) == county]
        if len(there) == 1:
            return self._recode(code, there[0], GUESS)
        if level < VILLAGE and (found := self._by_what_lies_below(code)):
            return found
        alike = [
            one
            for one in self.by_name[level, f"~{stem(name)}"]
            if one not in self.taken and ancestors(one)[-1] == above
        ]
        if len(alike) == 1:
            return self._recode(code, alike[0], GUESS)
        return self._asked(code, above)

    def _recode(self, code: int, after: int, certainty: str) -> Proposal:
        name = self.listed[after]
        return Proposal(ChangeKind.RECODE, code, after, name, self.held[code][0], certainty)

    def _by_what_lies_below(self, code: int) -> Proposal | None:
        """Where most of what lay in an area is found by name, the area has gone."""
        below = self.below[code]
        votes = Counter(ancestors(one)[-1] for child in below for one in self._found_again(child))
        for after, many in votes.most_common(1):
            if many < MOST * len(below) or level_of(after) != level_of(code):
                return None
            is_new = after in self.new and after not in self.taken
            kind = ChangeKind.RECODE if is_new else ChangeKind.MERGE
            name = self.listed.get(after, "")
            return Proposal(kind, code, after, name, self.held[code][0], GUESS)
        return None

    def _found_again(self, child: int) -> list[int]:
        """The one new area in the same city that is called as this was."""
        name, _parent = self.held[child]
        city = at_level(child, 2)
        found = [
            one
            for one in self.by_name[level_of(child), name]
            if one in self.new and at_level(one, 2) == city
        ]
        return found if len(found) == 1 else []

    def _asked(self, code: int, above: int) -> Proposal:
        """Nobody can know: its neighbours are offered, those with the most similar names first."""
        name, level = self.held[code][0], level_of(code)
        near = [one for one in self.inside[above] if level_of(one) == level]
        near.sort(key=lambda one: -SequenceMatcher(None, name, self.listed[one]).ratio())
        others = (*near[:SUGGESTED_AT_MOST], above)
        return Proposal(ChangeKind.MERGE, code, above, "", name, OPEN, others)

    def _origin(self, code: int) -> Proposal:
        """Something new came out of the area above, nobody knows of which part."""
        above, name = ancestors(code)[-1], self.listed[code]
        # What is above may be new itself, under another code before.
        was = next((one.before for one in self.went.values() if one.after == above), above)
        before = above if above in self.held else was
        return Proposal(ChangeKind.SPLIT, before, code, name, "", GUESS)


def _from_the_top(code: int) -> tuple[int, int]:
    return level_of(code), code


def stem(name: str) -> str:
    """A name without what kind of area it says it is."""
    return ENDING.sub("", name) or name


def compare(listed: Iterable[Division], *, using: str = "default") -> list[Proposal]:
    """The differences between the areas in force and a full list of some of them: those of the
    largest areas in it, with everything inside."""
    told: dict[int, str] = {}
    for code, name, is_pseudo in listed:
        if not is_pseudo:
            told.setdefault(code, name)
    if not told:
        return []
    held: dict[int, tuple[str, int]] = {}
    versions = AreaVersion.objects.using(using).filter(
        valid_to__isnull=True, area__valid_to__isnull=True, area__is_pseudo=False
    )
    for low, high in _roots(told):
        rows = versions.filter(area__gte=low, area__lte=high, parent__isnull=False)
        held |= {
            code: (zh, parent)
            for code, zh, parent in rows.values_list("area_id", "zh", "parent_id")
        }
    return Comparison(held, told).proposals()


def _roots(told: dict[int, str]) -> list[tuple[int, int]]:
    """The largest areas of a list, as ranges."""
    found: list[tuple[int, int]] = []
    for code in sorted(told):
        if not found or code > found[-1][1]:
            found.append(range_of(code))
    return found
