"""Telling a fault of ours from a database that is away, or a disk that is full."""

import errno
from enum import Enum

import psycopg

# Trouble with the connection (08…), an administrator's doing (57P0…: it stops, starts, crashed), no
# memory or connection left (53…), trouble with files (58…).
AWAY = ("08", "57P", "53", "58")
FULL_DISK = {"53100"}
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class Outage(Enum):
    """Why something could not be done that may be done later."""

    AWAY = "away"
    FULL = "full"


def outage(error: BaseException | None) -> Outage | None:
    """What kind of outage an exception, or one behind it, tells of; None if of none."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, psycopg.Error):
            state = error.sqlstate
            if state in FULL_DISK:
                return Outage.FULL
            if state is None and isinstance(error, psycopg.OperationalError):
                # The connection broke, or there was none to be had.
                return Outage.AWAY
            if state is not None and state.startswith(AWAY):
                return Outage.AWAY
        elif isinstance(error, OSError) and error.errno in NO_ROOM:
            return Outage.FULL
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None
