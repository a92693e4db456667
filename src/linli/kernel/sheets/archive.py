"""Looks through the archive that a workbook is, before anything builds a sheet from it.

Runs in the reader's own process, with nothing but the standard library. What an archive says of
itself is not believed: every part is unpacked once, counted, and thrown away.
"""

import io
import re
import stat
import zipfile
from collections.abc import Iterator

MOST_PARTS = 2_000
MOST_BYTES = 120_000_000
# A sheet of real data packs to a tenth, of equal rows to a fiftieth.
MOST_RATIO = 250
# Below it a ratio says nothing.
SMALL = 1_000_000
CHUNK = 1 << 18
# A reader lays a sheet out whole, from its first cell to its last.
MOST_CELLS = 4_000_000
NESTED = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
CELL = re.compile(rb'<(?:\w+:)?c [^>]{0,200}?\br="([A-Z]{1,3})([0-9]{1,7})"')
REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="([0-9]{1,12})"')
DECLARED = (b"<!DOCTYPE", b"<!ENTITY")
# What may lie across two chunks.
OVERLAP = 300
ENCRYPTED = 0x1


class Refused(Exception):
    """A file that is not read; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check(blob: bytes) -> None:
    """Refuse an archive that is more than it looks."""
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            parts = archive.infolist()
            _check_shape(parts, len(blob))
            left = MOST_BYTES
            for part in parts:
                left -= _count(archive, part, left)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as error:
        raise Refused("broken") from error


def _check_shape(parts: list[zipfile.ZipInfo], size: int) -> None:
    """What the directory of an archive says, against what can be."""
    if len(parts) > MOST_PARTS:
        raise Refused("bomb")
    if any(one.flag_bits & ENCRYPTED for one in parts):
        raise Refused("locked")
    if sum(one.file_size for one in parts) > MOST_BYTES:
        raise Refused("large")
    for one in parts:
        if _is_unfit(one):
            raise Refused("unfit")
        if one.file_size > SMALL and one.file_size > MOST_RATIO * max(1, one.compress_size):
            raise Refused("bomb")
    end = 0
    for one in sorted(parts, key=lambda each: each.header_offset):
        # Two parts in the same bytes: little is stored, and much comes out.
        if one.header_offset < end or one.header_offset + one.compress_size > size:
            raise Refused("bomb")
        end = one.header_offset + one.compress_size
    if len({one.filename for one in parts}) < len(parts):
        raise Refused("unfit")


def _is_unfit(part: zipfile.ZipInfo) -> bool:
    """Links, and names that lead out of the archive."""
    mode = part.external_attr >> 16
    path = part.filename.replace("\\", "/")
    leads_out = path.startswith("/") or ".." in path.split("/") or ":" in path[:3]
    return leads_out or "\x00" in path or (stat.S_ISLNK(mode) if mode else False)


def _count(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> int:
    """Unpack a part and throw it away; how many bytes there were."""
    counted, extent = 0, [0, 0]
    is_drawn = part.filename.lower().endswith((".xml", ".rels"))
    for before, chunk in _chunks(archive, part):
        if counted == 0 and chunk.startswith(NESTED):
            raise Refused("nested")
        counted += len(chunk)
        if counted > left:
            raise Refused("large")
        if counted > SMALL and counted > MOST_RATIO * max(1, part.compress_size):
            raise Refused("bomb")
        if is_drawn:
            _look(before + chunk, extent)
    if counted != part.file_size:
        raise Refused("bomb")
    return counted


def _chunks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, bytes]]:
    before = b""
    with archive.open(part) as held:
        while chunk := held.read(CHUNK):
            yield before, chunk
            before = chunk[-OVERLAP:]


def _look(text: bytes, extent: list[int]) -> None:
    """Refuse a text that grows when it is read, and a sheet laid out far beyond its cells."""
    if any(one in text for one in DECLARED):
        raise Refused("bomb")
    for column, row in CELL.findall(text):
        extent[0] = max(extent[0], number_of(column))
        extent[1] = max(extent[1], int(row))
    if extent[0] * extent[1] > MOST_CELLS:
        raise Refused("sparse")
    _look_for_repeats(text)


def _look_for_repeats(text: bytes) -> None:
    # The empty rest of a sheet is one repeated row; only full cells cost something.
    for found in REPEATED.finditer(text):
        tail = text[found.end() : found.end() + OVERLAP]
        if int(found[1]) > 20_000 and b"office:value" in tail.partition(b">")[0]:
            raise Refused("sparse")


def number_of(letters: bytes) -> int:
    """The number of a column: A is 1, XFD is 16384."""
    number = 0
    for one in letters:
        number = number * 26 + one - 64
    return number
