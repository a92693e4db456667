"""Which column of a sheet means what: suggested, said, remembered; and a row read by it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import override

from linli.kernel.accounts.actors import Actor

from .declare import Aliases, Column, Kind
from .values import day, same, words

HEADER_ROWS = 25
# Many words in a column of codes mean that it is another column.
MOST_WORDS = 40
Sheet = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What was said of a file: the sheet, the row of its headings, the place of each of our
    columns, one value for a whole column, and our codes for their words."""

    sheet: int = 0
    header: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, text: str) -> "Plan":
        return cls(**json.loads(text)) if text else cls()


@dataclass(frozen=True)
class Said:
    """What a unit has said before: their headings of our columns, fixed values, codes of words."""

    titles: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, text: str) -> "Said":
        return cls(**json.loads(text)) if text else cls()


def headings(sheet: Sheet, header: int) -> list[str]:
    """The cells of the row of headings; none if there is no such row."""
    return next((cells for number, cells in sheet["rows"] if number == header), [])


def body(sheet: Sheet, header: int) -> list[tuple[int, list[str]]]:
    """The rows below the headings."""
    return [(number, cells) for number, cells in sheet["rows"] if number > header]


def names_of(column: Column, aliases: Aliases, said: Said) -> list[str]:
    """What a heading of a column may say, the likeliest first."""
    titles = []
    for language in ("zh-hans", "en"):
        with override(language):
            titles.append(str(column.title))
    known = said.titles.get(column.name, "")
    held = [known, *titles, *aliases.titles.get(column.name, ())]
    return [same(one) for one in held if one]


def matched(
    found: Sequence[str], columns: Iterable[Column], aliases: Aliases, said: Said
) -> dict[str, int]:
    """The place of each of our columns among some headings, as far as they are known."""
    plain = [same(one) for one in found]
    places: dict[str, int] = {}
    for column in columns:
        for name in names_of(column, aliases, said):
            at = next(
                (at for at, one in enumerate(plain) if one == name and at not in places.values()),
                None,
            )
            if at is not None:
                places[column.name] = at
                break
    return places


def suggested(sheets: Sequence[Sheet], kind: Kind, actor: Actor, said: Said) -> Plan:
    """The sheet and row in which most of our columns are found, and what is found there."""
    columns, aliases = kind.columns(actor), kind.aliases()
    best = Plan(header=_first_row(sheets[0]))
    for at, sheet in enumerate(sheets):
        for number, cells in sheet["rows"][:HEADER_ROWS]:
            places = matched(cells, columns, aliases, said)
            if len(places) > len(best.columns):
                best = Plan(sheet=at, header=number, columns=places)
    return _filled(best, sheets[best.sheet], columns, kind, actor, said)


def replanned(
    sheets: Sequence[Sheet], kind: Kind, actor: Actor, said: Said, *, sheet: int, header: int
) -> Plan:
    """A suggestion for a sheet and a row of headings that somebody chose."""
    columns = kind.columns(actor)
    header = header or _first_row(sheets[sheet])
    places = matched(headings(sheets[sheet], header), columns, kind.aliases(), said)
    plan = Plan(sheet=sheet, header=header, columns=places)
    return _filled(plan, sheets[sheet], columns, kind, actor, said)


def _first_row(sheet: Sheet) -> int:
    return int(sheet["rows"][0][0]) if sheet["rows"] else 1


def _filled(
    plan: Plan, sheet: Sheet, columns: Iterable[Column], kind: Kind, actor: Actor, said: Said
) -> Plan:
    held = list(columns)
    fixed = {
        one.name: said.fixed[one.name]
        for one in held
        if one.fixed and one.name not in plan.columns and said.fixed.get(one.name)
    }
    codes = {name: dict(told) for name, told in said.codes.items()}
    return replace(plan, fixed=fixed, codes=codes)


def code_of(word: str, column: Column, actor: Actor, aliases: Aliases, told: dict[str, str]) -> str:
    """Our code for a word of theirs; empty if it is not known."""
    codes = dict(column.codes(actor)) if column.codes else {}
    if word in codes:
        return word
    plain = same(word)
    for code, label in codes.items():
        if same(str(label)) == plain:
            return code
    known = {same(one): code for one, code in aliases.words.get(column.name, {}).items()}
    code = told.get(plain) or known.get(plain, "")
    return code if code in codes else ""


def unknown_words(sheet: Sheet, plan: Plan, kind: Kind, actor: Actor) -> dict[str, list[str]]:
    """The words in columns of codes that are not known yet, by column."""
    found: dict[str, list[str]] = {}
    reader = RowReader(plan, kind, actor)
    for column in kind.columns(actor):
        if column.codes is None or column.name not in plan.columns:
            continue
        held: dict[str, None] = {}
        for _number, cells in body(sheet, plan.header):
            for word in reader.words(column, cells):
                if not reader.code(column, word):
                    held.setdefault(word)
        if held:
            found[column.name] = list(held)[:MOST_WORDS]
    return found


class RowReader:
    """Reads rows by a plan: our columns' values as our forms take them."""

    def __init__(self, plan: Plan, kind: Kind, actor: Actor) -> None:
        self.plan, self.actor = plan, actor
        self.columns = list(kind.columns(actor))
        self.aliases = kind.aliases()
        self._codes: dict[tuple[str, str], str] = {}

    def cell(self, column: Column, cells: Sequence[str]) -> str:
        at = self.plan.columns.get(column.name)
        text = cells[at] if at is not None and at < len(cells) else ""
        return text or self.plan.fixed.get(column.name, "")

    def words(self, column: Column, cells: Sequence[str]) -> list[str]:
        text = self.cell(column, cells)
        if not text:
            return []
        # A word that is known as a whole is one word, whatever signs it has.
        return [text] if not column.is_several or self.code(column, text) else words(text)

    def code(self, column: Column, word: str) -> str:
        key = (column.name, word)
        if key not in self._codes:
            told = self.plan.codes.get(column.name, {})
            self._codes[key] = code_of(word, column, self.actor, self.aliases, told)
        return self._codes[key]

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """The values of a row; a word without a code stays as it is, and is refused later."""
        made = {}
        for column in self.columns:
            if column.codes is not None:
                found = [self.code(column, one) or one for one in self.words(column, cells)]
                made[column.name] = "\n".join(found)
            elif column.kind == "day":
                made[column.name] = day(self.cell(column, cells))
            else:
                made[column.name] = self.cell(column, cells)
        return made
