"""Finding PostgreSQL's programs, and installing them where that is allowed."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

OLDEST, NEWEST = 15, 18


class ClusterError(Exception):
    """The server cannot do what was asked; the message is one sentence for the terminal."""


def find_binaries(
    environ: Mapping[str, str] = os.environ, *, major: int | None = None
) -> Path | None:
    """The folder of PostgreSQL's programs: the newest usable one, or exactly version `major`.

    Order: `LINLI_PG_BIN`, Debian's folders from 18 down to 15, `pg_config --bindir`. None when
    there is nothing. Raises `ClusterError` when `LINLI_PG_BIN` names a folder that will not do.
    """
    wanted = [major] if major else range(NEWEST, OLDEST - 1, -1)
    if named := environ.get("LINLI_PG_BIN"):
        found = version_of(Path(named))
        if found is None or found < OLDEST or (major and found != major):
            raise ClusterError(
                f"LINLI_PG_BIN={named} does not hold PostgreSQL {major or f'{OLDEST} or newer'}."
            )
        return Path(named)
    candidates = [Path(f"/usr/lib/postgresql/{number}/bin") for number in wanted]
    if pg_config := shutil.which("pg_config"):
        done = subprocess.run(  # noqa: S603  (a program from PATH, without arguments of ours)
            [pg_config, "--bindir"], capture_output=True, text=True, check=False
        )
        candidates.append(Path(done.stdout.strip()))
    for folder in candidates:
        found = version_of(folder)
        if found is not None and (found == major if major else found >= OLDEST):
            return folder
    return None


def version_of(bin_dir: Path) -> int | None:
    """The major version of the server in `bin_dir`; None when it is not complete."""
    if not all((bin_dir / program).is_file() for program in ("initdb", "pg_ctl", "postgres")):
        return None
    done = subprocess.run(  # noqa: S603  (the caller chose the folder)
        [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    number = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(number[1]) if number else None


def install_with_apt() -> Path:
    """Install Debian's PostgreSQL and return its programs; never when there are some already.

    Raises `ClusterError` unless this is root on a system with apt-get.
    """
    if found := find_binaries():
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ClusterError(
            f"PostgreSQL {OLDEST} or newer is missing; install it (Debian: sudo apt-get install "
            "postgresql), name its programs with LINLI_PG_BIN, or set LINLI_DATABASE_URL."
        )
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
    installed = find_binaries()
    if installed is None:
        raise ClusterError(f"apt-get installed no PostgreSQL {OLDEST} or newer.")
    return installed
