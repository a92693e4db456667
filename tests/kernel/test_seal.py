import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.db import connection, connections, transaction
from psycopg.conninfo import make_conninfo

from linli.kernel.accounts.actors import system
from linli.kernel.timeline.guards import FUNCTIONS
from linli.kernel.timeline.models import Event, Seal
from linli.kernel.timeline.record import record_shown
from linli.kernel.timeline.seal import START, link, seal
from linli.kernel.timeline.verify import verify
from linli.lib.uuid7 import uuid7
from linli.site import databases
from linli.site.home import Home

pytestmark = pytest.mark.usefixtures("fresh_database")
INSERT = (
    "INSERT INTO timeline_event (id, at, actor_kind, reason, verb, subject_type, data)"
    " VALUES (gen_random_uuid(), now(), 'system', 'tests', 'ui.exported', 'ui.list', '{}')"
)
PATIENCE = 240.0


def note(times: int = 1) -> None:
    """So many events, each in a transaction of its own."""
    for _time in range(times):
        given = {"subject_type": "ui.list", "subject_id": None}
        record_shown(system("tests"), "ui.exported", about=[uuid7(), uuid7()], **given)


def seal_soon() -> Seal:
    """Seal; on a server with other databases, their older transactions have to end first."""
    until = time.monotonic() + PATIENCE
    while (made := seal()) is None:
        assert time.monotonic() < until, "an older transaction stays open"
        time.sleep(0.05)
    return made


def seal_everything() -> None:
    """Seal until no event is left unsealed."""
    while not Seal.objects.exists() or verify().sealed < Event.objects.count():
        seal_soon()


def test_sealing_nothing_makes_no_seal() -> None:
    assert seal() is None
    note()
    seal_everything()
    assert seal() is None
    assert Seal.objects.count() == 1


def test_seals_form_a_chain_over_all_events_in_order() -> None:
    note(3)
    seal_everything()
    note(2)
    seal_everything()

    head, covered, edge = START, 0, 0
    for one in Seal.objects.order_by("number"):
        events = Event.objects.filter(transaction__gte=one.first, transaction__lt=one.before)
        hashes = [bytes(event.hash) for event in events.order_by("transaction", "id")]
        assert (one.first, one.events) == (edge, len(hashes))
        assert bytes(one.head) == link(head, hashes) != head
        head, covered, edge = bytes(one.head), covered + len(hashes), one.before
    report = verify()
    assert (covered, report.events, report.sealed) == (5, 5, 5)
    assert (report.head, report.problems) == (head.hex(), [])


def test_nothing_is_sealed_while_an_older_transaction_is_open() -> None:
    older = connections.create_connection("default")
    try:
        older.set_autocommit(False)
        with older.cursor() as cursor:
            cursor.execute(INSERT)
        note(2)
        assert seal() is None
        older.commit()
    finally:
        older.close()
    seal_everything()
    report = verify()
    assert (report.sealed, report.problems) == (3, [])


def test_an_older_transaction_that_is_undone_leaves_no_gap() -> None:
    older = connections.create_connection("default")
    older.set_autocommit(False)
    with older.cursor() as cursor:
        cursor.execute(INSERT)
    note()
    older.rollback()
    older.close()
    seal_everything()
    assert (verify().sealed, verify().problems) == (1, [])


def test_an_event_of_the_sealers_own_transaction_waits() -> None:
    note()
    seal_everything()
    with transaction.atomic():
        note()
        assert seal() is None
    seal_everything()
    assert verify().sealed == 2


def test_of_two_sealers_at_once_one_seals_and_the_chain_stays_one() -> None:
    for _round in range(4):
        note(5)
        # First everything before must have ended, so that both have the same to seal.
        barrier = Barrier(2, timeout=60)

        def one(barrier: Barrier = barrier) -> Seal | None:
            try:
                barrier.wait()
                return seal()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda at: one(), range(2)))
    seal_everything()
    report = verify()
    assert (report.sealed, report.problems) == (20, [])


@pytest.fixture
def superuser(database_name: str) -> Iterator[psycopg.Connection]:
    """Somebody who can switch every trigger off."""
    address = make_conninfo(databases.administrator(Home.open()), dbname=database_name)
    with psycopg.connect(address, autocommit=True) as held:
        held.execute("SET session_replication_role = replica")
        yield held


HASH = "hash = linli_event_hash(e)"
EVENT = "(SELECT id FROM kept ORDER BY transaction LIMIT 1)"
# Every column of an event but the one that says its place, which is moved below.
OTHERWISE = {
    "id": "gen_random_uuid()",
    "at": "at - interval '1 day'",
    "actor_kind": "'user'",
    '"user"': "gen_random_uuid()",
    "post": "gen_random_uuid()",
    "reason": "'x'",
    "verb": "'people.changed'",
    "subject_type": "'people.person'",
    "subject_id": "gen_random_uuid()",
    "area": "350502004001",
    "unit": "gen_random_uuid()",
    "data": """'{"rows": 1}'""",
    "about": "NULL",
    "hash": "sha256(hash)",
}
PLANTS: dict[str, tuple[tuple[str, ...], str]] = {
    "an edited event": (
        (f"UPDATE timeline_event SET verb = 'x' WHERE id = {EVENT}",),
        "was altered",
    ),
    "an edited event with a new hash": (
        (
            f"UPDATE timeline_event SET verb = 'x' WHERE id = {EVENT}",
            f"UPDATE timeline_event e SET {HASH} WHERE id = {EVENT}",
        ),
        "does not match its events",
    ),
    "a person taken out of a look": (
        (f"UPDATE timeline_event SET about = about[2:] WHERE id = {EVENT}",),
        "was altered",
    ),
    **{
        f"another {column}": (
            (f"UPDATE timeline_event SET {column} = {value} WHERE id = {EVENT}",),
            "was altered",
        )
        for column, value in OTHERWISE.items()
    },
    "a deleted event": ((f"DELETE FROM timeline_event WHERE id = {EVENT}",), "are there"),
    "an event inserted backwards": (
        (
            'INSERT INTO timeline_event SELECT gen_random_uuid(), at, actor_kind, "user", post,'
            " reason, verb, subject_type, subject_id, area, unit, data, hash, transaction"
            f" FROM timeline_event WHERE id = {EVENT}",
            f"UPDATE timeline_event e SET {HASH}",
        ),
        "are there",
    ),
    "two events that changed places": (
        (
            "UPDATE timeline_event e SET transaction = (SELECT min(transaction) +"
            " max(transaction) FROM kept) - e.transaction WHERE e.transaction IN"
            " (SELECT min(transaction) FROM kept UNION SELECT max(transaction) FROM kept)",
            f"UPDATE timeline_event e SET {HASH}",
        ),
        "does not match its events",
    ),
    "an event moved behind the seal": (
        (
            f"UPDATE timeline_event SET transaction = transaction + 1000000 WHERE id = {EVENT}",
            f"UPDATE timeline_event e SET {HASH}",
        ),
        "are there",
    ),
    "an altered head": (
        ("UPDATE timeline_seal SET head = sha256(head) WHERE number = 1",),
        "does not match its events",
    ),
    "an altered number of events": (
        ("UPDATE timeline_seal SET events = events + 1 WHERE number = 1",),
        "are there",
    ),
    "a seal moved in the chain": (
        ("UPDATE timeline_seal SET first = first + 1 WHERE number = 1",),
        "does not follow",
    ),
    "a seal left out": (("DELETE FROM timeline_seal WHERE number = 1",), "does not follow"),
    "a guard switched off": (
        ("ALTER TABLE timeline_event DISABLE TRIGGER linli_frozen_timeline_event",),
        "guard linli_frozen_timeline_event is switched off",
    ),
    "a guard for replicas only": (
        ("ALTER TABLE people_person ENABLE REPLICA TRIGGER linli_actor_people_person",),
        "guard linli_actor_people_person is switched off",
    ),
    "a guard dropped": (
        ("DROP TRIGGER linli_stamp ON timeline_event",),
        "guard linli_stamp is missing",
    ),
    "a guard that guards nothing": (
        (
            "CREATE OR REPLACE FUNCTION linli_require_actor() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NULL; END $$",
        ),
        "guard linli_require_actor was changed",
    ),
    "a shift that no event explains": (
        ("UPDATE timeline_seal SET shift = shift + 1 WHERE number = 2",),
        "and no event says why",
    ),
    "a seal from another server": (
        ("UPDATE timeline_seal SET origin = '1' WHERE number = 2",),
        "and no event says why",
    ),
}
REVERT = (
    "TRUNCATE timeline_event",
    "TRUNCATE timeline_seal",
    "INSERT INTO timeline_event SELECT * FROM kept",
    "INSERT INTO timeline_seal SELECT * FROM kept_seals",
    "ALTER TABLE timeline_event ENABLE TRIGGER linli_frozen_timeline_event",
    "ALTER TABLE people_person ENABLE TRIGGER linli_actor_people_person",
    "DROP TRIGGER IF EXISTS linli_stamp ON timeline_event",
    "CREATE TRIGGER linli_stamp BEFORE INSERT ON timeline_event"
    " FOR EACH ROW EXECUTE FUNCTION linli_event_stamp()",
    next(one.sql() for one in FUNCTIONS if one.name == "linli_require_actor"),
)


def test_every_planted_fault_is_found_and_nothing_else_is(superuser: psycopg.Connection) -> None:
    note(4)
    seal_everything()
    note(2)
    seal_everything()
    superuser.execute("CREATE TABLE kept AS SELECT * FROM timeline_event")
    superuser.execute("CREATE TABLE kept_seals AS SELECT * FROM timeline_seal")
    assert verify().problems == []
    missed = []
    for name, (statements, sentence) in PLANTS.items():
        for statement in statements:
            superuser.execute(statement)
        problems = verify().problems
        if not any(sentence in one for one in problems):
            missed.append((name, problems))
        for statement in REVERT:
            superuser.execute(statement)
        assert verify().problems == [], name
    assert missed == []


def test_a_session_in_which_no_trigger_fires_is_found(
    superuser: psycopg.Connection, database_name: str
) -> None:
    assert verify().problems == []
    role = f'ROLE linli_app IN DATABASE "{database_name}"'
    superuser.execute(f"ALTER {role} SET session_replication_role = replica".encode())
    connection.close()
    assert verify().problems == ["guard session_replication_role was changed"]
    superuser.execute(f"ALTER {role} RESET ALL".encode())
    connection.close()
    assert verify().problems == []


def test_what_is_cut_off_at_the_end_shows_in_the_published_head(
    superuser: psycopg.Connection,
) -> None:
    note(2)
    seal_everything()
    note(2)
    seal_everything()
    published = verify().head
    superuser.execute(
        "DELETE FROM timeline_event WHERE transaction >= (SELECT max(first) FROM timeline_seal)"
    )
    superuser.execute(
        "DELETE FROM timeline_seal WHERE number = (SELECT max(number) FROM timeline_seal)"
    )
    report = verify()
    assert report.problems == []
    assert report.head != published


def test_every_column_of_an_event_is_edited_in_turn() -> None:
    columns = {field.column for field in Event._meta.get_fields()} - {"transaction"}
    assert columns == {name.strip('"') for name in OTHERWISE}


def test_an_unsealed_event_that_was_edited_is_found_by_its_own_hash(
    superuser: psycopg.Connection,
) -> None:
    note()
    superuser.execute("UPDATE timeline_event SET reason = 'other'")
    (problem,) = verify().problems
    assert "was altered" in problem
