"""The real server and worker as child processes, on a free loopback port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .environment import HOME, ROOT

STARTUP_SECONDS = 40
# As `linli serve` starts them.
WEB_WORKERS = 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A server at `url` (and, if asked for, a worker) on one database."""

    port: int
    environ: dict[str, str]
    web: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes] | None = None
    log: Path = field(default_factory=Path)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def web_workers(self) -> list[int]:
        """Process ids of the web server's children that answer requests."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                    command = (entry / "cmdline").read_bytes()
                except (OSError, IndexError):
                    continue
                if parent == self.web.pid and b"resource_tracker" not in command:
                    found.append(int(entry.name))
        return found

    def kill_web(self) -> list[int]:
        """Kill every web worker without warning; the server starts new ones."""
        pids = self.web_workers()
        assert len(pids) == WEB_WORKERS, f"web workers are {pids}"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return pids

    def kill_worker(self) -> None:
        """Kill the job worker without warning and start another."""
        assert self.worker is not None
        assert self.worker.poll() is None, "the job worker had ended by itself"
        self.worker.kill()
        self.worker.wait()
        self.worker = start_worker(self.environ, self.log)


def start_worker(environ: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as stream:
        return subprocess.Popen(
            [sys.executable, "-m", "linli.site", "work"], env=environ, stdout=stream, stderr=stream
        )


@contextmanager
def serving(database: str, *, log: Path, with_worker: bool = False) -> Iterator[Running]:
    """Serve a database until the block ends; every process started here is ended here."""
    port = free_port()
    environ = os.environ | {
        "LINLI_HOME": str(HOME),
        "LINLI_DATABASE_NAME": database,
        "DJANGO_SETTINGS_MODULE": "linli.site.settings",
        "PYTHONPATH": str(ROOT / "src"),
    }
    with log.open("ab") as stream:
        web = subprocess.Popen(
            [sys.executable, "-m", "linli.site", "serve", "--port", str(port)],
            env=environ,
            stdout=stream,
            stderr=stream,
        )
    running = Running(port, environ, web, log=log)
    try:
        if with_worker:
            running.worker = start_worker(environ, log)
        wait_until_up(running.url)
        yield running
    finally:
        for process in (running.web, running.worker):
            if process is not None:
                end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=25)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until_up(url: str, *, seconds: float = STARTUP_SECONDS) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 - ours
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"{url} does not answer")
        time.sleep(0.1)
