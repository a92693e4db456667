"""Everything is lost at once under load, and made again from the backup (R-13): how much is gone
and how long it takes."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tests.faults.installation import PEOPLE, Installation, folder_for_all, installed
from tests.faults.power import Killer, Ledger, count
from tests.server import Running, end, free_port, start_worker, wait_until_up

SECONDS = int(os.environ.get("LINLI_DRILL_SECONDS", "100"))
MOST_LOST_SECONDS = 60.0


class Timed(Ledger):
    """Knows when each was acknowledged."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(port, key)
        self.at: dict[str, float] = {}
        self.lock = threading.Lock()

    def noted(self) -> None:
        with self.lock:
            for number in list(self.told):
                self.at.setdefault(number, time.time())


def served(town: Installation, log: Path) -> Running:
    """The installation's web server and worker."""
    port = free_port()
    with log.open("ab") as stream:
        web = subprocess.Popen(
            [sys.executable, "-m", "linli.site", "serve", "--port", str(port)],
            env=town.environ,
            stdout=stream,
            stderr=stream,
        )
    return Running(port, town.environ, web, log=log, worker=start_worker(town.environ, log))


def test_what_is_lost_with_everything_is_less_than_a_minute(tmp_path: Path) -> None:
    with folder_for_all() as folder, installed(folder) as town, ExitStack() as stack:
        (key,) = town.python(PEOPLE)
        (folder / "pass").write_text("a phrase of the drill")
        words = ["--passphrase-file", str(folder / "pass")]
        town.linli("backup", "start", "--to", str(folder / "backup"))
        town.linli("backup", "keys", "--to", str(folder / "keys"), *words)
        running = served(town, tmp_path / "log")
        stack.callback(end, running.web)
        stack.callback(lambda: end(running.worker) if running.worker else None)
        ledger = Timed(running.port, key)
        wait_until_up(running.url, seconds=180)
        threads = ledger.run()
        # The backup is taken while everything works.
        town.linli("backup", "now")
        began = time.monotonic()
        while time.monotonic() - began < SECONDS:
            time.sleep(0.5)
            ledger.noted()
        killer = Killer(town, running)
        os.kill(killer._pid(), signal.SIGKILL)
        ledger.noted()
        gone_at = time.time()
        held = dict(ledger.told)
        ledger.stop.set()
        end(running.web)
        assert running.worker is not None
        end(running.worker)
        restoring = time.monotonic()
        new = town.beside("new")
        said = new.linli(
            "restore", "--from", str(folder / "backup"), "--keys", str(folder / "keys"), *words
        )
        took = time.monotonic() - restoring
        for thread in threads:
            thread.join(timeout=130)
        ledger.told = held
        outcome = count(new, ledger, {})
        lost = set(held) - {
            line.split(" ")[2] for line in new.python(STORED) if line.startswith("request ")
        }
        rpo = max((gone_at - ledger.at[number] for number in lost), default=0.0)
        print(said)  # noqa: T201 - a drill reports
        print(f"acknowledged {len(held)}, lost {len(lost)}, the oldest of them {rpo:.1f} s old,")  # noqa: T201
        print(f"restored in {took:.1f} s; {outcome}")  # noqa: T201
    assert rpo < MOST_LOST_SECONDS
    assert (outcome.twice, outcome.half_done, outcome.problems) == (0, 0, [])


STORED = """
from linli.intake.models import Request
from linli.kernel.scope import unscoped
with unscoped("test"):
    for one in Request.objects.all():
        print("request", one.pk, one.words.split(" ")[-1])
"""
