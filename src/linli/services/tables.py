from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.directory.queries import stations
from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import labels, path_labels
from linli.kernel.forms.ids import ids_in
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices, label
from linli.kernel.ui.addresses import row_address
from linli.people.queries import names

from .enums import Method
from .models import Service
from .queries import between, is_late, received_by, services, workers

SHOWN = (
    "area_id", "method", "content", "occurred_on", "recorded_at", "person_times", "minutes",
    "worker__name",
)  # fmt: skip


def _day(row: Service, known: Any) -> Cell:
    late = _("late entry") if is_late(row) else ""
    shown = date_format(row.occurred_on, "DATE_FORMAT").replace(" ", "\u00a0")
    return Cell(shown, late, value=str(row.occurred_on))


def _know(rows: list[Service], actor: Actor) -> dict[int, str]:
    """Names of the areas; who sees several townships reads the township before the village."""
    codes = {one.area_id for one in rows}
    return path_labels(codes, below=3) if actor.has_role(Role.DISPATCHER) else labels(codes)


def _period(name: str, today: date) -> tuple[date | None, date | None]:
    """First and last day of a period that is named in relation to today."""
    first = today.replace(day=1)
    if name == "week":
        return today - timedelta(days=today.weekday()), today
    if name == "month":
        return first, today
    if name == "last_month":
        before = first - timedelta(days=1)
        return before.replace(day=1), before
    if name == "year":
        return today.replace(month=1, day=1), today
    return None, None


def _actions(actor: Actor) -> list[dict[str, Any]]:
    if not holds(actor, "services.record"):
        return []
    return [{"url": reverse("services:new"), "label": _("Record a service"), "primary": True}]


METHOD = Filter(
    "method",
    _("Method"),
    lambda actor: Method.choices,
    lambda rows, value, actor: rows.filter(method=value),
)
CONTENT = Filter(
    "content",
    _("Content"),
    lambda actor: choices(TermList.CONTENT, on=actor.today, area=actor.area),
    lambda rows, value, actor: rows.filter(content=value),
)
WORKER = Filter(
    "worker",
    _("Worker"),
    lambda actor: [(str(one.pk), one.name) for one in workers(actor.unit_id)],
    lambda rows, value, actor: rows.filter(worker_id=value),
)
STATION = Filter(
    "station",
    _("Station"),
    lambda actor: [(str(one.pk), one.label) for one in stations(actor)],
    lambda rows, value, actor: rows.filter(unit_id=value),
)
PERIOD = Filter(
    "period",
    _("Period"),
    lambda actor: [
        ("week", _("This week")),
        ("month", _("This month")),
        ("last_month", _("Last month")),
        ("year", _("This year")),
    ],
    lambda rows, value, actor: between(rows, *_period(value, actor.today)),
)

SERVICES = Table(
    name="services",
    title=pgettext_lazy("place", "Services"),
    needs="services.view",
    rows=lambda actor: services(actor).select_related("worker").only(*SHOWN),
    columns=(
        Column("occurred_on", _("Day"), _day),
        Column("method", _("Method"), lambda row, known: Cell(row.get_method_display())),
        Column(
            "content",
            _("Content"),
            lambda row, known: Cell(label(TermList.CONTENT, row.content)),
            width=28,
        ),
        Column("area", _("Area"), lambda row, known: Cell(known.get(row.area_id, "")), width=28),
        Column("worker", _("Worker"), lambda row, known: Cell(row.worker.name)),
        Column(
            "person_times",
            _("Person-times"),
            lambda row, known: Cell(f"{row.person_times:,}", value=row.person_times),
            kind="number",
        ),
        Column(
            "minutes",
            pgettext_lazy("length of a service", "Minutes"),
            lambda row, known: Cell(f"{row.minutes:,}", value=row.minutes),
            kind="number",
        ),
    ),
    sort="occurred_on",
    day="occurred_on",
    row_url=row_address("services:service"),
    filters=(PERIOD, METHOD, CONTENT, WORKER),
    know=_know,
    empty_title=_("No service on record here yet"),
    empty_hint=_("What you put on record counts at once, at every level."),
    actions=_actions,
)


def services_table(actor: Actor, asked: Mapping[str, str]) -> Table:
    """The list as the actor needs it; from a person's file it is opened for that `person`."""
    mine = STATION if actor.has_role(Role.DISPATCHER) else WORKER
    return replace(SERVICES, filters=(PERIOD, METHOD, CONTENT, mine, *_person(actor, asked)))


def _person(actor: Actor, asked: Mapping[str, str]) -> list[Filter]:
    """The narrowing to the services of one person, if the actor may open their file."""
    named = names(actor, ids_in([asked.get("person", "")]))
    return [
        Filter(
            "person",
            _("Person"),
            lambda actor: [(str(one), name) for one, name in named.items()],
            lambda rows, value, actor: received_by(rows, UUID(value)),
            is_offered=False,
        )
    ]
