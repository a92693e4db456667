"""Sealed fields move to the newest key while work goes on, so that an old key can be laid aside."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import connection

from linli.kernel.accounts.actors import acting, system
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.crypto.holders import holders
from linli.kernel.crypto.sealing import key_of, newest_key, seal, unseal
from linli.kernel.timeline.record import record

from . import keyring
from .keyring import KeyRing, RingError

BATCH = 500
# Algorithm, length of the key's id, the id: the beginning of every sealed value.
COUNT = """
SELECT convert_from(substring({column} FROM 3 FOR get_byte({column}, 1)), 'UTF8'), count(*)
FROM {table} WHERE {column} IS NOT NULL GROUP BY 1
"""
# A row that somebody is changing just now waits for the next round.
OLDER = """
SELECT {key}, {column} FROM {table}
WHERE {column} IS NOT NULL
  AND substring({column} FROM 3 FOR get_byte({column}, 1)) <> convert_to(%s, 'UTF8')
ORDER BY {key} LIMIT %s FOR UPDATE SKIP LOCKED
"""
STORE = "UPDATE {table} SET {column} = %s WHERE {key} = %s"
# Whoever began before the key came may still write with the one before.
EARLIER = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < to_timestamp(%s)
"""


@dataclass(frozen=True)
class Column:
    """One sealed column, with its names ready for SQL."""

    table: str
    key: str
    column: str
    purpose: str

    def sql(self, statement: str) -> str:
        quote = connection.ops.quote_name
        return statement.format(
            table=quote(self.table), key=quote(self.key), column=quote(self.column)
        )


def sealed_columns() -> Iterator[Column]:
    """Every sealed column of every table."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedTextField):
                key, _column = model._meta.pk.get_attname_column()
                yield Column(model._meta.db_table, key, field.attname, field.purpose)


def counted() -> dict[str, Counter[str]]:
    """How many values are sealed with each key, by column (`<table>.<column>`) or holder."""
    found = {}
    with acting(system("keys.count")), connection.cursor() as cursor:
        for one in sealed_columns():
            cursor.execute(one.sql(COUNT))
            found[one.purpose] = Counter(dict(cursor.fetchall()))
        for holder in holders():
            found[holder.name] = Counter(key_of(value) for value in holder.values())
    return found


def add_key(ring: KeyRing) -> str:
    """Add a key to the ring of sealed fields; from now on every process writes with it."""
    made = keyring.add(ring.path)
    with acting(system("keys.new")) as actor:
        record(actor, "site.key_added", subject_type="key", subject_id=None, key=made)
    return made


def reseal(say: Callable[[str, int], None] = lambda purpose, values: None) -> int:
    """Seal every value again that an older key sealed, in small transactions; returns how many.

    What others change meanwhile is sealed with the newest key anyway. Can be stopped and begun
    again at any time. `say(purpose, values)` hears of each batch.
    """
    newest, total = newest_key(), 0
    for one in sealed_columns():
        while done := _reseal_some(one, newest):
            total += done
            say(one.purpose, done)
    for holder in holders():
        with acting(system("keys.reseal")):
            total += holder.reseal()
    with acting(system("keys.reseal")) as actor:
        record(
            actor, "site.resealed", subject_type="key", subject_id=None, key=newest, values=total
        )
    return total


def _reseal_some(one: Column, newest: str) -> int:
    with acting(system("keys.reseal")), connection.cursor() as cursor:
        cursor.execute(one.sql(OLDER), [newest, BATCH])
        rows = [
            (seal(unseal(value, purpose=one.purpose), purpose=one.purpose), key)
            for key, value in cursor.fetchall()
        ]
        cursor.executemany(one.sql(STORE), rows)
    return len(rows)


def retire_key(ring: KeyRing, key_id: str) -> None:
    """Lay a key aside with which nothing is sealed any more; raises `RingError` otherwise."""
    left = sum(held[key_id] for held in counted().values())
    if left:
        raise RingError(f"{left} values are sealed with {key_id}; run: linli keys reseal")
    with acting(system("keys.retire")) as actor:
        with connection.cursor() as cursor:
            cursor.execute(EARLIER, [ring.path.stat().st_mtime])
            (running,) = cursor.fetchone()
        if running:
            raise RingError(
                f"{running} transactions that began before the newest key are still running."
            )
        keyring.retire(ring.path, key_id)
        record(actor, "site.key_retired", subject_type="key", subject_id=None, key=key_id)


def field_ring() -> KeyRing:
    """The ring with which fields are sealed."""
    ring: KeyRing = settings.LINLI_FIELD_KEYS
    return ring
