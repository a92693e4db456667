"""Spreadsheets for people: tables in, the bytes of an .xlsx file out."""

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Literal
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

SHANGHAI = ZoneInfo("Asia/Shanghai")
MAX_ROWS = 1_048_576
MAX_CELL = 32_767
MAX_TITLE = 31

Kind = Literal["text", "number", "date", "datetime"]

# The wide forms are read as formulas too where input is East Asian.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")
_NUMBER_FORMATS = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
# A spreadsheet number has 15 significant digits; longer ones are written as text.
_EXACT = 10**15
_FIRST_YEAR = 1900


class TooManyRowsError(ValueError):
    """A sheet would have more rows than a spreadsheet can hold."""

    def __init__(self, title: str) -> None:
        super().__init__(f"sheet {title!r} has more than the {MAX_ROWS:,} rows a file can hold")


@dataclass(frozen=True)
class SheetColumn:
    """A column: its heading, its width in characters, what its cells hold."""

    label: str
    width: float = 16
    kind: Kind = "text"


@dataclass(frozen=True)
class Sheet:
    """A table. `notes` (who, when, filter, unit, source) stand above the headings, one a row."""

    title: str
    columns: Sequence[SheetColumn]
    rows: Iterable[Sequence[object]]
    notes: Sequence[str] = field(default=())


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """An .xlsx file with the sheets in order; rows are taken from their iterables one at a time.

    Text is always text: never a formula, a link or a number, and text that a spreadsheet would
    run when the file is saved as CSV and opened again gets a leading apostrophe. In a number
    column int, float and Decimal become numbers; in date and datetime columns dates do, aware
    datetimes as Asia/Shanghai. None is an empty cell, anything else is written as `str()` has it.
    Text beyond 32,767 characters ends in "…".

    Raises TooManyRowsError; ValueError for no sheets, a row of the wrong length, a naive datetime.
    Row data pass through a private temporary directory, which is gone on return and on error.
    """
    if not sheets:
        raise ValueError("a workbook needs a sheet")
    out = BytesIO()
    with tempfile.TemporaryDirectory(prefix="linli-xlsx-") as private:
        options = {"constant_memory": True, "tmpdir": private}
        book = xlsxwriter.Workbook(out, options)
        try:
            titles: list[str] = []
            bold = book.add_format({"bold": True, "bottom": 1})
            formats = {k: book.add_format({"num_format": f}) for k, f in _NUMBER_FORMATS.items()}
            for sheet in sheets:
                titles.append(_title(sheet.title, titles))
                _write(book.add_worksheet(titles[-1]), sheet, bold, formats)
        finally:
            book.close()
    return out.getvalue()


@dataclass(frozen=True)
class MarkedRow:
    """A row of somebody's own sheet at its place there (counted from 1), with what is wrong in its
    cells and, behind them, all of it in words."""

    number: int
    cells: Sequence[str]
    marks: Mapping[int, str] = field(default_factory=dict)
    note: str = ""


def write_marked(title: str, rows: Iterable[MarkedRow], *, note_column: int) -> bytes:
    """Somebody's own sheet with its errors in its own cells: a fill and a comment in each, and a
    column with the sentences. Every cell is text, as `write_workbook` writes it."""
    out = BytesIO()
    with tempfile.TemporaryDirectory(prefix="linli-xlsx-") as private:
        book = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": private})
        try:
            page = book.add_worksheet(_title(title, ()))
            plain = book.add_format({"num_format": "@"})
            wrong = book.add_format({"num_format": "@", "bg_color": "#F9D2C8"})
            page.set_column(0, note_column - 1, 16, plain)
            page.set_column(note_column, note_column, 60)
            for row in rows:
                for at in sorted({*range(len(row.cells)), *row.marks}):
                    text = row.cells[at] if at < len(row.cells) else ""
                    shown_as = wrong if at in row.marks else plain
                    if text:
                        page.write_string(row.number - 1, at, safe_text(text), shown_as)
                    elif at in row.marks:
                        page.write_blank(row.number - 1, at, None, shown_as)
                    if at in row.marks:
                        options = {"x_scale": 2}
                        page.write_comment(row.number - 1, at, safe_text(row.marks[at]), options)
                if row.note:
                    page.write_string(row.number - 1, note_column, safe_text(row.note), wrong)
        finally:
            book.close()
    return out.getvalue()


@dataclass(frozen=True)
class FormColumn:
    """A column of an empty sheet to fill in: its heading, whether it must be filled, what it means,
    an invented example, and the words that are offered in its cells."""

    label: str
    is_required: bool = False
    help: str = ""
    example: str = ""
    options: Sequence[str] = field(default=())


def write_form(
    title: str, columns: Sequence[FormColumn], *, rows: int, help_title: str, help: Sequence[str]
) -> bytes:
    """An empty sheet to fill in, with what is offered in its cells, and a sheet that explains it;
    `help` heads the columns of that: heading, must be filled, meaning, example, words."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        titles = [_title(title, ())]
        titles.append(_title(help_title, titles))
        page, told = book.add_worksheet(titles[0]), book.add_worksheet(titles[1])
        bold = book.add_format({"bold": True, "bottom": 1})
        must = book.add_format({"bold": True, "bottom": 1, "bg_color": "#FFF1C9"})
        plain = book.add_format({"num_format": "@"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for at, words in enumerate(help):
            told.write_string(0, at, safe_text(words), bold)
        told.set_column(0, 1, 22, wrapped)
        told.set_column(2, 4, 48, wrapped)
        for at, column in enumerate(columns):
            page.set_column(at, at, 20, plain)
            page.write_string(0, at, safe_text(column.label), must if column.is_required else bold)
            if column.help:
                page.write_comment(0, at, safe_text(column.help), {"x_scale": 2})
            sign = "*" if column.is_required else ""
            shown = (column.label, sign, column.help, column.example, "\n".join(column.options))
            for cell, text in enumerate(shown):
                told.write_string(at + 1, cell, safe_text(text), wrapped)
            if column.options:
                _offer(book, page, at, column.options, rows)
        page.freeze_panes(1, 0)
    return out.getvalue()


def _offer(
    book: xlsxwriter.Workbook, page: Worksheet, at: int, options: Sequence[str], rows: int
) -> None:
    """Words to choose from in the cells of a column; others may be written, too."""
    name = f"offered {at + 1}"
    held = book.add_worksheet(name)
    held.hide()
    for row, word in enumerate(options):
        held.write_string(row, 0, safe_text(word))
    rule = {
        "validate": "list",
        "source": f"='{name}'!$A$1:$A${len(options)}",
        "error_type": "information",
    }
    page.data_validation(1, at, rows, at, rule)


def _write(page: Worksheet, sheet: Sheet, bold: Format, formats: dict[str, Format]) -> None:
    if not sheet.columns:
        raise ValueError(f"sheet {sheet.title!r} has no columns")
    for at, column in enumerate(sheet.columns):
        page.set_column(at, at, column.width)
    for at, note in enumerate(sheet.notes):
        page.write_string(at, 0, safe_text(str(note)))
    heading = len(sheet.notes) + 1 if sheet.notes else 0
    for at, column in enumerate(sheet.columns):
        page.write_string(heading, at, safe_text(str(column.label)), bold)
    row_at = heading
    for row_at, row in enumerate(sheet.rows, start=heading + 1):
        if row_at >= MAX_ROWS:
            raise TooManyRowsError(sheet.title)
        for at, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            if value is not None:
                _write_cell(page, (row_at, at), column.kind, value, formats)
    page.freeze_panes(heading + 1, 0)
    page.autofilter(heading, 0, row_at, len(sheet.columns) - 1)


def _write_cell(
    page: Worksheet, at: tuple[int, int], kind: Kind, value: object, formats: dict[str, Format]
) -> None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a spreadsheet takes aware datetimes only")
        value = value.astimezone(SHANGHAI).replace(tzinfo=None)
        value = value.date() if kind == "date" else value
    if kind in formats and isinstance(value, date) and value.year > _FIRST_YEAR:
        shown_as = kind if isinstance(value, datetime) else "date"
        page.write_datetime(*at, value, formats[shown_as])
    elif kind == "number" and _is_exact(value):
        page.write_number(*at, value)
    else:
        text = value.isoformat(" ", "minutes") if isinstance(value, datetime) else str(value)
        page.write_string(*at, safe_text(text))


def _is_exact(value: object) -> bool:
    """Whether a value is a finite number that a spreadsheet keeps digit for digit."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return abs(float(value)) < _EXACT


def safe_text(text: str) -> str:
    """Text that no spreadsheet runs, from .xlsx or after saving as CSV; also for CSV files.

    A leading "=", "+", "-", "@" (wide forms too), tab or line break gets an apostrophe before it.
    """
    text = _LONE_SURROGATES.sub("\ufffd", text)
    if text.startswith(_FORMULA_STARTS):
        text = f"'{text}"
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"


def _title(wanted: str, taken: Sequence[str]) -> str:
    """A sheet title that spreadsheets accept: allowed characters, at most 31, used once."""
    clean = _shortened(_NOT_IN_TITLES.sub(" ", _LONE_SURROGATES.sub("", str(wanted))), MAX_TITLE)
    # "History" is a title that Excel keeps for itself.
    base = f"{clean}_" if clean.lower() == "history" else clean or "Sheet"
    used = {title.lower() for title in taken}
    title, number = base, 1
    while title.lower() in used:
        number += 1
        ending = f" ({number})"
        title = _shortened(base, MAX_TITLE - len(ending)) + ending
    return title


def _shortened(text: str, length: int) -> str:
    # Excel counts UTF-16 units; half a surrogate pair is dropped.
    units = text.strip(" '").encode("utf-16-le")[: 2 * length]
    return units.decode("utf-16-le", errors="ignore").strip(" '")
