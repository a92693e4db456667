"""The triggers that turn changes of a fact table into delta rows.

One statement-level trigger per event, since transition tables refuse several events in one. The
function runs as its owner, so the application's role needs no right to write deltas by hand.
"""

from collections.abc import Iterable

from django.db import connections

from linli.lib.postgres.declared import Flaw, Function, Trigger
from linli.lib.postgres.declared import flaws as differences
from linli.lib.postgres.declared import install as create

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


def function(measure: Measure, event: str) -> Function:
    """The function that writes what one statement of this kind changes."""
    s1, s2, s3 = (column for column in measure.sum_columns())
    parts = [
        f"SELECT {measure.day} AS day, ({measure.area} / {CITY}) * {CITY} AS area,"
        f" {dims_sql(measure)} AS dims, {sign} AS n,"
        f" {sign} * ({s1}) AS s1, {sign} * ({s2}) AS s2, {sign} * ({s3}) AS s3 FROM {rows}"
        + (f" WHERE {measure.where}" if measure.where else "")
        for rows, sign in EVENTS[event]
    ]
    body = f"""
BEGIN
  INSERT INTO stats_delta (measure, day, area, dims, n, s1, s2, s3)
  SELECT '{measure.name}', day, area, dims, sum(n), sum(s1), sum(s2), sum(s3)
  FROM ({" UNION ALL ".join(parts)}) AS changed
  GROUP BY day, area, dims
  HAVING sum(n) <> 0 OR sum(s1) <> 0 OR sum(s2) <> 0 OR sum(s3) <> 0;
  RETURN NULL;
END """
    return Function(f"linli_stats_{measure.name}_{event}", body, is_definer=True)


def _trigger(measure: Measure, event: str) -> Trigger:
    name = f"linli_stats_{measure.name}_{event}"
    rows = REFERENCING[event]
    return Trigger(name, measure.table, name, "AFTER", (event.upper(),), referencing=rows)


def _declared(only: Iterable[Measure]) -> tuple[list[Function], list[Trigger]]:
    pairs = [(one, event) for one in only for event in EVENTS]
    return [function(*pair) for pair in pairs], [_trigger(*pair) for pair in pairs]


def install(*, using: str = "owner") -> None:
    """Create the triggers of every measure, or bring them up to date."""
    with connections[using].cursor() as cursor:
        create(cursor, *_declared(measures()))


def flaws(only: Iterable[Measure] | None = None, *, using: str = "default") -> list[Flaw]:
    """Statistics triggers that are missing, switched off or not as their measure wants them."""
    with connections[using].cursor() as cursor:
        return differences(cursor, *_declared(measures() if only is None else only))
