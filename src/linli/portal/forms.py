from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.dispatch.enums import Urgency, Value
from linli.intake.enums import ForWhom
from linli.kernel.forms.fields import PhoneField

from .phrases import URGENCIES

WORDS_AT_MOST = 2000
WITHOUT_NAME, WITH_REQUEST = "without", "with"


def _cards() -> forms.RadioSelect:
    return forms.RadioSelect(attrs={"data-cards": ""})


def _words(label: Any, *, hint: Any = "", required: bool = True, rows: int = 5) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=WORDS_AT_MOST,
        widget=forms.Textarea(attrs={"rows": rows, "autocomplete": "off"}),
        error_messages={"required": _("Please write a few words.")},
    )


class PlaceForm(forms.Form):
    """What the address of a page says about a place: a code (`at`), or a name that was typed."""

    need = forms.SlugField(required=False, max_length=40)
    at = forms.IntegerField(required=False, min_value=0)
    q = forms.CharField(required=False, max_length=40, label=_("Name of the place"))

    def told(self) -> dict[str, Any]:
        """The fields that could be read; the others are as if they were not given."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}


class AskForm(forms.Form):
    """Who needs help, what happened, how soon."""

    for_whom = forms.ChoiceField(
        label=_("Who needs help?"), choices=ForWhom.choices, initial=ForWhom.SELF, widget=_cards()
    )
    words = _words(
        _("What has happened?"),
        hint=_("Write as it comes; it need not be complete."),
        rows=6,
    )
    urgency = forms.ChoiceField(
        label=_("How soon is help needed?"),
        choices=list(URGENCIES.items()),
        initial=Urgency.WEEK,
        widget=_cards(),
    )


class ReachForm(forms.Form):
    """How to reach the person; all of it may stay empty."""

    name = forms.CharField(
        label=_("Whom may we ask for?"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = PhoneField(label=_("Phone"), required=False)
    where = forms.CharField(
        label=_("Where exactly?"),
        help_text=_("For example the street, the house, the floor."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )

    def __init__(self, *args: Any, is_anonymous: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_anonymous:
            del self.fields["name"]


class ReceiptForm(forms.Form):
    """A receipt number with its PIN; whether they fit is not said by the form."""

    number = forms.CharField(
        label=_("Receipt number"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    pin = forms.CharField(
        label=_("PIN"),
        help_text=_("The six digits below the receipt number."),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )


class AddForm(forms.Form):
    """Something the resident adds."""

    words = _words(_("What do you want to add?"))


class ReopenForm(forms.Form):
    """Why a matter is not over."""

    words = _words(_("What is still needed?"))


class WithdrawForm(forms.Form):
    """Taking a request back; why is only asked when somebody works on it."""

    words = _words(_("Do you want to say why?"), required=False, rows=3)

    def __init__(self, *args: Any, is_taken_on: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_taken_on:
            del self.fields["words"]


class VerdictForm(forms.Form):
    """The resident's own verdict, without a name unless they choose otherwise."""

    value = forms.ChoiceField(label=_("Did it help?"), choices=Value.choices, widget=_cards())
    naming = forms.ChoiceField(
        label=_("How shall we keep your answer?"),
        choices=(
            (WITHOUT_NAME, pgettext_lazy("verdict", "Without my name")),
            (WITH_REQUEST, pgettext_lazy("verdict", "Together with my request")),
        ),
        initial=WITHOUT_NAME,
        help_text=_(
            "Without your name we keep the answer, the station, the township, the kind of help "
            "and the day, and nothing that leads back to your request."
        ),
        widget=_cards(),
    )

    def __init__(self, *args: Any, is_joined: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What happened belongs to somebody else's request: there is nothing to keep it with.
        if is_joined:
            del self.fields["naming"]
