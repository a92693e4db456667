from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import inside, is_code
from linli.kernel.areas.queries import label as area_label
from linli.kernel.tables import Cell, Column, Table, page_of, total_text
from linli.kernel.timeline.record import record_shown
from linli.kernel.units.queries import unit_labels
from linli.lib.xlsx import Kind, Sheet, SheetColumn, write_workbook

from .moments import exact, local
from .pages import actor_of, asked, page
from .wording import labelled

EXPORTED_AT_MOST = 10_000
# What a number of the statistics asks of the list behind it.
NARROWING = ("area", "first", "last")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORT_KINDS: dict[str, Kind] = {"number": "number"}


def list_page(
    request: HttpRequest, table: Table, *, template: str = "ui/list.html"
) -> HttpResponse:
    """Answer a request for a declared list: page, partial, or Excel with `?export=xlsx`."""
    actor = actor_of(request)
    given = asked(request)
    filters = _filters(table, actor, given)
    rows, chips = _narrowed(table, actor, given, filters)
    if given.get("export") == "xlsx":
        return _export(table, rows, actor, chips)
    cut = page_of(
        rows,
        sort=table.sort,
        after=given.get("after", ""),
        before=given.get("before", ""),
        ascending=table.is_ascending,
    )
    if table.tell_found is not None and given.get("q"):
        table.tell_found(cut.rows, actor)
    known = table.know(cut.rows, actor)
    columns = [_column(one) for one in table.columns]
    shown = {
        "title": table.title,
        "columns": columns,
        "rows": [_row(table, columns, row, known) for row in cut.rows],
        "filters": filters,
        "chips": chips,
        "total": total_text(rows, cut),
        "newer_url": _url(given, "after", before=cut.newer) if cut.newer else "",
        "older_url": _url(given, "before", after=cut.older) if cut.older else "",
        "export_url": _url(given, "after", "before", export="xlsx"),
        "empty_title": _("Nothing fits these filters") if chips else table.empty_title,
        "empty_hint": _("Take one of them away above.") if chips else table.empty_hint,
        "actions": table.actions(actor),
    }
    return page(request, template, {"table": shown, "title": table.title}, partial="ui/_rows.html")


def _narrowed(
    table: Table, actor: Actor, asked: dict[str, str], filters: list[dict[str, Any]]
) -> tuple[QuerySet[Any], list[dict[str, str]]]:
    """The rows that the address asks for, and a chip in words for each thing that narrows them."""
    rows = table.rows(actor)
    chips: list[dict[str, str]] = []

    def chip(words: str, *names: str) -> None:
        chips.append({"label": words, "remove_url": _url(asked, *names)})

    if table.day:
        rows = _counted(table, rows, asked, chip)
    offered = {one["name"]: dict(one["options"]) for one in filters if "options" in one}
    for one in table.filters:
        value, labels = asked.get(one.name, ""), offered.get(one.name, {})
        if value and value in labels:
            rows = one.narrow(rows, value, actor)
            chip(labelled(one.label, labels[value]), one.name)
    if table.search is not None and asked.get("q"):
        rows = table.search(rows, asked["q"], actor)
        chip(f"“{asked['q']}”", "q")
    return rows, chips


def _counted(
    table: Table, rows: QuerySet[Any], asked: dict[str, str], chip: Callable[..., None]
) -> QuerySet[Any]:
    """Narrow to the area, days and unit behind a number of the statistics; what is unreadable is
    left."""
    unit = unit_asked(asked)
    for name in unit_labels([unit]).values():
        rows = rows.filter(unit_id=unit)
        chip(labelled(_("Unit"), name), "unit")
    area = asked.get("area", "")
    if area.isascii() and area.isdigit() and len(area) <= 12 and is_code(int(area)):
        rows = rows.filter(inside(int(area)))
        chip(labelled(_("Area"), area_label(int(area))), "area")
    for name, words, step in (("first", _("From"), "gte"), ("last", _("Until"), "lte")):
        try:
            day = date.fromisoformat(asked.get(name, ""))
        except ValueError:
            continue
        rows = rows.filter(**{f"{table.day}__{step}": day})
        chip(labelled(words, date_format(day, "DATE_FORMAT")), name)
    return rows


def unit_asked(asked: Mapping[str, str]) -> UUID | None:
    """The unit that an address names, if it can be read."""
    try:
        return UUID(asked.get("unit", ""))
    except ValueError:
        return None


def _column(column: Column) -> dict[str, Any]:
    """A column for the template: in words once, not once for every row."""
    return {"label": str(column.label), "kind": column.kind, "cell": column.cell}


def _row(table: Table, columns: list[dict[str, Any]], row: Any, known: Any) -> dict[str, Any]:
    cells = [_cell(one["cell"](row, known), one) for one in columns]
    return {"url": table.row_url(row) or cells[0]["url"], "cells": cells}


def _cell(cell: Cell, column: dict[str, Any]) -> dict[str, Any]:
    kind = column["kind"]
    return {
        "label": column["label"],
        "kind": kind,
        "is_plain": kind == "text" and not (cell.url or cell.sub),
        "text": cell.text,
        "sub": cell.sub,
        "url": cell.url,
        "state": cell.state,
        "clock": cell.clock,
    }


def _url(asked: dict[str, str], *without: str, **added: str) -> str:
    kept = {key: value for key, value in asked.items() if key not in {*without, "export"}}
    if "after" in added or "before" in added:
        kept.pop("after", None)
        kept.pop("before", None)
    return "?" + urlencode({**kept, **added})


def _filters(table: Table, actor: Actor, asked: dict[str, str]) -> list[dict[str, Any]]:
    """What narrows the list, as `ui.filter` takes it."""
    made: list[dict[str, Any]] = []
    if table.search is not None:
        made.append({"name": "q", "label": _("Search"), "hint": table.search_hint})
    for one in table.filters:
        offered = [("", _("All")), *one.choices(actor)]
        hidden = not one.is_offered
        made.append({"name": one.name, "label": one.label, "options": offered, "is_hidden": hidden})
    # Whoever changes a filter stays with the rows they came for.
    made += [{"name": name, "is_hidden": True} for name in NARROWING if table.day]
    held = [{**one, "value": asked.get(one["name"], "")} for one in made]
    return [one for one in held if one["value"] or not one.get("is_hidden")]


def _export(table: Table, rows: Any, actor: Actor, chips: list[dict[str, str]]) -> HttpResponse:
    """The whole filtered list as Excel, up to 10,000 rows; who exported what is on record."""
    sign = "" if table.is_ascending else "-"
    found = list(rows.order_by(f"{sign}{table.sort}", f"{sign}pk")[: EXPORTED_AT_MOST + 1])
    is_cut = len(found) > EXPORTED_AT_MOST
    found = found[:EXPORTED_AT_MOST]
    known = table.know(found, actor)
    columns = [
        SheetColumn(str(one.label), one.width, EXPORT_KINDS.get(one.kind, "text"))
        for one in table.columns
    ]
    notes = [one["label"] for one in chips]
    if is_cut:
        notes.append(_("Only the first 10,000 rows: narrow the list for the others."))
    body = [[column.cell(row, known).exported for column in table.columns] for row in found]
    # With the rows themselves: whom an export has carried out of the house can be asked for ever.
    about = [row.pk for row in found if isinstance(row.pk, UUID)]
    title = str(table.title)
    return spreadsheet(actor, table.name, title, columns, body, notes=notes, about=about)


def spreadsheet(
    actor: Actor,
    name: str,
    title: str,
    columns: list[SheetColumn],
    rows: list[list[Any]],
    *,
    notes: Iterable[str] = (),
    about: Iterable[UUID] = (),
) -> HttpResponse:
    """A list as Excel, headed by what it is, when and by whom it was exported; it is on record.

    `name` is part of the file's name, `notes` stand above the rows, `about` are the rows it holds.
    """
    told = {"title": title, "when": exact(actor.now), "who": actor.user_name}
    head = _("%(title)s, exported %(when)s by %(who)s") % told
    blob = write_workbook([Sheet(title, columns, rows, [head, *notes])])
    record_shown(
        actor,
        "ui.exported",
        subject_type="ui.list",
        subject_id=None,
        unit=actor.unit_id,
        about=about,
        list=name,
        rows=len(rows),
    )
    response = HttpResponse(blob, content_type=XLSX)
    stamp = f"{local(actor.now):%Y%m%d-%H%M}"
    response["Content-Disposition"] = f'attachment; filename="linli-{name}-{stamp}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response
