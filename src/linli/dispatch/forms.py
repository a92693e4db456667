from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.forms.fields import TermField
from linli.kernel.forms.ids import ids_in
from linli.kernel.terms.models import TermList
from linli.kernel.ui.wording import bracketed
from linli.people.queries import picks
from linli.services.actions import FIRST_DAY, Account, Implausible
from linli.services.enums import LIKELY_PLACE, Method, Place

from .enums import Contact, Urgency, Value
from .models import Order
from .routing import Candidate, load_words

WORDS_AT_MOST = 2000
NOTE_AT_MOST = 8000
DAY_MINUTES = 1440
USUAL_MINUTES = 30
CARDS = {"data-cards": ""}
Choices = list[tuple[str, str]]


def card(title: str, sub: str) -> str:
    """The label of a big choice: a title and a line below it."""
    return format_html('{}<span class="sub">{}</span>', title, sub)


def words_field(label: Any, *, hint: Any = "", required: bool = False) -> forms.CharField:
    """A few sentences; large enough for dictation, no spelling marks in dialect."""
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=WORDS_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class StationForm(forms.Form):
    """Which station an order goes to: one of the proposed, the first chosen beforehand, or
    another one of the county; `words` is asked for where a reason is due."""

    station = forms.ChoiceField(
        label=gettext_lazy("Stations that fit"), required=False, widget=forms.RadioSelect(CARDS)
    )
    other = forms.ChoiceField(label=gettext_lazy("Another station of the county"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        found: Sequence[Candidate],
        rest: Sequence[Candidate],
        words: Any = "",
        **given: Any,
    ) -> None:
        super().__init__(data, **given)
        cards = [(str(one.unit.pk), card(one.unit.label, one.words)) for one in found]
        self.fields["station"].choices = cards  # type: ignore[attr-defined]
        self.fields["station"].initial = cards[0][0] if cards else None
        self.fields["other"].choices = [  # type: ignore[attr-defined]
            ("", _("None of them")),
            *((str(one.unit.pk), _label(one)) for one in rest),
        ]
        if words:
            self.fields["words"] = words_field(words, required=True)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        chosen = told.get("other") or told.get("station")
        if not chosen and not self.errors:
            raise forms.ValidationError(_("Choose a station."), "station")
        told["station_id"] = UUID(chosen) if chosen else None
        return told


def _label(one: Candidate) -> str:
    return bracketed(one.unit.label, load_words(one.load, one.capacity))


class ReturnForm(forms.Form):
    """Why an order goes back."""

    def __init__(self, data: Any = None, *, on: date) -> None:
        super().__init__(data)
        self.fields["reason"] = TermField(
            TermList.RETURN_REASON,
            on=lambda: on,
            label=_("Why can it not stay here?"),
            widget=forms.RadioSelect(CARDS),
        )
        self.fields["words"] = words_field(_("In your own words"))


class AssignForm(forms.Form):
    """Which worker of the station has the order from now on."""

    def __init__(
        self, data: Any = None, *, workers: Iterable[tuple[User, int]], now: UUID | None
    ) -> None:
        super().__init__(data)
        self.found = {str(user.pk): user for user, _load in workers}
        offered = [(str(user.pk), card(user.name, load_words(load))) for user, load in workers]
        self.fields["worker"] = forms.ChoiceField(
            label=_("Who takes it?"),
            choices=offered,
            initial=str(now) if now else (offered[0][0] if offered else None),
            widget=forms.RadioSelect(CARDS),
            error_messages={
                "invalid_choice": _("This colleague holds no post here now. Choose somebody else.")
            },
        )

    def clean_worker(self) -> User:
        return self.found[self.cleaned_data["worker"]]


class FinishForm(forms.Form):
    """What came of an order."""

    def __init__(self, data: Any = None, *, on: date) -> None:
        super().__init__(data)
        self.fields["result"] = TermField(
            TermList.RESULT,
            on=lambda: on,
            label=_("What came of it?"),
            widget=forms.RadioSelect(CARDS),
        )
        self.fields["words"] = words_field(
            _("What the resident is told"),
            hint=_("They read this with their receipt. Simple words, no names."),
        )


class FollowUpForm(forms.Form):
    """What came of the centre's call."""

    contact = forms.ChoiceField(
        label=gettext_lazy("Whom did you reach?"),
        choices=Contact.choices,
        widget=forms.RadioSelect(CARDS),
    )
    words = words_field(
        gettext_lazy("What you heard"),
        hint=gettext_lazy("For colleagues; the resident is not shown it."),
    )


class VerdictForm(forms.Form):
    """What the person says about the help, entered for them."""

    value = forms.ChoiceField(
        label=gettext_lazy("What does the person say?"),
        choices=Value.choices,
        widget=forms.RadioSelect(CARDS),
    )


class WordsForm(forms.Form):
    """Why an order is opened again or withdrawn; the resident can read it."""

    words = words_field(
        gettext_lazy("Why?"),
        hint=gettext_lazy("The resident can read this with their receipt."),
        required=True,
    )


class BoardForm(forms.Form):
    """What the board is narrowed to; anything it does not know narrows nothing."""

    urgency = forms.ChoiceField(
        label=pgettext_lazy("order", "Urgency"),
        required=False,
        choices=[("", gettext_lazy("All")), *Urgency.choices],
    )
    station = forms.TypedChoiceField(
        label=gettext_lazy("Station"), required=False, coerce=UUID, empty_value=None
    )

    def __init__(self, data: Any, *, stations: Choices) -> None:
        super().__init__(data, auto_id="board_%s")
        self.fields["station"].choices = [("", _("All")), *stations]  # type: ignore[attr-defined]
        if len(stations) < 2:
            del self.fields["station"]

    def narrowing(self) -> dict[str, Any]:
        self.full_clean()
        told = self.cleaned_data
        return {"urgency": told.get("urgency", ""), "station_id": told.get("station")}


class Picker:
    """The people a form offers: those chosen already, and those its search has found.

    A form sent by the search button, or with a name that was not looked for yet, is not judged:
    it comes back unbound, with all that was typed, and with who was found.
    """

    def __init__(
        self, data: Any, *, actor: Actor, name: str, kind: str, chosen: Sequence[str] = ()
    ) -> None:
        self.name, self.kind, self.q = name, kind, ""
        self.chosen = list(chosen)
        self.is_looking = False
        if data is not None:
            self.q = data.get("who", "").strip()
            self.chosen = data.getlist(name)
            self.is_looking = "look" in data or self.q != data.get("looked", self.q)
        self.options = picks(actor, text=self.q, chosen=ids_in(self.chosen), by_number=True)

    def choices(self) -> Choices:
        return [(str(one.id), one.name) for one in self.options]


class ServeForm(forms.Form):
    """A service given on an order, on one screen; most of it is filled in beforehand.

    Persons are chosen through a Picker.
    """

    method = forms.ChoiceField(
        label=gettext_lazy("How?"),
        choices=Method.choices,
        initial=Method.VISIT,
    )
    minutes = forms.IntegerField(
        label=pgettext_lazy("length of a service", "Minutes"),
        min_value=1,
        max_value=DAY_MINUTES,
        initial=USUAL_MINUTES,
    )
    occurred_on = forms.DateField(
        label=gettext_lazy("On which day?"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    place = forms.ChoiceField(
        label=gettext_lazy("Where?"),
        required=False,
        choices=[("", gettext_lazy("As usual for this")), *Place.choices],
    )
    anonymous = forms.IntegerField(
        label=gettext_lazy("People without a name"), min_value=0, max_value=9999, required=False
    )
    facts = forms.CharField(
        label=gettext_lazy("What happened"),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea({"rows": 4}),
    )
    analysis = forms.CharField(
        label=gettext_lazy("What you make of it"),
        help_text=gettext_lazy("Kept apart from the facts; only your station reads it."),
        required=False,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, data: Any = None, *, order: Order, actor: Actor) -> None:
        self.order, self.today = order, actor.today
        known = [str(order.person_id)] if order.person_id else []
        self.picker = Picker(data, actor=actor, name="persons", kind="checkbox", chosen=known)
        given: dict[str, Any] = {"occurred_on": actor.today, "anonymous": 0 if known else 1}
        if self.picker.is_looking:
            given, data = {name: data[name] for name in data}, None
        super().__init__(data, initial=given)
        self.fields["persons"] = forms.MultipleChoiceField(
            label=_("For whom?"), required=False, choices=self.picker.choices()
        )
        self.fields["content"] = TermField(
            TermList.CONTENT, on=lambda: actor.today, label=_("What was done?"), blank=_("Choose")
        )

    def clean_occurred_on(self) -> date:
        day: date = self.cleaned_data["occurred_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come."), "future")
        if day < FIRST_DAY:
            raise forms.ValidationError(str(Implausible()), "past")
        return day

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        nobody = not told.get("persons") and not told.get("anonymous")
        if nobody and not {"persons", "anonymous"} & set(self.errors):
            self.add_error(
                "anonymous", _("Choose somebody on file, or say how many people it was.")
            )
        return told

    def account(self) -> Account:
        """The service as the action wants it."""
        told = self.cleaned_data
        usual = LIKELY_PLACE.get(Method(told["method"]), Place.STATION)
        return Account(
            method=told["method"],
            content=told["content"],
            place=told["place"] or usual,
            occurred_on=told["occurred_on"],
            minutes=told["minutes"],
            area=self.order.area_id,
            person_ids=tuple(ids_in(told["persons"])),
            anonymous=told["anonymous"] or 0,
            facts=told["facts"],
            analysis=told["analysis"],
        )


class PersonForm(forms.Form):
    """The person on file an order is for, chosen through a Picker."""

    def __init__(self, data: Any = None, *, actor: Actor, named: str = "") -> None:
        known = [named] if named else []
        self.picker = Picker(data, actor=actor, name="person", kind="radio", chosen=known)
        super().__init__(None if self.picker.is_looking else data)
        self.fields["person"] = forms.TypedChoiceField(
            label=_("Who is it?"),
            coerce=UUID,
            choices=self.picker.choices(),
            error_messages={"required": _("Choose somebody on file.")},
        )
