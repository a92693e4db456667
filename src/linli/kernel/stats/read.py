from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection

from linli.kernel.access.permissions import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.geography import Geography, Piece, geography
from linli.kernel.areas.moves import without
from linli.kernel.areas.queries import is_code
from linli.kernel.units.models import UnitKind
from linli.lib.areacodes import NATION, level_of, range_of

from .measures import Measure
from .once import READ, span_kind

CITY_LEVEL, COUNTY_LEVEL = 2, 3
DAY = timedelta(days=1)
# Posts at these units see numbers of whole areas; all others see their own unit's.
SEES_AREAS = {UnitKind.DEPARTMENT, UnitKind.CENTRE}


class NotCounted(Exception):
    """The actor may not count this area, or not this measure."""


@dataclass(frozen=True)
class Question:
    """What is asked: a measure, an area, the days from `first` to `last` (both included), perhaps
    of one unit only. `is_settled`: these are whole months, and all of them are over. `as_of`: under
    the geography of that day, else as the areas are now."""

    measure: Measure
    area: int
    first: date
    last: date
    unit: UUID | None = None
    is_settled: bool = False
    as_of: date | None = None

    @cached_property
    def geography(self) -> Geography:
        """Which areas there are; read once for a question and those made from it."""
        return geography(self.as_of)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """What counts in the area, of the days asked for."""
        return tuple(
            one
            for one in self.geography.pieces(self.area)
            if one.first <= self.last and self.first <= one.last
        )

    @property
    def is_plain(self) -> bool:
        """Whether the area is exactly the range of its own code."""
        return self.geography.is_plain(self.area)

    @property
    def is_listed(self) -> bool:
        """Whether lists, which follow codes alone as areas are now, hold the same rows."""
        if self.as_of is not None or any(
            one.first > self.first or one.last < self.last for one in self.pieces
        ):
            return False
        held = self.geography.log.ranges(self.area)
        counted = [(one.low, one.high) for one in self.pieces]
        listed = without(held.inside, held.left)
        return not without(listed, counted) and not without(counted, listed)

    def during(self, first: date, last: date) -> "Question":
        """The same about other days."""
        return self._like(replace(self, first=first, last=last))

    def at(self, area: int) -> "Question":
        """The same about another area."""
        return self._like(replace(self, area=area))

    def _like(self, made: "Question") -> "Question":
        vars(made)["geography"] = self.geography
        return made


@dataclass(frozen=True)
class Count:
    """An answer: the number of facts and the measure's sums in their declared order."""

    n: int = 0
    sums: tuple[int, ...] = ()

    def __add__(self, other: "Count") -> "Count":
        pairs = zip(self.sums, other.sums, strict=True)
        return Count(self.n + other.n, tuple(one + more for one, more in pairs))


def question(
    actor: Actor,
    measure: Measure,
    *,
    area: int,
    first: date,
    last: date,
    as_of: date | None = None,
) -> Question:
    """A question the actor may ask, narrowed to their own unit where they see no more.

    Raises NotCounted for an area outside the actor's scope, or whose parts under the geography
    asked for lie outside it now, and for a measure they may not count.
    """
    if not holds(actor, measure.needs) or not is_code(area):
        raise NotCounted
    # What has gone elsewhere may be asked, too: nothing counts there any more.
    if actor.is_system or (actor.unit_kind in SEES_AREAS and actor.scope.reaches(area)):
        asked = Question(measure, area, first, last, as_of=as_of)
        if as_of is not None and not _is_within(asked, actor):
            raise NotCounted
        return asked
    if actor.unit_id is not None and actor.unit_kind not in SEES_AREAS:
        # One's own numbers are meant wherever they happened, unless another area is asked for.
        whole = NATION if area == actor.area else area
        is_settled = first.day == (last + DAY).day == 1 and last < actor.today
        return Question(measure, whole, first, last, actor.unit_id, is_settled, as_of)
    raise NotCounted


def _is_within(asked: Question, actor: Actor) -> bool:
    """Whether everything that counts lies where the actor may look today."""
    held = actor.scope
    spans = [(one.low, one.high) for one in asked.pieces]
    return held.is_everything or not without(spans, without(held.ranges, held.left))


def tells_apart(asked: Question) -> bool:
    """Whether values are told apart, or only how many facts there are.

    What a single person said must not show from a small number, nor from one that has just grown,
    nor from two taken from each other. So one unit's facts of a measure with `fewest` are broken
    down wherever they happened, over settled months only, each with at least so many or none.
    """
    fewest = asked.measure.fewest
    if asked.unit is None or not fewest:
        return True
    if not asked.is_settled or asked.area != NATION:
        return False
    return all(one.n >= fewest for one in by_day(asked, months=True).values())


def total(asked: Question) -> Count:
    """The number over the whole area and period."""
    return _rows(asked, by="''").get("", Count(0, (0,) * len(asked.measure.sums)))


def by_dimension(asked: Question, name: str) -> dict[str, Count]:
    """The number for each value of a dimension, largest first; none unless it `tells_apart`."""
    if not tells_apart(asked):
        return {}
    return _largest_first(_rows(asked, by="value", dimension=name))


def by_dimensions(asked: Question) -> dict[str, dict[str, Count]]:
    """The same for every dimension of the measure, in one pass over cube or facts."""
    names = list(asked.measure.dimensions)
    found: dict[str, dict[str, Count]] = {name: {} for name in names}
    if not tells_apart(asked):
        return found
    is_held = _is_held(asked, level_of(asked.area), CITY_LEVEL)
    sql, values = _cube_dims_sql(asked) if is_held else _fact_dims_sql(asked)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for name, value, n, *sums in cursor.fetchall():
            if n or any(sums):
                found[name][value] = _count(asked, n, sums)
    return {name: _largest_first(counts) for name, counts in found.items()}


def _largest_first(counts: dict[str, Count]) -> dict[str, Count]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1].n, one[0])))


def by_day(asked: Question, *, months: bool = False) -> dict[date, Count]:
    """The number for each day (or month, keyed by its first day) that has any."""
    return dict(
        sorted(_rows(asked, by="date_trunc('month', day)::date" if months else "day").items())
    )


def during(asked: Question, spans: Sequence[tuple[date, date]]) -> list[Count]:
    """The number for each of several spans of days (both ends included), in one pass over all."""
    edges = sorted({edge for first, last in spans for edge in (first, last + DAY)})
    whole = asked.during(edges[0], edges[-1] - DAY)
    steps = ", ".join(f"'{edge.isoformat()}'" for edge in edges)
    # Between two edges, counted from one, lies what begins with the first of them.
    parts = _rows(whole, by=f"width_bucket(day, ARRAY[{steps}]::date[])")
    place = {edge: at for at, edge in enumerate(edges, start=1)}
    none = Count(0, (0,) * len(asked.measure.sums))
    return [
        sum((parts.get(at, none) for at in range(place[first], place[last + DAY])), none)
        for first, last in spans
    ]


def by_area(asked: Question, codes: Iterable[int]) -> dict[int, Count]:
    """The number for each of some areas inside the one asked for (its children)."""
    wanted = set(codes)
    found: dict[int, Count] = {}
    low, high = range_of(asked.area)
    plain = {one for one in wanted if low <= one <= high and asked.geography.is_plain(one)}
    # Below a province there may be cities and, without one, counties.
    for level in {level_of(code) for code in plain} if asked.unit is None else ():
        these = [code for code in plain if level_of(code) == level]
        if level <= COUNTY_LEVEL or asked.is_plain:
            grouped = _rows(asked, by=_cut(level), level=level, only=these)
            found |= {code: grouped[code] for code in these if code in grouped}
            wanted -= set(these)
    return found | _by_pieces(asked, wanted) if wanted else found


def _by_pieces(asked: Question, codes: Iterable[int]) -> dict[int, Count]:
    """The number for each of some areas that are more or less than the range of their code, or lie
    elsewhere by it; from the facts, in one statement."""
    one = asked.measure
    rows = [(code, piece) for code in codes for piece in asked.geography.pieces(code)]
    s1, s2, s3 = one.sum_columns()
    values: dict[str, Any] = {"first": asked.first, "last": asked.last, "unit": asked.unit}
    values |= {"code": [code for code, _piece in rows]}
    for name in ("low", "high", "first", "last"):
        values[f"{name}s"] = [getattr(piece, name) for _code, piece in rows]
    where = f" AND {one.where}" if one.where else ""
    where += f" AND {one.whose} = %(unit)s" if asked.unit is not None else ""
    sql = (
        f"SELECT code, count(*), coalesce(sum({s1}), 0), coalesce(sum({s2}), 0),"
        f" coalesce(sum({s3}), 0) FROM unnest(%(code)s::bigint[], %(lows)s::bigint[],"
        " %(highs)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])"
        f" AS piece(code, low, high, begins, ends) JOIN {one.table}"
        f" ON {one.area} BETWEEN low AND high AND {one.day} BETWEEN begins AND ends"
        f" WHERE {one.day} BETWEEN %(first)s AND %(last)s{where} GROUP BY code"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {code: _count(asked, n, sums) for code, n, *sums in cursor.fetchall()}


def not_attributed(whole: Count, parts: Iterable[Count]) -> Count:
    """What counts in an area and in none of those below it: nobody knows more than the area, or
    which of several it belongs to. It is shown, and never apportioned."""
    rest = list(parts)
    n = whole.n - sum(one.n for one in rest)
    return Count(
        n,
        tuple(
            value - sum(part)
            for value, *part in zip(whole.sums, *(one.sums for one in rest), strict=True)
        ),
    )


def distinct(asked: Question, name: str) -> int:
    """How many different ones there are; exact for any period. Months, quarters and years of a
    county and above are held, everything else is counted from the facts."""
    kind = span_kind(asked.first, asked.last)
    if kind and _is_held(asked, level_of(asked.area), COUNTY_LEVEL):
        low, high = range_of(asked.area)
        values: dict[str, Any]
        sql, values = READ, {"name": f"{asked.measure.name}.{name}", "kind": kind}
        values |= {"first": asked.first, "last": asked.last}
        values |= {"area": asked.area, "low": low, "high": high}
    else:
        sql, values = _distinct_sql(asked, name)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def _distinct_sql(asked: Question, name: str) -> tuple[str, dict[str, Any]]:
    what = asked.measure.distinct[name]
    condition, values = _fact_condition(asked, "f.")
    return (
        f"SELECT count(*) FROM (SELECT DISTINCT p.{what.column} FROM {asked.measure.table} f"
        f" JOIN {what.table} p ON p.{what.fact} = f.id WHERE {condition}) AS once",
        values,
    )


def _cut(level: int) -> str:
    """SQL that cuts the code `area` down to a level."""
    span = {0: 10**12, 1: 10**10, 2: 10**8, 3: 10**6, 4: 10**3, 5: 1}[level]
    return f"((area / {span}::bigint) * {span}::bigint)"


def _rows(
    asked: Question,
    *,
    by: str,
    dimension: str = "",
    level: int | None = None,
    only: Sequence[int] = (),
) -> dict[Any, Count]:
    """Grouped counts from the cube where it holds the area, from the facts elsewhere; with `level`,
    of the areas of that level which are `only` asked for."""
    finest = CITY_LEVEL if dimension else COUNTY_LEVEL
    is_held = _is_held(asked, level_of(asked.area), finest)
    if level is not None:
        # These are whole ranges of codes, whatever the area around them is.
        is_held = asked.unit is None and level <= finest
    if is_held:
        sql, values = _cube_sql(asked, by, dimension, only or [asked.area])
    else:
        sql, values = _fact_sql(asked, by, dimension)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {
            key: _count(asked, n, sums) for key, n, *sums in cursor.fetchall() if n or any(sums)
        }


def _is_held(asked: Question, level: int, finest: int) -> bool:
    """Whether what is held down to the `finest` level answers for areas of this one."""
    return asked.unit is None and level <= finest and asked.is_plain


def _count(asked: Question, n: int, sums: list[int]) -> Count:
    kept = len(asked.measure.sums)
    return Count(int(n), tuple(int(one) for one in sums[:kept]))


def _cube_sql(
    asked: Question, by: str, dimension: str, areas: Sequence[int]
) -> tuple[str, dict[str, Any]]:
    """Cube and deltas in one statement: exact at the instant of its snapshot."""
    low, high = range_of(asked.area)
    at = list(asked.measure.dimensions).index(dimension) if dimension else 0
    value = f"dims ->> {at}" if dimension else "''"
    return (
        f"""
        SELECT {by}, sum(n), sum(s1), sum(s2), sum(s3) FROM (
          SELECT area, day, value, n, s1, s2, s3 FROM stats_tally
          WHERE measure = %(measure)s AND area = ANY(%(areas)s) AND dim = %(dim)s
            AND day BETWEEN %(first)s AND %(last)s
          UNION ALL
          SELECT area, day, {value}, n, s1, s2, s3 FROM stats_delta
          WHERE measure = %(measure)s AND area BETWEEN %(low)s AND %(high)s
            AND day BETWEEN %(first)s AND %(last)s
        ) AS cells GROUP BY 1
        """,
        {
            "measure": asked.measure.name,
            "dim": dimension,
            "areas": list(areas),
            "low": low,
            "high": high,
            "first": asked.first,
            "last": asked.last,
        },
    )


def _cube_dims_sql(asked: Question) -> tuple[str, dict[str, Any]]:
    """Every dimension's cells with the deltas, each of which is in one cell of each dimension."""
    names = list(asked.measure.dimensions)
    spread = ", ".join(f"('{name}', dims ->> {at})" for at, name in enumerate(names))
    _, values = _cube_sql(asked, "value", "", [asked.area])
    return (
        f"""
        SELECT dim, value, sum(n), sum(s1), sum(s2), sum(s3) FROM (
          SELECT dim, value, n, s1, s2, s3 FROM stats_tally
          WHERE measure = %(measure)s AND area = ANY(%(areas)s) AND dim = ANY(%(dims)s)
            AND day BETWEEN %(first)s AND %(last)s
          UNION ALL
          SELECT cell.dim, cell.value, n, s1, s2, s3 FROM stats_delta
          CROSS JOIN LATERAL (VALUES {spread}) AS cell(dim, value)
          WHERE measure = %(measure)s AND area BETWEEN %(low)s AND %(high)s
            AND day BETWEEN %(first)s AND %(last)s
        ) AS cells GROUP BY 1, 2
        """,
        values | {"dims": names},
    )


def _fact_dims_sql(asked: Question) -> tuple[str, dict[str, Any]]:
    """One scan of the facts, grouped by each dimension on its own."""
    one = asked.measure
    s1, s2, s3 = one.sum_columns()
    condition, values = _fact_condition(asked)
    columns = {name: f"d{at}" for at, name in enumerate(one.dimensions)}
    values_of = ", ".join(
        f"coalesce({one.dimensions[name].column}::text, '') AS {column}"
        for name, column in columns.items()
    )
    names = " ".join(
        f"WHEN grouping({column}) = 0 THEN '{name}'" for name, column in columns.items()
    )
    sets = ", ".join(f"({column})" for column in columns.values())
    return (
        f"SELECT CASE {names} END, coalesce({', '.join(columns.values())}), count(*),"
        " coalesce(sum(s1), 0), coalesce(sum(s2), 0), coalesce(sum(s3), 0)"
        f" FROM (SELECT {values_of}, {s1} AS s1, {s2} AS s2, {s3} AS s3"
        f" FROM {one.table} WHERE {condition}) AS facts GROUP BY GROUPING SETS ({sets})",
        values,
    )


def _fact_sql(asked: Question, by: str, dimension: str) -> tuple[str, dict[str, Any]]:
    one = asked.measure
    value = f"coalesce({one.dimensions[dimension].column}::text, '')" if dimension else "''"
    s1, s2, s3 = one.sum_columns()
    condition, values = _fact_condition(asked)
    return (
        f"SELECT {by}, count(*), coalesce(sum(s1), 0), coalesce(sum(s2), 0), coalesce(sum(s3), 0)"
        f" FROM (SELECT {one.area} AS area, {one.day} AS day, {value} AS value,"
        f" {s1} AS s1, {s2} AS s2, {s3} AS s3 FROM {one.table} WHERE {condition}) AS facts"
        f" GROUP BY 1",
        values,
    )


def _fact_condition(asked: Question, prefix: str = "") -> tuple[str, dict[str, Any]]:
    one = asked.measure
    values: dict[str, Any] = {"first": asked.first, "last": asked.last}
    parts = [f"{prefix}{one.day} BETWEEN %(first)s AND %(last)s"]
    places = ["false"] if not asked.pieces else []
    for at, piece in enumerate(asked.pieces):
        place = f"{prefix}{one.area} BETWEEN %(low{at})s AND %(high{at})s"
        values |= {f"low{at}": piece.low, f"high{at}": piece.high}
        if piece.first > asked.first or piece.last < asked.last:
            place = f"({place} AND {prefix}{one.day} BETWEEN %(from{at})s AND %(to{at})s)"
            values |= {f"from{at}": piece.first, f"to{at}": piece.last}
        places.append(place)
    parts.append(f"({' OR '.join(places)})")
    if one.where:
        parts.append(f"{prefix}{one.where}")
    if asked.unit is not None:
        parts.append(f"{prefix}{one.whose} = %(unit)s")
        values["unit"] = asked.unit
    return " AND ".join(parts), values
