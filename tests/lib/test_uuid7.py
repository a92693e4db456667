import os
import threading
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.lib import uuid7 as module
from linli.lib.uuid7 import EPOCH, SQL_TWIN, moment_of, uuid7, uuid7_at

MOMENTS = st.integers(0, 253_402_000_000_000_000).map(
    lambda microseconds: EPOCH + timedelta(microseconds=microseconds)
)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (repeatable on purpose)


def assert_is_version_7(id: UUID) -> None:
    assert id.version == 7
    assert id.int >> 62 & 0b11 == 0b10


@given(st.integers(min_value=2, max_value=200))
def test_each_id_is_greater_than_the_one_before(count: int) -> None:
    ids = [uuid7() for _ in range(count)]
    assert all(before < after for before, after in pairwise(ids))
    assert [str(id) for id in ids] == sorted(str(id) for id in ids)
    for id in ids:
        assert_is_version_7(id)


def test_ids_stay_in_order_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = uuid7()
    monkeypatch.setattr("linli.lib.uuid7.time.time_ns", lambda: 0)
    during = [uuid7() for _ in range(5000)]
    assert [before, *during] == sorted({before, *during})


def test_threads_never_share_an_id_and_each_sees_its_own_in_order() -> None:
    made: list[list[UUID]] = [[] for _ in range(8)]

    def work(mine: list[UUID]) -> None:
        mine.extend(uuid7() for _ in range(2000))

    threads = [threading.Thread(target=work, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == sorted(mine) for mine in made)
    assert len({id for mine in made for id in mine}) == 16_000
    # The 60 bits of time alone are unique too: the order does not hang on the random part.
    assert len({id.int >> 64 for mine in made for id in mine}) == 16_000


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_forked_while_a_thread_holds_the_lock_can_still_make_ids() -> None:
    with module._lock:
        child = os.fork()
        if not child:
            os._exit(0 if uuid7().version == 7 else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_the_moment_is_now() -> None:
    before = datetime.now(UTC)
    made = moment_of(uuid7())
    assert before - timedelta(milliseconds=1) <= made <= datetime.now(UTC) + timedelta(seconds=1)
    assert made.tzinfo is UTC


@given(MOMENTS, st.integers())
def test_a_seeded_id_carries_its_moment_to_the_millisecond(moment: datetime, seed: int) -> None:
    id = uuid7_at(moment, seeded(seed))
    assert_is_version_7(id)
    assert id == uuid7_at(moment, seeded(seed))
    assert moment_of(id) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(MOMENTS, st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=1)))
def test_seeded_ids_sort_by_moment_to_the_microsecond(moment: datetime, later: timedelta) -> None:
    random = seeded(7)
    assert uuid7_at(moment, random) < uuid7_at(moment + later, random)


def test_the_zone_of_a_moment_does_not_matter() -> None:
    utc = datetime(2026, 3, 1, 4, 5, 6, 789_000, tzinfo=UTC)
    shanghai = utc.astimezone(timezone(timedelta(hours=8)))
    assert uuid7_at(utc, seeded(1)) == uuid7_at(shanghai, seeded(1))


def test_the_example_of_the_rfc_is_read() -> None:
    # RFC 9562, appendix A.6: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00
    id = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
    assert moment_of(id) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001  (the villain)
        datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
    ],
)
def test_naive_and_prehistoric_moments_are_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="moment of an id"):
        uuid7_at(moment, seeded(1))


def test_a_random_id_has_no_moment() -> None:
    with pytest.raises(ValueError, match="version 7"):
        moment_of(uuid4())


def test_an_id_of_a_time_after_all_calendars_gives_their_end() -> None:
    assert moment_of(UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")).year == 9999


def test_the_sql_twin_names_the_function_that_migrations_install() -> None:
    assert SQL_TWIN.startswith("CREATE OR REPLACE FUNCTION linli_uuid7() RETURNS uuid")
