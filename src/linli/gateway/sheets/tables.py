from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.sheets.declare import kind_of
from linli.kernel.sheets.enums import ENDED, ImportState
from linli.kernel.sheets.queries import imports
from linli.kernel.tables import Cell, Column, Table
from linli.kernel.ui.addresses import row_address
from linli.kernel.ui.moments import exact


def phase(state: str) -> str:
    """The tone of a state."""
    if state in {ImportState.REFUSED, ImportState.CANCELLED, ImportState.UNDONE}:
        return "stopped"
    if state in ENDED:
        return "done"
    return "waiting" if state in {ImportState.READ, ImportState.CHECKED} else "running"


def _kind(row: Any, known: Any) -> Cell:
    kind = kind_of(row.kind)
    return Cell(str(kind.title) if kind else row.kind)


def _actions(actor: Actor) -> list[dict[str, Any]]:
    return [{"url": reverse("imports:new"), "label": _("Import a sheet"), "primary": True}]


IMPORTS = Table(
    name="imports",
    title=pgettext_lazy("place", "Imports"),
    needs="imports.view",
    rows=imports,
    columns=(
        Column("file", _("File"), lambda row, known: Cell(row.file_name), width=40),
        Column("kind", _("What is in it"), _kind),
        Column(
            "state",
            _("State"),
            lambda row, known: Cell(ImportState(row.state).label, state=phase(row.state)),
            kind="state",
        ),
        Column("rows", _("Rows"), lambda row, known: Cell(f"{row.total:,}"), kind="number"),
        Column("who", _("By"), lambda row, known: Cell(row.user.name)),
        Column("when", _("When"), lambda row, known: Cell(exact(row.uploaded_at)), kind="time"),
    ),
    sort="uploaded_at",
    row_url=row_address("imports:one"),
    empty_title=_("Nothing has been imported here yet"),
    empty_hint=_("Registers that you have as spreadsheets can be brought in as a whole."),
    actions=_actions,
)
