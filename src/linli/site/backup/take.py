"""Begin backups, take one, look at those there are."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

import linli
from linli.lib.postgres import Cluster, archive
from linli.lib.postgres.archive import Base
from linli.site import databases
from linli.site.home import Home

from . import files, keys
from .notes import keep, note_of

HEAD = "SELECT encode(head, 'hex'), number FROM timeline_seal ORDER BY number DESC LIMIT 1"
MIGRATIONS = "SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app"


class NoBackup(databases.DatabaseError):
    """There is no backup folder, or none that can be used; one sentence for the terminal."""


def begin(home: Home, folder: Path) -> None:
    """Copy everything the server writes from now on into `folder`, and take note of it.

    Raises `NoBackup` for a folder that another installation uses.
    """
    server = databases.cluster(home)
    held = archive.bases(folder) if folder.exists() else []
    if held and held[-1].system != system_of(server):
        raise NoBackup(f"{folder} holds the backups of another installation; name another folder.")
    if folder.is_relative_to(home.folder) or folder.is_relative_to(server.data_dir):
        raise NoBackup("A backup beside what it is to replace is none; name another disk.")
    if home.path("log").exists() and folder.is_relative_to(home.path("log")):
        raise NoBackup("A backup among the logs is none; name another folder.")
    archive.begin(server, folder)
    keep(home, replace(note_of(home), folder=str(folder)))


def end(home: Home) -> None:
    """Copy nothing away any more; what there is stays."""
    archive.end(databases.cluster(home))
    keep(home, replace(note_of(home), folder=""))


def folder_of(home: Home) -> Path:
    """Where the backups go. Raises `NoBackup` where none were begun, or the disk is not there."""
    folder = note_of(home).path
    if folder is None:
        raise NoBackup("No backups have been begun; run: linli backup start --to FOLDER")
    if not folder.is_dir():
        raise NoBackup(f"{folder} is not there: is its disk mounted?")
    return folder


def take(home: Home, *, progress: archive.Progress, say: Callable[[str], None]) -> Base:
    """Copy the files, then the whole server, while everything works."""
    folder = folder_of(home)
    say(f"{files.copy_new(home, folder)} files copied.")
    more = state(home) | {"files": files.listed(home), "keys": keys.fingerprint(home)}
    return archive.copy(databases.cluster(home), folder, progress=progress, more=more)


def state(home: Home) -> dict[str, object]:
    """What the manifest tells of the database: to know it again, and which version opens it."""
    address = make_conninfo(databases.administrator(home), dbname=databases.database_name())
    with psycopg.connect(address) as connection:
        head = connection.execute(HEAD).fetchone() or ("", 0)
        rows = connection.execute(MIGRATIONS).fetchall()
    return {
        "version": linli.__version__,
        "database": databases.database_name(),
        "head": head[0],
        "seal": head[1],
        "migrations": {str(app): str(name) for app, name in rows},
    }


def put_keys_away(home: Home, target: Path, passphrase: str) -> None:
    """Write the sealed file of keys, and take note that it was done."""
    fingerprint = keys.put_away(home, target, passphrase)
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    keep(home, replace(note_of(home), keys=fingerprint, keys_at=moment))


def system_of(server: Cluster) -> str:
    """The server's own identifier."""
    with psycopg.connect(server.conninfo()) as connection:
        row = connection.execute(
            "SELECT system_identifier::text FROM pg_control_system()"
        ).fetchone()
    return str(row[0]) if row else ""
