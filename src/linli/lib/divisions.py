"""Lists of divisions: their entries, how the names are read, and lines of them for COPY.

The published list has 665,000 of them and is loaded before anything can be shown: what is done for
each of them here is counted in microseconds.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .areacodes import NATION, ancestors, expand, is_pseudo, kind_of, level_of
from .names import pinyin_key

# The statistics bureau's list of 30 June 2023; what was recorded before is not dated by it.
VALID_FROM = date(1949, 10, 1)
# A UUIDv7 of that day whose last digits are the code: an area's first version has the same id in
# every installation.
FIRST = "01890999-7800-7000-8000-"
LONGEST_NAME = 80
NATION_NAMES = ("中华人民共和国", "China")

AREA_COLUMNS = "code, level, kind, is_pseudo, valid_from"
VERSION_COLUMNS = "id, area_id, parent_id, zh, pinyin, initials, en, valid_from"

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
_BY_LAST: dict[str, list[tuple[str, str]]] = {}
for _ending in ENGLISH_ENDINGS:
    _BY_LAST.setdefault(_ending[0][-1], []).append(_ending)
_ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


# Code, name, whether it is a pseudo area.
Division = tuple[int, str, bool]


class AreaFileError(Exception):
    """A list cannot be read; the message names the list and the line, or the area."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a name is read: joined pinyin, initials, and a readable English name."""

    pinyin: str
    initials: str
    en: str


def read_name(name: str) -> Reading:
    """The reading of a name, e.g. "lichengqu", "lcq" and "Licheng District" for 鲤城区."""
    ending, word = next(
        (
            one
            for one in _BY_LAST.get(name[-1:], ())
            if name.endswith(one[0]) and len(name) > len(one[0])
        ),
        ("", ""),
    )
    stem, initials = _syllables(name.removesuffix(ending))
    after, initials_after = _syllables(ending)
    en = f"{stem.capitalize()} {word}" if word else stem.capitalize()
    return Reading(stem + after, initials + initials_after, en)


# Half of the 665,000 names share their stem with another, and nearly all their ending.
@lru_cache(maxsize=400_000)
def _syllables(text: str) -> tuple[str, str]:
    """Syllables joined, and their initials."""
    syllables = pinyin_key(text, person=False).split() if text else []
    return "".join(syllables), "".join(one[0] for one in syllables)


def rows(
    text: Iterable[str], source: str, columns: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    """The rows of CSV that has these columns, each with its line; what is missing is empty.

    Raises AreaFileError for a text that is no such CSV.
    """
    reader = csv.reader(text)
    try:
        titles = next(reader, [])
        if not set(columns) <= set(titles):
            named = " and ".join(columns)
            raise AreaFileError(f"{source}: the first line must name the columns {named}")
        places = [titles.index(one) for one in columns]
        for row in reader:
            if row:
                told = [row[at].strip() if at < len(row) else "" for at in places]
                yield reader.line_num, told
    except csv.Error as error:
        raise AreaFileError(f"{source}, line {reader.line_num}: {error}") from error


def entries(text: Iterable[str], source: str) -> Iterator[Division]:
    """The divisions of CSV with the columns `code` (2 to 12 digits) and `name`.

    Raises AreaFileError at the first line that is none.
    """
    for line, (short, name) in rows(text, source, ("code", "name")):
        try:
            code = expand(short)
        except ValueError:
            code = NATION
        if code == NATION or not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
            raise AreaFileError(f"{source}, line {line}: {short!r} {name!r} is no area")
        yield code, name, is_pseudo(code, name)


def new_divisions(listed: Iterable[Division], *, known: Iterable[int] = ()) -> list[Division]:
    """The entries that are not among the known areas, by code, with the nation above them.

    What each lies in must be listed or known; raises AreaFileError otherwise.
    """
    held = set(known)
    # A pseudo county has its city's code: the city stands, the counterfeit is dropped.
    new: dict[int, Division] = {}
    if NATION not in held:
        new[NATION] = (NATION, NATION_NAMES[0], False)
    for one in listed:
        if one[0] not in held:
            new.setdefault(one[0], one)
    held |= new.keys()
    for code, name, _pseudo in new.values():
        if not held.issuperset(ancestors(code)):
            raise AreaFileError(f"{code:012d} {name}: what it lies in is not known")
    return [new[code] for code in sorted(new)]


def area_lines(divisions: Iterable[Division], since: date = VALID_FROM) -> Iterator[str]:
    """Lines for AREA_COLUMNS; the areas exist since a day."""
    for code, _name, pseudo in divisions:
        flag = "t" if pseudo else "f"
        yield f"{code:012d}\t{level_of(code)}\t{kind_of(code)}\t{flag}\t{since}\n"


def version_lines(divisions: Iterable[Division], since: date = VALID_FROM) -> Iterator[str]:
    """Lines for VERSION_COLUMNS: the first version of each."""
    for code, name, _pseudo in divisions:
        reading = read_name(name)
        en = NATION_NAMES[1] if code == NATION else reading.en
        above = f"{ancestors(code)[-1]:012d}" if code != NATION else r"\N"
        # Readings hold letters, digits and spaces only.
        zh = name if name.isalnum() else name.translate(_ESCAPED)
        yield (
            f"{FIRST}{code:012d}\t{code:012d}\t{above}\t{zh}\t{reading.pinyin}\t"
            f"{reading.initials}\t{en}\t{since}\n"
        )
