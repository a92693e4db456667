"""What people write in cells, in the one form in which it is checked."""

import re
import unicodedata
from collections.abc import Iterable

BRACKETED = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】")
NOISE = re.compile(r"[\s*:：·、,，。./_\-]+")
SEVERAL = re.compile(r"[、,，;；/\n|]+|\s{2,}")
DAY = re.compile(
    r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?(?:[ T]0{1,2}:00(?::00)?)?"
)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
ROUNDED = re.compile(r"\d\.\d{11}E\+\d{2,3}")
LONG_NUMBER = re.compile(r"[0-9Xx*]{7,}")
SHOWN_LETTERS = 24


def same(text: str) -> str:
    """A heading or word as it is compared: width, case, signs and what stands in brackets put
    aside."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return NOISE.sub("", BRACKETED.sub("", plain)) or NOISE.sub("", plain)


def words(text: str) -> list[str]:
    """The words of a cell that holds several."""
    return list(dict.fromkeys(one.strip() for one in SEVERAL.split(text) if one.strip()))


def day(text: str) -> str:
    """A day as ISO has it, if it is written in a usual way; otherwise the text as it is."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = DAY.fullmatch(plain) or COMPACT.fullmatch(plain)
    if found is None:
        return text.strip()
    year, month, of_month = found.groups()
    return f"{year}-{int(month):02d}-{int(of_month):02d}"


def is_rounded(text: str) -> bool:
    """Whether a spreadsheet has kept a long number as a number, and lost its last digits."""
    return ROUNDED.fullmatch(text) is not None


def masked(text: str, *, is_private: bool) -> str:
    """A cell as a page shows it before anybody has said what it means: long numbers masked always,
    and nothing but the first character of what is private."""
    if is_private and text:
        return text[0] + "*" * min(len(text) - 1, 3)
    shown = LONG_NUMBER.sub(lambda one: f"{one[0][:3]}****{one[0][-2:]}", text)
    return shown if len(shown) <= SHOWN_LETTERS else f"{shown[:SHOWN_LETTERS]}…"


def letters(number: int) -> str:
    """The letters of a column, counted from 0: A, B, … Z, AA."""
    made, rest = "", number + 1
    while rest:
        rest, last = divmod(rest - 1, 26)
        made = chr(65 + last) + made
    return made


def address(column: int, row: int) -> str:
    """A cell as a spreadsheet calls it: C17."""
    return f"{letters(column)}{row}"


def distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
