from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from linli.lib.areacodes import NATION, ancestors, level_of, range_of
from linli.lib.names import fold

from .models import Area, AreaChange, AreaVersion, ChangeKind

FOUND_AT_MOST = 20


@dataclass(frozen=True)
class Place:
    """An area as a page shows it: code, level, label in the reader's language."""

    code: int
    level: int
    label: str


@dataclass(frozen=True)
class Ranges:
    """The code ranges that make up an area.

    `left` lies inside them but has gone to another area; of `not_attributable` only an unknown
    part belongs here.
    """

    inside: tuple[tuple[int, int], ...]
    left: tuple[tuple[int, int], ...] = ()
    not_attributable: tuple[tuple[int, int], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the area is exactly the range of its own code."""
        return len(self.inside) == 1 and not self.left


def _label(version: AreaVersion) -> str:
    return version.zh if (get_language() or "zh").startswith("zh") else version.en


def _current() -> QuerySet[AreaVersion]:
    return AreaVersion.objects.filter(valid_to__isnull=True, area__valid_to__isnull=True)


def labels(codes: Iterable[int]) -> dict[int, str]:
    """Names of areas in the current language, in one query; an abolished area keeps its name."""
    wanted = set(codes)
    if not wanted:
        return {}
    versions = AreaVersion.objects.filter(area_id__in=wanted).order_by("valid_from")
    return {version.area_id: _label(version) for version in versions}


def label(code: int) -> str:
    return labels([code]).get(code, f"{code:012d}")


def path(code: int) -> list[Place]:
    """From the nation down to the area, pseudo areas left out."""
    codes = [*ancestors(code), code]
    real = set(Area.objects.filter(code__in=codes, is_pseudo=False).values_list("code", flat=True))
    names = labels(real)
    return [Place(one, level_of(one), names[one]) for one in codes if one in names]


def path_labels(codes: Iterable[int], *, below: int = 2) -> dict[int, str]:
    """Names of areas with their parents below a level, e.g. "开元街道 · 西街社区"."""
    wanted = set(codes)
    chain = {one: [*ancestors(one), one] for one in wanted}
    names = labels({part for parts in chain.values() for part in parts if level_of(part) > below})
    return {
        one: " · ".join(dict.fromkeys(names[part] for part in parts if part in names))
        for one, parts in chain.items()
    }


def children(code: int) -> list[Place]:
    """The areas that a person would name directly below this one, in order of their codes."""
    pseudo = list(
        _current().filter(parent_id=code, area__is_pseudo=True).values_list("area_id", flat=True)
    )
    versions = (
        _current()
        .filter(parent_id__in=[code, *pseudo], area__is_pseudo=False)
        .exclude(area_id=code)
        .select_related("area")
        .order_by("area_id")
    )
    return [Place(one.area_id, one.area.level, _label(one)) for one in versions]


def search(text: str, *, inside: Iterable[tuple[int, int]] = ()) -> list[Place]:
    """Areas whose name, pinyin initials or code begins with the text, the larger ones first."""
    wanted, name = fold(text), text.strip()
    if not wanted or "\x00" in wanted:
        return []
    matches = Q(zh__startswith=name) | Q(initials__startswith=wanted)
    if len(wanted) >= 3:
        matches |= Q(zh__contains=name) | Q(pinyin__startswith=wanted) | Q(en__startswith=name)
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= 12:
        low = int(wanted.ljust(12, "0"))
        matches = Q(area_id__gte=low, area_id__lte=int(wanted.ljust(12, "9")))
    found = _current().filter(matches, area__is_pseudo=False)
    limits = Q()
    for low, high in inside:
        limits |= Q(area_id__gte=low, area_id__lte=high)
    rows = found.filter(limits).select_related("area").order_by("area__level", "area_id")
    return [Place(one.area_id, one.area.level, _label(one)) for one in rows[:FOUND_AT_MOST]]


def exists(code: int, *, on: date) -> bool:
    """Whether the area is in force on a day and is not a pseudo area."""
    return (
        Area.objects.filter(code=code, is_pseudo=False, valid_from__lte=on)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on))
        .exists()
    )


def ranges(code: int, *, geography: date | None = None) -> Ranges:
    """Which codes count as this area under the geography of a day (default: all changes known).

    Facts keep the code they were recorded with. Areas merged into this one (or into an area inside
    it) by that day are followed backwards, areas that went elsewhere are taken out; what was only
    split off is returned apart, because nobody can say which old records belong where.
    """
    own = range_of(code)
    if code == NATION:
        return Ranges((own,))
    changes = AreaChange.objects.exclude(kind=ChangeKind.RENAME)
    if geography is not None:
        changes = changes.filter(on_day__lte=geography)
    known = list(changes.values_list("kind", "before_id", "after_id"))
    inside, partly = [own], []
    for kind, before in _following(known, inside):
        (partly if kind == ChangeKind.SPLIT else inside).append(range_of(before))
    left = [
        range_of(before)
        for kind, before, after in known
        if kind != ChangeKind.SPLIT and _holds([own], before) and not _holds(inside, after)
    ]
    return Ranges(tuple(inside), tuple(left), tuple(dict.fromkeys(partly)))


def _holds(spans: list[tuple[int, int]], code: int) -> bool:
    low, high = range_of(code)
    return any(one <= low and high <= two for one, two in spans)


def _following(
    known: list[tuple[str, int, int]], inside: list[tuple[int, int]]
) -> Iterator[tuple[str, int]]:
    """Changes that lead into the growing set of ranges, each once, until nothing more does."""
    waiting = list(known)
    found = True
    while found:
        found = False
        for change in list(waiting):
            kind, before, after = change
            if _holds(inside, after) and not _holds(inside, before):
                waiting.remove(change)
                found = True
                yield kind, before
