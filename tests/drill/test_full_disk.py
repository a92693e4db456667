"""Each disk runs full in turn (R-03): data and WAL, the backups, the logs.

As root, on small disks in memory; elsewhere nobody may mount one.
"""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.installation import PEOPLE, Installation, folder_for_all, installed
from tests.faults.power import Ledger, count
from tests.server import end, free_port, start_worker, wait_until_up

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
MEGABYTES = 400
LOAD_SECONDS, FULL_SECONDS = 6, 12


@contextmanager
def small_disk(folder: Path, *, megabytes: int = MEGABYTES) -> Iterator[Path]:
    folder.mkdir(mode=0o755, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)]
    subprocess.run(words, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room on the disk of a folder."""
    ballast = folder / "ballast"
    # Without a buffer, whose rest could not be written when the file is closed.
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
    return ballast


@dataclass
class Told:
    before: int
    during: int
    after: int
    away: int
    reads: list[int]


def trouble(town: Installation, full: Path, tmp_path: Path) -> tuple[Ledger, Told]:
    """Serve and load; fill a disk, read, make room again; nothing is started anew."""
    (key,) = town.python(PEOPLE)
    port = free_port()
    log = tmp_path / "log"
    with log.open("ab") as stream:
        web = subprocess.Popen(
            [sys.executable, "-m", "linli.site", "serve", "--port", str(port)],
            env=town.environ,
            stdout=stream,
            stderr=stream,
        )
    worker = start_worker(town.environ, log)
    ledger = Ledger(port, key)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url, seconds=180)
        threads = ledger.run()
        time.sleep(LOAD_SECONDS)
        before = len(ledger.told)
        ballast = fill(full)
        town.python(NEW_SEGMENTS)
        time.sleep(FULL_SECONDS)
        at_full = len(ledger.told)
        reads = [read(f"{url}/stations/") for _at in range(5)]
        ballast.unlink()
        # As the unit does whenever the server has ended.
        town.linli("db", "up")
        wait_until_up(url, seconds=180)
        time.sleep(LOAD_SECONDS)
        ledger.stop.set()
        for thread in threads:
            thread.join(timeout=130)
    finally:
        end(web)
        end(worker)
    told = Told(before, at_full - before, len(ledger.told) - at_full, ledger.away, reads)
    return ledger, told


# So that the server cannot go on in the segments of the WAL that it has made before.
NEW_SEGMENTS = """
import time
import psycopg
from linli.site import databases
from linli.site.home import Home
try:
    with psycopg.connect(databases.administrator(Home.open()), autocommit=True) as connection:
        for _each in range(40):
            connection.execute("SELECT pg_switch_wal()")
            time.sleep(0.1)
except psycopg.OperationalError:
    pass
"""


def read(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - ours
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def settled(town: Installation, ledger: Ledger) -> None:
    outcome = count(town, ledger, {})
    print(outcome)  # noqa: T201 - a drill reports
    assert (outcome.lost, outcome.twice, outcome.half_done) == (0, 0, 0)
    assert (outcome.problems, outcome.refused) == ([], [])


def moved(town: Installation, disk: Path, inside: str) -> None:
    """Move a part of the server's folder to another disk, as an administrator would."""
    town.python(MOVE, str(disk), inside)


MOVE = """
import shutil, sys
from pathlib import Path
from linli.site import databases
from linli.site.home import Home
server = databases.cluster(Home.open())
server.down()
part, target = server.pgdata / sys.argv[2], Path(sys.argv[1]) / sys.argv[2]
shutil.copytree(part, target)
for path in (Path(sys.argv[1]), target, *target.rglob("*")):
    server.give(path)
shutil.rmtree(part)
part.symlink_to(target)
server.up()
"""


@pytest.mark.parametrize("part", ["base", "pg_wal"])
def test_a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room(
    tmp_path: Path, part: str
) -> None:
    with (
        folder_for_all() as folder,
        small_disk(folder / "disk") as disk,
        installed(folder) as town,
    ):
        moved(town, disk, part)
        ledger, told = trouble(town, disk, tmp_path)
        print(part, told)  # noqa: T201 - a drill reports
        settled(town, ledger)
    assert told.before > 0
    assert told.away > 0


def test_full_backups_and_logs_stop_nobody(tmp_path: Path) -> None:
    with (
        folder_for_all() as folder,
        small_disk(folder / "disk", megabytes=60) as disk,
        installed(folder) as town,
    ):
        town.linli("backup", "start", "--to", str(disk / "backup"))
        shutil.rmtree(town.home / "log", ignore_errors=True)
        (disk / "log").mkdir(mode=0o700)
        (town.home / "log").symlink_to(disk / "log")
        ledger, told = trouble(town, disk, tmp_path)
        print("backup and log", told)  # noqa: T201 - a drill reports
        settled(town, ledger)
    assert told.during > 0
    assert told.reads == [200] * 5
