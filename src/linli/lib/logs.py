"""Logs as JSON, one line a record, in files of a day, without anything a person typed.

What other people's code says is not taken as it says it: its sentences carry addresses, values and
names. Of such a record the template stays (`"%s: %s"`), of an exception its kind and the lines of
code it came through; neither a message nor a value.

Several processes write to the same file: each line is one `write` to a file opened for appending,
and the file's name follows from the day alone.
"""

import gzip
import json
import logging
import os
import shutil
import traceback
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

OURS = "linli"
PREFIX, SUFFIX, PACKED = "linli-", ".jsonl", ".gz"
MEGABYTE = 1 << 20
# A day's file that has grown to this size is followed by another.
LARGEST = 64 * MEGABYTE
FRAMES = 40

request_id: ContextVar[str] = ContextVar("request_id", default="")


class Formatter(logging.Formatter):
    """A record as one line of JSON; control characters are escaped by it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] == OURS:
            line["event"] = record.getMessage()
            line |= getattr(record, "fields", {})
        else:
            line["event"] = str(record.msg) if record.args else ""
            line["at"] = f"{record.module}:{record.lineno}"
        if number := request_id.get():
            line["request"] = number
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def told(error: BaseException) -> list[dict[str, Any]]:
    """An exception and those behind it: kinds and lines of code, no message."""
    found: list[dict[str, Any]] = []
    one: BaseException | None = error
    while one is not None and len(found) < FRAMES:
        frames = traceback.extract_tb(one.__traceback__)[-FRAMES:]
        found.append(
            {
                "kind": f"{type(one).__module__}.{type(one).__qualname__}",
                "code": str(getattr(one, "sqlstate", None) or getattr(one, "errno", None) or ""),
                "through": [f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in frames],
            }
        )
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


class DayFile(logging.Handler):
    """Appends to the file of the day in `folder`. A full disk stops nothing: the line is lost
    here, and stands on standard error."""

    def __init__(self, folder: str, largest: int = LARGEST) -> None:
        super().__init__()
        self.folder, self.largest = Path(folder), largest
        self._path: Path | None = None
        self._handle = -1

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode("ascii") + b"\n"
            os.write(self._file(datetime.now(UTC).date()), line)
        except Exception:  # noqa: S110  (a log must not break what it tells of)
            pass

    def _file(self, today: date) -> int:
        stem = f"{PREFIX}{today.isoformat()}"
        is_open = self._path is not None and self._path.name.startswith(stem)
        if is_open and os.fstat(self._handle).st_size < self.largest:
            return self._handle
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = 0
        path = self.folder / f"{stem}{SUFFIX}"
        while path.exists() and path.stat().st_size >= self.largest:
            number += 1
            path = self.folder / f"{stem}.{number:03d}{SUFFIX}"
        self.close_file()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._path = path
        return self._handle

    def close_file(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._path, self._handle = None, -1

    def close(self) -> None:
        self.close_file()
        super().close()


def day_of(path: Path) -> date | None:
    """The day a file of logs is about; None for other files."""
    if not path.name.startswith(PREFIX):
        return None
    try:
        return date.fromisoformat(path.name.removeprefix(PREFIX)[:10])
    except ValueError:
        return None


def tidy(folder: Path, *, today: date, kept_days: int, most_bytes: int, fewest_days: int) -> int:
    """Pack the files of days that are over and remove what is older than `kept_days`; returns how
    many were removed.

    When all together are larger than `most_bytes`, the oldest go too, but none younger than
    `fewest_days`: a law asks for those.
    """
    held = {path: day for path in sorted(folder.glob("*")) if (day := day_of(path))}
    removed = 0
    for path, day in list(held.items()):
        if day < today - timedelta(days=kept_days):
            path.unlink()
            removed += 1
            del held[path]
        elif day < today - timedelta(days=1) and path.suffix != PACKED:
            del held[path]
            held[_packed(path)] = day
    total = sum(path.stat().st_size for path in held)
    for path, day in sorted(held.items(), key=lambda one: (one[1], one[0].name)):
        if total <= most_bytes or day >= today - timedelta(days=fewest_days):
            break
        total -= path.stat().st_size
        path.unlink()
        removed += 1
    return removed


def _packed(path: Path) -> Path:
    target = path.with_name(path.name + PACKED)
    draft = target.with_name(f".{target.name}")
    with path.open("rb") as read, gzip.open(draft, "wb") as written:
        shutil.copyfileobj(read, written)
    draft.chmod(0o600)
    draft.replace(target)
    path.unlink()
    return target
