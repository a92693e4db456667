"""The database's own promises, installed after every migration by the owner of the tables.

`TIMELINE` hashes and freezes events. `actor_guard` refuses writes to a sensitive table while no
actor is set, whoever sends them.
"""

from django.db import connections

TIMELINE = """
CREATE OR REPLACE FUNCTION linli_event_hash(e timeline_event) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(convert_to(jsonb_build_array(
    e.id, extract(epoch FROM e.at), e.actor_kind, e."user", e.post, e.reason, e.verb,
    e.subject_type, e.subject_id, e.area, e.unit, e.data, e.transaction)::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION linli_event_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.transaction := pg_current_xact_id()::text::bigint;
  NEW.hash := linli_event_hash(NEW);
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION linli_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the timeline can only be added to' USING ERRCODE = 'LN001';
END $$;

CREATE OR REPLACE FUNCTION linli_require_actor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('linli.actor', true), '') = '' THEN
    RAISE EXCEPTION 'no actor is set for a write to %', TG_TABLE_NAME USING ERRCODE = 'LN002';
  END IF;
  RETURN NULL;
END $$;
"""

FROZEN = ("timeline_event", "timeline_seal")


def _statements(guarded: tuple[str, ...]) -> dict[str, str]:
    """Trigger name → SQL that creates it."""
    made = {
        "linli_stamp": "CREATE TRIGGER linli_stamp BEFORE INSERT ON timeline_event"
        " FOR EACH ROW EXECUTE FUNCTION linli_event_stamp()"
    }
    for table in FROZEN:
        made[f"linli_frozen_{table}"] = (
            f"CREATE TRIGGER linli_frozen_{table} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change()"
        )
    for table in guarded:
        made[f"linli_actor_{table}"] = (
            f"CREATE TRIGGER linli_actor_{table} BEFORE INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION linli_require_actor()"
        )
    return made


_guarded: set[str] = set()


def guard(*tables: str) -> None:
    """Ask for the actor guard on tables of a room (called when the room is loaded)."""
    _guarded.update(tables)


def install(*, using: str = "owner") -> None:
    """Create the functions and triggers, or bring them up to date."""
    with connections[using].cursor() as cursor:
        cursor.execute(TIMELINE)
        for name, statement in _statements(tuple(sorted(_guarded))).items():
            table = statement.split(" ON ")[1].split()[0]
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(statement)
        for table in FROZEN:
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM linli_app, linli_load")


def missing(*, using: str = "default") -> list[str]:
    """Names of guards that are not installed or are switched off."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'")
        found = {name for (name,) in cursor.fetchall()}
    return sorted(set(_statements(tuple(_guarded))) - found)
