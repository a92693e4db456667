import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.sheets.actions import MOST_BYTES
from linli.kernel.sheets.declare import Column, Kind
from linli.kernel.sheets.plan import Plan, Sheet, body, headings, unknown_words
from linli.kernel.sheets.values import letters, masked, same
from linli.kernel.ui.wording import labelled

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt")
SAMPLES = 3
MOST_LETTERS = 80


class UploadForm(forms.Form):
    """A file, and what it is a sheet of."""

    def __init__(self, *args: Any, kinds: Sequence[Kind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = forms.ChoiceField(
            label=_("What is in it"),
            choices=[(one.name, one.title) for one in kinds],
            initial=kinds[0].name if len(kinds) == 1 else None,
            widget=forms.RadioSelect,
        )
        self.fields["file"] = forms.FileField(
            label=_("File"),
            allow_empty_file=True,
            widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
            help_text=_(
                "Excel (.xlsx, .xls), OpenDocument (.ods) or .csv, up to 5 MB and 20,000 rows."
                " It is kept encrypted and deleted after 14 days."
            ),
        )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("This file is larger than 5 MB. Divide it into several files.")
            )
        if file.size == 0:
            raise forms.ValidationError(_("There is nothing in this file."))
        return file


class PlanForm(forms.Form):
    """Which column of a sheet is which of ours, values for a whole column, and words for codes."""

    sheet = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    header = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self, data: Any = None, *, kind: Kind, actor: Actor, sheet: Sheet, plan: Plan
    ) -> None:
        super().__init__(data, initial={"sheet": plan.sheet, "header": plan.header})
        self.kind, self.actor, self.held, self.plan = kind, actor, sheet, plan
        self.columns = list(kind.columns(actor))
        self._places(plan)
        for one in filter(lambda one: one.fixed, self.columns):
            self._fixed(one, plan.fixed.get(one.name, ""))
        asked = self.said() if data is not None else plan
        self.unknown = unknown_words(sheet, asked, kind, actor)
        for name, words in self.unknown.items():
            self._words(name, words, plan)

    def _places(self, plan: Plan) -> None:
        offered = [("", _("— not in this sheet —")), *self._offered(plan)]
        for one in self.columns:
            self.fields[f"column_{one.name}"] = forms.ChoiceField(
                label=str(one.title),
                required=False,
                choices=offered,
                initial=str(plan.columns.get(one.name, "")),
                help_text=str(one.help),
            )

    def _offered(self, plan: Plan) -> list[tuple[str, str]]:
        head = headings(self.held, plan.header)
        found = self.samples(plan)
        width = max([len(head), *(len(cells) for _number, cells in self.held["rows"])], default=0)
        made = []
        for at in range(width):
            name = head[at] if at < len(head) else ""
            if not name and at not in found:
                continue
            first = found.get(at, [""])[0]
            shown = f"{letters(at)} · {name[:MOST_LETTERS]}"
            made.append((str(at), labelled(shown, first) if first else shown))
        return made

    def samples(self, plan: Plan) -> dict[int, list[str]]:
        """The first values of each column of the sheet, as far as they may be shown."""
        private = {
            plan.columns[one.name]
            for one in self.columns
            if one.is_private and one.name in plan.columns
        }
        found: dict[int, list[str]] = {}
        for _number, cells in body(self.held, plan.header)[:20]:
            for at, text in enumerate(cells):
                held = found.setdefault(at, [])
                if text and len(held) < SAMPLES:
                    held.append(masked(text, is_private=at in private))
        return {at: held for at, held in found.items() if held}

    def _fixed(self, column: Column, given: str) -> None:
        label = _("The same in every row")
        name = f"fixed_{column.name}"
        if column.codes is None:
            self.fields[name] = forms.CharField(
                label=label, required=False, max_length=80, initial=given
            )
            return
        offered = [("", "—"), *column.codes(self.actor)]
        self.fields[name] = forms.ChoiceField(
            label=label, required=False, choices=offered, initial=given
        )

    def _words(self, name: str, words: Iterable[str], plan: Plan) -> None:
        column = next(one for one in self.columns if one.name == name)
        offered = [("", _("— unknown: refuse these rows —"))]
        for word in words:
            self.fields[_word_field(name, word)] = forms.ChoiceField(
                label=_("“%(word)s” means") % {"word": word[:MOST_LETTERS]},
                required=False,
                choices=[*offered, *(column.codes(self.actor) if column.codes else ())],
                initial=plan.codes.get(name, {}).get(same(word), ""),
            )

    def rows(self) -> list[dict[str, Any]]:
        """Our columns for the page: where each is, its fixed value, its words."""
        return [
            {
                "column": one,
                "place": self[f"column_{one.name}"],
                "fixed": self[f"fixed_{one.name}"] if one.fixed else None,
                "words": [
                    self[_word_field(one.name, word)] for word in self.unknown.get(one.name, ())
                ],
            }
            for one in self.columns
        ]

    def said(self) -> Plan:
        """What was sent, as far as it can be read, with the codes that were known before."""
        given: Mapping[str, str] = self.data
        places = {}
        for one in self.columns:
            text = given.get(f"column_{one.name}", "")
            if text.isascii() and text.isdigit() and len(text) < 4:
                places[one.name] = int(text)
        fixed = {
            one.name: given.get(f"fixed_{one.name}", "").strip()
            for one in self.columns
            if one.fixed and given.get(f"fixed_{one.name}", "").strip()
        }
        return Plan(self.plan.sheet, self.plan.header, places, fixed, dict(self.plan.codes))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        taken: dict[str, Column] = {}
        for one in self.columns:
            place = given.get(f"column_{one.name}", "")
            if one.is_required and not place and not given.get(f"fixed_{one.name}"):
                self.add_error(
                    f"column_{one.name}",
                    _("This must be in the sheet, or the same in every row.")
                    if one.fixed
                    else _("This must be in the sheet."),
                )
            if place and place in taken:
                told = {"column": taken[place].title}
                text = _("You have chosen this column for “%(column)s”, too.") % told
                self.add_error(f"column_{one.name}", text)
            taken.setdefault(place, one)
        new = [name for name in self.fields if name.startswith("word_") and name not in self.data]
        if new and not self.errors:
            self.add_error(None, _("Say what the words marked below mean, and send it again."))
        return given

    def given_plan(self) -> Plan:
        """The plan as it was said, with the words that were given a code."""
        made = self.said()
        for name, words in self.unknown.items():
            told = {
                same(word): code
                for word in words
                if (code := self.cleaned_data.get(_word_field(name, word)))
            }
            if told:
                made.codes[name] = made.codes.get(name, {}) | told
        return made


def _word_field(column: str, word: str) -> str:
    return f"word_{column}_{hashlib.sha256(word.encode()).hexdigest()[:12]}"


class PlaceForm(forms.Form):
    """On which sheet and in which row the headings are."""

    def __init__(self, data: Any, *, sheets: Sequence[Sheet]) -> None:
        super().__init__(data)
        self.fields["sheet"] = forms.TypedChoiceField(
            label=pgettext_lazy("of a workbook", "Sheet"),
            coerce=int,
            choices=[(at, one["name"] or str(at + 1)) for at, one in enumerate(sheets)],
        )
        self.fields["header"] = forms.IntegerField(
            label=_("Row of the headings"), min_value=1, max_value=1_048_576
        )
