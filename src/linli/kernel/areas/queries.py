from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from linli.lib.areacodes import COUNTY, NATION, VILLAGE, ancestors, level_of, range_of
from linli.lib.names import fold

from .models import Area, AreaChange, AreaVersion
from .moves import MOVING, Ranges, moves

FOUND_AT_MOST = 20
# Every page names a dozen areas. An array keeps it one statement, however many there are; of an
# area's versions the latest comes last and stays.
LABELS = {
    "zh": "SELECT area_id, zh FROM areas_areaversion WHERE area_id = ANY(%s) ORDER BY valid_from",
    "en": "SELECT area_id, en FROM areas_areaversion WHERE area_id = ANY(%s) ORDER BY valid_from",
}
# Names with what matters for a way up: a parent that a code does not tell.
ABOVE = """
SELECT area_id, zh, en, parent_id,
       EXISTS (SELECT 1 FROM areas_area WHERE code = area_id AND is_pseudo)
FROM areas_areaversion WHERE area_id = ANY(%s) ORDER BY valid_from
"""
# What lies below a pseudo area is said to lie below the real one above it.
CHILDREN = """
SELECT area_id, area.level, zh, en
FROM areas_areaversion JOIN areas_area area ON area.code = area_id
WHERE {now} AND NOT area.is_pseudo
  AND area_id <> %(code)s
  AND parent_id = ANY(ARRAY(
    SELECT %(code)s::bigint UNION ALL
    SELECT below.area_id FROM areas_areaversion below JOIN areas_area ON code = below.area_id
    WHERE below.parent_id = %(code)s AND is_pseudo
      AND below.valid_to IS NULL AND areas_area.valid_to IS NULL))
ORDER BY area_id
"""
CHILDREN_NOW = CHILDREN.format(now="areas_areaversion.valid_to IS NULL AND area.valid_to IS NULL")
CHILDREN_THEN = CHILDREN.format(
    now="%(on)s BETWEEN areas_areaversion.valid_from"
    " AND coalesce(areas_areaversion.valid_to, 'infinity')"
)


@dataclass(frozen=True)
class Place:
    """An area as a page shows it: code, level, label in the reader's language."""

    code: int
    level: int
    label: str


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def _current() -> QuerySet[AreaVersion]:
    return AreaVersion.objects.filter(valid_to__isnull=True, area__valid_to__isnull=True)


def labels(codes: Iterable[int]) -> dict[int, str]:
    """Names of areas in the current language, in one query; an abolished area keeps its name."""
    wanted = set(codes)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LABELS["zh" if _is_chinese() else "en"], [list(wanted)])
        return dict(cursor.fetchall())


def label(code: int) -> str:
    return labels([code]).get(code, f"{code:012d}")


@dataclass(frozen=True)
class _Above:
    """An area on the way up: its names and what it lies in."""

    zh: str
    en: str
    parent: int | None
    is_pseudo: bool


def _ways_up(codes: Iterable[int]) -> tuple[dict[int, list[int]], dict[int, _Above]]:
    """For each area what lies above it, the nation first and itself last, with their names.

    Codes say so at once, unless an area on the way lies elsewhere than its code says; only then is
    the way asked for step by step.
    """
    ways = {one: [*ancestors(one), one] for one in codes}
    held: dict[int, _Above] = {}
    asked: set[int] = set()
    while wanted := {part for way in ways.values() for part in way} - asked:
        with connection.cursor() as cursor:
            cursor.execute(ABOVE, [list(wanted)])
            # An area's latest name comes last and stays.
            held |= {row[0]: _Above(*row[1:]) for row in cursor.fetchall()}
        asked |= wanted
        if not all(_is_as_coded(code, held) for code in wanted):
            ways = {one: _way_up(one, held) for one in ways}
    return ways, held


def _is_as_coded(code: int, held: dict[int, _Above]) -> bool:
    one = held.get(code)
    return one is None or one.parent is None or one.parent == ancestors(code)[-1]


def _way_up(code: int, held: dict[int, _Above]) -> list[int]:
    """The way up by the dated parents, as far as they are known; from there on by the code."""
    way, at = [code], code
    while at in held and held[at].parent is not None and held[at].parent not in way:
        at = held[at].parent or NATION
        way.insert(0, at)
    return [*ancestors(at), *way] if at not in held else way


def path(code: int) -> list[Place]:
    """From the nation down to the area, pseudo areas left out."""
    ways, held = _ways_up([code])
    return [
        Place(one, level_of(one), held[one].zh if _is_chinese() else held[one].en)
        for one in ways[code]
        if one in held and not held[one].is_pseudo
    ]


def path_labels(codes: Iterable[int], *, below: int = 2) -> dict[int, str]:
    """Names of areas with their parents below a level, e.g. "开元街道 · 西街社区"."""
    ways, held = _ways_up(set(codes))
    names = {one: each.zh if _is_chinese() else each.en for one, each in held.items()}
    return {
        one: " · ".join(
            dict.fromkeys(names[part] for part in way if part in names and level_of(part) > below)
        )
        for one, way in ways.items()
    }


def local_label(code: int) -> str:
    """An area's name as those of its county say it: with the township it lies in."""
    return path_labels([code], below=COUNTY).get(code, "")


def children(code: int, *, on: date | None = None) -> list[Place]:
    """The areas that a person would name directly below this one (on a day), in order of their
    codes."""
    with connection.cursor() as cursor:
        statement = CHILDREN_NOW if on is None else CHILDREN_THEN
        cursor.execute(statement, {"code": code, "on": on})
        return [
            Place(one, level, zh if _is_chinese() else en)
            for one, level, zh, en in cursor.fetchall()
        ]


def search(text: str, *, inside: Iterable[tuple[int, int]] = ()) -> list[Place]:
    """Areas whose Chinese or English name, pinyin, initials or code begins with the text (from
    three characters on, Chinese names that hold it anywhere), the larger ones first."""
    wanted, name = fold(text), text.strip()
    if not wanted or "\x00" in name:
        return []
    matches = _named(name, wanted)
    found = _current().filter(matches, area__is_pseudo=False)
    limits = Q()
    for low, high in inside:
        limits |= Q(area_id__gte=low, area_id__lte=high)
    rows = found.filter(limits).order_by("area__level", "area_id")
    named = rows.values_list("area_id", "area__level", "zh" if _is_chinese() else "en")
    return [Place(*one) for one in named[:FOUND_AT_MOST]]


def _named(name: str, folded: str) -> Q:
    """The one condition that fits what was typed: each has an index, a mixture would have none."""
    if folded.isascii() and folded.isdigit() and len(folded) <= 12:
        low, high = int(folded.ljust(12, "0")), int(folded.ljust(12, "9"))
        return Q(area_id__gte=low, area_id__lte=high)
    if folded.isascii():
        return (
            Q(initials__startswith=folded)
            | Q(pinyin__startswith=folded)
            | Q(en__lower__startswith=name.lower())
        )
    return Q(zh__startswith=name) | (Q(zh__contains=name) if len(name) >= 3 else Q())


def names_inside(
    spans: Iterable[tuple[int, int]], *, at_least: int, at_most: int = VILLAGE
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The areas in force inside some ranges, from one level down to another: their names in Chinese
    and English, with those of what they lie in, the widest first."""
    limits = Q()
    for low, high in spans:
        limits |= Q(area_id__gte=low, area_id__lte=high)
    levels = {"area__level__gte": at_least, "area__level__lte": at_most}
    found = _current().filter(limits, area__is_pseudo=False, **levels)
    codes = set(found.values_list("area_id", flat=True)) if limits else set()
    chain = {one: [*ancestors(one)[1:], one] for one in codes}
    wanted = {part for parts in chain.values() for part in parts}
    rows = _current().filter(area_id__in=wanted, area__is_pseudo=False)
    names = {code: (zh, en) for code, zh, en in rows.values_list("area_id", "zh", "en")}
    made = {}
    for code, parts in chain.items():
        held = [names[one] for one in parts if one in names]
        made[code] = (tuple(zh for zh, _en in held), tuple(en for _zh, en in held))
    return made


def is_code(number: int) -> bool:
    """Whether a number has the form of an area's code, whatever came in an address."""
    try:
        return level_of(number) >= NATION
    except ValueError:
        return False


def exists(code: int, *, on: date) -> bool:
    """Whether the area is in force on a day and is not a pseudo area."""
    return (
        Area.objects.filter(code=code, is_pseudo=False, valid_from__lte=on)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on))
        .exists()
    )


def ranges(code: int, *, geography: date | None = None) -> Ranges:
    """Which codes count as this area under the geography of a day (default: all changes known).

    Facts keep the code they were recorded with, and count where that code has gone by that day, the
    smallest area that went deciding; what happened to the areas above changes nothing here. What
    was only split off is returned apart, because nobody can say which old records belong where.
    """
    return Ranges((range_of(code),)) if code == NATION else moves(geography=geography).ranges(code)


def inside(code: int, column: str = "area_id") -> Q:
    """The condition for rows that count as inside an area, as statistics count them."""
    return ranges(code).condition(column)


def changes() -> QuerySet[AreaChange]:
    """The whole change log, for who keeps a copy of it."""
    return AreaChange.objects.all()


def holders(code: int) -> list[int]:
    """The areas that hold a place today, itself included, the smallest first: those in whose
    `ranges` it counts. For a place that nothing has moved, itself and the areas above."""
    above = [code, *reversed(ancestors(code))]
    has_gone = AreaChange.objects.filter(before_id__in=above, kind__in=MOVING).exists()
    return moves().holders(code) if has_gone else above
