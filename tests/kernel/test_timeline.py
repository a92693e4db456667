from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction
from django.utils import translation

from linli.kernel.accounts.actors import receipt_holder, set_actor, system, visitor
from linli.kernel.timeline import guards
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.queries import SHOWN_AT_MOST, Line, lines
from linli.kernel.timeline.record import UnknownVerb, known_verbs, record
from linli.lib.uuid7 import uuid7

from ..world import VILLAGE, World

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ORDER = "dispatch.order"


def note(
    world: World, subject: UUID, verb: str = "accept", *, who: str = "head", **data: str
) -> Event:
    return record(
        world.actor(who, now=NOW),
        f"{ORDER}.{verb}",
        subject_type=ORDER,
        subject_id=subject,
        area=VILLAGE,
        **data,
    )


def told(subject: UUID, *, with_names: bool = True) -> list[Line]:
    return lines([(ORDER, subject)], with_names=with_names)


def test_an_event_holds_who_what_and_where_and_the_database_adds_its_hash(world: World) -> None:
    made = note(world, uuid7(), reason="x")
    event = Event.objects.get(pk=made.pk)
    head = world.actor("head")

    assert (event.user, event.post, event.actor_kind) == (head.user_id, head.post_id, "user")
    assert (event.at, event.area, event.data) == (NOW, VILLAGE, {"reason": "x"})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_current_xact_id()::text::bigint, linli_event_hash(e), e.hash"
            " FROM timeline_event e WHERE id = %s",
            [event.pk],
        )
        number, expected, found = cursor.fetchone()
    assert event.transaction == number
    assert bytes(found) == bytes(expected)
    assert len(bytes(found)) == 32


def test_the_hash_and_the_transaction_cannot_be_given_from_outside(world: World) -> None:
    event = Event.objects.create(
        at=NOW,
        actor_kind="system",
        verb="ui.exported",
        subject_type="ui.list",
        hash=b"0" * 32,
        transaction=1,
    )
    event.refresh_from_db()
    assert bytes(event.hash) != b"0" * 32
    assert event.transaction > 1


def test_every_field_is_part_of_the_hash(world: World) -> None:
    note(world, uuid7(), reason="x")
    for change in (
        "id = gen_random_uuid()",
        "at = at + interval '1 microsecond'",
        "actor_kind = 'system'",
        '"user" = NULL',
        "post = NULL",
        "reason = 'y'",
        "verb = 'dispatch.order.close'",
        "subject_type = 'intake.request'",
        "subject_id = NULL",
        "area = area + 1",
        "unit = gen_random_uuid()",
        """data = '{"reason": "y"}'""",
        "transaction = transaction + 1",
        "about = ARRAY[gen_random_uuid()]",
    ):
        column, value = change.split(" = ", 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT linli_event_hash(e) = linli_event_hash(jsonb_populate_record(e,"
                f" jsonb_build_object({_quoted(column)}, {value}))) FROM timeline_event e LIMIT 1"
            )
            assert cursor.fetchone() == (False,), change


def _quoted(column: str) -> str:
    return "'" + column.strip('"') + "'"


@pytest.mark.django_db
def test_a_verb_without_a_sentence_is_refused() -> None:
    with pytest.raises(UnknownVerb, match=r"dispatch\.order\.vanish"):
        record(system("tests"), "dispatch.order.vanish", subject_type=ORDER, subject_id=None)
    assert Event.objects.count() == 0


@pytest.mark.parametrize("table", ["timeline_event", "timeline_seal"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET {}",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "ALTER TABLE {} DISABLE TRIGGER linli_frozen_{}",
        "DROP TRIGGER linli_frozen_{} ON {}",
        "DROP TABLE {}",
        "CREATE RULE gone AS ON INSERT TO {} DO INSTEAD NOTHING",
    ],
)
def test_the_application_cannot_change_what_happened(
    world: World, table: str, statement: str
) -> None:
    note(world, uuid7())
    column = "verb = 'x'" if table == "timeline_event" else "events = 0"
    filled = statement.replace("{}", table, 1)
    filled = filled.replace("SET {}", f"SET {column}").replace("{}", table)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), _attempt():
        _run(filled)
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    ["SET session_replication_role = replica", "SET ROLE linli_owner", "SET ROLE postgres"],
)
def test_the_application_cannot_become_somebody_who_could(world: World, statement: str) -> None:
    with pytest.raises(DatabaseError, match=r"permission denied|does not exist"), _attempt():
        _run(statement)


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("table", ["timeline_event", "timeline_seal"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_even_the_owner_is_refused_by_the_trigger(table: str, statement: str) -> None:
    column = "verb = 'x'" if table == "timeline_event" else "events = 0"
    filled = statement.replace("SET {}", f"SET {column}").replace("{}", table)
    with pytest.raises(DatabaseError, match="only be added to"), _attempt("owner"):
        _run(filled, using="owner")


def _run(statement: str, *, using: str = "default") -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(statement)


def _attempt(using: str = "default") -> transaction.Atomic:
    return transaction.atomic(using=using)


@pytest.fixture
def fresh_connection(db: None) -> Iterator[object]:
    """A connection of the application on which nobody has said who acts."""
    made = connections.create_connection("default")
    yield made
    made.close()


GUARDED = sorted(guards._guarded)


def test_there_are_guarded_tables() -> None:
    assert {"people_person", "services_note", "dispatch_order", "intake_request"} <= set(GUARDED)
    assert not {"timeline_event"} & set(GUARDED)


@pytest.mark.parametrize("table", GUARDED)
def test_a_guarded_table_takes_no_write_from_nobody(fresh_connection: object, table: str) -> None:
    statements = (
        f"INSERT INTO {table} SELECT * FROM {table} WHERE false",
        f"UPDATE {table} SET {_first_column(table)} = {_first_column(table)} WHERE false",
        f"DELETE FROM {table} WHERE false",
    )
    for statement in statements:
        for before in ("", "SET linli.actor = ''; "):
            with (
                pytest.raises(DatabaseError, match=f"no actor is set for a write to {table}"),
                fresh_connection.cursor() as cursor,  # type: ignore[attr-defined]
            ):
                cursor.execute(before + statement)
        with fresh_connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("BEGIN; SELECT set_config('linli.actor', 'system:tests', true)")
            cursor.execute(statement)
            cursor.execute("ROLLBACK")


def _first_column(table: str) -> str:
    with connection.cursor() as cursor:
        return connection.introspection.get_table_description(cursor, table)[0].name


@pytest.mark.django_db
def test_the_actor_of_one_transaction_does_not_reach_the_next(fresh_connection: object) -> None:
    with fresh_connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("BEGIN; SELECT set_config('linli.actor', 'system:tests', true); COMMIT")
        with pytest.raises(DatabaseError, match="no actor is set"):
            cursor.execute("DELETE FROM people_person WHERE false")


NOTHING = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
STAMP = "BEFORE INSERT ON timeline_event FOR EACH ROW EXECUTE FUNCTION"
FROZEN = "ON timeline_event FOR EACH STATEMENT EXECUTE FUNCTION linli_refuse_change()"
DAMAGE = {
    "a trigger switched off": (
        "ALTER TABLE people_person DISABLE TRIGGER linli_actor_people_person",
        "linli_actor_people_person is switched off",
    ),
    "a trigger for replicas only": (
        "ALTER TABLE people_person ENABLE REPLICA TRIGGER linli_actor_people_person",
        "linli_actor_people_person is switched off",
    ),
    "all triggers of a table switched off": (
        "ALTER TABLE timeline_seal DISABLE TRIGGER USER",
        "linli_frozen_timeline_seal is switched off",
    ),
    "a trigger dropped": ("DROP TRIGGER linli_stamp ON timeline_event", "linli_stamp is missing"),
    "a trigger moved to another table": (
        "ALTER TRIGGER linli_frozen_timeline_seal ON timeline_seal RENAME TO elsewhere;"
        "CREATE TRIGGER linli_frozen_timeline_seal BEFORE DELETE ON ui_kept FOR EACH STATEMENT"
        " EXECUTE FUNCTION linli_refuse_change()",
        "linli_frozen_timeline_seal is missing",
    ),
    "a function that does nothing": (
        f"CREATE OR REPLACE FUNCTION linli_refuse_change() {NOTHING}",
        "linli_refuse_change was changed",
    ),
    "a function that lets one name pass": (
        "CREATE OR REPLACE FUNCTION linli_require_actor() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN IF current_setting('application_name') = 'x' THEN RETURN NULL; END IF;"
        " RETURN NULL; END $$",
        "linli_require_actor was changed",
    ),
    "a hash of less": (
        "CREATE OR REPLACE FUNCTION linli_event_hash(e timeline_event) RETURNS bytea"
        " LANGUAGE sql IMMUTABLE AS $$ SELECT sha256(convert_to(e.id::text, 'UTF8')) $$",
        "linli_event_hash was changed",
    ),
    "a function with another search path": (
        "ALTER FUNCTION linli_event_stamp() SET search_path = pg_temp, public",
        "linli_event_stamp was changed",
    ),
    "a second function of the name": (
        "CREATE FUNCTION linli_event_hash(e uuid) RETURNS bytea LANGUAGE sql AS"
        " $$ SELECT ''::bytea $$",
        "linli_event_hash was changed",
    ),
    "a trigger that calls another function": (
        f"CREATE FUNCTION harmless() {NOTHING};"
        f"CREATE OR REPLACE TRIGGER linli_stamp {STAMP} harmless()",
        "linli_stamp was changed",
    ),
    "a trigger that listens to less": (
        f"CREATE OR REPLACE TRIGGER linli_frozen_timeline_event BEFORE DELETE {FROZEN}",
        "linli_frozen_timeline_event was changed",
    ),
    "a trigger with a condition": (
        "CREATE OR REPLACE TRIGGER linli_stamp BEFORE INSERT ON timeline_event FOR EACH ROW"
        " WHEN (NEW.verb <> 'x') EXECUTE FUNCTION linli_event_stamp()",
        "linli_stamp was changed",
    ),
    "a trigger that swallows events": (
        f"CREATE FUNCTION harmless() {NOTHING}; CREATE TRIGGER quiet {STAMP} harmless()",
        "quiet is not one of ours",
    ),
    "a rule that swallows events": (
        "CREATE RULE quiet AS ON INSERT TO timeline_event DO INSTEAD NOTHING",
        "quiet is not one of ours",
    ),
    "a right to change events": (
        "GRANT UPDATE ON timeline_event TO linli_app",
        "the grants on timeline_event was changed",
    ),
}


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("name", DAMAGE)
def test_whatever_is_done_to_a_guard_is_found_and_a_migration_mends_it(name: str) -> None:
    damage, found = DAMAGE[name]
    assert guards.flaws(using="owner") == []
    with transaction.atomic(using="owner"):
        _run("CREATE TABLE ui_kept (id int)", using="owner")
        _run(damage, using="owner")
        assert [str(one) for one in guards.flaws(using="owner") if str(one) == found] == [found]
        guards.install(using="owner")
        left = {one.kind for one in guards.flaws(using="owner")}
        # What somebody else has added is theirs to take away.
        assert left <= ({"foreign", "changed"} if "second" in name else {"foreign"})
        transaction.set_rollback(True, using="owner")


def test_what_happened_is_told_in_the_readers_language(world: World) -> None:
    subject = uuid7()
    note(world, subject, "transfer", to_unit=str(world.unit_id("sibling")))

    with translation.override("en"):
        (line,) = told(subject)
        assert line.sentence == "transferred it to Test sibling"
        assert line.who == "Test head Test station · Station head"
    with translation.override("zh-hans"):
        (line,) = told(subject)
        assert "测试sibling" in line.sentence
        assert "测试station" in line.who
        assert "transferred" not in line.sentence
        assert "Station head" not in line.who


def test_a_resident_reads_units_and_roles_and_nobodys_name(world: World) -> None:
    subject = uuid7()
    note(world, subject, "accept", who="head")
    note(world, subject, "assign", who="worker", to=str(world.users["worker"].pk))

    with translation.override("en"):
        shown = " ".join(f"{one.who} {one.sentence}" for one in told(subject, with_names=False))
    for name in ("head", "worker"):
        assert world.users[name].name not in shown
        assert str(world.users[name].pk) not in shown
    assert "Test station · Social worker" in shown


def test_somebody_without_a_post_is_told_as_what_they_are(world: World) -> None:
    subject = uuid7()
    for actor in (visitor(now=NOW), receipt_holder([], areas=[], now=NOW), system("x", now=NOW)):
        record(actor, "dispatch.order.urge", subject_type=ORDER, subject_id=subject)
    with translation.override("en"):
        assert [one.who for one in told(subject)] == [
            "Resident",
            "Resident with a receipt",
            "System",
        ]


def test_lines_stand_in_the_order_of_time_over_several_subjects(world: World) -> None:
    one, two, hidden = uuid7(), uuid7(), uuid7()
    set_actor(system("tests"))
    for at, subject in ((3, one), (1, two), (2, one), (2, two), (0, hidden)):
        record(
            world.actor("head", now=NOW + timedelta(hours=at)),
            "dispatch.order.urge",
            subject_type=ORDER,
            subject_id=subject,
        )
    found = lines([(ORDER, one), (ORDER, two)])
    assert [(line.at - NOW) // timedelta(hours=1) for line in found] == [1, 2, 2, 3]


def test_of_a_long_history_the_newest_events_are_told(world: World) -> None:
    subject = uuid7()
    Event.objects.bulk_create(
        Event(
            at=NOW + timedelta(minutes=at),
            actor_kind="system",
            verb="dispatch.order.urge",
            subject_type=ORDER,
            subject_id=subject,
        )
        for at in range(SHOWN_AT_MOST + 5)
    )
    found = told(subject)
    assert len(found) == SHOWN_AT_MOST
    assert found[-1].at == NOW + timedelta(minutes=SHOWN_AT_MOST + 4)


def test_a_sentence_whose_data_are_missing_shows_a_gap_and_not_an_error(world: World) -> None:
    subject = uuid7()
    note(world, subject, "transfer")
    note(world, subject, "finish", result="{secret.__class__}")
    with translation.override("en"):
        assert [one.sentence for one in told(subject)] == [
            "transferred it to …",
            "finished: {secret.__class__}",
        ]


def test_the_list_of_verbs_that_is_given_out_is_a_copy() -> None:
    known_verbs().clear()
    assert "dispatch.order.accept" in known_verbs()
