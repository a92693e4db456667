"""The database's twin of `uuid7`, as the migrations installed it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings

from linli.lib.uuid7 import moment_of, uuid7

pytestmark = [
    pytest.mark.skipif(not settings.configured, reason="needs the project's database"),
    pytest.mark.django_db,
]


def ids_from_the_database(count: int) -> list[UUID]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT linli_uuid7() FROM generate_series(1, %s)", [count])
        return [id for (id,) in cursor.fetchall()]


def test_the_database_makes_the_same_kind_of_id() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    ids = ids_from_the_database(500)
    after = datetime.now(UTC) + timedelta(milliseconds=1)
    assert len(set(ids)) == 500
    for id in ids:
        assert id.version == 7
        assert id.int >> 62 & 0b11 == 0b10
        assert before <= moment_of(id) <= after
    # Ordered to the microsecond: the time part never goes back.
    ticks = [id.int >> 64 for id in ids]
    assert ticks == sorted(ticks)


def test_ids_of_both_makers_sort_together() -> None:
    ours = uuid7()
    [theirs] = ids_from_the_database(1)
    assert abs(moment_of(theirs) - moment_of(ours)) < timedelta(seconds=5)
