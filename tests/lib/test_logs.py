"""Log lines hold no message of other people's code, and files are kept as long as they have to."""

import gzip
import json
import logging
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from linli.lib.logs import DayFile, Formatter, request_id, tidy

CANARY = "110101199003070011"
TODAY = date(2026, 11, 30)


def record(name: str, message: str, *given: object, error: bool = False) -> logging.LogRecord:
    return logging.LogRecord(
        name, logging.ERROR, "/code/module.py", 7, message, given, sys.exc_info() if error else None
    )


def line(one: logging.LogRecord) -> dict[str, object]:
    text = Formatter().format(one)
    assert "\n" not in text
    assert "\r" not in text
    return dict(json.loads(text))


def test_of_others_only_the_template_stays() -> None:
    found = line(record("django.request", "%s: %s", "Not Found", f"/desk/{CANARY}"))
    assert (found["event"], found["at"]) == ("%s: %s", "module:7")
    assert CANARY not in json.dumps(found)
    assert line(record("other", f"made with {CANARY}"))["event"] == ""


def test_of_an_exception_stay_its_kind_and_its_way() -> None:
    try:
        try:
            int(CANARY + "x")
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError:
        found = line(record("linli.request", "request", error=True))
    assert CANARY not in json.dumps(found)
    kinds = [one["kind"] for one in found["error"]]  # type: ignore[attr-defined]
    assert kinds == ["builtins.KeyError", "builtins.ValueError"]
    assert "test_logs.py" in found["error"][0]["through"][0]  # type: ignore[index]


def test_a_line_cannot_be_broken_into_two() -> None:
    found = line(record("linli.x", 'a\r\n{"level": "forged"}'))
    assert found["event"] == 'a\r\n{"level": "forged"}'
    assert found["level"] == "error"


def test_the_number_of_the_request_is_in_every_line() -> None:
    token = request_id.set("abc")
    assert line(record("other", "%s", 1))["request"] == "abc"
    request_id.reset(token)
    assert "request" not in line(record("other", "%s", 1))


def test_several_handlers_write_whole_lines_to_files_of_limited_size(tmp_path: Path) -> None:
    handlers = [DayFile(str(tmp_path / "log"), largest=2_000) for _at in range(3)]
    for one in handlers:
        one.setFormatter(Formatter())
    for number in range(60):
        handlers[number % 3].emit(record("linli.x", f"line {number}"))
    for one in handlers:
        one.close()

    files = sorted((tmp_path / "log").iterdir())
    assert len(files) > 1
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    told = [json.loads(text)["event"] for path in files for text in path.read_text().splitlines()]
    assert sorted(told) == sorted(f"line {number}" for number in range(60))


def test_a_full_disk_breaks_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    handler = DayFile(str(tmp_path))
    handler.setFormatter(Formatter())
    handler.folder = Path("/dev/full/none")
    handler.emit(record("linli.x", "lost"))


def made(folder: Path, days_ago: int, size: int = 1000) -> Path:
    path = folder / f"linli-{(TODAY - timedelta(days=days_ago)).isoformat()}.jsonl"
    path.write_bytes(b"x" * size)
    return path


def days(folder: Path) -> list[int]:
    return sorted(
        (TODAY - date.fromisoformat(path.name.removeprefix("linli-")[:10])).days
        for path in folder.glob("linli-*")
    )


def test_logs_are_packed_when_their_day_is_over_and_go_when_nobody_needs_them(
    tmp_path: Path,
) -> None:
    for ago in (0, 1, 2, 100, 200, 201):
        made(tmp_path, ago)
    (tmp_path / "other").write_text("left alone")

    gone = tidy(tmp_path, today=TODAY, kept_days=200, most_bytes=10**9, fewest_days=183)

    assert (gone, days(tmp_path)) == (1, [0, 1, 2, 100, 200])
    packed = sorted(path.name for path in tmp_path.glob("*.gz"))
    assert len(packed) == 3
    assert gzip.decompress((tmp_path / packed[0]).read_bytes()) == b"x" * 1000
    assert (tmp_path / "other").exists()


def test_of_too_much_the_oldest_go_but_none_of_the_last_six_months(tmp_path: Path) -> None:
    for ago in (0, 100, 183, 184, 190):
        made(tmp_path, ago)

    tidy(tmp_path, today=TODAY, kept_days=200, most_bytes=1, fewest_days=183)

    assert days(tmp_path) == [0, 100, 183]
