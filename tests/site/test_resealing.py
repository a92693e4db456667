import json
from base64 import b64decode
from collections import Counter
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as present
from django.db import connection
from pytest_django import Settings

from linli.kernel.accounts.factors import FactorAdapter
from linli.kernel.accounts.models import User
from linli.kernel.crypto.sealing import newest_key, seal, unseal
from linli.kernel.timeline.models import Event
from linli.site import keyring, resealing
from linli.site.keyring import KeyRing, RingError

from ..world import World

PHONE = "13800138000"


@pytest.fixture
def ring(tmp_path: Path, settings: Settings) -> KeyRing:
    """The ring of this installation, as a copy that may be changed."""
    path = tmp_path / "fields.json"
    path.write_bytes(present.LINLI_FIELD_KEYS.path.read_bytes())
    settings.LINLI_FIELD_KEYS = KeyRing(path)
    return settings.LINLI_FIELD_KEYS


def with_phone(world: World) -> User:
    user = world.users["worker"]
    user.phone = PHONE
    user.save()
    return user


def test_a_process_that_runs_already_writes_with_a_new_key_at_once(ring: KeyRing) -> None:
    elsewhere = KeyRing(ring.path)
    assert keyring.add(ring.path) == "k2"

    assert list(elsewhere) == list(ring) == ["k1", "k2"]
    assert newest_key() == "k2"
    assert seal("x", purpose="p")[2:4] == b"k2"


def test_a_ring_that_is_damaged_while_we_run_leaves_the_keys_we_know(ring: KeyRing) -> None:
    known = dict(ring)
    ring.path.write_text("{")

    assert dict(ring) == known
    with pytest.raises(RingError, match="damaged"):
        KeyRing(ring.path)


def test_the_newest_key_and_an_unknown_one_cannot_be_laid_aside(ring: KeyRing) -> None:
    keyring.add(ring.path)
    for key_id, told in (("k2", "newest"), ("k9", "no key k9")):
        with pytest.raises(RingError, match=told):
            keyring.retire(ring.path, key_id)
    assert list(ring) == ["k1", "k2"]


def test_an_id_that_was_laid_aside_is_never_given_again(ring: KeyRing) -> None:
    keyring.add(ring.path)
    keyring.retire(ring.path, "k1")
    assert keyring.add(ring.path) == "k3"
    assert list(ring) == ["k2", "k3"]


def test_every_value_moves_to_the_new_key_and_the_old_one_can_go(
    world: World, ring: KeyRing
) -> None:
    user = with_phone(world)
    old = _stored(user)
    resealing.add_key(ring)
    assert sum(held["k1"] for held in resealing.counted().values()) > 0

    done = resealing.reseal()

    assert done > 0
    counts: Counter[str] = sum(resealing.counted().values(), Counter())
    assert set(counts) == {"k2"}
    assert User.objects.get(pk=user.pk).phone == PHONE
    resealing.retire_key(ring, "k1")
    assert list(ring) == ["k2"]
    assert User.objects.get(pk=user.pk).phone == PHONE
    # A backup from before opens with the key that was laid aside.
    aside = json.loads((ring.path.parent / "retired.json").read_text())
    present.LINLI_FIELD_KEYS = {"k1": b64decode(aside["k1"])}
    assert unseal(old, purpose="accounts_user.phone") == PHONE


def test_a_key_stays_while_a_single_value_needs_it(world: World, ring: KeyRing) -> None:
    user = with_phone(world)
    resealing.add_key(ring)
    resealing.reseal()
    with connection.cursor() as cursor:
        present.LINLI_FIELD_KEYS = {"k1": ring["k1"]}
        late = seal(PHONE, purpose="accounts_user.phone")
        present.LINLI_FIELD_KEYS = ring
        cursor.execute("UPDATE accounts_user SET phone = %s WHERE id = %s", [late, user.pk])

    with pytest.raises(RingError, match="1 values are sealed with k1"):
        resealing.retire_key(ring, "k1")
    assert list(ring) == ["k1", "k2"]


def test_a_reseal_that_was_stopped_goes_on_where_it_was(
    world: World, ring: KeyRing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_phone(world)
    resealing.add_key(ring)
    whole = sum(held["k1"] for held in resealing.counted().values())
    monkeypatch.setattr(resealing, "BATCH", 1)

    def killed(purpose: str, values: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resealing.reseal(killed)
    assert sum(held["k1"] for held in resealing.counted().values()) == whole - 1
    assert resealing.reseal() == whole - 1


def test_the_secret_of_a_second_factor_moves_too(world: World, ring: KeyRing) -> None:
    adapter = FactorAdapter()
    factor = Authenticator.objects.create(
        user=world.users["worker"], type="totp", data={"secret": adapter.encrypt("ABC")}
    )
    resealing.add_key(ring)
    resealing.reseal()
    resealing.retire_key(ring, "k1")

    factor.refresh_from_db()
    assert adapter.decrypt(factor.data["secret"]) == "ABC"


def test_what_is_done_with_keys_is_on_record(world: World, ring: KeyRing) -> None:
    resealing.add_key(ring)
    resealing.reseal()
    resealing.retire_key(ring, "k1")

    told = {one.verb: one.data for one in Event.objects.filter(subject_type="key")}
    assert told["site.key_added"] == {"key": "k2"}
    assert told["site.resealed"]["key"] == "k2"
    assert told["site.key_retired"] == {"key": "k1"}


def _stored(user: User) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM accounts_user WHERE id = %s", [user.pk])
        return bytes(cursor.fetchone()[0])
