"""Whatever a file is or does: it is answered, the reader ends, and the server does not notice."""

import os
import resource
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.utils import translation

from linli.kernel.sheets import parse, reading
from linli.kernel.sheets.phrases import UNREADABLE
from linli.kernel.sheets.reading import PROGRAM, Unreadable, read

from .bad_files import BOMBS, GOOD, files

COMMON = 300
MOST_PARENT_BYTES = 300_000_000
# Beyond the reader's own limit on its memory, which counts what is mapped.
MOST_CHILD_BYTES = parse.MEMORY_BYTES
BEATS = 0.02


@dataclass
class Watched:
    """What came of a file: the code of a refusal or "read", and what it cost."""

    code: str
    seconds: float
    parent_bytes: int
    child_bytes: int


def resident(pid: int | str = "self") -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def children() -> list[str]:
    """The processes that this one has begun; a thread may end while it is looked at."""
    found: list[str] = []
    for one in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += (one / "children").read_text().split()
    return found


def watched(blob: bytes, program: tuple[str, ...] = PROGRAM) -> Watched:
    """Have a file read, and look at both processes meanwhile."""
    peaks, over = [0, 0], threading.Event()
    before = resident()

    def look() -> None:
        while not over.wait(BEATS):
            peaks[0] = max(peaks[0], resident() - before)
            peaks[1] = max([peaks[1], *map(resident, children())])

    watcher = threading.Thread(target=look)
    watcher.start()
    begun = time.monotonic()
    try:
        read(blob, program=program)
        code = "read"
    except Unreadable as error:
        code = error.code
    seconds = time.monotonic() - begun
    over.set()
    watcher.join()
    return Watched(code, seconds, peaks[0], peaks[1])


def program(tmp_path: Path, text: str) -> tuple[str, ...]:
    """The reader with a fault planted in it."""
    path = tmp_path / "planted.py"
    path.write_text(
        "import sys\nfrom linli.kernel.sheets import archive, parse\n"
        + textwrap.dedent(text)
        + "\nsys.exit(parse.main())\n"
    )
    return (str(path),)


def harms(found: Watched) -> list[str]:
    """What a file did to memory that none may; how long it took is looked at in the drill."""
    wrong = []
    if found.parent_bytes > MOST_PARENT_BYTES:
        wrong.append(f"{found.parent_bytes} bytes in the server")
    if found.child_bytes > MOST_CHILD_BYTES:
        wrong.append(f"{found.child_bytes} bytes in the reader")
    return wrong


def test_a_good_file_is_read() -> None:
    (sheet,) = read(GOOD)
    assert sheet["rows"][0] == [1, ["姓名", "身份证号码", "手机号码", "社区"]]
    assert len(sheet["rows"]) == 13


def test_what_has_limits_is_read_by_nobody_else(tmp_path: Path) -> None:
    """In the reader no file can be opened, no socket made and no process begun."""
    tried = program(
        tmp_path,
        """
        import json, os, socket
        def tries(blob):
            made = []
            for one in (lambda: open("/etc/passwd"), lambda: socket.socket(), lambda: os.pipe()):
                try:
                    one()
                    made.append("done")
                except OSError as error:
                    made.append(str(error.errno))
            return {"sheets": [{"name": "", "rows": [[1, made]]}]}
        parse.read = tries
        """,
    )
    assert read(b"x", program=tried)[0]["rows"] == [[1, ["24", "24", "24"]]]


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_and_does_no_harm(name: str) -> None:
    found = watched(BOMBS[name]())
    assert found.code in UNREADABLE, name
    assert harms(found) == []
    assert children() == []


def test_malformed_files_are_answered_and_do_no_harm() -> None:
    """Hundreds here, ten thousand in the drill."""
    seen: dict[str, int] = {}
    for name, blob in files(COMMON, seed=7):
        found = watched(blob)
        assert harms(found) == [], name
        assert found.code == "read" or found.code in UNREADABLE, name
        seen[found.code] = seen.get(found.code, 0) + 1
    assert sum(seen.values()) == COMMON
    assert seen["broken"] > COMMON // 4, seen
    assert children() == []


def test_every_refusal_has_a_sentence_in_both_languages() -> None:
    for text in UNREADABLE.values():
        with translation.override("en"):
            english = str(text)
        with translation.override("zh-hans"):
            assert str(text) != english


UNPLUGGED = {
    # What the looks through the archive keep away, the limits of the process stop.
    "without looking": ("archive.check = lambda blob: None", "far_apart", False),
    "without counting": (
        "archive.check = lambda blob: None\nparse.MEMORY_BYTES = 6 << 30\nparse.CPU_SECONDS = 60",
        "far_apart",
        True,
    ),
}


@pytest.mark.parametrize("name", UNPLUGGED)
def test_a_limit_that_is_gone_is_noticed(tmp_path: Path, name: str) -> None:
    """The bombs find it out: without both walls one of them gets through."""
    text, bomb, is_harmful = UNPLUGGED[name]
    found = watched(BOMBS[bomb](), program(tmp_path, text))
    assert bool(harms(found)) == is_harmful, found


def test_a_reader_that_never_ends_is_ended(tmp_path: Path) -> None:
    sleeper = program(tmp_path, "import time\nparse.read = lambda blob: time.sleep(600)")
    with pytest.raises(Unreadable) as caught:
        read(b"x", program=sleeper, seconds=0.5)
    assert caught.value.code == "slow"
    assert children() == []


def test_a_reader_that_talks_without_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_OUTPUT", 1_000_000)
    talker = program(
        tmp_path,
        "def talk(blob):\n    while True:\n        sys.stdout.buffer.write(b'x' * 65536)\n"
        "parse.read = talk",
    )
    found = watched(b"x", talker)
    assert (found.code, harms(found)) == ("large", [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("import os\nparse.read = lambda blob: os.abort()", "large"),
        ("import os\nparse.read = lambda blob: os._exit(3)", "broken"),
        ("parse.read = lambda blob: 1 / 0", "broken"),
        ("parse.read = lambda blob: [0] * 10**12", "large"),
        ("parse.read = lambda blob: {'more': 1}", "broken"),
        ("parse.read = lambda blob: sys.stdout.write('{')", "broken"),
        ("def spin(blob):\n    while True: pass\nparse.CPU_SECONDS = 1\nparse.read = spin", "slow"),
    ],
)
def test_whatever_a_reader_comes_to_is_answered(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(b"x", program=program(tmp_path, text))
    assert caught.value.code == code


def test_the_reader_loads_nothing_of_the_platform() -> None:
    code = (
        "import sys\nfrom linli.kernel.sheets import parse\n"
        "print([one for one in sys.modules if one.split('.')[0] in ('django', 'psycopg')])"
    )
    told = subprocess.run(
        [sys.executable, "-I", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert told.stdout.strip() == "[]"
