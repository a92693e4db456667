"""`linli status` and `linli upgrade` on an installation of its own, while it serves and not."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from linli.site.figures import Disk
from linli.site.status import FULL, of_disks

from ..faults.installation import PEOPLE, Installation, folder_for_all, installed
from ..server import end, free_port, start_worker, wait_until_up

WORKERS = 2
ASKED = 24


@pytest.fixture(scope="module")
def town() -> Iterator[Installation]:
    with folder_for_all() as folder, installed(folder, LINLI_POSTGRES="auto") as made:
        made.python(PEOPLE)
        yield made


def numbers(url: str, token: str) -> dict[str, float]:
    told = {"Authorization": f"Bearer {token}"}
    asked = urllib.request.Request(f"{url}/metrics", headers=told)  # noqa: S310 - ours
    with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310 - ours
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, value in (
        line.rsplit(" ", 1) for line in lines if not line.startswith("#")
    )}  # fmt: skip


def test_two_web_processes_count_together_and_nobody_upgrades_meanwhile(
    town: Installation, tmp_path: Path
) -> None:
    port = free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "linli.site", "serve", "--port", str(port)], env=town.environ
    )
    worker = start_worker(town.environ, tmp_path / "worker.log")
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url)
        name = 'linli_requests_total{method="GET",page="portal:start",status="200"}'
        for _at in range(ASKED):
            with urllib.request.urlopen(f"{url}/", timeout=20) as answer:  # noqa: S310 - ours
                assert answer.status == 200
        token = (town.home / "secrets" / "metrics").read_text() if (
            town.home / "secrets" / "metrics"
        ).exists() else town.python(TOKEN)[0]  # fmt: skip
        # Asked often enough that each process has answered.
        told = [numbers(url, token) for _at in range(8)]
        assert {one[name] for one in told} == {float(ASKED)}
        assert len({one["linli_database_bytes"] // 10_000_000 for one in told}) == 1
        held = list((town.home / "metrics").glob("*/counter_*.db"))
        assert len(held) == WORKERS
        refused = town.linli("upgrade", "--without-backup", code=1)
        assert "linli serve or linli work is running" in refused
        assert "没有运行" not in town.linli("status", code=1)
    finally:
        for process in (web, worker):
            end(process)


TOKEN = """
from linli.site.home import Home
print(Home.open().secret("metrics"))
"""


def test_status_says_what_is_wrong(town: Installation) -> None:
    said = town.linli("status", code=1)
    for expected in ("没有备份", "密钥尚未另行保存"):
        assert f"! {expected}" in said
    assert re.search(r"^epoch +[0-9a-f-]{36}", said, re.MULTILINE)
    assert "PostgreSQL" in said
    found = json.loads(town.linli("status", "--json", code=1))
    assert found["migrations_missing"] == 0
    assert any("没有备份" in one for one in found["troubles"])
    assert found["figures"]["jobs_failed"] == 0
    assert re.fullmatch(r"[0-9a-f]{16}", found["settings"])
    other = town.environ | {"LINLI_LOG_DAYS": "300"}
    changed = Installation(town.folder, town.home, other)
    assert json.loads(changed.linli("status", "--json", code=1))["settings"] != found["settings"]


@pytest.mark.parametrize(("days", "told"), [("182", "from 183 to"), ("ten", "must be a number")])
def test_logs_shorter_than_the_law_wants_are_refused(
    town: Installation, days: str, told: str
) -> None:
    wrong = Installation(town.folder, town.home, town.environ | {"LINLI_LOG_DAYS": days})
    assert told in wrong.linli("status", code=1)


def test_an_upgrade_wants_a_backup_and_may_be_repeated(town: Installation) -> None:
    assert "--without-backup" in town.linli("upgrade", code=1)
    for _time in range(2):
        said = town.linli("upgrade", "--without-backup")
        assert "0 migrations to do." in said
        assert "Upgraded." in said


def test_an_upgrade_that_was_killed_is_done_by_the_next(town: Installation) -> None:
    """As if it had ended after some migrations, before triggers."""
    town.python(HALF)
    said = town.linli("status", code=1)
    assert "请运行：linli upgrade" in said

    said = town.linli("upgrade", "--without-backup")

    assert "1 migrations to do." in said
    assert "请运行：linli upgrade" not in town.linli("status", code=1)
    assert "No difference" in town.linli("stats", "verify")


HALF = """
from django.core.management import call_command
from psycopg import connect
from psycopg.conninfo import make_conninfo
from linli.site import databases
from linli.site.home import Home
call_command("migrate", "operations", "0001", database="owner", verbosity=0)
address = make_conninfo(databases.administrator(Home.open()), dbname="linli")
with connect(address, autocommit=True) as connection:
    for (name,) in connection.execute(
        "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
        " WHERE relname = 'intake_request' AND NOT tgisinternal AND tgname LIKE '%stats%'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name} ON intake_request")
"""


def test_a_disk_is_named_from_85_percent_on() -> None:
    class Now:
        disks = (Disk("home", "/a", 10**9, FULL - 0.001), Disk("database", "/b", 10**8, FULL))

    (told,) = of_disks(Now)  # type: ignore[arg-type]
    assert "/b" in told
    assert "85%" in told
