from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.directory.queries import stations
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.forms.cells import AreaCell, UnitCell
from linli.kernel.forms.fields import TermField
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
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices

from . import actions, queries
from .actions import SUBJECT, Entry
from .enums import ConsentForm, Sex
from .forms import DAY, EARLIEST_DECISION, RegisterForm, between

HOUSEHOLD = "people.household"
MOST_CATEGORIES = 10
KNOWN_ELSEWHERE = _("This number may already be known elsewhere. Please ask the county centre.")


class PersonRow(RegisterForm):
    """A row of a sheet: the form for a new person, with what is added to a file afterwards."""

    categories = forms.MultipleChoiceField(label=_("Categories"), required=False)
    source = forms.CharField(
        label=_("Who decided it, or who says so"), max_length=80, required=False
    )
    since = forms.DateField(label=_("Applies from"), required=False, widget=DAY)
    household = forms.CharField(label=_("Household"), max_length=80, required=False)

    def __init__(self, *, actor: Actor) -> None:
        super().__init__(actor=actor)
        self.fields["area"] = AreaCell(inside=actor.scope.ranges)
        self.fields["sex"].required = False
        self.fields["categories"].choices = choices(  # type: ignore[attr-defined]
            TermList.PERSON_CATEGORY, on=actor.today, area=actor.area
        )
        self.fields["relation"] = TermField(
            TermList.RELATION, on=lambda: actor.today, blank="", required=False
        )
        if actor.has_role(Role.DISPATCHER):
            offered = stations(actor)
            self.fields["station"] = UnitCell([(one.pk, one.zh, one.en) for one in offered])

    def clean_sex(self) -> str:
        return self.cleaned_data["sex"] or Sex.UNSTATED

    def clean_since(self) -> date | None:
        day: date | None = self.cleaned_data["since"]
        return between(day, EARLIEST_DECISION, self.actor.today) if day else None

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("categories") and not given.get("source"):
            self.add_error("source", _("Say who decided the category, or who says so."))
        if len(given.get("categories", ())) > MOST_CATEGORIES:
            self.add_error("categories", _("There are more than ten categories in this cell."))
        if given.get("household") and not given.get("relation"):
            self.add_error("relation", _("Say who the person is in the household."))
        return given

    def entry(self) -> Entry:
        """The cleaned values as the action takes them."""
        given = self.cleaned_data
        return Entry(
            details=self.details(),
            basis=given["basis"],
            form=given["form"],
            categories=tuple(given["categories"]),
            source=given["source"],
            since=given["since"],
            relation=given["relation"],
        )


@dataclass(frozen=True)
class Facts:
    """A row that can be stored, and the station that will keep the file."""

    entry: Entry
    station_id: UUID | None


class PersonDesk:
    """Where rows of persons are worked on."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.rows = RowForm(PersonRow(actor=actor))

    def check(self, values: Values) -> Checked:
        asked: dict[str, Any] = dict(values)
        asked["categories"] = [one for one in values.get("categories", "").split("\n") if one]
        problems = self.rows.problems(asked)
        if problems:
            return Checked(problems=problems)
        form: PersonRow = self.rows.form
        entry, household = form.entry(), form.cleaned_data["household"]
        station = form.cleaned_data.get("station")
        is_there, problem = self._on_file(entry.details)
        return Checked(
            facts=Facts(entry, station),
            problems=(problem,) if problem else (),
            is_there=is_there,
            key=_key(entry.details),
            group=f"{station or ''}|{household}" if household else "",
        )

    def _on_file(self, told: actions.Details) -> tuple[bool, Problem | None]:
        """Whether the person is on file where the actor may look; or may be, elsewhere."""
        same = queries.likely_same(
            self.actor,
            name=told.name,
            born_on=told.born_on,
            phone=told.phone,
            citizen_id=told.citizen_id,
        )
        if told.citizen_id:
            if any(one.citizen_id == told.citizen_id for one in same):
                return True, None
            if queries.is_known(told.citizen_id):
                return False, Problem("citizen_id", KNOWN_ELSEWHERE)
        is_there = any(
            one.name == told.name
            and not (one.citizen_id and told.citizen_id)
            and (_is_same(one.born_on, told.born_on) or _is_same(one.phone, told.phone))
            for one in same
        )
        return is_there, None

    def store(self, facts: Facts, together: Sequence[Made]) -> list[Made]:
        home = next((key for kind, key in together if kind == HOUSEHOLD), None)
        household = queries.household(self.actor, UUID(home)) if home else None
        try:
            person, lives_in = actions.import_person(
                actor=self.actor,
                entry=facts.entry,
                unit_id=facts.station_id,
                household=household,
            )
        except actions.KnownElsewhere as error:
            raise Unfit(Problem("citizen_id", KNOWN_ELSEWHERE)) from error
        made = [(SUBJECT, str(person.pk))]
        return [*made, (HOUSEHOLD, str(lives_in.pk))] if lives_in else made

    def remove(self, made: Sequence[Made]) -> bool:
        found = queries.person(self.actor, UUID(made[0][1]))
        homes = [UUID(key) for kind, key in made if kind == HOUSEHOLD]
        if found is None:
            return False
        try:
            actions.remove_imported(found, actor=self.actor, household_ids=homes)
        except actions.BuiltOn:
            return False
        return True


def _is_same(one: object, other: object) -> bool:
    return bool(one) and one == other


def _key(told: actions.Details) -> str:
    """What tells two rows apart: the number, or everything that is known."""
    if told.citizen_id:
        return f"id {told.citizen_id}"
    return " ".join(map(str, (told.name, told.born_on, told.phone, told.area, told.address)))


def _columns(actor: Actor) -> list[Column]:
    made = [*_details(), *_facts()]
    if actor.has_role(Role.DISPATCHER):
        made.insert(0, Column("station", _("Station"), is_required=True, fixed=True))
    return made


def _terms(which: TermList) -> Any:
    return lambda actor: choices(which, on=actor.today, area=actor.area)


def _details() -> list[Column]:
    """What is known about a person."""
    return [
        Column("name", _("Name"), is_required=True, is_private=True),
        Column("preferred_name", _("Called"), is_private=True),
        Column("sex", _("Sex"), codes=lambda actor: Sex.choices),
        Column("born_on", _("Birth date"), kind="day", is_private=True),
        Column(
            "citizen_id",
            _("Citizen id number"),
            is_private=True,
            help=_("Only if it is needed for an application. Stored encrypted, shown masked."),
        ),
        Column("phone", _("Phone"), is_private=True),
        Column(
            "area",
            _("Where the person lives"),
            kind="area",
            is_required=True,
            fixed=True,
            help=_(
                "The village or community, with its township if its name occurs twice; or code."
            ),
        ),
        Column("address", _("Address"), is_private=True),
    ]


def _facts() -> list[Column]:
    """Why the data may be kept, and what is added to a file."""
    return [
        Column(
            "basis",
            _("Why the data may be kept"),
            is_required=True,
            fixed=True,
            codes=_terms(TermList.LEGAL_BASIS),
            help=_("Help never depends on consent: without it, choose another basis."),
        ),
        Column(
            "form",
            _("How consent was given"),
            fixed=True,
            codes=lambda actor: ConsentForm.choices,
            help=_("Only for consent."),
        ),
        Column(
            "categories",
            _("Categories"),
            is_several=True,
            fixed=True,
            codes=_terms(TermList.PERSON_CATEGORY),
            help=_("Several may stand in one cell, with a comma between them."),
        ),
        Column(
            "source", _("Who decided it, or who says so"), fixed=True, help=_("Of the category.")
        ),
        Column("since", _("Applies from"), kind="day", fixed=True, help=_("Of the category.")),
        Column(
            "household",
            _("Household"),
            help=_("The same number or name for everybody who lives together."),
            is_private=True,
        ),
        Column(
            "relation",
            pgettext_lazy("household", "Who the person is there"),
            codes=_terms(TermList.RELATION),
            help=_("Seen from the one whose home it is."),
        ),
    ]


PEOPLE = declare(
    Kind(
        name="people",
        title=pgettext_lazy("sheet", "People"),
        help=_("Persons who are served, with categories and households."),
        needs="people.import",
        columns=_columns,
        desk=PersonDesk,
        aliases=aliases("linli.people", "people"),
        row_url="people:person",
        list_url="people:list",
    )
)
