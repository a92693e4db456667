"""Kill PostgreSQL, web and job workers of a durable installation under load, and compare what was
acknowledged with what is stored.

Each request carries an id and that id in its words. Whoever gets no answer sends the same again
until there is one, so that a request that was done twice would show as two with the same words.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ..server import Running, end, free_port, start_worker, wait_until_up
from ..world import VILLAGE
from .installation import PEOPLE, Installation

CLIENTS = 4
# A web worker that dies twice within 5.5 s is taken for a crash loop, and the server ends itself.
WEB_PAUSE_SECONDS = 6.0
PAUSE_SECONDS = 1.5
AWAY = {500, 502, 503}
ATTEMPTS_SECONDS = 120.0


@dataclass
class Ledger:
    """What clients were told, by the id in the words: the id of the row."""

    port: int
    key: str
    told: dict[str, str] = field(default_factory=dict)
    unanswered: int = 0
    away: int = 0
    refused: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._client, daemon=True) for _at in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def _client(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        while not self.stop.is_set():
            self._send(connection, str(uuid4()))
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, number: str) -> None:
        """Send one request until it is answered; also after the drill has ended."""
        until = time.monotonic() + ATTEMPTS_SECONDS
        while time.monotonic() < until:
            answer = self._once(connection, number)
            if answer is None or answer[0] in AWAY:
                time.sleep(0.1)
                continue
            if answer[0] == 201:
                self.told[number] = json.loads(answer[1])["id"]
            else:
                self.refused.append(f"{answer[0]} {answer[1][:200]!r}")
            return
        self.refused.append(f"{number} was never answered")

    def _once(
        self, connection: http.client.HTTPConnection, number: str
    ) -> tuple[int, bytes] | None:
        body = {"area": VILLAGE, "need": "care", "words": f"帮忙 {number}", "door": "phone"}
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": number,
        }
        try:
            connection.request("POST", "/api/v1/requests", json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self.unanswered += 1
            return None
        self.away += answer.status in AWAY
        return answer.status, text


@dataclass
class Outcome:
    """What the kills left behind."""

    kills: dict[str, int]
    seconds: float
    acknowledged: int
    unanswered: int
    away: int
    stored: int
    lost: int
    twice: int
    half_done: int
    problems: list[str]
    refused: list[str]


class Killer:
    """Kills one part after the other, and starts again what does not start by itself."""

    def __init__(self, town: Installation, running: Running) -> None:
        self.town, self.running = town, running
        self.kills = {"postmaster": 0, "backend": 0, "web": 0, "worker": 0}
        self.web_killed_at = 0.0
        found = town.python(
            "from linli.site import databases; from linli.site.home import Home;"
            "print(databases.cluster(Home.open()).pgdata)",
            set_up=False,
        )
        self.pgdata = Path(found[0])

    def kill(self, what: str) -> None:
        getattr(self, f"_{what}")()
        self.kills[what] += 1

    def _postmaster(self) -> None:
        os.kill(self._pid(), signal.SIGKILL)
        self.town.linli("db", "up")

    def _backend(self) -> None:
        """Any process of the server but its first: the server ends all and recovers."""
        parent = self._pid()
        children = subprocess.run(
            ["pgrep", "-P", str(parent)], capture_output=True, text=True
        ).stdout.split()
        os.kill(int(random.choice(children)), signal.SIGKILL)  # noqa: S311 - any

    def _web(self) -> None:
        time.sleep(max(0.0, self.web_killed_at + WEB_PAUSE_SECONDS - time.monotonic()))
        self.running.kill_web()
        self.web_killed_at = time.monotonic()

    def _worker(self) -> None:
        worker = self.running.worker
        assert worker is not None
        # It may have ended by itself when the server went away; systemd starts it again.
        worker.kill()
        worker.wait()
        self.running.worker = start_worker(self.running.environ, self.running.log)

    def _pid(self) -> int:
        return int((self.pgdata / "postmaster.pid").read_text().split("\n", 1)[0])


def kill_everything(town: Installation, order: list[str], *, log: Path) -> Outcome:
    """Serve, load, kill in this order, then count."""
    (key,) = town.python(PEOPLE)
    began = time.monotonic()
    port = free_port()
    with log.open("ab") as stream:
        web = subprocess.Popen(
            [sys.executable, "-m", "linli.site", "serve", "--port", str(port)],
            env=town.environ, stdout=stream, stderr=stream,
        )  # fmt: skip
    running = Running(port, town.environ, web, log=log)
    ledger = Ledger(port, key)
    try:
        running.worker = start_worker(town.environ, log)
        wait_until_up(running.url)
        killer = Killer(town, running)
        threads = ledger.run()
        for what in order:
            time.sleep(PAUSE_SECONDS)
            killer.kill(what)
            wait_until_up(running.url, seconds=90)
        time.sleep(PAUSE_SECONDS)
        ledger.stop.set()
        for thread in threads:
            thread.join(timeout=ATTEMPTS_SECONDS)
    finally:
        for process in (running.web, running.worker):
            if process is not None:
                end(process)
    return count(town, ledger, killer.kills, time.monotonic() - began)


def count(
    town: Installation, ledger: Ledger, kills: dict[str, int], seconds: float = 0.0
) -> Outcome:
    """Compare what was told with what is stored, and what is stored with what goes with it."""
    lines = town.python(COUNT)
    stored = [line.split(" ")[1:] for line in lines if line.startswith("request ")]
    rows = {row for row, _number in stored}
    numbers = [number for _row, number in stored]
    (half,) = (int(line.split(" ")[1]) for line in lines if line.startswith("half "))
    return Outcome(
        kills=kills,
        seconds=round(seconds, 1),
        acknowledged=len(ledger.told),
        unanswered=ledger.unanswered,
        away=ledger.away,
        stored=len(stored),
        lost=len(set(ledger.told.values()) - rows),
        twice=len(numbers) - len(set(numbers)),
        half_done=half,
        problems=[line for line in lines if line.startswith("problem ")],
        refused=ledger.refused,
    )


COUNT = """
from linli.intake.models import Request
from linli.kernel.flow.models import Clock, Duty
from linli.kernel.scope import unscoped
from linli.kernel.stats import verify as stats
from linli.kernel.stats.fold import fold
from linli.kernel.timeline import verify as timeline
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.seal import seal
with unscoped("test"):
    requests = list(Request.objects.all())
for one in requests:
    print("request", one.pk, one.words.split(" ")[-1])
stored = {one.pk for one in requests}
opened = Event.objects.filter(verb="intake.request.opened").values_list("subject_id", flat=True)
told = [set(opened)]
told += [set(model.objects.values_list("subject_id", flat=True)) for model in (Clock, Duty)]
print("half", sum(len(stored ^ ids) for ids in told))
while fold():
    pass
seal()
for one in [*stats.verify(), *timeline.verify().problems]:
    print("problem", one)
"""
