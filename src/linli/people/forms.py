from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.forms.edits import EditForm
from linli.kernel.forms.fields import CitizenIdField, PhoneField, TermField
from linli.kernel.forms.places import PlaceField
from linli.kernel.terms.models import TermList
from linli.lib.checkdigits import mask_citizen_id, mask_phone

from .actions import Details
from .enums import CONSENTS, ConsentForm, Sex
from .models import Person
from .queries import Pick

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
NEW_HOUSEHOLD = "new"
# Before them a date is a slip of the pen: nobody alive is older, no list of categories either.
EARLIEST_BIRTH = date(1850, 1, 1)
EARLIEST_DECISION = date(1949, 10, 1)
ORDER = (
    "name",
    "preferred_name",
    "sex",
    "born_on",
    "area",
    "address",
    "phone",
    "citizen_id",
    "forget",
)


class DetailsForm(forms.Form):
    """What is known about a person; the area is one of those the actor's station serves."""

    name = forms.CharField(label=_("Name"), max_length=80)
    preferred_name = forms.CharField(
        label=_("Called"),
        max_length=80,
        required=False,
        help_text=_("The name the person likes to be called by, if it is another."),
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        choices=Sex,
        initial=Sex.UNSTATED,
        widget=forms.RadioSelect(attrs={"class": "choices--line"}),
    )
    born_on = forms.DateField(
        label=_("Birth date"),
        required=False,
        widget=DAY,
        help_text=_("Left empty, it is read from the citizen id number."),
    )
    phone = PhoneField(label=_("Phone"), required=False)
    citizen_id = CitizenIdField(
        label=_("Citizen id number"),
        help_text=_("Only if it is needed for an application. Stored encrypted, shown masked."),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=200,
        required=False,
        help_text=_("Street, building, door. Stored encrypted."),
    )

    def __init__(self, *args: Any, actor: Actor, keep: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["area"] = PlaceField(
            scope=actor.scope, keep=keep, blank=str(_("Choose")), label=_("Where the person lives")
        )
        self.order_fields(ORDER)

    def clean_born_on(self) -> date | None:
        born_on: date | None = self.cleaned_data["born_on"]
        return between(born_on, EARLIEST_BIRTH, self.actor.today) if born_on else None

    def clean_citizen_id(self) -> str:
        number: str = self.cleaned_data["citizen_id"]
        if number and _birth_day(number) > self.actor.today:
            raise forms.ValidationError(CitizenIdField.default_error_messages["date"])
        return number

    def details(self) -> Details:
        """The cleaned values as the actions take them."""
        given = self.cleaned_data
        born_on = given["born_on"]
        if born_on is None and given["citizen_id"]:
            born_on = _birth_day(given["citizen_id"])
        return Details(
            name=given["name"],
            area=given["area"],
            preferred_name=given["preferred_name"],
            sex=given["sex"],
            born_on=born_on,
            phone=given["phone"],
            citizen_id=given["citizen_id"],
            address=given["address"],
        )


class RegisterForm(DetailsForm):
    """A new person, with the reason why the data may be kept."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _add_basis(self, self.actor)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        _check_basis(self, given)
        return given


class ChangeForm(DetailsForm, EditForm):
    """Changes to a person. Numbers and address on file are not shown: empty keeps them."""

    forget = forms.MultipleChoiceField(
        label=_("Take off the file"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        self.person = person
        kwargs["initial"] = {
            name: getattr(person, name)
            for name in ("name", "preferred_name", "sex", "born_on", "version")
        } | {"area": person.area_id}
        super().__init__(*args, keep=person.area_id, **kwargs)
        self.masks = {
            "phone": mask_phone(person.phone),
            "citizen_id": mask_citizen_id(person.citizen_id),
            "address": _("an address") if person.address else "",
        }
        for name, mask in self.masks.items():
            if mask:
                self.fields[name].help_text = _(
                    "On file: %(mask)s. Left empty, it stays as it is."
                ) % {"mask": mask}
        self.fields["born_on"].help_text = ""
        on_file = [(name, self.fields[name].label) for name, mask in self.masks.items() if mask]
        self.fields["forget"].choices = on_file  # type: ignore[attr-defined]
        if not on_file:
            del self.fields["forget"]

    def details(self) -> Details:
        given = self.cleaned_data
        forgotten = given.get("forget", [])
        for name in ("phone", "citizen_id", "address"):
            kept = "" if name in forgotten else getattr(self.person, name)
            given[name] = given[name] or kept
        return super().details()

    def on_file(self, name: str) -> str:
        return str(self.masks.get(name) or super().on_file(name))


class CategoryForm(forms.Form):
    """A category that applies from a day on, and who says so."""

    source = forms.CharField(
        label=_("Who decided it, or who says so"),
        max_length=80,
        help_text=_("For example: civil affairs bureau, disability card, the person."),
    )
    valid_from = forms.DateField(label=_("Applies from"), widget=DAY)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"valid_from": actor.today})
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["code"] = TermField(
            TermList.PERSON_CATEGORY,
            on=lambda: actor.today,
            blank=_("Choose"),
            label=_("Category"),
        )
        self.order_fields(["code"])

    def clean_valid_from(self) -> date:
        return between(self.cleaned_data["valid_from"], EARLIEST_DECISION, self.actor.today)


class EndForm(forms.Form):
    """The last day of something that began on a known day."""

    valid_to = forms.DateField(label=_("Last day"), widget=DAY)

    def __init__(self, *args: Any, actor: Actor, since: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"valid_to": actor.today})
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.since = since

    def clean_valid_to(self) -> date:
        day = between(self.cleaned_data["valid_to"], date.min, self.actor.today)
        if day < self.since:
            raise forms.ValidationError(
                _("It began on %(day)s: it cannot end before that.") % {"day": self.since}
            )
        return day


class BasisForm(forms.Form):
    """Why the data may be kept."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _add_basis(self, actor)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        _check_basis(self, given)
        return given


class HouseholdForm(EditForm):
    """Into which household somebody moves: a new one, or that of a person who was found."""

    def __init__(
        self, data: Any = None, *, actor: Actor, person: Person, found: list[Pick]
    ) -> None:
        super().__init__(data, initial={"version": person.version})
        offered: list[tuple[str, Any]] = [
            (NEW_HOUSEHOLD, _("A new household at the person's address"))
        ]
        offered += [
            (str(one.id), _("With %(name)s (%(sub)s)") % {"name": one.name, "sub": one.sub})
            for one in found
        ]
        self.fields["household"] = forms.ChoiceField(
            label=_("Household"),
            choices=offered,
            initial=offered[-1][0] if len(offered) == 2 else NEW_HOUSEHOLD,
            widget=forms.RadioSelect,
        )
        self.fields["relation"] = TermField(
            TermList.RELATION,
            on=lambda: actor.today,
            label=pgettext_lazy("household", "Who the person is there"),
            help_text=_("Seen from the one whose home it is."),
        )

    def on_file(self, name: str) -> str:
        # Who lives there now is on the person's page.
        return ""


def _add_basis(form: forms.Form, actor: Actor) -> None:
    form.fields["basis"] = TermField(
        TermList.LEGAL_BASIS,
        on=lambda: actor.today,
        blank=_("Choose"),
        label=_("Why the data may be kept"),
        help_text=_("Help never depends on consent: without it, choose another basis."),
    )
    form.fields["form"] = forms.ChoiceField(
        label=_("How consent was given"),
        required=False,
        choices=[("", _("Choose")), *ConsentForm.choices],
        help_text=_("Only for consent."),
    )


def _check_basis(form: forms.Form, given: dict[str, Any]) -> None:
    if given.get("basis") not in CONSENTS:
        given["form"] = ""
    elif not given.get("form"):
        form.add_error("form", _("Say how consent was given."))


def _birth_day(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def between(day: date, first: date, today: date) -> date:
    if day > today:
        raise forms.ValidationError(_("This day has not come yet."))
    if day < first:
        raise forms.ValidationError(_("This is too long ago. Please look at the year once more."))
    return day
