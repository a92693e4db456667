"""An operation is done once: the same id gets the same answer, or is refused."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from linli.kernel.operations import once
from linli.kernel.operations.models import Operation
from linli.kernel.operations.once import KEPT, Done, Reused
from linli.lib.uuid7 import uuid7

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SUBJECT = UUID("01890000-0000-7000-8000-000000000001")
GIVEN = "陈阿婆 13800138000"


def claim(operation: UUID, *, holder: str = "user:a", given: str = GIVEN) -> Done | None:
    return once.claim(operation, holder=holder, given=given, now=timezone.now())


def done(operation: UUID, **given: str) -> None:
    assert claim(operation, **given) is None
    once.settle(operation, subject_type="people.person", subject_id=SUBJECT, answer="/there/")


def test_the_same_id_with_the_same_input_gets_what_was_done() -> None:
    operation = uuid7()
    done(operation)
    for _time in range(2):
        assert claim(operation) == Done("people.person", SUBJECT, "/there/")
    assert Operation.objects.count() == 1


def test_other_input_is_refused_and_its_sender_told_what_is_stored() -> None:
    operation = uuid7()
    done(operation)
    with pytest.raises(Reused) as refused:
        claim(operation, given="陈阿婆 13900139000")
    assert refused.value.done == Done("people.person", SUBJECT, "/there/")
    assert claim(operation) is not None


@pytest.mark.parametrize("given", [GIVEN, "anything else"])
def test_the_id_of_another_is_refused_in_the_same_words_whatever_they_sent(given: str) -> None:
    operation = uuid7()
    done(operation)
    with pytest.raises(Reused) as stranger:
        claim(operation, holder="user:b", given=given)
    assert stranger.value.done is None
    assert str(stranger.value) == str(Reused())
    assert once.done_by(operation, holder="user:b", given=GIVEN) is None


def test_what_came_to_nothing_may_be_sent_again_with_other_input() -> None:
    operation = uuid7()
    assert claim(operation) is None
    once.release(operation)
    assert claim(operation, given="corrected") is None
    assert Operation.objects.count() == 1


def test_asking_what_was_done_claims_nothing() -> None:
    operation = uuid7()
    assert once.done_by(operation, holder="user:a", given=GIVEN) is None
    assert not Operation.objects.exists()
    done(operation)
    assert once.done_by(operation, holder="user:a", given=GIVEN) is not None
    with pytest.raises(Reused):
        once.done_by(operation, holder="user:a", given="other")


def test_after_thirty_days_it_is_forgotten_and_refused_from_the_same_moment_on() -> None:
    operation = uuid7()
    done(operation)
    kept = Operation.objects.get().kept_until
    assert kept is not None
    assert once.drop_expired(now=kept - timedelta(seconds=1)) == 0
    assert once.drop_expired(now=kept) == 1
    with pytest.raises(Reused):
        once.claim(
            operation, holder="user:a", given=GIVEN, now=timezone.now() + KEPT + timedelta(1)
        )
    assert not Operation.objects.exists()


def test_an_id_for_ever_is_never_too_old_and_never_dropped() -> None:
    operation, much_later = uuid7(), NOW + timedelta(days=4000)
    kept = {"holder": "device:1", "given": GIVEN, "now": much_later, "kept": None}
    assert once.claim(operation, **kept) is None  # type: ignore[arg-type]
    assert once.drop_expired(now=much_later + timedelta(days=4000)) == 0
    assert once.claim(operation, **kept) is not None  # type: ignore[arg-type]


def test_an_id_that_carries_no_time_is_taken_as_it_is() -> None:
    operation = uuid4()
    done(operation)
    assert claim(operation) is not None


def test_the_table_holds_neither_what_was_sent_nor_the_answer_in_clear() -> None:
    operation = uuid7()
    claim(operation)
    once.settle(operation, subject_type="x", subject_id=None, answer="PIN 123456")
    with connection.cursor() as cursor:
        cursor.execute("SELECT operations_operation::text FROM operations_operation")
        (row,) = cursor.fetchone()
    assert "123456" not in row
    assert b"123456".hex() not in row
    assert GIVEN not in row
    assert GIVEN.encode().hex() not in row
