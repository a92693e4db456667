from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import KeyScope, Role
from linli.kernel.accounts.models import User
from linli.kernel.areas.queries import path_labels
from linli.kernel.forms.fields import PhoneField
from linli.kernel.hooks.kinds import kinds
from linli.kernel.staff import queries
from linli.kernel.units.models import Unit
from linli.lib.areacodes import CITY

from .passwords import hint

# Whoever is told of a date may have mistyped the year.
FURTHEST = timedelta(days=366)
DAYS, MOST_DAYS = 365, 1100
SEPARATOR = " · "


def unit_names(units: list[Unit]) -> dict[Any, str]:
    """Each unit's name with its place behind it, as it is offered and can be typed."""
    places = path_labels({one.area_id for one in units}, below=CITY)
    return {
        one.pk: SEPARATOR.join(part for part in (one.label, places.get(one.area_id, "")) if part)
        for one in units
    }


class UnitField(forms.CharField):
    """A unit in the actor's area, typed by name; returns the Unit.

    Of several with one name, the place behind it tells which one is meant.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("No unit of this name was found in your area."),
        "several": _("Several units fit. Write one of these: %(names)s"),
    }
    shown_at_most = 12

    def __init__(self, *, actor: Actor, **kwargs: Any) -> None:
        self.actor = actor
        kwargs.setdefault("widget", forms.TextInput(attrs={"list": "units", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        name, *places = [part.strip() for part in text.split(SEPARATOR.strip())]
        found = queries.units_called(self.actor, name) if name else []
        names = unit_names(found)
        found = [one for one in found if all(place in names[one.pk] for place in places)]
        if not found:
            raise forms.ValidationError(self.error_messages["unknown"], "unknown")
        if len(found) > 1:
            shown = " / ".join(names[one.pk] for one in found[: self.shown_at_most])
            raise forms.ValidationError(self.error_messages["several"], "several", {"names": shown})
        return found[0]

    def offered(self) -> list[str]:
        """Names to choose from; in a large area the first ones only."""
        return list(unit_names(list(queries.units(self.actor)[: queries.MOST_UNITS])).values())


def _day(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **more)


class PostForm(forms.Form):
    """A role at a unit from a day on."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    first_day = _day(pgettext_lazy("post", "From"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"first_day": actor.today})
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["unit"] = UnitField(
            actor=actor,
            label=pgettext_lazy("organisation", "Unit"),
            max_length=260,
            help_text=_("A department, centre, station or room in your area, by name."),
        )
        self.order_fields(("name", "username", "phone", "role", "unit", "first_day"))

    @property
    def datalist(self) -> list[str]:
        field: Any = self.fields["unit"]
        offered: list[str] = field.offered()
        return offered

    def clean_first_day(self) -> date:
        day: date = self.cleaned_data["first_day"]
        if abs(day - self.actor.today) > FURTHEST:
            raise forms.ValidationError(_("This day is more than a year away."))
        return day

    def post(self) -> dict[str, Any]:
        """The facts of the post as the actions take them."""
        given = self.cleaned_data
        return {
            "role": given["role"],
            "unit_id": given["unit"].pk,
            "first_day": given["first_day"],
        }


class UserForm(forms.Form):
    """What others see of somebody, and the number that signs in."""

    name = forms.CharField(label=_("Name"), max_length=80)
    phone = PhoneField(
        label=_("Mobile number"),
        required=False,
        help_text=_("They can sign in with it instead of the user name."),
    )


class EditForm(UserForm):
    """Changes to a user."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"name": user.name, "phone": user.phone})
        super().__init__(*args, **kwargs)


class RegisterForm(PostForm, UserForm):
    """A new user with a first post."""

    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        help_text=_("For signing in: letters and digits, for example the name in pinyin."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )


class EndPostForm(forms.Form):
    """The last day of a post."""

    last_day = _day(
        _("Last day"),
        help_text=_("Take yesterday for somebody who must be out at once."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"last_day": actor.today})
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if day - self.actor.today > FURTHEST:
            raise forms.ValidationError(_("This day is more than a year away."))
        return day


class KeyForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        help_text=_("The program and who runs it, so that a stranger knows later."),
    )
    days = forms.IntegerField(
        label=_("Valid for days"), min_value=1, max_value=MOST_DAYS, initial=DAYS
    )
    scopes = forms.MultipleChoiceField(
        label=_("What the program may do"),
        choices=KeyScope.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--columns"}),
        help_text=_("Never more than the post itself. Give each program only what it needs."),
    )


class HookForm(forms.Form):
    """An address and what it is told of."""

    url = forms.CharField(
        label=_("Address"),
        max_length=400,
        help_text=_("Begins with https://; its host must be on the installation's list."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"] = forms.MultipleChoiceField(
            label=_("What it is told of"),
            choices=[(one.name, one.label) for one in kinds()],
            widget=forms.CheckboxSelectMultiple,
        )


def _secret(label: Any, autocomplete: str, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=200, widget=widget, **more)


class ConfirmForm(forms.Form):
    """The present password, from whoever sits at an open session."""

    current_password = _secret(_("Present password"), "current-password")


class AppForm(forms.Form):
    """The first code that an app shows."""

    code = forms.CharField(
        label=_("Code"),
        max_length=12,
        help_text=_("Six digits; the app shows new ones every half-minute."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasskeyNameForm(forms.Form):
    """A passkey as the browser has made it, and by what name its owner will know it again."""

    name = forms.CharField(
        label=_("Name"),
        max_length=40,
        required=False,
        help_text=_("So that you know it again, for example “my phone”."),
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={"required": _("No passkey was made. Use the button, with JavaScript on.")},
    )


class OwnPasswordForm(forms.Form):
    """The present password, and a new one twice."""

    current_password = _secret(_("Present password"), "current-password")
    new_password = _secret(
        _("New password"),
        "new-password",
    )
    new_password_again = _secret(_("New password again"), "new-password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = hint()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and given["new_password"] != given["new_password_again"]:
            self.add_error("new_password_again", _("These two are not the same."))
        return given
