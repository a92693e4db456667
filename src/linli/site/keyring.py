"""Key rings: files of keys by name, oldest first, that every process reads as they change.

The newest key writes, every key reads. A key that is taken out is laid aside in `retired.json`
beside the ring, for backups that were made while it was in use.
"""

import fcntl
import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

KEY_BYTES = 32
RETIRED = "retired.json"


class RingError(Exception):
    """A ring cannot be read, or not be changed as asked; the message is one sentence."""


class KeyRing(Mapping[str, bytes]):
    """Key ids ("k1", "k2", …) to 32-byte keys, oldest first, as the file has them at this moment.

    Raises `RingError` when the file is damaged at first; later the keys that were read last stay.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self._keys = read(path)

    def __getitem__(self, key_id: str) -> bytes:
        return self._now()[key_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> dict[str, bytes]:
        try:
            stamp = _stamp(self.path)
            if stamp != self._stamp:
                self._keys, self._stamp = read(self.path), stamp
        except (OSError, RingError):
            # Work goes on with what is known; `linli check` and every start read it strictly.
            return self._keys
        return self._keys


def read(path: Path) -> dict[str, bytes]:
    """The keys of a ring's file."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        ring = {key: b64decode(value, validate=True) for key, value in held.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise RingError(f"{path} is damaged: {error}.") from error
    if not ring or any(len(key) != KEY_BYTES for key in ring.values()):
        raise RingError(f"{path} holds a key that is not 32 bytes.")
    return ring


def first_ring() -> str:
    """A new ring with one key, as JSON."""
    return json.dumps({"k1": _new_key()})


def add(path: Path) -> str:
    """Add a key, with which everything is written from now on; returns its id."""
    with _alone(path):
        held = json.loads(path.read_text(encoding="utf-8"))
        # Never the id of a key that was laid aside: old backups know it.
        known = {*held, *_retired(path)}
        key_id = next(name for n in range(1, len(known) + 2) if (name := f"k{n}") not in known)
        _replace(path, held | {key_id: _new_key()})
    return key_id


def retire(path: Path, key_id: str) -> None:
    """Lay a key aside with which nothing is sealed any more; raises `RingError` for the newest."""
    with _alone(path):
        held = json.loads(path.read_text(encoding="utf-8"))
        if key_id not in held:
            raise RingError(f"{path} has no key {key_id}.")
        if key_id == next(reversed(held)):
            raise RingError(f"{key_id} is the newest key, with which everything is written.")
        # Laid aside first: a crash in between leaves it in both, never in neither.
        _replace(path.with_name(RETIRED), _retired(path) | {key_id: held[key_id]})
        _replace(path, {name: key for name, key in held.items() if name != key_id})


def _retired(path: Path) -> dict[str, str]:
    aside = path.with_name(RETIRED)
    return json.loads(aside.read_text(encoding="utf-8")) if aside.exists() else {}


def _new_key() -> str:
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else changes the rings of this folder meanwhile."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(path: Path, held: dict[str, str]) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the new one, whole."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(held))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
