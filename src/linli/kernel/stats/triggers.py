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
from .once import Counted, counted, links_sql
from .places import county_sql

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


def _function(measure: Measure, event: str) -> Function:
    """The function that writes what one statement of this kind changes."""
    s1, s2, s3 = (column for column in measure.sum_columns())
    parts = [
        f"SELECT {measure.day} AS day, {county_sql(measure.area)} AS area,"
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


def key_functions(one: Counted, event: str) -> list[tuple[Function, str]]:
    """The functions that write what one statement on the links, or on their facts, changes; each
    with its table. A fact that comes has no links yet."""
    sides = {one.what.table: "links"}
    if event != "insert":
        sides[one.measure.table] = "facts"
    return [(_key_function(one, event, side=side), table) for table, side in sides.items()]


def _key_function(one: Counted, event: str, *, side: str) -> Function:
    parts = [
        f"SELECT key, month, area, {sign} AS n FROM ({links_sql(one, **{side: rows})}) AS l"
        for rows, sign in EVENTS[event]
    ]
    body = f"""
BEGIN
  INSERT INTO stats_keydelta (name, key, month, area, n)
  SELECT '{one.name}', key, month, area, sum(n)
  FROM ({" UNION ALL ".join(parts)}) AS changed
  GROUP BY key, month, area HAVING sum(n) <> 0;
  RETURN NULL;
END """
    name = f"linli_once_{one.name.replace('.', '_')}_{side}_{event}"
    # One plan serves a row and a million: the other side is always looked up by its index.
    settings = ("enable_hashjoin=off", "enable_mergejoin=off")
    return Function(name, body, is_definer=True, settings=settings)


def _trigger(name: str, table: str, event: str) -> Trigger:
    rows = REFERENCING[event]
    return Trigger(name, table, name, "AFTER", (event.upper(),), referencing=rows)


def _declared(only: Iterable[Measure]) -> tuple[list[Function], list[Trigger]]:
    made = [
        (function, table, event)
        for measure in only
        for event in EVENTS
        for function, table in (
            (_function(measure, event), measure.table),
            *(pair for one in counted(measure) for pair in key_functions(one, event)),
        )
    ]
    triggers = [_trigger(function.name, table, event) for function, table, event in made]
    return [function for function, _table, _event in made], triggers


def install(*, using: str = "owner") -> list[Measure]:
    """Create the triggers of every measure, or bring them up to date; returns those whose triggers
    were not as declared: what they have counted until now is to be counted anew."""
    strayed = [one for one in measures() if flaws([one], using=using)]
    with connections[using].cursor() as cursor:
        create(cursor, *_declared(measures()))
    return strayed


def flaws(only: Iterable[Measure] | None = None, *, using: str = "default") -> list[Flaw]:
    """Statistics triggers that are missing, switched off or not as their measure wants them."""
    with connections[using].cursor() as cursor:
        return differences(cursor, *_declared(measures() if only is None else only))
