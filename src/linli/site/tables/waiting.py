from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.flow.models import Duty
from linli.kernel.flow.queries import duties
from linli.kernel.tables import Cell, Column, Table
from linli.kernel.ui import moments
from linli.kernel.ui.registry import DutyLine, registry

BELOW_COUNTY = 3


@dataclass(frozen=True)
class Known:
    """What one page of the list needs beside its rows."""

    actor: Actor
    lines: dict[tuple[str, UUID], DutyLine]
    places: dict[int, str]

    def line(self, duty: Duty) -> DutyLine | None:
        return self.lines.get((duty.subject_type, duty.subject_id))


def lines_of(actor: Actor, held: list[Duty]) -> dict[tuple[str, UUID], DutyLine]:
    """How duties read, by subject, each as its room puts it."""
    found: dict[tuple[str, UUID], DutyLine] = {}
    for subject_type, maker in registry.lines.items():
        ids = [one.subject_id for one in held if one.subject_type == subject_type]
        if ids:
            made = maker(actor, ids)
            found |= {(subject_type, subject_id): line for subject_id, line in made.items()}
    return found


def _know(rows: list[Duty], actor: Actor) -> Known:
    places = path_labels({one.area for one in rows}, below=BELOW_COUNTY)
    return Known(actor, lines_of(actor, rows), places)


def _number(duty: Duty, known: Known) -> Cell:
    line = known.line(duty)
    return Cell(line.number.replace("-", "\N{NON-BREAKING HYPHEN}") if line else "")


def _what(duty: Duty, known: Known) -> Cell:
    line = known.line(duty)
    return Cell(line.what, url=line.url) if line else Cell("")


def _place(duty: Duty, known: Known) -> Cell:
    line = known.line(duty)
    return Cell((line and line.where) or known.places.get(duty.area, ""))


def _clock(duty: Duty, known: Known) -> Cell:
    clock: dict[str, Any] = moments.clock(
        label="",
        started_at=duty.opened_at,
        due_at=duty.due_at,
        now=known.actor.now,
        provisional=duty.is_provisional,
    )
    return Cell(clock["text"], clock=clock, value=moments.exact(duty.due_at))


WAITING = Table(
    name="waiting",
    title=_("What waits for you"),
    needs="",
    rows=duties,
    columns=(
        Column("what", pgettext_lazy("duty", "Need"), _what, width=24),
        Column("number", _("Number"), _number, width=14),
        Column("place", _("Place"), _place, width=30),
        Column(
            "verb",
            pgettext_lazy("duty", "To do"),
            lambda duty, known: Cell(registry.verbs[(duty.subject_type, duty.verb)]),
        ),
        Column("due", pgettext_lazy("duty", "Due"), _clock, kind="clock", width=24),
    ),
    sort="due_at",
    is_ascending=True,
    row_url=lambda duty: "",
    know=_know,
    empty_title=_("Nothing waits for you"),
    empty_hint=_(
        "When an order, a visit or a signature falls to you, it will stand here by its due time."
    ),
)
