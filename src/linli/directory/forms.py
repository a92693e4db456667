import re
from collections.abc import Iterable
from datetime import date, time
from itertools import pairwise
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import Place, children, exists, inside, path_labels
from linli.kernel.forms.edits import EditForm
from linli.kernel.forms.fields import AreaField, PhoneField, TermField
from linli.kernel.scope.open import NOTHING
from linli.kernel.terms.models import TermList
from linli.kernel.ui.wording import joined, labelled
from linli.kernel.units.models import UnitKind
from linli.lib.areacodes import CITY, COUNTY, city_of, level_of
from linli.lib.checkdigits import InvalidCode, credit_code

from .actions import Span
from .enums import OperatingModel, Weekday
from .models import Organisation, Site
from .queries import agency_with, units_of_kind

OPENED_HERE = (UnitKind.STATION, UnitKind.ROOM, UnitKind.CENTRE, UnitKind.FACILITY)
PARENTS = (UnitKind.DEPARTMENT, UnitKind.CENTRE, UnitKind.STATION)
MOST_CAPACITY = 500
MOST_LINES = 200
CODE = re.compile(r"(?:^|\s)(\d{12})$")
SPAN = re.compile(r"(\d{1,2})[:：.](\d{2})\s*[-–—~～至]\s*(\d{1,2})[:：.](\d{2})")
DAYS = {f"day{day}" for day in Weekday.values}
BETWEEN_SPANS = re.compile(r"[,，;；、]\s*|\s+(?=\d)")


class CodedAreaField(AreaField):
    """An area by name, or by name and 12-digit code; the code decides."""

    def clean(self, value: Any) -> Any:
        found = CODE.search(str(value or "").strip())
        if found is None:
            return super().clean(value)
        code = int(found.group(1))
        is_inside = any(low <= code <= high for low, high in self.inside) or not self.inside
        if not is_inside or not exists(code, on=timezone.localdate()):
            raise forms.ValidationError(self.error_messages["unknown"], "unknown")
        if level_of(code) < self.at_least:
            raise forms.ValidationError(self.error_messages["coarse"], "coarse")
        return code

    def prepare_value(self, value: Any) -> Any:
        return coded([value])[0] if isinstance(value, int) else value


class SeveralAreasField(forms.CharField):
    """Areas, one on each line, by name or by name and code; returns their codes."""

    def __init__(self, *, inside: tuple[tuple[int, int], ...], **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**kwargs)
        self.one = CodedAreaField(inside=inside, at_least=COUNTY)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(coded(value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        lines = [line.strip() for line in text.splitlines() if line.strip()][:MOST_LINES]
        codes, errors = [], []
        for line in lines:
            try:
                codes.append(self.one.clean(line))
            except forms.ValidationError as error:
                errors += [labelled(line, message) for message in error.messages]
        if errors:
            raise forms.ValidationError(errors)
        return codes


def coded(codes: Iterable[int]) -> list[str]:
    """Areas as name and code, so that no two can be mistaken for each other."""
    held = list(codes)
    names = path_labels(held, below=COUNTY)
    return [f"{names.get(one) or path_labels([one], below=0)[one]} {one:012d}" for one in held]


class SiteForm(forms.Form):
    """A site's details and the areas it serves: townships to tick, others by name."""

    wide = ("serves", "serves_also")

    zh = forms.CharField(label=_("Name in Chinese"), max_length=120)
    en = forms.CharField(label=_("Name in English"), max_length=200)
    operating_model = forms.ChoiceField(label=_("How it is run"), choices=OperatingModel)
    address = forms.CharField(label=_("Address"), max_length=200, required=False)
    phone = PhoneField(
        label=_("Phone for residents"),
        required=False,
        help_text=_("Shown to everybody in the portal."),
    )
    capacity = forms.IntegerField(
        label=_("Open orders it can hold"),
        min_value=0,
        max_value=MOST_CAPACITY,
        initial=20,
        help_text=_("Dispatch proposes a station with room before a full one."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["competent_body"] = TermField(
            TermList.COMPETENT_BODY, on=lambda: actor.today, label=_("Competent body")
        )
        agencies = units_of_kind([UnitKind.AGENCY], among=whole_city(actor), on=actor.today)
        self.fields["operator"] = forms.TypedChoiceField(
            label=_("Operator"),
            required=False,
            coerce=UUID,
            empty_value=None,
            choices=[("", "—"), *((str(one.pk), one.label) for one in agencies)],
        )
        self._add_areas(actor)

    def _add_areas(self, actor: Actor) -> None:
        self.townships: list[Place] = []
        if actor.area is not None and level_of(actor.area) == COUNTY:
            self.townships = children(actor.area)
            self.fields["serves"] = forms.TypedMultipleChoiceField(
                label=_("Serves"),
                required=False,
                coerce=int,
                choices=[(f"{one.code:012d}", one.label) for one in self.townships],
                widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--columns"}),
            )
        self.fields["serves_also"] = SeveralAreasField(
            label=_("Serves also") if self.townships else _("Serves"),
            required=False,
            inside=actor.scope.ranges,
            help_text=_("Villages or other areas, one on each line, by name or 12-digit code."),
        )

    def serves(self) -> list[int]:
        """The areas ticked and typed."""
        given = self.cleaned_data
        return [*given.get("serves", []), *given["serves_also"]]


class OpenForm(SiteForm):
    """A new site."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("unit", "Kind"),
        choices=[(one.value, one.label) for one in OPENED_HERE],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actor = self.actor
        self.fields["area"] = CodedAreaField(
            label=_("Where it is"),
            inside=actor.scope.ranges,
            at_least=COUNTY,
            widget=forms.TextInput(attrs={"list": "areas"}),
            help_text=_("Its seat: a township, a village or the county, by name or code."),
        )
        mine = actor.scope.condition(unit="pk")
        offered = units_of_kind(PARENTS, among=mine, on=actor.today)
        self.fields["parent"] = forms.TypedChoiceField(
            label=_("Belongs to"),
            required=False,
            coerce=UUID,
            empty_value=None,
            choices=[("", "—"), *((str(one.pk), one.label) for one in offered)],
            help_text=_("A station to its county centre, a room to its station."),
        )
        self.order_fields(("kind", "area", "zh", "en", "serves", "serves_also", "parent"))

    @property
    def datalist(self) -> list[str]:
        return coded(one.code for one in self.townships)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not self.serves():
            given["serves_also"] = [given["area"]]
        return given


class ChangeForm(SiteForm, EditForm):
    """Changes to a site. What no longer is served, ends today and stays known."""

    def __init__(self, *args: Any, site: Site, serves: list[int], **kwargs: Any) -> None:
        kwargs["initial"] = {
            "zh": site.unit.zh,
            "en": site.unit.en,
            "competent_body": site.unit.competent_body,
            "operator": str(site.operator_id or ""),
        } | {
            name: getattr(site, name)
            for name in ("operating_model", "address", "phone", "capacity", "version")
        }
        super().__init__(*args, **kwargs)
        ticked = {one.code for one in self.townships}
        self.served = serves
        self.initial["serves"] = [f"{one:012d}" for one in serves if one in ticked]
        self.initial["serves_also"] = [one for one in serves if one not in ticked]
        if site.operator is not None:
            self._keep_operator(site)
        self.order_fields(("zh", "en", "serves", "serves_also"))

    def shown_in(self, name: str) -> str:
        # Areas are ticked in one field and typed in the other; this one can take them all.
        return "serves_also" if name == "serves" else super().shown_in(name)

    def on_file(self, name: str) -> str:
        if name == "serves_also":
            return joined(coded(self.served))
        return super().on_file(name)

    def _keep_operator(self, site: Site) -> None:
        field: Any = self.fields["operator"]
        held = (str(site.operator_id), site.operator.unit.label)  # type: ignore[union-attr]
        if held not in field.choices:
            field.choices = [*field.choices, held]


class CloseForm(forms.Form):
    """The last day of a site."""

    last_day = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"last_day": actor.today})
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if day < self.actor.today:
            raise forms.ValidationError(_("A site cannot be closed for days that have passed."))
        return day


class HoursForm(EditForm):
    """Opening hours as people write them: "08:30-12:00, 14:30-17:30", a line for each weekday."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        held: dict[int, list[str]] = {}
        for one in site.hours.all():
            held.setdefault(one.weekday, []).append(f"{one.opens:%H:%M}-{one.closes:%H:%M}")
        kwargs["initial"] = {f"day{day}": ", ".join(spans) for day, spans in held.items()}
        kwargs["initial"]["version"] = site.version
        super().__init__(*args, **kwargs)
        for day in Weekday:
            self.fields[f"day{day.value}"] = forms.CharField(
                label=day.label,
                required=False,
                max_length=60,
                widget=forms.TextInput(attrs={"placeholder": "08:30-12:00, 14:30-17:30"}),
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for name in DAYS & given.keys():
            try:
                given[name] = _spans(given[name])
            except ValueError as error:
                self.add_error(name, str(error))
        return given

    def spans(self) -> list[Span]:
        return [
            (day.value, opens, closes)
            for day in Weekday
            for opens, closes in self.cleaned_data[f"day{day.value}"]
        ]


def _spans(text: str) -> list[tuple[time, time]]:
    """Spans in order; ValueError with a sentence for what cannot be read or overlaps."""
    made = []
    for part in [one for one in BETWEEN_SPANS.split(text.strip()) if one]:
        found = SPAN.fullmatch(part)
        if found is None:
            raise ValueError(str(_("Write hours like 08:30-12:00, 14:30-17:30.")))
        try:
            numbers = [int(one) for one in found.groups()]
            made.append((time(numbers[0], numbers[1]), time(numbers[2], numbers[3])))
        except ValueError as error:
            raise ValueError(str(_("This time of day does not exist."))) from error
    made.sort()
    if any(opens >= closes for opens, closes in made):
        raise ValueError(str(_("It must close after it opens.")))
    if any(one[1] > two[0] for one, two in pairwise(made)):
        raise ValueError(str(_("Two of these spans overlap.")))
    return made


class AgencyDetails(forms.Form):
    """How a service agency is called and reached."""

    zh = forms.CharField(label=_("Name in Chinese"), max_length=120)
    en = forms.CharField(label=_("Name in English"), max_length=200)
    phone = PhoneField(label=_("Phone"), required=False)


class AgencyChangeForm(AgencyDetails, EditForm):
    """Changes to an agency; its code and where it is registered stay."""

    def __init__(self, data: Any = None, *, agency: Organisation) -> None:
        unit = agency.unit
        given = {"zh": unit.zh, "en": unit.en, "phone": agency.phone, "version": agency.version}
        super().__init__(data, initial=given)


class AgencyForm(AgencyDetails):
    """A new service agency with its unified social credit code."""

    credit_code = forms.CharField(
        label=_("Unified social credit code"),
        max_length=24,
        help_text=_("18 characters, as on the registration certificate."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"] = CodedAreaField(
            label=_("Where it is registered"), inside=actor.scope.ranges, at_least=CITY
        )
        if actor.area is not None and level_of(actor.area) >= CITY:
            self.initial.setdefault("area", actor.area)
        self.order_fields(("zh", "en", "credit_code", "phone", "area"))

    def clean_credit_code(self) -> str:
        code = self.read_code()
        known = agency_with(code)
        if known is not None:
            raise forms.ValidationError(
                _("This code belongs to %(name)s, which is on file already.")
                % {"name": known.unit.label}
            )
        return code

    def read_code(self) -> str:
        """The code as it was sent, if it can be one."""
        try:
            return credit_code(self.cleaned_data["credit_code"])
        except InvalidCode as error:
            raise forms.ValidationError(_CODE_ERRORS[error.code]) from error


_CODE_ERRORS = {
    "length": _("A unified social credit code has 18 characters."),
    "characters": _("This code has a character that does not occur in such codes."),
    "check": _("The last character does not fit the others: one of them is mistyped."),
}


def whole_city(actor: Actor) -> Q:
    """Where the agencies are registered that work in the actor's area."""
    return NOTHING if actor.area is None else inside(city_of(actor.area))
