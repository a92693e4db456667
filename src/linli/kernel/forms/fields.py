from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from linli.kernel.areas.queries import FOUND_AT_MOST, Place, label, path_labels, search
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import choices
from linli.lib.areacodes import county_of, range_of
from linli.lib.checkdigits import InvalidCode, citizen_id, mobile_or_landline

CODE_DIGITS = 12
MOST_SPANS = 12


class PhoneField(forms.CharField):
    """A mainland mobile or landline number, normalised to digits."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": _("This is not a phone number. Write 11 digits, or area code and number.")
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return ""
        try:
            return mobile_or_landline(text)
        except InvalidCode as error:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid") from error


class CitizenIdField(forms.CharField):
    """A citizen id number, checked by its check character; always optional."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "length": _("A citizen id number has 18 characters."),
        "characters": _("A citizen id number has digits, and at the end a digit or X."),
        "date": _("The birth date inside this number does not exist."),
        "check": _("The last character does not fit the others: one of them is mistyped."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 24)
        kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if not text:
            return ""
        try:
            return citizen_id(text)
        except InvalidCode as error:
            raise forms.ValidationError(self.error_messages[error.code], error.code) from error


class TermField(forms.ChoiceField):
    """One code of a term list in force today."""

    def __init__(self, which: TermList, *, on: Callable[[], date], **kwargs: Any) -> None:
        blank = kwargs.pop("blank", None)

        def offered() -> list[tuple[str, str]]:
            found = choices(which, on=on())
            return [("", blank), *found] if blank is not None else found

        super().__init__(choices=offered, **kwargs)


class AreaField(forms.CharField):
    """An area, typed as a name, pinyin initials or a code; returns the 12-digit code.

    A name that fits several areas is answered with their full names, so that one can be chosen.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unknown": _("No area of this name was found here."),
        "several": _("Several areas have this name. Write one of these: %(names)s"),
        "coarse": _("Please choose a smaller area: a township or a village."),
    }

    def __init__(
        self,
        *,
        inside: tuple[tuple[int, int], ...] = (),
        at_least: int = 4,
        **kwargs: Any,
    ) -> None:
        self.inside = inside
        self.at_least = at_least
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # With JavaScript, names are offered while one types.
        return super().widget_attrs(widget) | {
            "autocomplete": "off",
            "data-area-search": f"{reverse('ui:area_search')}?{_places_asked(self)}",
        }

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int) or (isinstance(value, str) and _is_code(value)):
            return label(int(value))
        return value

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        if not text:
            return None
        place = self._one(text, self._found(text))
        if place.level < self.at_least:
            raise forms.ValidationError(self.error_messages["coarse"], "coarse")
        return place.code

    def _found(self, text: str) -> list[Place]:
        """Areas of the typed name; "parent · name" narrows it to those under the parent."""
        parts = [part for part in (one.strip() for one in text.split("·")) if part]
        if not parts:
            return []
        found = search(parts[-1], inside=self._under(parts[:-1]))
        if len(parts) > 1:
            names = path_labels([one.code for one in found], below=-1)
            found = [one for one in found if all(part in names[one.code] for part in parts)]
        named = parts[-1].casefold()
        exact = [
            one
            for one in found
            if one.label.casefold() == named or named.ljust(CODE_DIGITS, "0") == str(one.code)
        ]
        return exact or found

    def _under(self, parents: list[str]) -> tuple[tuple[int, int], ...]:
        """Where to look for a name: under its parents, as far as these can be told from others."""
        spans = self.inside
        for parent in parents:
            above = search(parent, inside=spans)
            if 0 < len(above) < FOUND_AT_MOST:
                spans = tuple(range_of(one.code) for one in above)
        return spans

    def _one(self, text: str, found: list[Place]) -> Place:
        if not found:
            raise forms.ValidationError(self.error_messages["unknown"], "unknown")
        if len(found) > 1:
            names = path_labels([one.code for one in found], below=1).values()
            raise forms.ValidationError(
                self.error_messages["several"], "several", {"names": " / ".join(names)}
            )
        return found[0]


def _places_asked(field: AreaField) -> str:
    """Where and how small the areas are that fit a field, for the address of the search."""
    spans = field.inside
    if len(spans) > MOST_SPANS:
        # A station of many villages: wherever else its counties are, the form says no.
        spans = tuple(dict.fromkeys(range_of(county_of(low)) for low, _high in spans))
    told = [("in", f"{low}-{high}") for low, high in spans[:MOST_SPANS]]
    return urlencode([("from", field.at_least), *told])


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == CODE_DIGITS
