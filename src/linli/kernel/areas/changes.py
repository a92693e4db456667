"""What a list of changes says: areas merged, split, renumbered, moved or renamed on a day."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from linli.lib.areacodes import NATION, expand, is_pseudo
from linli.lib.divisions import LONGEST_NAME, AreaFileError, Division

from .models import ChangeKind

COLUMNS = ("kind", "before", "after", "day", "name")
LIST_COLUMNS = ("code", "name")
# As published lists call them.
TITLES = {
    "类别": "kind",
    "变更类别": "kind",
    "原代码": "before",
    "新代码": "after",
    "现代码": "after",
    "日期": "day",
    "生效日期": "day",
    "名称": "name",
    "新名称": "name",
    "代码": "code",
    "区划代码": "code",
    "统计用区划代码": "code",
}
KINDS = {
    "合并": ChangeKind.MERGE,
    "撤并": ChangeKind.MERGE,
    "拆分": ChangeKind.SPLIT,
    "析置": ChangeKind.SPLIT,
    "更码": ChangeKind.RECODE,
    "代码变更": ChangeKind.RECODE,
    "改隶": ChangeKind.REPARENT,
    "划归": ChangeKind.REPARENT,
    "更名": ChangeKind.RENAME,
}
FAULTS_AT_MOST = 50


@dataclass(frozen=True)
class Change:
    """A line of the list; `name` is the new name of an area that was renamed, or the name of an
    area that is new with this change."""

    where: str
    kind: ChangeKind
    before: int
    after: int
    day: date
    name: str = ""


class Refused(AreaFileError):
    """A list that cannot be put into force; `faults` are sentences, each with its line."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(self.faults[:FAULTS_AT_MOST]))


def fault(where: str, sentence: str | Promise) -> str:
    """A sentence about a line."""
    return _("%(where)s: %(sentence)s") % {"where": where, "sentence": sentence}


def place(source: str, line: int) -> str:
    return _("%(source)s, line %(line)s") % {"source": source, "line": line}


def read_text(content: bytes, source: str) -> str:
    """A file as text. Raises Refused unless it is UTF-8 or, as Chinese Excel saves it, GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(
        [_("%(source)s: this is no text file; save the table as CSV.") % {"source": source}]
    )


def is_changes(text: str) -> bool:
    """Whether a text is a list of changes, by its first line."""
    titles = text.partition("\n")[0].replace("\ufeff", "").strip().split(",")
    return "before" in {TITLES.get(one.strip(), one.strip()) for one in titles}


def _rows(text: str, source: str, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """The rows of CSV that has these columns, each with its place; what is missing is empty."""
    reader = csv.reader(text.lstrip("\ufeff").splitlines())
    try:
        titles = [TITLES.get(one.strip(), one.strip()) for one in next(reader, [])]
        if not set(columns) <= set(titles):
            named = ", ".join(columns)
            raise Refused(
                [
                    _("%(source)s: the first line must name the columns %(columns)s.")
                    % {"source": source, "columns": named}
                ]
            )
        places = [titles.index(one) for one in columns]
        for row in reader:
            if any(one.strip() for one in row):
                told = [row[at].strip() if at < len(row) else "" for at in places]
                yield place(source, reader.line_num), told
    except csv.Error as error:
        raise Refused([fault(place(source, reader.line_num), str(error))]) from error


def read_changes(text: str, source: str) -> list[Change]:
    """The changes in CSV with the COLUMNS: `kind` is merge, split, recode, reparent or rename,
    `before` and `after` are codes, `name` is for a rename and for an area that is new.

    Raises Refused with a sentence for every line that is none.
    """
    faults: list[str] = []
    found: list[Change] = []
    for where, told in _rows(text, source, COLUMNS):
        try:
            found.append(_read(where, *told))
        except ValueError as error:
            faults.append(fault(where, str(error)))
    if faults:
        raise Refused(faults)
    return found


def _read(where: str, told: str, code: str, new_code: str, on: str, name: str) -> Change:
    try:
        kind = KINDS.get(told) or ChangeKind(told)
        before, after = expand(code), expand(new_code or code)
        day = date.fromisoformat(on)
    except ValueError:
        raise ValueError(
            _(
                "“%(told)s”, “%(code)s”, “%(day)s” is no change: a kind, codes of 2 to 12 digits"
                " and a day such as 2025-07-01 are needed."
            )
            % {"told": told, "code": code, "day": on}
        ) from None
    is_rename = kind == ChangeKind.RENAME
    if (before == after) != is_rename or NATION in {before, after}:
        raise ValueError(_("A rename is of one area, every other change of two."))
    if len(name) > LONGEST_NAME or "\x00" in name or (is_rename and not name):
        raise ValueError(_("A renamed area needs its new name, of 80 characters at most."))
    return Change(where, kind, before, after, day, name)


def read_list(text: str, source: str) -> list[Division]:
    """The areas in CSV with the columns `code` (2 to 12 digits) and `name`.

    Raises Refused with a sentence for every line that is none.
    """
    faults: list[str] = []
    found: list[Division] = []
    for where, (short, name) in _rows(text, source, LIST_COLUMNS):
        try:
            code = expand(short)
        except ValueError:
            code = NATION
        if code == NATION or not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
            told = _(
                "“%(code)s”, “%(name)s” is no area: a code of 2, 4, 6, 9 or 12 digits and a name"
                " are needed."
            ) % {"code": short, "name": name}
            faults.append(fault(where, told))
        else:
            found.append((code, name, is_pseudo(code, name)))
    if faults:
        raise Refused(faults)
    return found
