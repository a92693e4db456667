from dataclasses import dataclass

from django.db import connections, transaction

from .fold import LOCK, recount_sql
from .measures import Measure
from .once import counted, rebuild_sql


@dataclass(frozen=True)
class Rebuilt:
    """What one measure needed: cells written or removed, and waiting deltas that were taken in."""

    measure: str
    cells: int
    deltas: int

    def __str__(self) -> str:
        return f"{self.measure}: {self.cells} cells written, {self.deltas} waiting deltas taken in."


def rebuild(one: Measure, *, using: str = "default") -> Rebuilt:
    """Make the cells of a measure anew from its facts, while others write and read.

    Each statement sees one moment: the facts of that moment are counted, the deltas of that moment
    go. What is committed later keeps its own delta beside the new cells. Until the
    commit readers see the old cells with the old deltas, from then on the new ones. Folding waits.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(_rebuild_sql(one), {"measure": one.name})
        cells, deltas = cursor.fetchone()
        for each in counted(one):
            cursor.execute(rebuild_sql(each), {"name": each.name})
            written, taken = cursor.fetchone()
            cells, deltas = cells + written, deltas + taken
    return Rebuilt(one.name, cells, deltas)


def _rebuild_sql(one: Measure) -> str:
    return f"""
    WITH d AS (DELETE FROM stats_delta WHERE measure = %(measure)s RETURNING id),
    facts AS MATERIALIZED ({recount_sql(one)}),
    removed AS (
      DELETE FROM stats_tally t WHERE measure = %(measure)s AND NOT EXISTS (
        SELECT 1 FROM facts f WHERE f.area = t.area AND f.dim = t.dim AND f.day = t.day
          AND f.value = t.value)
      RETURNING 1),
    put AS (
      INSERT INTO stats_tally AS t (measure, area, dim, day, value, n, s1, s2, s3)
      SELECT %(measure)s, area, dim, day, value, n, s1, s2, s3 FROM facts
      ON CONFLICT (measure, area, dim, day, value) DO UPDATE SET
        n = excluded.n, s1 = excluded.s1, s2 = excluded.s2, s3 = excluded.s3
      WHERE (t.n, t.s1, t.s2, t.s3)
         IS DISTINCT FROM (excluded.n, excluded.s1, excluded.s2, excluded.s3)
      RETURNING 1)
    SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM put),
           (SELECT count(*) FROM d)
    """
