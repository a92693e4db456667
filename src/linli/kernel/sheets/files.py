"""What people take home: an empty sheet to fill in, and their own with its errors in its cells."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.lib.xlsx import FormColumn, MarkedRow, write_form, write_marked

from .declare import Column, Kind
from .enums import Outcome
from .models import Import, Row
from .plan import Plan, headings
from .queries import plan_of, rows_with, sheets_of

ROWS_OFFERED = 5_000
# For stored messages: each was found by the catalogues where it was made.
in_our_language = gettext


def sentence(message: str, told: Mapping[str, Any]) -> str:
    """A stored message in the reader's language."""
    if not message:
        return ""
    text = in_our_language(message)
    return text % told if told else text


def template(kind: Kind, actor: Actor) -> bytes:
    """An empty sheet in the reader's language."""
    examples = kind.aliases().examples
    columns = [
        FormColumn(
            str(one.title),
            one.is_required,
            str(one.help),
            examples.get(one.name, ""),
            [str(label) for _code, label in one.codes(actor)] if one.codes else [],
        )
        for one in kind.columns(actor)
    ]
    return write_form(
        str(kind.title),
        columns,
        rows=ROWS_OFFERED,
        help_title=_("How to fill it in"),
        help=[
            _("Column"),
            _("Must be filled in"),
            _("What it means"),
            _("Example (invented)"),
            _("Words that are known"),
        ],
    )


def marked(batch: Import, kind: Kind, actor: Actor, *, only_refused: bool) -> tuple[bytes, int]:
    """The sheet of an import with what was refused marked in it, and how many rows that are.

    With `only_refused` the other rows are left out, and these stand right below the headings.
    """
    plan, sheets = plan_of(batch), sheets_of(batch)
    sheet = sheets[plan.sheet]
    refused = {row.number: row for row in rows_with(batch, Outcome.REFUSED)}
    columns = {one.name: one for one in kind.columns(actor)}
    width = max((len(cells) for _number, cells in sheet["rows"]), default=0)
    head = headings(sheet, plan.header)
    made = _rows(sheet["rows"], plan, refused, columns, only_refused=only_refused)
    top = MarkedRow(1 if only_refused else plan.header, head, note=pgettext("heading", "Errors"))
    ordered = sorted([top, *made], key=lambda one: one.number)
    title = sheet["name"] or str(kind.title)
    return write_marked(title, ordered, note_column=width), len(refused)


def _rows(
    rows: Iterable[tuple[int, list[str]]],
    plan: Plan,
    refused: Mapping[int, Row],
    columns: Mapping[str, Column],
    *,
    only_refused: bool,
) -> Iterable[MarkedRow]:
    place = 1
    for number, cells in rows:
        row = refused.get(number)
        if number == plan.header or (only_refused and row is None):
            continue
        place += 1
        at = place if only_refused else number
        yield MarkedRow(at, cells, *_marks(row, plan, columns)) if row else MarkedRow(at, cells)


def _marks(row: Row, plan: Plan, columns: Mapping[str, Column]) -> tuple[dict[int, str], str]:
    """What is wrong in which cell, and all of it in one text."""
    marks: dict[int, str] = {}
    lines = []
    for name, message, told in row.problems:
        text = sentence(message, told)
        column = columns.get(name)
        at = plan.columns.get(name)
        if at is not None:
            marks[at] = f"{marks[at]}\n{text}" if at in marks else text
        lines.append(f"{column.title}: {text}" if column else text)
    return marks, "\n".join(lines)
