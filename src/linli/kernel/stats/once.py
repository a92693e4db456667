"""What is counted once however often it occurs: the persons behind the services of a month.

Beside the deltas of a measure its triggers write, for each key (a person), month and county, how
many links to facts were added or taken away. Folding adds them to `stats_key`, which knows how
often every key occurs, and puts into `stats_once` how many keys came into or left each month,
quarter and year of a county, a city, a province and the nation. A read takes that number and what
the waiting deltas change in it, in one statement. Below a county there are few facts: they are
asked themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .measures import Distinct, Measure
from .places import PLACES, county_sql

SPANS = """
  CROSS JOIN LATERAL (VALUES
    ('month', d.month),
    ('quarter', date_trunc('quarter', d.month)::date),
    ('year', date_trunc('year', d.month)::date)
  ) AS span(kind, first)
"""
MONTHS = {1: "month", 3: "quarter", 12: "year"}


@dataclass(frozen=True)
class Counted:
    """One thing that a measure counts once; `name` stands in its rows."""

    measure: Measure
    what: Distinct
    name: str


def counted(measure: Measure) -> Iterator[Counted]:
    """What a measure counts once."""
    for name, what in measure.distinct.items():
        yield Counted(measure, what, f"{measure.name}.{name}")


def span_kind(first: date, last: date) -> str:
    """Which calendar period begins and ends with these days; empty when none does."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    is_whole = first.day == 1 and date.fromordinal(last.toordinal() + 1).day == 1
    is_aligned = months in MONTHS and (first.month - 1) % months == 0
    return MONTHS[months] if is_whole and is_aligned else ""


def links_sql(one: Counted, *, facts: str = "", links: str = "") -> str:
    """SQL for key, month and county of every link to a fact; of some, if rows are named."""
    measure, what = one.measure, one.what
    where = f" WHERE f.{measure.where}" if measure.where else ""
    return (
        f"SELECT p.{what.column} AS key, date_trunc('month', f.{measure.day})::date AS month,"
        f" {county_sql(f'f.{measure.area}')} AS area"
        f" FROM {links or what.table} p JOIN {facts or measure.table} f ON f.id = p.{what.fact}"
        f"{where}"
    )


def recount_sql(one: Counted) -> str:
    """SQL that counts how often each key occurs: (key, month, area, n)."""
    return f"SELECT key, month, area, count(*) AS n FROM ({links_sql(one)}) l GROUP BY 1, 2, 3"


def cells_sql(keys: str) -> str:
    """SQL that counts keys (key, month, area) into cells: (area, kind, first, n)."""
    return (
        "SELECT place.area, span.kind, span.first, count(DISTINCT d.key) AS n"
        f" FROM {keys} d {PLACES} {SPANS} GROUP BY place.area, span.kind, span.first"
    )


# Every row of `before` and `after` is a key that occurs; a key that is in both changes nothing.
CHANGE = f"""
  SELECT area, kind, first, sum(step)::bigint AS n FROM (
    SELECT place.area, span.kind, span.first, d.key,
           bool_or(d.is_after)::int - bool_or(NOT d.is_after)::int AS step
    FROM (SELECT key, month, area, false AS is_after FROM held WHERE n > 0
          UNION ALL SELECT key, month, area, true FROM became WHERE n > 0) d {PLACES} {SPANS}
    GROUP BY place.area, span.kind, span.first, d.key
  ) AS steps GROUP BY area, kind, first HAVING sum(step) <> 0
"""


def fold_sql(batch: int) -> str:
    """SQL that folds waiting deltas of `%(name)s`, oldest first; returns how many."""
    return f"""
    WITH gone AS (
      DELETE FROM stats_keydelta WHERE id IN (
        SELECT id FROM stats_keydelta WHERE name = %(name)s ORDER BY id LIMIT {batch}
        FOR UPDATE SKIP LOCKED)
      RETURNING key, month, area, n),
    moved AS (
      SELECT key, month, area, sum(n)::bigint AS n FROM gone GROUP BY 1, 2, 3 HAVING sum(n) <> 0),
    held AS (
      SELECT key, month, area, n FROM stats_key
      WHERE name = %(name)s AND key = ANY(ARRAY(SELECT key FROM moved))),
    became AS (
      SELECT key, month, area, sum(n)::bigint AS n, bool_or(is_new) AS is_new FROM (
        SELECT *, false AS is_new FROM held UNION ALL SELECT *, true FROM moved
      ) AS joined GROUP BY 1, 2, 3),
    told AS (
      INSERT INTO stats_once AS t (name, area, kind, first, n)
      SELECT %(name)s, area, kind, first, n FROM ({CHANGE}) AS change
      ON CONFLICT (name, area, kind, first) DO UPDATE SET n = t.n + excluded.n),
    emptied AS (
      DELETE FROM stats_key t USING became b
      WHERE b.is_new AND b.n = 0
        AND (t.name, t.key, t.month, t.area) = (%(name)s, b.key, b.month, b.area)),
    kept AS (
      INSERT INTO stats_key (name, key, month, area, n)
      SELECT %(name)s, key, month, area, n FROM became WHERE is_new AND n <> 0
      ON CONFLICT (name, key, month, area) DO UPDATE SET n = excluded.n)
    SELECT count(*) FROM gone
    """


READ = """
WITH d AS (
  SELECT key, month, area, sum(n) AS n FROM stats_keydelta
  WHERE name = %(name)s AND area BETWEEN %(low)s AND %(high)s
    AND month BETWEEN %(first)s AND %(last)s
  GROUP BY 1, 2, 3),
held AS (
  SELECT key, month, area, n FROM stats_key
  WHERE name = %(name)s AND key = ANY(ARRAY(SELECT key FROM d))
    AND area BETWEEN %(low)s AND %(high)s AND month BETWEEN %(first)s AND %(last)s),
became AS (
  SELECT key FROM (SELECT * FROM held UNION ALL SELECT * FROM d) AS joined
  GROUP BY key, month, area HAVING sum(n) > 0)
SELECT coalesce((SELECT n FROM stats_once
                 WHERE name = %(name)s AND area = %(area)s AND kind = %(kind)s
                   AND first = %(first)s), 0)
     + (SELECT count(DISTINCT key) FROM became) - (SELECT count(DISTINCT key) FROM held WHERE n > 0)
"""


def differences_sql(one: Counted) -> str:
    """SQL for the cells in which facts and what is shown disagree: (area, kind, first, facts,
    shown), and for keys that are counted wrongly without that a cell shows it."""
    facts = recount_sql(one)
    return f"""
    WITH facts AS MATERIALIZED ({facts}),
    keys AS MATERIALIZED (
      SELECT key, month, area, sum(n)::bigint AS n FROM (
        SELECT key, month, area, n FROM stats_key WHERE name = %(name)s
        UNION ALL SELECT key, month, area, n FROM stats_keydelta WHERE name = %(name)s
      ) AS joined GROUP BY 1, 2, 3 HAVING sum(n) <> 0),
    should AS ({cells_sql("(SELECT * FROM stats_key WHERE name = %(name)s AND n > 0)")}),
    wrong AS (
      SELECT area, month, count(*) AS n FROM facts f FULL OUTER JOIN keys k USING (key, month, area)
      WHERE f.n IS DISTINCT FROM k.n GROUP BY area, month)
    SELECT area, 'keys', month, 0::bigint, n FROM wrong
    UNION ALL
    SELECT area, kind, first, coalesce(s.n, 0), coalesce(o.n, 0)
    FROM should s FULL OUTER JOIN (SELECT * FROM stats_once WHERE name = %(name)s) o
      USING (area, kind, first)
    WHERE coalesce(s.n, 0) <> coalesce(o.n, 0)
    ORDER BY 1, 3, 2 LIMIT 1000
    """


def rebuild_sql(one: Counted) -> str:
    """SQL that makes keys and counts of `%(name)s` anew; returns rows written, deltas taken in."""
    return f"""
    WITH d AS (DELETE FROM stats_keydelta WHERE name = %(name)s RETURNING id),
    facts AS MATERIALIZED ({recount_sql(one)}),
    cells AS MATERIALIZED ({cells_sql("facts")}),
    removed AS (
      DELETE FROM stats_key t WHERE name = %(name)s AND NOT EXISTS (
        SELECT 1 FROM facts f WHERE (f.key, f.month, f.area) = (t.key, t.month, t.area))
      RETURNING 1),
    put AS (
      INSERT INTO stats_key AS t (name, key, month, area, n)
      SELECT %(name)s, key, month, area, n FROM facts
      ON CONFLICT (name, key, month, area) DO UPDATE SET n = excluded.n
      WHERE t.n <> excluded.n RETURNING 1),
    cleared AS (
      DELETE FROM stats_once t WHERE name = %(name)s AND NOT EXISTS (
        SELECT 1 FROM cells c WHERE (c.area, c.kind, c.first) = (t.area, t.kind, t.first))
      RETURNING 1),
    told AS (
      INSERT INTO stats_once AS t (name, area, kind, first, n)
      SELECT %(name)s, area, kind, first, n FROM cells
      ON CONFLICT (name, area, kind, first) DO UPDATE SET n = excluded.n
      WHERE t.n <> excluded.n RETURNING 1)
    SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM put)
         + (SELECT count(*) FROM cleared) + (SELECT count(*) FROM told),
           (SELECT count(*) FROM d)
    """
