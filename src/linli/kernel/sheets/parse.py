"""The program that reads a spreadsheet: a file comes in, its cells go out as text.

Started by `reading` in a process of its own, which has given up memory, time, files and sockets
before it looks at the first byte. It knows nothing of the platform and loads nothing of it: the
file at standard input, one JSON object at standard output.
"""

import csv
import ctypes
import io
import json
import math
import re
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine as calamine

from . import archive
from .archive import Refused

MEMORY_BYTES = 700_000_000
CPU_SECONDS = 8
MOST_BYTES = 10_000_000
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS, MOST_LETTERS = 20, 20_000, 200, 2_000
MOST_TEXT = 8_000_000
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
# The stream in which a workbook with a password keeps its content.
LOCKED = "EncryptedPackage".encode("utf-16-le")
ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t"
# Beyond them a spreadsheet has rounded the number.
EXACT = 10**15
UNDONE = re.compile(r"^'(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")
OPEN_FILES = 3
ALONE = 0x10000000 | 0x40000000  # CLONE_NEWUSER | CLONE_NEWNET


def give_up() -> None:
    """Lay down everything that reading does not need, for good."""
    for name in (*ENCODINGS, "utf-16", "cp437", "ascii", "utf-8"):
        # From now on there is no file to read a codec from.
        "".encode(name)
    # Not everywhere allowed; without a file to open there is no socket either.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(ALONE)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(what, (most, most))


def read(blob: bytes) -> dict[str, Any]:
    """The sheets of a file: for each its name and the rows that have something in them."""
    if not blob or len(blob) > MOST_BYTES:
        raise Refused("size" if blob else "empty")
    if blob.startswith(ZIP):
        archive.check(blob)
    elif blob.startswith(OLE):
        if LOCKED in blob:
            raise Refused("locked")
    else:
        return {"kind": "csv", "sheets": [_taken("", _comma_rows(blob), [MOST_TEXT])]}
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(blob))
        left = [MOST_TEXT]
        kinds = book.sheets_metadata
        held = [
            _taken(one.name, _book_rows(book, at), left)
            for at, one in enumerate(kinds)
            if one.typ == calamine.SheetTypeEnum.WorkSheet
            and one.visible == calamine.SheetVisibleEnum.Visible
        ]
    except calamine.PasswordError as error:
        raise Refused("locked") from error
    except (calamine.CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise Refused("broken") from error
    if len(held) > MOST_SHEETS:
        raise Refused("sheets")
    return {"kind": "book", "sheets": held}


def _book_rows(book: Any, at: int) -> Iterator[tuple[int, list[Any]]]:
    sheet = book.get_sheet_by_index(at)
    if sheet.total_height * sheet.total_width > archive.MOST_CELLS:
        raise Refused("sparse")
    # Beginning with the first row and column, empty or not: numbered as the sheet numbers them.
    yield from enumerate((list(cells) for cells in sheet.iter_rows()), start=1)


def _comma_rows(blob: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(blob)
    csv.field_size_limit(MOST_LETTERS * 50)
    first = text[:10_000].partition("\n")[0]
    mark = max(DELIMITERS, key=first.count)
    try:
        yield from enumerate(csv.reader(io.StringIO(text), delimiter=mark), start=1)
    except csv.Error as error:
        raise Refused("broken") from error


def _decoded(blob: bytes) -> str:
    if blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        names: tuple[str, ...] = ("utf-16",)
    else:
        names = ENCODINGS
        if b"\x00" in blob:
            raise Refused("not_a_sheet")
    for name in names:
        try:
            text = blob.decode(name)
        except UnicodeDecodeError:
            continue
        if any(ord(one) < 32 and one not in "\t\r\n\f" for one in text[:100_000]):
            raise Refused("not_a_sheet")
        return text
    raise Refused("not_a_sheet")


def _taken(name: str, rows: Iterator[tuple[int, list[Any]]], left: list[int]) -> dict[str, Any]:
    """The rows of a sheet as text, empty ones left out."""
    kept: list[tuple[int, list[str]]] = []
    for number, cells in rows:
        texts = [_text(one) for one in cells]
        while texts and not texts[-1]:
            texts.pop()
        if not texts:
            continue
        if len(texts) > MOST_COLUMNS:
            raise Refused("columns")
        left[0] -= sum(map(len, texts)) + len(texts)
        if left[0] < 0:
            raise Refused("large")
        kept.append((number, texts))
        if len(kept) > MOST_ROWS:
            raise Refused("rows")
    return {"name": name[:100], "rows": kept}


def _text(cell: Any) -> str:
    """A cell as somebody reads it in the sheet."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = UNDONE.sub("", cell.replace("\x00", "").strip())
        text = text.encode("utf-8", "replace").decode("utf-8")
        return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, datetime):
        is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)[:MOST_LETTERS] if isinstance(cell, timedelta) else ""


def _number(number: float) -> str:
    if not math.isfinite(number):
        return ""
    if abs(number) >= EXACT:
        return f"{number:.11E}"
    return str(int(number)) if number == int(number) else repr(round(float(number), 10))


def main() -> int:
    give_up()
    try:
        told = read(sys.stdin.buffer.read(MOST_BYTES + 1))
    except Refused as error:
        told = {"refused": error.code}
    except (MemoryError, RecursionError, OverflowError):
        told = {"refused": "large"}
    except BaseException:
        told = {"refused": "broken"}
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=True).encode())
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
