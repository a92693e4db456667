import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

from linli.site.cli import main

Pair = Callable[..., subprocess.Popen[str]]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
OBEYS_AND_NOTES = (
    "import os, pathlib, signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[1]).touch(), sys.exit(0)))\n"
    "os.write(1, b'up\\n')\n"
    "time.sleep(60)\n"
)


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:

        def run(*commands: list[str]) -> subprocess.Popen[str]:
            script = (
                "from linli.site.cli.pair import run_together;"
                f"exit(run_together({list(commands)!r}))"
            )
            started = subprocess.Popen(
                [sys.executable, "-c", script],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            stack.enter_context(started)
            stack.callback(started.terminate)
            return started

        yield run


def test_help_lists_every_command_under_its_heading() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output

    headings = [line.rstrip(":") for line in shown.splitlines() if line.endswith(":")]
    assert headings == ["Options", "Start", "Users", "Database", "Backup", "Data", "Proof", "Run"]
    assert [name for name in main.commands if f"\n  {name} " not in shown] == []


def test_a_known_trouble_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    done = CliRunner().invoke(main, ["db", "status"], env={"LINLI_HOME": str(tmp_path)})

    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert "chmod 700" in done.output


def test_a_server_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    environ = {"LINLI_HOME": str(tmp_path / "home"), "LINLI_DATABASE_URL": "postgresql://db/x"}

    for command in ("up", "down", "status"):
        done = CliRunner().invoke(main, ["db", command], env=environ)
        assert (done.exit_code, "not ours to run" in done.output) == (1, True)


def test_status_of_an_absent_server_is_not_success(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["db", "status"], env={"LINLI_HOME": str(tmp_path / "home")})

    assert (done.exit_code, done.output) == (3, "PostgreSQL absent\n")


def test_a_post_needs_a_role_and_a_unit() -> None:
    words = ["user", "add", "li", "--name", "Li", "--role", "worker", "--password", "invented"]

    done = CliRunner().invoke(main, words)

    assert (done.exit_code, "both --role and --unit" in done.output) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_children(tmp_path: Path, pair: Pair, number: signal.Signals) -> None:
    notes = [tmp_path / "web", tmp_path / "work"]
    running = pair(*([sys.executable, "-c", OBEYS_AND_NOTES, str(note)] for note in notes))
    assert running.stdout is not None
    assert [running.stdout.readline() for _ in notes] == ["up\n", "up\n"]

    running.send_signal(number)

    assert running.wait(timeout=20) == 0
    assert [note.exists() for note in notes] == [True, True]


@pytest.mark.parametrize(("code", "expected"), [(7, 7), (0, 1)])
def test_a_child_that_ends_takes_the_other_with_it(
    tmp_path: Path, pair: Pair, code: int, expected: int
) -> None:
    note = tmp_path / "pid"
    noted = f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid()))"
    survivor = [sys.executable, "-c", f"{noted}; time.sleep(60)"]
    failing = [sys.executable, "-c", f"import time; time.sleep(1); exit({code})"]

    running = pair(survivor, failing)

    assert running.wait(timeout=20) == expected
    assert not alive(int(note.read_text()))


def test_a_program_that_is_missing_leaves_nothing_running(pair: Pair) -> None:
    begun = time.monotonic()

    running = pair(SLEEPER, ["/nonexistent/linli"])

    assert running.wait(timeout=20) == 1
    assert time.monotonic() - begun < 20


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
