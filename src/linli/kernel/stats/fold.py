from django.db import connections, transaction

from .measures import Measure, measures
from .once import counted, fold_sql
from .places import PLACES, county_sql
from .triggers import dims_sql

BATCH = 20_000
# One folder at a time: two would wait for each other's cells and could deadlock.
LOCK = 7_305_002


def spread_sql(measure: Measure, source: str) -> str:
    """SQL that spreads rows over the cells they belong to: (place.area, cell.dim, cell.value).

    `source` is named d and has `dims`. Of a county only the total is held: told apart, it would
    need as many cells as it has facts.
    """
    cells = ["('', '')"]
    cells += [f"('{name}', d.dims ->> {at})" for at, name in enumerate(measure.dimensions)]
    return (
        f"{source} {PLACES} JOIN LATERAL (VALUES {', '.join(cells)}) AS cell(dim, value)"
        " ON cell.dim = '' OR place.area = (place.area / 100000000) * 100000000"
    )


def recount_sql(measure: Measure) -> str:
    """SQL that counts the facts into cells: (dim, value, area, day, n, s1, s2, s3)."""
    s1, s2, s3 = measure.sum_columns()
    where = f"WHERE {measure.where}" if measure.where else ""
    facts = (
        f"(SELECT {measure.day} AS day, {county_sql(measure.area)} AS area,"
        f" {dims_sql(measure)} AS dims, count(*) AS n, sum({s1}) AS s1, sum({s2}) AS s2,"
        f" sum({s3}) AS s3 FROM {measure.table} {where} GROUP BY 1, 2, 3) d"
    )
    return (
        "SELECT cell.dim, cell.value, place.area, d.day, sum(d.n) AS n, sum(d.s1) AS s1,"
        f" sum(d.s2) AS s2, sum(d.s3) AS s3 FROM {spread_sql(measure, facts)}"
        " GROUP BY cell.dim, cell.value, place.area, d.day"
    )


def fold(*, using: str = "default") -> int:
    """Move waiting deltas into the cube; returns how many. Runs twice without harm.

    Deleting deltas and adding to cells is one statement, so a kill in between undoes both.
    """
    connection = connections[using]
    folded = 0
    for one in measures():
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return folded
            cursor.execute(
                f"""
                WITH d AS (
                  DELETE FROM stats_delta WHERE id IN (
                    SELECT id FROM stats_delta WHERE measure = %(name)s ORDER BY id LIMIT {BATCH}
                    FOR UPDATE SKIP LOCKED)
                  RETURNING *),
                added AS (
                  INSERT INTO stats_tally AS t (measure, area, dim, day, value, n, s1, s2, s3)
                  SELECT %(name)s, place.area, cell.dim, d.day, cell.value,
                         sum(d.n), sum(d.s1), sum(d.s2), sum(d.s3)
                  FROM {spread_sql(one, "d")}
                  GROUP BY place.area, cell.dim, d.day, cell.value
                  ON CONFLICT (measure, area, dim, day, value) DO UPDATE SET
                    n = t.n + excluded.n, s1 = t.s1 + excluded.s1,
                    s2 = t.s2 + excluded.s2, s3 = t.s3 + excluded.s3)
                SELECT count(*) FROM d
                """,
                {"name": one.name},
            )
            folded += cursor.fetchone()[0]
            for each in counted(one):
                cursor.execute(fold_sql(BATCH), {"name": each.name})
                folded += cursor.fetchone()[0]
    return folded
