from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from .declare import Problem, Text

# Sentences that would repeat what stands in a cell, or that count: said in our own words.
PLAIN: dict[str, Text] = {
    "max_length": _("This is too long."),
    "invalid_choice": _("This word is not in our list."),
    "null_characters_not_allowed": _("There is a character in it that cannot be stored."),
}


class RowForm:
    """A form of a page that looks at one row after the other.

    What the fields offer is asked for once, and not once for each of five thousand rows.
    """

    def __init__(self, form: Any) -> None:
        self.form = form
        form.is_bound = True
        for field in form.fields.values():
            if isinstance(field, forms.ChoiceField):
                offered: Any = field.choices
                field.choices = list(offered)

    def problems(self, values: Mapping[str, Any]) -> tuple[Problem, ...]:
        """What is wrong with a row; afterwards the form holds its cleaned values."""
        self.form.data = MultiValueDict(
            {
                name: list(value) if isinstance(value, list | tuple) else [value]
                for name, value in values.items()
            }
        )
        self.form._errors = None
        # In no language: whoever reads them has one.
        with override(None):
            return tuple(
                _problem("" if name == NON_FIELD_ERRORS else name, one)
                for name, errors in self.form.errors.as_data().items()
                for one in errors
            )


def _problem(column: str, error: ValidationError) -> Problem:
    plain = PLAIN.get(error.code or "")
    if plain is not None:
        return Problem(column, plain)
    told = {
        name: value if isinstance(value, int) else str(value)
        for name, value in (error.params or {}).items()
        if name not in {"value", "show_value"}
    }
    return Problem(column, error.message, told)
