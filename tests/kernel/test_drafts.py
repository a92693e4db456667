from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from linli.kernel.forms import drafts
from linli.kernel.forms.models import Draft

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TYPED = {"words": ["灯泡坏了"], "days": ["1", "2"], "empty": [""]}
SECOND = timedelta(seconds=1)


def test_what_was_typed_comes_back_as_it_was() -> None:
    key = drafts.keep(TYPED, path="/ask/", now=NOW)
    assert drafts.find(key, path="/ask/", now=NOW) == TYPED
    assert drafts.find(key, path="/ask/", now=NOW + drafts.KEPT - SECOND) == TYPED


def test_another_page_another_key_or_no_key_opens_nothing() -> None:
    key = drafts.keep(TYPED, path="/ask/", now=NOW)
    other = drafts.keep({"words": ["mine"]}, path="/ask/", now=NOW)
    assert key != other
    assert drafts.find(key, path="/desk/", now=NOW) is None
    for wrong in ("", key[:-1], key + "x", key.swapcase(), "\x00"):
        assert drafts.find(wrong, path="/ask/", now=NOW) is None


def test_keeping_again_replaces_and_keeps_longer() -> None:
    key = drafts.keep(TYPED, path="/ask/", now=NOW)
    later = NOW + drafts.KEPT - SECOND
    assert drafts.keep({"words": ["new"]}, path="/ask/", now=later, key=key) == key
    assert Draft.objects.count() == 1
    assert drafts.find(key, path="/ask/", now=NOW + drafts.KEPT + SECOND) == {"words": ["new"]}


def test_a_dropped_draft_is_gone_and_the_others_stay() -> None:
    key, other = (drafts.keep(TYPED, path="/ask/", now=NOW) for _time in range(2))
    drafts.drop(key)
    drafts.drop("")
    drafts.drop("unknown")
    assert drafts.find(key, path="/ask/", now=NOW) is None
    assert drafts.find(other, path="/ask/", now=NOW) == TYPED


def test_what_nobody_came_back_for_is_forgotten() -> None:
    old = drafts.keep(TYPED, path="/ask/", now=NOW)
    new = drafts.keep(TYPED, path="/ask/", now=NOW + SECOND)
    end = NOW + drafts.KEPT
    assert drafts.find(old, path="/ask/", now=end) is None
    assert drafts.drop_expired(now=end - SECOND) == 0
    assert drafts.drop_expired(now=end) == 1
    assert drafts.drop_expired(now=end) == 0
    assert drafts.find(new, path="/ask/", now=end) == TYPED


def test_the_table_holds_neither_the_words_nor_the_key() -> None:
    key = drafts.keep(TYPED, path="/ask/", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key_hash, values, path FROM linli_forms_draft")
        (row,) = cursor.fetchall()
    stored = b"".join(bytes(part) for part in row[:2])
    assert "灯泡".encode() not in stored
    assert b"words" not in stored
    assert key.encode() not in stored


def test_two_drafts_of_the_same_words_look_different() -> None:
    for _time in range(2):
        drafts.keep(TYPED, path="/ask/", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT values), count(*) FROM linli_forms_draft")
        assert cursor.fetchone() == (2, 2)
