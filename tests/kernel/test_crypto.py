from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from linli.kernel.accounts.models import User
from linli.kernel.crypto.sealing import NONCE_BYTES, SealError, blind, seal, unseal
from linli.kernel.forms.models import Draft

from ..world import World

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@given(st.text())
def test_what_is_sealed_opens_for_its_purpose_and_for_no_other(text: str) -> None:
    sealed = seal(text, purpose="people_person.phone")

    assert unseal(sealed, purpose="people_person.phone") == text
    with pytest.raises(SealError):
        unseal(sealed, purpose="people_person.address")


def test_a_sealed_value_that_was_altered_or_cut_anywhere_never_opens() -> None:
    sealed = seal("13800138000", purpose="p")

    for at in range(len(sealed)):
        altered = bytearray(sealed)
        altered[at] ^= 1
        with pytest.raises(SealError):
            unseal(bytes(altered), purpose="p")
        with pytest.raises(SealError):
            unseal(sealed[:at], purpose="p")


def test_an_unknown_algorithm_and_an_unknown_key_are_named(settings: Settings) -> None:
    sealed = seal("text", purpose="p")
    with pytest.raises(SealError, match="unknown algorithm"):
        unseal(b"\x02" + sealed[1:], purpose="p")
    settings.LINLI_FIELD_KEYS = {"elsewhere": NEW}
    with pytest.raises(SealError, match="unknown key"):
        unseal(sealed, purpose="p")


def test_the_newest_key_of_the_ring_writes_and_the_old_one_still_reads(settings: Settings) -> None:
    settings.LINLI_FIELD_KEYS = {"k1": OLD}
    before = seal("before", purpose="p")
    settings.LINLI_FIELD_KEYS = {"k1": OLD, "k2": NEW}
    after = seal("after", purpose="p")

    assert (before[2:4], after[2:4]) == (b"k1", b"k2")
    assert unseal(before, purpose="p") == "before"
    settings.LINLI_FIELD_KEYS = {"k2": NEW}
    assert unseal(after, purpose="p") == "after"
    with pytest.raises(SealError, match="unknown key"):
        unseal(before, purpose="p")


def test_a_key_of_the_same_name_with_other_bytes_opens_nothing(settings: Settings) -> None:
    settings.LINLI_FIELD_KEYS = {"k1": OLD}
    sealed = seal("text", purpose="p")
    settings.LINLI_FIELD_KEYS = {"k1": NEW}
    with pytest.raises(SealError, match="altered"):
        unseal(sealed, purpose="p")


def test_no_nonce_comes_twice() -> None:
    start = 2 + seal("", purpose="p")[1]
    nonces = {seal("same", purpose="p")[start : start + NONCE_BYTES] for _at in range(2000)}
    assert len(nonces) == 2000


def test_a_blind_index_finds_within_its_purpose_only() -> None:
    phone = blind("13800138000", purpose="people.phone")

    assert blind("13800138000", purpose="people.phone") == phone
    assert blind("13800138000", purpose="accounts.phone") != phone
    assert blind("13800138001", purpose="people.phone") != phone
    assert len(phone) == 32


def _stored(user: User) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_user WHERE id = %s", [user.pk])
        return cursor.fetchone()[0]


def test_a_sealed_field_is_plain_in_python_and_unreadable_in_the_table(world: World) -> None:
    user = world.users["worker"]
    user.phone = "13800138000"
    user.save()

    stored = bytes(_stored(user))
    assert b"13800138000" not in stored
    assert unseal(stored, purpose="accounts_user.phone") == "13800138000"
    assert User.objects.get(pk=user.pk).phone == "13800138000"
    assert User.objects.values_list("phone", flat=True).get(pk=user.pk) == "13800138000"


def test_empty_text_is_stored_as_null_and_read_as_empty_text(world: World) -> None:
    user = world.users["worker"]
    assert User().phone == ""
    user.phone = "1"
    user.save()
    user.phone = ""
    user.save()

    assert _stored(user) is None
    assert User.objects.get(pk=user.pk).phone == ""
    assert User.objects.filter(phone="", pk=user.pk).exists()


@pytest.mark.django_db
def test_bulk_creation_and_update_seal_each_row_on_its_own() -> None:
    from django.utils import timezone

    now = timezone.now()
    Draft.objects.bulk_create(
        Draft(key_hash=bytes([at]) * 32, path="/", values="same words", kept_until=now)
        for at in range(20)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT values FROM linli_forms_draft")
        stored = {bytes(one) for (one,) in cursor.fetchall()}
    assert len(stored) == 20
    assert set(Draft.objects.values_list("values", flat=True)) == {"same words"}

    Draft.objects.update(values="other words")
    assert set(Draft.objects.values_list("values", flat=True)) == {"other words"}


def test_a_sealed_column_cannot_be_searched(world: World) -> None:
    user = world.users["worker"]
    user.phone = "13800138000"
    user.save()

    assert not User.objects.filter(phone="13800138000").exists()


def test_a_value_copied_into_another_column_does_not_open(world: World) -> None:
    user = world.users["worker"]
    user.phone = "13800138000"
    user.save()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO linli_forms_draft (id, key_hash, path, values, kept_until)"
            " SELECT id, %s, '/', phone, now() FROM accounts_user WHERE id = %s",
            [b"k" * 32, user.pk],
        )
    with pytest.raises(SealError):
        Draft.objects.get(key_hash=b"k" * 32)
