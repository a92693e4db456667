from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connections

from . import triggers
from .fold import recount_sql, spread_sql
from .measures import Measure, measures
from .once import counted, differences_sql


@dataclass(frozen=True)
class Difference:
    """A cell in which the facts and cube + deltas disagree; or a trigger, then without numbers."""

    measure: str
    cell: str
    facts: tuple[int, ...]
    shown: tuple[int, ...]

    def __str__(self) -> str:
        if not self.facts and not self.shown:
            return f"{self.measure}: {self.cell}"
        return f"{self.measure} {self.cell}: facts {self.facts}, shown {self.shown}"


def verify(only: Iterable[Measure] | None = None, *, using: str = "default") -> list[Difference]:
    """Recount measures (all, if none is named) from their facts and compare with every cell.

    Empty when all agree. One statement per measure, so that writers need not stop.
    """
    asked = measures() if only is None else list(only)
    found = [Difference("triggers", str(one), (), ()) for one in triggers.flaws(asked, using=using)]
    with connections[using].cursor() as cursor:
        for one in asked:
            cursor.execute(_compare_sql(one), {"measure": one.name})
            for dim, value, area, day, *numbers in cursor.fetchall():
                cell = _cell(area, day, dim, value)
                found.append(Difference(one.name, cell, tuple(numbers[:4]), tuple(numbers[4:])))
            for each in counted(one):
                cursor.execute(differences_sql(each), {"name": each.name})
                for area, kind, first, facts, shown in cursor.fetchall():
                    cell = f"{area:012d} {kind} {first}"
                    found.append(Difference(each.name, cell, (facts,), (shown,)))
    return found


def _cell(area: int, day: date, dim: str, value: str) -> str:
    return f"{area:012d} {day}" + (f" {dim}={value}" if dim else "")


def _compare_sql(one: Measure) -> str:
    waiting = "(SELECT * FROM stats_delta WHERE measure = %(measure)s) d"
    cells = "cell.dim, cell.value, place.area, d.day, d.n, d.s1, d.s2, d.s3"
    return f"""
    WITH facts AS ({recount_sql(one)}),
    shown AS (
      SELECT dim, value, area, day,
             sum(n) AS n, sum(s1) AS s1, sum(s2) AS s2, sum(s3) AS s3 FROM (
        SELECT dim, value, area, day, n, s1, s2, s3 FROM stats_tally WHERE measure = %(measure)s
        UNION ALL
        SELECT {cells} FROM {spread_sql(one, waiting)}
      ) AS c GROUP BY dim, value, area, day)
    SELECT dim, value, area, day,
           coalesce(f.n, 0)::bigint, coalesce(f.s1, 0)::bigint,
           coalesce(f.s2, 0)::bigint, coalesce(f.s3, 0)::bigint,
           coalesce(s.n, 0)::bigint, coalesce(s.s1, 0)::bigint,
           coalesce(s.s2, 0)::bigint, coalesce(s.s3, 0)::bigint
    FROM facts f FULL OUTER JOIN shown s USING (dim, value, area, day)
    WHERE (coalesce(f.n, 0), coalesce(f.s1, 0), coalesce(f.s2, 0), coalesce(f.s3, 0))
       <> (coalesce(s.n, 0), coalesce(s.s1, 0), coalesce(s.s2, 0), coalesce(s.s3, 0))
    ORDER BY area, day, dim, value LIMIT 1000
    """
