"""The database's own promises, installed after every migration by the owner of the tables.

`stamp` numbers, hashes and `frozen` keeps events; `actor` refuses writes to a sensitive table while
no actor is set, whoever sends them.
"""

from django.db import connections

from linli.lib.postgres.declared import IMMUTABLE, Flaw, Function, Trigger
from linli.lib.postgres.declared import flaws as differences
from linli.lib.postgres.declared import install as create

# What an event is about counts only where it says so: hashes from before keep their worth.
FUNCTIONS = (
    Function(
        "linli_event_hash",
        """
  SELECT sha256(convert_to((jsonb_build_array(
    e.id, extract(epoch FROM e.at), e.actor_kind, e."user", e.post, e.reason, e.verb,
    e.subject_type, e.subject_id, e.area, e.unit, e.data, e.transaction)
    || CASE WHEN e.about IS NULL THEN '[]' ELSE jsonb_build_array(e.about) END)::text, 'UTF8'))
""",
        arguments="e timeline_event",
        returns="bytea",
        language="sql",
        volatility=IMMUTABLE,
    ),
    # Transaction numbers start anew in a restored database. An event numbered below the last seal
    # would break it for ever, so it is refused until a new chain has begun (docs/decisions/0003).
    Function(
        "linli_event_stamp",
        """
DECLARE
  last record;
BEGIN
  SELECT before, shift INTO last FROM public.timeline_seal ORDER BY number DESC LIMIT 1;
  NEW.transaction := pg_current_xact_id()::text::bigint + coalesce(last.shift, 0);
  IF NEW.transaction < last.before THEN
    RAISE EXCEPTION 'this database was restored; run: linli migrate' USING ERRCODE = 'LN003';
  END IF;
  NEW.hash := linli_event_hash(NEW);
  RETURN NEW;
END """,
    ),
    Function(
        "linli_refuse_change",
        """
BEGIN
  RAISE EXCEPTION 'the timeline can only be added to' USING ERRCODE = 'LN001';
END """,
    ),
    Function(
        "linli_require_actor",
        """
BEGIN
  IF coalesce(current_setting('linli.actor', true), '') = '' THEN
    RAISE EXCEPTION 'no actor is set for a write to %', TG_TABLE_NAME USING ERRCODE = 'LN002';
  END IF;
  RETURN NULL;
END """,
    ),
)
FROZEN = ("timeline_event", "timeline_seal")
FORBIDDEN = ("UPDATE", "DELETE", "TRUNCATE")
ROLES = ("linli_app", "linli_load")

_guarded: set[str] = set()


def guard(*tables: str) -> None:
    """Ask for the actor guard on tables of a room (called when the room is loaded)."""
    _guarded.update(tables)


def _triggers() -> list[Trigger]:
    stamp = Trigger(
        "linli_stamp", "timeline_event", "linli_event_stamp", "BEFORE", ("INSERT",), each="ROW"
    )
    frozen = [
        Trigger(f"linli_frozen_{table}", table, "linli_refuse_change", "BEFORE", FORBIDDEN)
        for table in FROZEN
    ]
    changes = ("INSERT", "UPDATE", "DELETE")
    guarded = [
        Trigger(f"linli_actor_{table}", table, "linli_require_actor", "BEFORE", changes)
        for table in sorted(_guarded)
    ]
    return [stamp, *frozen, *guarded]


def install(*, using: str = "owner") -> None:
    """Create the functions and triggers, or bring them up to date."""
    with connections[using].cursor() as cursor:
        create(cursor, FUNCTIONS, _triggers())
        for table in FROZEN:
            cursor.execute(f"REVOKE {', '.join(FORBIDDEN)} ON {table} FROM {', '.join(ROLES)}")


def flaws(*, using: str = "default") -> list[Flaw]:
    """Guards that are missing, switched off or not as they are declared, by name."""
    with connections[using].cursor() as cursor:
        found = differences(cursor, FUNCTIONS, _triggers(), closed=FROZEN)
        for table in FROZEN:
            cursor.execute(
                "SELECT bool_or(has_table_privilege(role, %s, %s)) FROM unnest(%s::text[]) role",
                [table, ", ".join(FORBIDDEN), list(ROLES)],
            )
            if cursor.fetchone()[0]:
                found.append(Flaw(f"the grants on {table}", "changed"))
    return found
