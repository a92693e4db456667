"""Who uses an installation on this machine: serving and working go together, upgrading is alone.

A lock on a file, held as long as its process lives, however it ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from linli.lib.postgres.cluster import is_alive

from .databases import DatabaseError
from .home import Home

__all__ = ["Busy", "alone", "hold", "is_alive"]
# Hidden, and so in no backup.
NAME = ".running"


class Busy(DatabaseError):
    """Others use the installation; the message is one sentence for the terminal."""


def hold(home: Home) -> None:
    """Share the installation until this process, or the program it becomes, ends.

    Raises `Busy` while it is being upgraded.
    """
    handle = _open(home)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Busy("The installation is being upgraded; start again afterwards.") from error
    os.set_inheritable(handle, True)


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Have the installation for oneself. Raises `Busy` while `serve` or `work` runs."""
    handle = _open(home)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Busy("linli serve or linli work is running; stop both, then upgrade.") from error
    finally:
        os.close(handle)


def _open(home: Home) -> int:
    return os.open(home.path(NAME), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
