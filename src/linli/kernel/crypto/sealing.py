import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

AES_GCM = 1
NONCE_BYTES = 12


class SealError(Exception):
    """A sealed value cannot be opened: unknown key, unknown algorithm or altered bytes."""


def seal(text: str, *, purpose: str) -> bytes:
    """Encrypt `text` for storage; `purpose` is bound to the value, so it opens nowhere else.

    Shape: algorithm (1 byte) · length of key id (1) · key id · nonce (12) · ciphertext with tag.
    """
    key_id = newest_key()
    name, key = key_id.encode(), settings.LINLI_FIELD_KEYS[key_id]
    nonce = os.urandom(NONCE_BYTES)
    body = AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
    return bytes([AES_GCM, len(name)]) + name + nonce + body


def unseal(value: bytes, *, purpose: str) -> str:
    """Decrypt what `seal` wrote for the same purpose; raises SealError."""
    value = bytes(value)
    if len(value) < 2 or value[0] != AES_GCM:
        raise SealError("unknown algorithm")
    start = 2 + value[1]
    key = settings.LINLI_FIELD_KEYS.get(key_of(value))
    if key is None:
        raise SealError("unknown key")
    nonce, body = value[start : start + NONCE_BYTES], value[start + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, purpose.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise SealError("altered value, or sealed for another purpose") from error


def blind(text: str, *, purpose: str) -> bytes:
    """Keyed hash (32 bytes) of an exact value for look-up, different for every purpose."""
    return hmac.new(_index_key(purpose), text.encode(), hashlib.sha256).digest()


def key_of(value: bytes) -> str:
    """The id of the key with which a value is sealed."""
    value = bytes(value)
    return value[2 : 2 + value[1]].decode(errors="replace")


def newest_key() -> str:
    """The id of the key with which everything is sealed from now on."""
    newest: str = next(reversed(settings.LINLI_FIELD_KEYS))
    return newest


@cache
def _index_key(purpose: str) -> bytes:
    # The index key never rotates with the ring: a new one would mean hashing every row again.
    master = next(iter(settings.LINLI_INDEX_KEYS.values()))
    return hmac.new(master, purpose.encode(), hashlib.sha256).digest()
