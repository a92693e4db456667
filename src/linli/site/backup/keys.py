"""The keys and secrets of an installation in one file, sealed with a passphrase.

Shape: magic (8 bytes) · salt (16) · nonce (12) · AES-256-GCM over JSON, with a key that scrypt
makes from the passphrase (128 MB and about half a second for each guess).
"""

import hashlib
import json
import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from linli.site.home import Home, write_once

MAGIC = b"LINLIKEY"
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
FOLDERS = ("keys", "secrets")
SHORTEST_PASSPHRASE = 12


class KeysError(Exception):
    """A file of keys cannot be made or opened; the message is one sentence for the terminal."""


def fingerprint(home: Home) -> str:
    """Names the key rings without telling anything about them: keys are 256 random bits."""
    content = {path.name: path.read_text("utf-8") for path in sorted(home.path("keys").glob("*"))}
    return _fingerprint(content)


def put_away(home: Home, target: Path, passphrase: str) -> str:
    """Write keys and secrets into `target`, which must not exist; returns their fingerprint."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeysError(f"The passphrase needs {SHORTEST_PASSPHRASE} characters or more.")
    held = {
        f"{folder}/{path.name}": b64encode(path.read_bytes()).decode()
        for folder in FOLDERS
        for path in sorted(home.path(folder).glob("[a-z]*"))
    }
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    body = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(held).encode(), MAGIC)
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + salt + nonce + body)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeysError(f"{target} cannot be written: {error.strerror}.") from error
    return fingerprint(home)


def open_keys(source: Path, passphrase: str) -> dict[str, str]:
    """The files that `put_away` wrote, by name. Raises `KeysError` for another passphrase."""
    try:
        blob = source.read_bytes()
    except OSError as error:
        raise KeysError(f"{source} cannot be read: {error.strerror}.") from error
    if not blob.startswith(MAGIC):
        raise KeysError(f"{source} is no file of keys.")
    salt, rest = blob[len(MAGIC) :][:SALT_BYTES], blob[len(MAGIC) + SALT_BYTES :]
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(
            rest[:NONCE_BYTES], rest[NONCE_BYTES:], MAGIC
        )
    except (InvalidTag, ValueError) as error:
        raise KeysError(f"The passphrase does not open {source}, or it was altered.") from error
    return {name: b64decode(text).decode() for name, text in json.loads(plain).items()}


def fingerprint_of(held: dict[str, str]) -> str:
    """The fingerprint of opened keys."""
    return _fingerprint(
        {
            name.removeprefix("keys/"): text
            for name, text in held.items()
            if name.startswith("keys/")
        }
    )


def lay_out(home: Home, held: dict[str, str]) -> None:
    """Put opened keys and secrets into a new home; what is there is never replaced."""
    for name, text in held.items():
        folder, _slash, file = name.partition("/")
        if folder in FOLDERS and "/" not in file and not file.startswith("."):
            write_once(home.path(folder, file), text)


def _fingerprint(content: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=2**17, r=8, p=1).derive(passphrase.encode())
