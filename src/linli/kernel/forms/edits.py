from typing import Any, Self

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.kernel.flow.versions import Overtaken


class EditForm(forms.Form):
    """A form that changes a row: it carries the version it was rendered from."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def seen(self) -> int:
        """The version that was changed from; a form without one has seen nothing."""
        return self.cleaned_data["version"] or 0

    def overtake(self, error: Overtaken, fresh: Self) -> None:
        """Say who has changed what since, and what it is now (`fresh` shows it).

        What was typed stays; sent again, it replaces what has been seen by then.
        """
        for one in error.changes:
            self.add_error(None, self._sentence(one.who, one.at, one.fields & error.fields))
        self.add_error(None, _("Nothing of yours is stored yet. Look at it, and send it again."))
        for name in sorted(filter(None, map(self.shown_in, error.fields))):
            value = fresh.on_file(name)
            told = _("Now it says: %(value)s") % {"value": value} if value else _("Changed, too.")
            self.add_error(name, told)
        # A browser's form is not changed in place, but a copy of it is.
        sent: Any = self.data
        self.data = sent.copy()
        self.data["version"] = str(error.version)  # type: ignore[index]

    def _sentence(self, who: str, at: Any, fields: frozenset[str]) -> str:
        shown = {self.shown_in(name) for name in fields} - {""}
        # In the order in which they stand on the page.
        labels = [str(field.label) for name, field in self.fields.items() if name in shown]
        return _("%(who)s changed this on %(when)s: %(fields)s.") % {
            "who": who,
            "when": timezone.localtime(at).strftime("%Y-%m-%d %H:%M"),
            "fields": pgettext("between names", ", ").join(labels) or "…",
        }

    def shown_in(self, name: str) -> str:
        """The form's field for a field of the row; empty if it has none."""
        return name if name in self.fields else ""

    def on_file(self, name: str) -> str:
        """What a fresh form has in a field, in words; empty if it cannot be told."""
        value = self[name].value()
        if value in (None, "", []):
            return ""
        if isinstance(self.fields[name], forms.DateField):
            return date_format(value, "DATE_FORMAT")
        chosen = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
        labels = dict(_flat(getattr(self.fields[name], "choices", ())))
        return pgettext("between names", ", ").join(labels.get(one, one) for one in chosen)


def _flat(choices: Any) -> list[tuple[str, str]]:
    """Choices by value, those in groups too."""
    found = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            found += _flat(label)
        else:
            found.append((str(value), str(label)))
    return found
