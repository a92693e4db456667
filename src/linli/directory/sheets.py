from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.forms.cells import AreaCell, UnitCell
from linli.kernel.sheets.declare import Checked, Column, Kind, Made, Values, aliases, declare
from linli.kernel.sheets.forms import RowForm
from linli.kernel.sheets.values import words
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices
from linli.kernel.units.models import UnitKind
from linli.lib.areacodes import CITY, COUNTY
from linli.lib.names import pinyin_key

from . import actions, queries
from .actions import SUBJECT
from .enums import OperatingModel
from .forms import OPENED_HERE, PARENTS, AgencyForm, OpenForm, whole_city

USUAL = {
    "operating_model": OperatingModel.PURCHASED.value,
    "competent_body": "social_work_department",
    "capacity": "20",
}


class AreasCell(forms.CharField):
    """Several areas in one cell."""

    def __init__(self, *, one: AreaCell, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.one = one

    def clean(self, value: Any) -> Any:
        return [self.one.clean(word) for word in words(super().clean(value))]


class SiteRow(OpenForm):
    """A row of a sheet: the form for a new site, with areas and units by their names."""

    def __init__(self, *, actor: Actor) -> None:
        super().__init__(actor=actor)
        place = AreaCell(inside=actor.scope.ranges, at_least=COUNTY)
        self.fields.pop("serves", None)
        self.fields["area"] = place
        self.fields["serves_also"] = AreasCell(one=place, required=False)
        agencies = queries.units_of_kind([UnitKind.AGENCY], among=whole_city(actor), on=actor.today)
        mine = actor.scope.condition(unit="pk")
        above = queries.units_of_kind(PARENTS, among=mine, on=actor.today)
        for name, units in (("operator", agencies), ("parent", above)):
            named = [(one.pk, one.zh, one.en) for one in units]
            self.fields[name] = UnitCell(named, required=False)

    def given(self) -> dict[str, Any]:
        """The cleaned values as the action takes them."""
        told = self.cleaned_data
        names = ("zh", "en", "area", "address", "phone", "capacity", "competent_body")
        return {name: told[name] for name in names} | {
            "kind": UnitKind(told["kind"]),
            "operating_model": OperatingModel(told["operating_model"]),
            "serves": self.serves(),
            "parent_id": told["parent"],
            "operator_id": told["operator"],
        }


class AgencyRow(AgencyForm):
    """A row of a sheet: the form for a new agency."""

    def __init__(self, *, actor: Actor) -> None:
        super().__init__(actor=actor)
        self.fields["area"] = AreaCell(inside=actor.scope.ranges, at_least=CITY)

    def clean_credit_code(self) -> str:
        # One that is on file is no error in a sheet: it is there already.
        return self.read_code()


@dataclass(frozen=True)
class Desk:
    """Where rows of the directory are worked on."""

    actor: Actor
    rows: RowForm

    def told(self, values: Values) -> dict[str, Any]:
        """A row with what is left out: usual values, and the name in English spelt out."""
        held = {name: value or USUAL.get(name, "") for name, value in values.items()}
        held["en"] = held.get("en") or pinyin_key(held.get("zh", ""), person=False).title()
        return held

    def remove(self, made: Sequence[Made]) -> bool:
        unit = queries.unit_of(UUID(made[0][1]))
        if unit is None:
            return False
        try:
            actions.remove_imported(unit, actor=self.actor)
        except actions.BuiltOn:
            return False
        return True


class SiteDesk(Desk):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, RowForm(SiteRow(actor=actor)))

    def check(self, values: Values) -> Checked:
        problems = self.rows.problems(self.told(values) | {"serves_also": values.get("serves", "")})
        if problems:
            return Checked(problems=problems)
        given = self.rows.form.given()
        mine = self.actor.scope.condition(unit="pk")
        known = queries.alike(given["kind"], given["zh"], among=mine, on=self.actor.today)
        return Checked(facts=given, is_there=known, key=f"{given['kind']} {given['zh']}")

    def store(self, facts: dict[str, Any], together: Sequence[Made]) -> list[Made]:
        return [(SUBJECT, str(actions.open_site(actor=self.actor, **facts).pk))]


class AgencyDesk(Desk):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, RowForm(AgencyRow(actor=actor)))

    def check(self, values: Values) -> Checked:
        problems = self.rows.problems(self.told(values))
        if problems:
            return Checked(problems=problems)
        given = dict(self.rows.form.cleaned_data)
        known = queries.agency_with(given["credit_code"]) is not None
        return Checked(facts=given, is_there=known, key=given["credit_code"])

    def store(self, facts: dict[str, Any], together: Sequence[Made]) -> list[Made]:
        return [(SUBJECT, str(actions.register_organisation(actor=self.actor, **facts).pk))]


def _site_columns(actor: Actor) -> list[Column]:
    kinds = [(one.value, one.label) for one in OPENED_HERE]
    return [
        Column(
            "kind",
            pgettext_lazy("unit", "Kind"),
            is_required=True,
            fixed=True,
            codes=lambda actor: kinds,
        ),
        Column("zh", _("Name in Chinese"), is_required=True),
        Column("en", _("Name in English"), help=_("Left empty, it is spelt in pinyin.")),
        Column(
            "area",
            _("Where it is"),
            kind="area",
            is_required=True,
            help=_("Its seat: a township, a village or the county, by name or code."),
        ),
        Column(
            "serves",
            _("Serves"),
            help=_("Areas by name or code, with a comma between them; left empty, its seat."),
        ),
        Column("parent", _("Belongs to"), fixed=True),
        Column("operator", _("Operator"), fixed=True),
        Column(
            "operating_model",
            _("How it is run"),
            fixed=True,
            codes=lambda actor: OperatingModel.choices,
        ),
        Column(
            "competent_body",
            _("Competent body"),
            fixed=True,
            codes=lambda actor: choices(TermList.COMPETENT_BODY, on=actor.today),
        ),
        Column("address", _("Address")),
        Column("phone", _("Phone for residents")),
        Column("capacity", _("Open orders it can hold"), fixed=True),
    ]


def _agency_columns(actor: Actor) -> list[Column]:
    return [
        Column("zh", _("Name in Chinese"), is_required=True),
        Column("en", _("Name in English"), help=_("Left empty, it is spelt in pinyin.")),
        Column("credit_code", _("Unified social credit code"), is_required=True),
        Column("phone", _("Phone")),
        Column("area", _("Where it is registered"), kind="area", is_required=True, fixed=True),
    ]


SITES = declare(
    Kind(
        name="sites",
        title=pgettext_lazy("sheet", "Sites"),
        help=_("Centres, stations, rooms and facilities, with the areas they serve."),
        needs="directory.manage",
        columns=_site_columns,
        desk=SiteDesk,
        aliases=aliases("linli.directory", "sites"),
        row_url="directory:site",
        list_url="directory:list",
    )
)
AGENCIES = declare(
    Kind(
        name="agencies",
        title=pgettext_lazy("sheet", "Agencies"),
        help=_("Organisations that operate sites, with their unified social credit codes."),
        needs="agencies.manage",
        columns=_agency_columns,
        desk=AgencyDesk,
        aliases=aliases("linli.directory", "agencies"),
        row_url="directory:agency",
        list_url="directory:agencies",
    )
)
