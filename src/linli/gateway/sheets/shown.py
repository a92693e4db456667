"""What the pages of an import show: totals, problems in their cells, what can be done next."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.sheets import queries
from linli.kernel.sheets.declare import Kind, column_of
from linli.kernel.sheets.enums import BUSY, ImportState, Outcome
from linli.kernel.sheets.files import sentence
from linli.kernel.sheets.models import Import
from linli.kernel.sheets.phrases import UNREADABLE
from linli.kernel.sheets.values import address
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import story
from linli.kernel.ui.moments import exact, short
from linli.kernel.ui.wording import joined, labelled

from .tables import phase

MOVES = {
    ImportState.CHECKED: ("run", "cancel"),
    ImportState.READ: ("cancel",),
    ImportState.CHECKING: ("cancel",),
    ImportState.UPLOADED: ("cancel",),
    ImportState.RUNNING: ("pause",),
    ImportState.PAUSED: ("resume", "stop"),
    ImportState.DONE: ("undo",),
}
POLLED_SECONDS = 2


def import_page(batch: Import, kind: Kind, actor: Actor) -> dict[str, Any]:
    """Everything the page of an import shows."""
    state = ImportState(batch.state)
    held = queries.counts(batch)
    return {
        "title": batch.file_name,
        "batch": batch,
        "kind": kind.title,
        "state": {"label": state.label, "phase": phase(state)},
        "is_busy": state in BUSY,
        "every": f"every {POLLED_SECONDS}s",
        "said_by": joined([batch.user.name, exact(batch.uploaded_at)]),
        "refusal": UNREADABLE.get(batch.reason, UNREADABLE["broken"]) if batch.reason else "",
        "progress": _progress(batch, actor),
        "stats": _stats(held),
        "verbs": _verbs(batch, held, actor),
        "problems": _kinds(batch, kind, actor),
        "rows": _rows(batch, kind, actor),
        "kept": _kept(batch, kind),
        "files": _files(batch, held, actor),
        "others": _others(batch),
        "kept_until": exact(batch.kept_until) if batch.state != ImportState.CANCELLED else "",
        "list_url": reverse(kind.list_url) if kind.list_url and held.get(Outcome.DONE) else "",
        "mapping_url": reverse("imports:mapping", args=[batch.pk])
        if state in {ImportState.READ, ImportState.CHECKED}
        else "",
        "events": story.events(lines([("sheets.import", batch.pk)]), actor)[:40],
    }


def _progress(batch: Import, actor: Actor) -> dict[str, Any] | None:
    found = queries.progress(batch, now=actor.now)
    if found is None or not found.total:
        return None
    ends = short(found.ends_at, now=actor.now) if found.ends_at else ""
    told = {"done": f"{found.done:,}", "total": f"{found.total:,}"}
    text = _("%(done)s of %(total)s rows") % told
    return {
        "text": text,
        "ends": _("ready at about %(when)s") % {"when": ends} if ends else "",
        "value": found.done,
        "max": found.total,
    }


def _stats(held: dict[str, int]) -> list[dict[str, Any]]:
    """Totals that add up: a number for each outcome there is, and all of them."""
    if not held:
        return []
    shown = [one for one in Outcome if held.get(one)]
    made = [{"label": pgettext("rows of a sheet", "Rows"), "number": f"{sum(held.values()):,}"}]
    return made + [{"label": one.label, "number": f"{held[one]:,}"} for one in shown]


def _verbs(batch: Import, held: dict[str, int], actor: Actor) -> list[dict[str, Any]]:
    made = []
    for name in MOVES.get(ImportState(batch.state), ()):
        if name == "run" and not held.get(Outcome.ACCEPTED):
            continue
        if name == "undo" and not (
            held.get(Outcome.DONE) and queries.can_be_undone(batch, now=actor.now)
        ):
            continue
        count = held.get(Outcome.ACCEPTED, 0)
        made.append(
            {
                "name": name,
                "label": _words(name) % {"count": f"{count:,}"},
                "kind": {"run": "primary", "resume": "primary", "undo": "danger"}.get(name, ""),
                "method": "post",
                "url": reverse(f"imports:{name}", args=[batch.pk]),
            }
        )
    return made


def _words(name: str) -> str:
    return {
        "run": _("Import %(count)s rows"),
        "cancel": _("Throw away"),
        "pause": _("Pause"),
        "resume": _("Go on"),
        "stop": _("Leave the other %(count)s rows"),
        "undo": _("Take the whole import back"),
    }[name]


def _kinds(batch: Import, kind: Kind, actor: Actor) -> list[dict[str, Any]]:
    """The kinds of problems and how often each occurs."""
    columns = kind.columns(actor)
    most = 0
    made = []
    for name, message, number in queries.kinds_of_problems(batch):
        most = most or number
        column = column_of(columns, name)
        text = sentence(message, {}) if "%(" not in message else _("The row repeats another one.")
        label = labelled(column.title, text) if column else text
        made.append({"label": label, "text": f"{number:,}", "percent": 100 * number // most})
    return made


def _rows(batch: Import, kind: Kind, actor: Actor) -> list[dict[str, Any]]:
    """The first refused rows with the cells in which something is wrong."""
    columns = kind.columns(actor)
    plan = queries.plan_of(batch)
    made = []
    for row in queries.rows_with(batch, Outcome.REFUSED)[: queries.SHOWN_ROWS]:
        for name, message, told in row.problems:
            column, at = column_of(columns, name), plan.columns.get(name)
            made.append(
                {
                    "cell": address(at, row.number) if at is not None else f"{row.number}",
                    "column": column.title if column else "",
                    "text": sentence(message, told),
                }
            )
    return made


def _kept(batch: Import, kind: Kind) -> list[dict[str, Any]]:
    """What stayed when an import was taken back, because others have built on it."""
    rows = queries.rows_with(batch, Outcome.KEPT)[: queries.SHOWN_ROWS]
    return [
        {
            "label": _("Row %(number)s") % {"number": row.number},
            "url": reverse(kind.row_url, args=[row.made[0][1]]) if kind.row_url else "",
        }
        for row in rows
    ]


def _files(batch: Import, held: dict[str, int], actor: Actor) -> list[dict[str, Any]]:
    # Its content is not asked: this page is read every two seconds.
    is_kept = batch.state != ImportState.CANCELLED and actor.now < batch.kept_until
    if not held.get(Outcome.REFUSED) or not is_kept or batch.state in BUSY:
        return []
    url = reverse("imports:marked", args=[batch.pk])
    return [
        {"url": url, "label": _("My sheet with the errors marked in it")},
        {"url": f"{url}?only=refused", "label": _("Only the refused rows")},
    ]


def _others(batch: Import) -> list[dict[str, Any]]:
    return [
        {
            "url": reverse("imports:one", args=[one.pk]),
            "label": _("%(who)s uploaded the same file on %(when)s: %(state)s.")
            % {
                "who": one.user.name,
                "when": exact(one.uploaded_at),
                "state": ImportState(one.state).label,
            },
        }
        for one in queries.others_of_file(batch)
    ]
