"""A new installation from a backup, as it was at a chosen second."""

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from linli.lib.postgres import Cluster, ClusterError, archive, find_binaries
from linli.lib.postgres.archive import Base
from linli.site import databases
from linli.site.home import Home, folder_from

from . import files, keys
from .keys import KeysError
from .take import NoBackup

# While it is there, the installation is not whole, and nothing may serve from it.
MARK = "restoring"
Say = Callable[[str], None]


def choose(folder: Path, until: datetime | None) -> Base:
    """The newest whole copy that was finished before `until`. Raises `NoBackup`."""
    held = archive.bases(folder) if folder.is_dir() else []
    if not held:
        raise NoBackup(f"{folder} holds no whole backup.")
    fit = [one for one in held if until is None or one.is_from <= until]
    if not fit:
        raise NoBackup(f"The oldest backup begins at {held[0].finished_at}, after {until}.")
    return fit[-1]


def restore(
    folder: Path,
    base: Base,
    *,
    until: datetime | None,
    held: Mapping[str, str] | None,
    say: Say,
    environ: Mapping[str, str] = os.environ,
) -> Home:
    """Make the home that the environment names, which must not be there yet, from a backup.

    `held` are its opened keys; without them, what is sealed stays unreadable. Whatever goes wrong
    leaves nothing but what was there before.
    """
    refuse_unfit(base, held, environ)
    home = Home.open(environ)
    # A lock of its own kind: it stays if this process is killed.
    home.once(MARK, make=lambda: base.name)
    try:
        if held is not None:
            keys.lay_out(home, dict(held))
            say("Keys laid out.")
        server = Cluster(databases.cluster_folder(home), programs(base, environ))
        archive.recover(
            server, folder, base, until=until, waiting=lambda s: say(f"  replaying, {s:.0f} s")
        )
        say(f"Database restored from {base.name}.")
        databases.prepare(home, environ)
        say(f"{files.bring_back(folder, home)} files copied.")
        differing = files.differing(home, base.more.get("files", {}))
        for name in differing:
            say(f"missing or changed: {name}")
    except BaseException:
        Cluster(databases.cluster_folder(home), programs(base, environ)).remove()
        shutil.rmtree(home.folder)
        raise
    return home


def refuse_unfit(base: Base, held: Mapping[str, str] | None, environ: Mapping[str, str]) -> None:
    """Raise for a home that is in use, keys of another installation, or another database's name."""
    folder = folder_from(environ)
    if (folder / MARK).exists():
        raise NoBackup(f"A restore into {folder} was broken off; remove that folder, then go on.")
    if folder.exists() and any(folder.iterdir()):
        raise NoBackup(f"{folder} is not empty; set LINLI_HOME to a new folder.")
    if not databases.is_embedded(environ):
        raise NoBackup(
            "LINLI_DATABASE_URL is set: restore that server with PostgreSQL's own tools."
        )
    if base.more["database"] != databases.database_name(environ):
        raise NoBackup(f"The backup is of LINLI_DATABASE_NAME={base.more['database']}; set it.")
    if held is not None and keys.fingerprint_of(dict(held)) != base.more["keys"]:
        raise KeysError("These are not the keys that this backup was made with.")
    programs(base, environ)


def programs(base: Base, environ: Mapping[str, str]) -> Path:
    """PostgreSQL of the version that the backup needs."""
    found = find_binaries(environ, major=base.major)
    if found is None:
        raise ClusterError(
            f"The backup needs PostgreSQL {base.major}; install it, or see LINLI_POSTGRES."
        )
    return found


def refuse_half(home: Home) -> None:
    """Raise `NoBackup` for an installation whose restore was broken off."""
    if home.path(MARK).exists():
        raise NoBackup(
            f"The restore into {home.folder} was broken off; remove it and restore anew."
        )


def conclude(home: Home) -> None:
    """The installation is whole."""
    home.path(MARK).unlink()
