"""The triggers that turn changes of a fact table into delta rows.

One statement-level trigger per event, since transition tables refuse several events in one. The
function runs as its owner, so the application's role needs no right to write deltas by hand.
"""

from django.db import connections

from .measures import Measure, measures

CITY = 100_000_000
EVENTS = {
    "insert": (("new_rows", 1),),
    "delete": (("old_rows", -1),),
    "update": (("old_rows", -1), ("new_rows", 1)),
}
REFERENCING = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


def dims_sql(measure: Measure) -> str:
    """SQL for the values of all dimensions as a JSON array of text."""
    columns = ", ".join(f"coalesce({one.column}::text, '')" for one in measure.dimensions.values())
    return f"jsonb_build_array({columns})"


def function_sql(measure: Measure, event: str) -> str:
    s1, s2, s3 = (column for column in measure.sum_columns())
    parts = [
        f"SELECT {measure.day} AS day, ({measure.area} / {CITY}) * {CITY} AS area,"
        f" {dims_sql(measure)} AS dims, {sign} AS n,"
        f" {sign} * ({s1}) AS s1, {sign} * ({s2}) AS s2, {sign} * ({s3}) AS s3 FROM {rows}"
        + (f" WHERE {measure.where}" if measure.where else "")
        for rows, sign in EVENTS[event]
    ]
    return f"""
CREATE OR REPLACE FUNCTION linli_stats_{measure.name}_{event}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO stats_delta (measure, day, area, dims, n, s1, s2, s3)
  SELECT '{measure.name}', day, area, dims, sum(n), sum(s1), sum(s2), sum(s3)
  FROM ({" UNION ALL ".join(parts)}) AS changed
  GROUP BY day, area, dims
  HAVING sum(n) <> 0 OR sum(s1) <> 0 OR sum(s2) <> 0 OR sum(s3) <> 0;
  RETURN NULL;
END $$"""


def _trigger_name(measure: Measure, event: str) -> str:
    return f"linli_stats_{measure.name}_{event}"


def install(*, using: str = "owner") -> None:
    """Create the triggers of every measure, or bring them up to date."""
    with connections[using].cursor() as cursor:
        for one in measures():
            for event in EVENTS:
                name = _trigger_name(one, event)
                cursor.execute(function_sql(one, event))
                cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {one.table}")
                cursor.execute(
                    f"CREATE TRIGGER {name} AFTER {event.upper()} ON {one.table}"
                    f" REFERENCING {REFERENCING[event]}"
                    f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
                )


def missing(*, using: str = "default") -> list[str]:
    """Names of statistics triggers that are not installed or are switched off."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
        found = {name for (name,) in cursor.fetchall()}
    wanted = {_trigger_name(one, event) for one in measures() for event in EVENTS}
    return sorted(wanted - found)
