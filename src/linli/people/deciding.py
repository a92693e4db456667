"""Forms about two files and about moves."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import local_label
from linli.kernel.forms.fields import AreaField
from linli.kernel.units.models import Unit, UnitKind
from linli.kernel.units.queries import serving

from .enums import Ending
from .forms import DAY, BasisForm
from .merged import CONTESTED
from .models import Person

WORDS = forms.Textarea(attrs={"rows": 3})
TAKEN = "take_"


class JoinForm(forms.Form):
    """Which of two files is kept, by which station, and what is right where they differ."""

    def __init__(self, data: Any = None, *, persons: list[Person], shown: dict[str, Any]) -> None:
        super().__init__(data)
        older = str(persons[0].pk)
        self.fields["kept"] = forms.ChoiceField(
            label=_("Which file is kept?"),
            help_text=_("Everything recorded in the other one is read there from now on."),
            choices=[(str(one.pk), _file(one)) for one in persons],
            initial=older,
            widget=forms.RadioSelect,
        )
        stations = {str(one.unit_id): one.unit.label for one in persons}
        self.fields["station"] = forms.ChoiceField(
            label=_("Which station keeps it?"),
            choices=list(stations.items()),
            initial=str(persons[0].unit_id),
            widget=forms.RadioSelect,
        )
        self.fields["serve_both"] = forms.BooleanField(
            label=_("The other station goes on serving the person, too"), required=False
        )
        if len(stations) == 1:
            del self.fields["serve_both"]
        for name, (label, texts) in shown.items():
            best = next((one for one, text in zip(persons, texts, strict=True) if text), persons[0])
            self.fields[TAKEN + name] = forms.ChoiceField(
                label=label,
                choices=[
                    (str(one.pk), text or _("(nothing)"))
                    for one, text in zip(persons, texts, strict=True)
                ],
                initial=str(best.pk),
                widget=forms.RadioSelect,
            )

    def decision(self) -> dict[str, Any]:
        """The cleaned values as the action takes them."""
        given = self.cleaned_data
        kept = given["kept"]
        return {
            "kept_id": UUID(kept),
            "station_id": UUID(given["station"]),
            "serve_both": given.get("serve_both", False),
            "taken": [one for one in CONTESTED if given.get(TAKEN + one, kept) != kept],
        }


class ConsultForm(forms.Form):
    """What a station is asked before the centre decides."""

    words = forms.CharField(label=_("What do you want to know?"), max_length=1000, widget=WORDS)

    def __init__(self, data: Any = None, *, stations: list[Unit]) -> None:
        super().__init__(data)
        self.fields["station"] = forms.ChoiceField(
            label=_("Station"),
            choices=[(str(one.pk), one.label) for one in stations],
            initial=str(stations[0].pk) if stations else None,
            widget=forms.RadioSelect,
        )
        self.order_fields(["station"])


class AnswerForm(forms.Form):
    """What a station knows of it, or why it does not accept."""

    words = forms.CharField(label=_("Your answer"), max_length=1000, widget=WORDS)


class MoveForm(forms.Form):
    """Where a person moves, and when."""

    moved_on = forms.DateField(
        label=_("Day of the move"),
        widget=DAY,
        help_text=_("It may be past, or up to three months ahead."),
    )
    address = forms.CharField(
        label=_("New address"),
        max_length=200,
        required=False,
        help_text=_("Street, building, door. Stored encrypted."),
    )
    with_household = forms.BooleanField(label=_("The whole household moves"), required=False)
    words = forms.CharField(
        label=_("What the new station should know"),
        max_length=1000,
        required=False,
        widget=WORDS,
        help_text=_("It reads this before it accepts. Write no more than it needs."),
    )

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data, initial={"moved_on": actor.today})
        self.actor = actor
        self.fields["area"] = AreaField(
            label=_("Where to"),
            help_text=_("Name of the village or township, of any county."),
        )
        self.fields["station"] = forms.ChoiceField(
            label=_("Which station takes over"),
            required=False,
            choices=lambda: [("", _("The one that serves the place")), *self._offered()],
        )
        self.order_fields(["area", "station", "moved_on"])

    def _offered(self) -> list[tuple[str, str]]:
        return [(str(one.pk), one.label) for one in getattr(self, "found", [])]

    def clean_area(self) -> int:
        area: int = self.cleaned_data["area"]
        self.found = list(serving(area, kind=UnitKind.STATION, on=self.actor.today))
        if not self.found:
            raise forms.ValidationError(
                _("No station in this system serves the place. Close the file instead.")
            )
        return area

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        found = getattr(self, "found", [])
        if found and not given.get("station"):
            if len(found) > 1:
                self.add_error("station", _("Several stations serve this place. Choose one."))
            given["station"] = str(found[0].pk)
        return given

    def move(self) -> dict[str, Any]:
        """The cleaned values as the action takes them."""
        given = dict(self.cleaned_data)
        return given | {"station_id": UUID(given.pop("station"))}


class AcceptForm(BasisForm):
    """Why the new station may keep the data."""


class CloseForm(forms.Form):
    """Why and since when a file is closed."""

    why = forms.ChoiceField(
        label=_("Why is the file closed?"), choices=Ending, widget=forms.RadioSelect
    )
    closed_on = forms.DateField(label=_("Since"), widget=DAY)

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data, initial={"closed_on": actor.today})


def _file(person: Person) -> str:
    day: date = person.recorded_at.date()
    place = local_label(person.area_id)
    return f"{person.name} · {place} · {person.unit.label} · {day.isoformat()}"
