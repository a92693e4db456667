"""The folder where one installation keeps its secrets, its keys and (by default) its database.

`LINLI_HOME` names the folder; otherwise it is `$XDG_DATA_HOME/linli` or `~/.local/share/linli`.
It belongs to the user who runs Linli, has mode 0700, and every file in it has mode 0600.
Losing `keys/` means losing every encrypted field, so the folder is part of every backup.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .keyring import KeyRing, RingError, first_ring

SECRET_BYTES = 48
NAME = re.compile(r"[a-z][a-z0-9_-]*")


class HomeError(Exception):
    """The folder cannot be used; the message is one sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Home:
    """An existing folder that only its owner can read."""

    folder: Path

    @classmethod
    def open(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """The folder `environ` names, created if absent.

        Raises `HomeError` when it is no folder, belongs to somebody else, is open to others, or
        cannot be created or read.
        """
        folder = folder_from(environ)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            refuse_unsafe(folder)
        except OSError as error:
            raise HomeError(f"{folder} cannot be used: {error.strerror}.") from error
        return cls(folder)

    def path(self, *parts: str) -> Path:
        """A path inside the folder; nothing is created."""
        return self.folder.joinpath(*parts)

    def once(self, *parts: str, make: Callable[[], str]) -> str:
        """The text of a file that is written exactly once, by whichever process comes first."""
        path = self.path(*parts)
        try:
            if not path.exists():
                write_once(path, make())
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise HomeError(f"{path} cannot be read: {error.strerror}.") from error

    def secret(self, name: str) -> str:
        """A url-safe random text of 48 bytes, the same for ever."""
        value = self.once(
            "secrets", checked(name), make=lambda: secrets.token_urlsafe(SECRET_BYTES)
        )
        if len(value) < SECRET_BYTES:
            raise HomeError(f"{self.path('secrets', name)} is damaged: it is too short.")
        return value

    def keyring(self, name: str) -> KeyRing:
        """The ring of keys of this name, made with one key by whichever process comes first."""
        self.once("keys", f"{checked(name)}.json", make=first_ring)
        try:
            return KeyRing(self.path("keys", f"{name}.json"))
        except RingError as error:
            raise HomeError(str(error)) from error


def folder_from(environ: Mapping[str, str]) -> Path:
    """The absolute path that `environ` asks for."""
    if named := environ.get("LINLI_HOME"):
        return Path(named).expanduser().absolute()
    data = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser().absolute() / "linli"


def refuse_unsafe(folder: Path) -> None:
    """Raise `HomeError` unless `folder` is a folder of this user that nobody else can enter."""
    found = folder.stat()
    if not folder.is_dir():
        raise HomeError(f"{folder} is not a folder.")
    if found.st_uid != os.geteuid():
        raise HomeError(f"{folder} belongs to another user; run as that user or set LINLI_HOME.")
    if found.st_mode & 0o077:
        raise HomeError(f"{folder} is open to other users; run: chmod 700 {folder}")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise HomeError(f"{folder} cannot be read and written by its owner.")


def checked(name: str) -> str:
    """`name`, if it is fit to be a file name."""
    if not NAME.fullmatch(name):
        raise HomeError(f"{name!r} is not a name for a secret or a key ring.")
    return name


def write_once(path: Path, text: str) -> None:
    """Create `path` with `text` unless it exists; a reader never sees half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link is exclusive and appears complete; opening with O_EXCL would show an empty file.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
