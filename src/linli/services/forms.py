from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.forms.edits import EditForm
from linli.kernel.forms.fields import TermField
from linli.kernel.forms.ids import ids_in
from linli.kernel.forms.places import PlaceField
from linli.kernel.terms.models import TermList
from linli.people.queries import Pick, picks, present_households

from .actions import FIRST_DAY, Account, Implausible, Words
from .enums import LIKELY_PLACE, Method, Place
from .models import Service

MOST_MINUTES = 1440
MOST_ANONYMOUS = 100_000
USUAL_MINUTES = 30
ORDER = (
    "occurred_on",
    "minutes",
    "method",
    "place",
    "content",
    "area",
    "persons",
    "for_household",
    "anonymous",
    "facts",
    "analysis",
)


class ServiceForm(EditForm):
    """One service: when, how, what, where, for whom, and in two separate fields what was written.

    `who` is the name looked for; the persons found are offered together with those chosen.
    """

    occurred_on = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    minutes = forms.IntegerField(
        label=pgettext_lazy("length of a service", "Minutes"),
        min_value=1,
        max_value=MOST_MINUTES,
        initial=USUAL_MINUTES,
    )
    method = forms.ChoiceField(label=_("Method"), choices=[("", _("Choose")), *Method.choices])
    place = forms.ChoiceField(
        label=_("Place"),
        required=False,
        choices=[("", _("as the method says")), *Place.choices],
        help_text=_("A visit is at home, a call by phone; otherwise choose."),
    )
    persons = forms.MultipleChoiceField(label=_("For whom"), required=False)
    for_household = forms.BooleanField(
        label=_("The service was for their household as a whole"), required=False
    )
    anonymous = forms.IntegerField(
        label=_("Others who took part, without a name"),
        min_value=0,
        max_value=MOST_ANONYMOUS,
        initial=0,
        required=False,
    )
    facts = forms.CharField(
        label=_("What happened"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What was seen, said and done."),
    )
    analysis = forms.CharField(
        label=_("What you make of it"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Apart from the facts. Stored encrypted; only your station can read it."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        actor: Actor,
        corrected: Service | None = None,
        hidden: int = 0,
        **kwargs: Any,
    ) -> None:
        """`hidden` recipients of the corrected service are not the actor's to see; they stay."""
        kwargs["initial"] = {"occurred_on": actor.today} | kwargs.get("initial", {})
        super().__init__(data, **kwargs)
        self.actor = actor
        self.corrected = corrected
        self.hidden = hidden
        keep = corrected.area_id if corrected else None
        self.fields["content"] = TermField(
            TermList.CONTENT, on=lambda: actor.today, blank=_("Choose"), label=_("Content")
        )
        self.fields["area"] = PlaceField(
            scope=actor.scope, keep=keep, label=_("Where it took place")
        )
        self.order_fields(ORDER)
        self.who = str((data or {}).get("who", "")).strip()[:60]
        chosen = data.getlist("persons") if data is not None else self.initial.get("persons", ())
        self.found = picks(actor, text=self.who, chosen=ids_in(chosen), by_number=data is not None)
        self.fields["persons"].choices = [  # type: ignore[attr-defined]
            (str(one.id), one.name) for one in self.found
        ]

    @property
    def picker(self) -> dict[str, Any]:
        """The persons to choose from, for `people/_picker.html`."""
        chosen = set(map(str, self["persons"].value() or ()))
        options = [Pick(one.id, one.name, one.sub, str(one.id) in chosen) for one in self.found]
        return {"name": "persons", "kind": "checkbox", "q": self.who, "options": options}

    def wants_to_look(self) -> bool:
        """Whether a name was typed whose persons have not been shown yet."""
        asked = self.data.get("looked", "").strip() != self.who
        return "look" in self.data or bool(self.who and asked)

    def unchecked(self) -> "ServiceForm":
        """This form with everything typed and nothing checked yet."""
        self._errors = ErrorDict()
        return self

    def clean_occurred_on(self) -> date:
        day: date = self.cleaned_data["occurred_on"]
        if day > self.actor.today:
            raise forms.ValidationError(_("A service cannot be in the future."))
        if day < FIRST_DAY:
            raise forms.ValidationError(str(Implausible()))
        return day

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not {"persons", "anonymous"} & set(self.errors):
            self._check_recipients(given)
        if given.get("method") and not given.get("place"):
            usual = LIKELY_PLACE.get(Method(given["method"]))
            if usual is None:
                self.add_error("place", _("This method has no usual place: choose one."))
            given["place"] = usual
        return given

    def _check_recipients(self, given: dict[str, Any]) -> None:
        persons = ids_in(given["persons"])
        if not persons and not given.get("anonymous") and not self.hidden:
            self.add_error("persons", _("Choose at least one person, or say how many took part."))
        given["household"] = self._household(persons) if given.get("for_household") else None

    def _household(self, persons: list[UUID]) -> UUID | None:
        """The one household of the persons; what a record said before may stay as it was."""
        homes = present_households(persons)
        if len(homes) == len(persons) and len(set(homes.values())) == 1:
            return next(iter(homes.values()))
        if self.corrected is not None and self.corrected.household_id is not None:
            return self.corrected.household_id
        self.add_error("for_household", _("The persons chosen are not on file in one household."))
        return None

    def account(self) -> Account:
        """The cleaned values as the actions take them."""
        given = self.cleaned_data
        return Account(
            method=given["method"],
            content=given["content"],
            place=given["place"],
            occurred_on=given["occurred_on"],
            minutes=given["minutes"],
            area=given["area"],
            person_ids=tuple(ids_in(given["persons"])),
            household_id=given.get("household"),
            anonymous=given["anonymous"] or 0,
            facts=given["facts"],
            analysis=given["analysis"],
        )


def as_recorded(service: Service, persons: Iterable[UUID], words: list[Words]) -> dict[str, Any]:
    """Initial values of the form for a correction."""
    present = next((one for one in words if one.version == service.version), None)
    return {
        "occurred_on": service.occurred_on,
        "minutes": service.minutes,
        "method": service.method,
        "place": service.place,
        "content": service.content,
        "area": service.area_id,
        "persons": [str(one) for one in persons],
        "for_household": service.household_id is not None,
        "anonymous": service.anonymous,
        "facts": present.facts if present else "",
        "analysis": present.analysis if present else "",
        "version": service.version,
    }
