from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.directory.queries import stations
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.forms.cells import AreaCell, UnitCell
from linli.kernel.sheets.declare import (
    Checked,
    Column,
    Kind,
    Made,
    Problem,
    Unfit,
    Values,
    aliases,
    declare,
)
from linli.kernel.sheets.forms import RowForm
from linli.kernel.sheets.values import words
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices
from linli.people.queries import exact_match, kept, listed

from . import actions, queries
from .actions import SUBJECT, Account, Implausible
from .enums import Method, Place
from .forms import ServiceForm

MOST_PERSONS = 50
UNKNOWN = _("Nobody of this name or number is on file at the station.")
IMPLAUSIBLE = _("A service lies between the year 2000 and today, in the area of your own county.")
ALIKE = _("Several persons at the station have this name: write the citizen id number or phone.")


class ServiceRow(ServiceForm):
    """A row of a sheet: the form for a service, with persons by name or number."""

    def __init__(self, *, actor: Actor) -> None:
        super().__init__(actor=actor)
        self.fields["area"] = AreaCell(inside=actor.scope.ranges)
        del self.fields["for_household"]
        self.fields["worker"] = forms.CharField(max_length=80, required=False)
        self.is_dispatcher = actor.has_role(Role.DISPATCHER)
        if self.is_dispatcher:
            offered = stations(actor)
            self.fields["station"] = UnitCell([(one.pk, one.zh, one.en) for one in offered])
        # Chosen from a list on the page; here they are written.
        self.fields["persons"] = forms.CharField(max_length=2_000, required=False)
        self._workers: dict[UUID, dict[str, list[UUID]]] = {}

    def clean_persons(self) -> list[str]:
        # Before them the station is known, which keeps their files.
        return []

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        given["unit"] = given.get("station") if self.is_dispatcher else self.actor.unit_id
        if given["unit"]:
            given["persons"] = self._persons(given["unit"])
            given["by"] = self._worker(given["unit"], given.get("worker", ""))
        return super().clean()

    def _persons(self, unit_id: UUID) -> list[str]:
        found = []
        for word in words(self.data.get("persons", ""))[:MOST_PERSONS]:
            rows: QuerySet[Any] = listed(kept(self.actor)).filter(unit_id=unit_id)
            exact = exact_match(word)
            rows = rows.filter(name=word) if exact is None else rows.filter(exact)
            held = list(rows.values_list("pk", flat=True)[:2])
            if len(held) == 1:
                found.append(str(held[0]))
            else:
                self.add_error("persons", ALIKE if held else UNKNOWN)
        return found

    def _worker(self, unit_id: UUID, name: str) -> UUID | None:
        if unit_id not in self._workers:
            known: dict[str, list[UUID]] = {}
            for one in queries.workers(unit_id):
                known.setdefault(one.name, []).append(one.pk)
                known.setdefault(one.username, []).append(one.pk)
            self._workers[unit_id] = known
        if not name and not self.is_dispatcher:
            return self.actor.user_id
        held = set(self._workers[unit_id].get(name, ()))
        if len(held) != 1:
            self.add_error("worker", _("No worker of this name is or was at the station."))
        return next(iter(held), None)


@dataclass(frozen=True)
class Facts:
    """A row that can be stored: the service, the station and the worker who gave it."""

    account: Account
    unit_id: UUID
    worker_id: UUID


class ServiceDesk:
    """Where rows of services are worked on."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.rows = RowForm(ServiceRow(actor=actor))

    def check(self, values: Values) -> Checked:
        problems = self.rows.problems(values)
        if problems:
            return Checked(problems=problems)
        form: ServiceRow = self.rows.form
        given = form.cleaned_data
        facts = Facts(form.account(), given["unit"], given["by"])
        return Checked(facts=facts, is_there=self._on_record(facts), key=_key(facts))

    def _on_record(self, facts: Facts) -> bool:
        """Whether the same worker has recorded the same for the same persons on that day."""
        told = facts.account
        if not told.person_ids:
            return False
        rows = queries.services(self.actor).filter(
            unit_id=facts.unit_id,
            worker_id=facts.worker_id,
            occurred_on=told.occurred_on,
            method=told.method,
            content=told.content,
            minutes=told.minutes,
        )
        wanted = set(told.person_ids)
        return any(
            set(queries.recipients(key)) == wanted for key in rows.values_list("pk", flat=True)
        )

    def store(self, facts: Facts, together: Sequence[Made]) -> list[Made]:
        try:
            made = actions.import_service(
                actor=self.actor,
                account=facts.account,
                unit_id=facts.unit_id,
                worker_id=facts.worker_id,
            )
        except Implausible as error:
            raise Unfit(Problem("occurred_on", IMPLAUSIBLE)) from error
        return [(SUBJECT, str(made.pk))]

    def remove(self, made: Sequence[Made]) -> bool:
        found = queries.service(self.actor, UUID(made[0][1]))
        if found is None:
            return False
        try:
            actions.remove_imported(found, actor=self.actor)
        except actions.BuiltOn:
            return False
        return True


def _key(facts: Facts) -> str:
    """What tells two rows apart: everything that is known."""
    told = facts.account.by_field() | {"unit": facts.unit_id, "by": facts.worker_id}
    told["persons"] = sorted(map(str, facts.account.person_ids))
    return " ".join(f"{name}={value}" for name, value in sorted(told.items()))


def _columns(actor: Actor) -> list[Column]:
    today, area = actor.today, actor.area
    made = [
        Column("occurred_on", _("Day"), kind="day", is_required=True),
        Column(
            "minutes", pgettext_lazy("length of a service", "Minutes"), is_required=True, fixed=True
        ),
        Column(
            "method", _("Method"), is_required=True, fixed=True, codes=lambda actor: Method.choices
        ),
        Column(
            "place",
            _("Place"),
            fixed=True,
            codes=lambda actor: Place.choices,
            help=_("A visit is at home, a call by phone; otherwise choose."),
        ),
        Column(
            "content",
            _("Content"),
            is_required=True,
            fixed=True,
            codes=lambda actor: choices(TermList.CONTENT, on=today, area=area),
        ),
        Column("area", _("Where it took place"), kind="area", is_required=True, fixed=True),
        Column(
            "persons",
            _("For whom"),
            is_private=True,
            help=_("Names as they are on file, or numbers; several with a comma between them."),
        ),
        Column("anonymous", _("Others who took part, without a name"), fixed=True),
        Column("facts", _("What happened"), is_private=True),
        Column("analysis", _("What you make of it"), is_private=True),
        Column(
            "worker",
            _("Social worker"),
            is_required=actor.has_role(Role.DISPATCHER),
            fixed=True,
            help=_("By name or user name; left empty, it was you."),
        ),
    ]
    if actor.has_role(Role.DISPATCHER):
        made.insert(0, Column("station", _("Station"), is_required=True, fixed=True))
    return made


SERVICES = declare(
    Kind(
        name="services",
        title=pgettext_lazy("sheet", "Services"),
        help=_("Services that were given, to persons who are on file or to groups."),
        needs="services.import",
        columns=_columns,
        desk=ServiceDesk,
        aliases=aliases("linli.services", "services"),
        row_url="services:service",
        list_url="services:list",
    )
)
