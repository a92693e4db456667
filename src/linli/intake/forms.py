from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from linli.dispatch.enums import Urgency
from linli.dispatch.queries import candidates, others
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import path_labels, ranges
from linli.kernel.forms.fields import AreaField, PhoneField, TermField
from linli.kernel.terms.models import TermList
from linli.lib.areacodes import county_of, range_of

from .actions import Asked
from .enums import Door, ForWhom, RequestState
from .models import Request
from .queries import is_under_way, request_by_number

WORDS_AT_MOST = 4000
LINE_AT_MOST = 200
BELOW_COUNTY = 3
CARDS = {"data-cards": ""}
# How people usually come to somebody in this role; each can choose another door.
USUAL_DOOR = {Role.GRID_WORKER: Door.GRID, Role.DISPATCHER: Door.PHONE}


def _county(actor: Actor) -> tuple[tuple[int, int], ...]:
    """Where somebody may register or place a request: anywhere in their county."""
    county = county_of(actor.area or 0)
    if county in actor.moved:
        return ranges(county).inside
    return (range_of(county),) if county else actor.scope.ranges


def _need(actor: Actor, **given: Any) -> TermField:
    return TermField(
        TermList.NEED,
        on=lambda: actor.today,
        label=pgettext_lazy("request", "Need"),
        blank=_("Choose"),
        **given,
    )


def _words(label: Any, *, hint: Any = "", rows: int = 5, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=required,
        max_length=WORDS_AT_MOST,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class RegisterForm(forms.Form):
    """A request written down for somebody, at any door but the public one."""

    door = forms.ChoiceField(
        label=gettext_lazy("How did it come?"),
        choices=[one for one in Door.choices if one[0] != Door.PUBLIC],
    )
    for_whom = forms.ChoiceField(
        label=gettext_lazy("For whom does the person ask?"),
        choices=ForWhom.choices,
        initial=ForWhom.SELF,
    )
    urgency = forms.ChoiceField(
        label=gettext_lazy("How soon is help needed?"),
        choices=Urgency.choices,
        initial=Urgency.WEEK,
    )
    words = _words(
        gettext_lazy("In their own words"),
        hint=gettext_lazy("What they said, not what you make of it."),
    )
    where = forms.CharField(
        label=gettext_lazy("How to find them"),
        help_text=gettext_lazy("Street, house, or a landmark."),
        required=False,
        max_length=LINE_AT_MOST,
    )
    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=80)
    phone = PhoneField(label=gettext_lazy("Phone"), required=False)

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data)
        usual = USUAL_DOOR.get(Role(actor.role), Door.WINDOW)
        self.fields["door"].initial = usual
        self.fields["need"] = _need(actor)
        self.fields["area"] = AreaField(
            label=_("Place"),
            help_text=_("Township or village, by name or pinyin initials."),
            inside=_county(actor),
        )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        is_named = told.get("name") or told.get("phone")
        if told.get("for_whom") == ForWhom.ANONYMOUS and is_named:
            self.add_error(
                "for_whom",
                _("You wrote a name or a phone: choose for whom it is, or leave them out."),
            )
        return told

    def asked(self) -> Asked:
        """What was asked for, as the action wants it."""
        told = dict(self.cleaned_data)
        told.pop("door")
        return Asked(**told)


class SamePlaceField(AreaField):
    """An area field that shows a place with the areas above it, and takes that back unread."""

    def __init__(self, *, place: int, **given: Any) -> None:
        self.place, self.shown = place, path_labels([place], below=BELOW_COUNTY)[place]
        super().__init__(initial=self.shown, **given)

    def clean(self, value: Any) -> Any:
        is_same = (value or "").strip() in {self.shown, str(self.place)}
        return self.place if is_same else super().clean(value)


class ScreenForm(forms.Form):
    """Takes a request on: what the need is, where, how soon, what the station is asked to do, and
    which station.

    A form sent by `look` is not judged: it comes back with the stations for the place and need
    typed. With `then=only` the order is opened and not sent to a station yet.
    """

    urgency = forms.ChoiceField(
        label=gettext_lazy("How soon is help needed?"), choices=Urgency.choices
    )
    task = _words(
        gettext_lazy("What the station is asked to do"),
        hint=gettext_lazy("Their own words stay with the request; say here what is to be done."),
        rows=4,
    )
    station = forms.ChoiceField(
        label=gettext_lazy("Stations that fit"), required=False, widget=forms.RadioSelect(CARDS)
    )
    other = forms.ChoiceField(label=gettext_lazy("Another station of the county"), required=False)

    def __init__(self, data: Any = None, *, asked: Request, actor: Actor) -> None:
        given = {"urgency": asked.urgency, "task": asked.words, "need": asked.need}
        is_looking = data is not None and "look" in data
        if is_looking:
            given = {name: data[name] for name in data}
        super().__init__(None if is_looking else data, initial=given)
        self.asked = asked
        self.fields["need"] = _need(actor)
        self.fields["area"] = SamePlaceField(
            place=asked.area_id,
            label=_("Place"),
            help_text=_("A village is better than a township: the right station comes first."),
            inside=actor.scope.ranges,
        )
        self._offer(actor, data)

    def _offer(self, actor: Actor, data: Any) -> None:
        """The stations for the place and need as they are typed now; any of the centre will do."""
        area, need = self.asked.area_id, self.asked.need
        if data is not None:
            # What is not understood yet leaves the stations as they were.
            with suppress(forms.ValidationError):
                need = self.fields["need"].clean(data.get("need")) or need
            with suppress(forms.ValidationError):
                area = self.fields["area"].clean(data.get("area"))
        found = candidates(area=area, need=need, on=actor.today)
        rest = others(area=area, on=actor.today, without={one.unit.pk for one in found})
        cards = [
            (
                str(one.unit.pk),
                format_html('{}<span class="sub">{}</span>', one.unit.label, one.words),
            )
            for one in found
        ]
        plain = [(str(one.unit.pk), f"{one.unit.label} · {one.words}") for one in rest]
        station: Any = self.fields["station"]
        other: Any = self.fields["other"]
        station.choices = [*cards, *plain]
        station.widget.choices = cards
        station.initial = cards[0][0] if cards else None
        other.choices = [("", _("None of them")), *plain, *cards]
        other.widget.choices = [("", _("None of them")), *plain]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        chosen = told.get("other") or told.get("station")
        is_sent = self.data.get("then") != "only"
        if is_sent and not chosen and not self.errors:
            raise forms.ValidationError(_("Choose a station, or accept without sending it."))
        told["station_id"] = UUID(chosen) if is_sent and chosen else None
        return told

    def facts(self) -> dict[str, Any]:
        """What the action wants to know."""
        names = ("area", "need", "urgency", "task", "station_id")
        return {name: self.cleaned_data[name] for name in names}


class ReplyForm(forms.Form):
    """What the resident is told when no order follows."""

    reply = _words(
        gettext_lazy("What the resident is told"),
        hint=gettext_lazy(
            "They read this with their receipt. Say whom to turn to, with phone and address."
        ),
    )


class RefuseForm(ReplyForm):
    """Why a request is not taken on."""

    def __init__(self, data: Any = None, *, actor: Actor) -> None:
        super().__init__(data)
        self.fields["reason"] = TermField(
            TermList.REFUSE_REASON,
            on=lambda: actor.today,
            label=_("Why is it not taken on?"),
            widget=forms.RadioSelect(CARDS),
        )
        self.order_fields(["reason", "reply"])


class MergeForm(forms.Form):
    """The earlier request that this one is about, by its receipt number."""

    other = forms.CharField(
        label=gettext_lazy("Receipt number of the other request"), max_length=30
    )

    def __init__(self, data: Any = None, *, actor: Actor, asked: Request) -> None:
        super().__init__(data)
        self.actor, self.asked = actor, asked

    def clean_other(self) -> Request:
        found = request_by_number(self.actor, self.cleaned_data["other"])
        if found is None or found.pk == self.asked.pk:
            raise forms.ValidationError(_("No other request with this number was found here."))
        if found.state == RequestState.MERGED:
            raise forms.ValidationError(_("That one was joined with another request itself."))
        if not is_under_way(found.state, found.order_state):  # type: ignore[attr-defined]
            raise forms.ValidationError(
                _("Nobody is at work on that one any more. Screen this request by itself.")
            )
        return found


class ReopenForm(forms.Form):
    """Why an ended request is opened again."""

    words = _words(gettext_lazy("What is new?"), rows=3)
