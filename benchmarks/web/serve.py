import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cpu import Meter, children
from ..environment import ROOT
from ..timing import Figure, load

STARTUP_SECONDS = 60
RSS_LIMIT = 200


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving() -> Iterator[Server]:
    """`linli serve` on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "linli.site", "serve", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=os.environ, stdout=log, stderr=log, cwd=ROOT)  # noqa: S603
        try:
            _wait(port, process)
            yield Server(port, process)
        finally:
            process.terminate()
            try:
                process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError("the server does not answer")


def measured(
    server: Server, requests: Sequence[str], *, visitors: int, seconds: float, once: bool = False
) -> tuple[dict[str, Any], float]:
    """What the client saw, and the processor seconds of web server and database for each answer."""
    meter = Meter([server.process.pid])
    seen = run_client(server, requests, visitors=visitors, seconds=seconds, once=once)
    return seen, meter.seconds() / max(1, len(seen["taken"]))


def run_client(
    server: Server, requests: Sequence[str], *, visitors: int, seconds: float, once: bool = False
) -> dict[str, Any]:
    """What the client saw: durations, statuses, seconds."""
    plan = {
        "port": server.port,
        "requests": list(requests),
        "visitors": visitors,
        "seconds": seconds,
        "once": once,
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(Path(__file__).with_name("client.py"))],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        timeout=seconds + 60,
        check=True,
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def memory(server: Server) -> Figure:
    """Resident memory of the largest process that answers requests, after all of the above."""
    largest = max(_resident(pid) for pid in children(server.process.pid))
    made = Figure("Over HTTP", "memory of a web process", load=load())
    return made.at_most(largest / 1e6, RSS_LIMIT, "MB")


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
