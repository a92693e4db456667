"""The division tree for administrators: what areas are and were, and yearly reorganisations."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.changes import Refused, read_text
from linli.kernel.areas.enact import why_not_back
from linli.kernel.areas.models import Reorganisation
from linli.kernel.areas.queries import children, is_code, path
from linli.kernel.reorganise import actions, queries
from linli.kernel.ui.pages import actor_of, form_page, page
from linli.kernel.ui.pages import asked as asked_of

from .. import changes_shown as shown

FORM_METHODS = ["GET", "HEAD", "POST"]
LARGEST_FILE = 5_000_000
SHOWN_AT_MOST = 300
RECORDS_AT_MOST = 20


class ImportForm(forms.Form):
    """A list and the day since which it holds."""

    file = forms.FileField(
        label=gettext_lazy("List"),
        help_text=gettext_lazy(
            "CSV. A list of changes has the columns kind, before, after, day, name; a new year’s"
            " full list of your area has the columns code, name."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )
    day = forms.DateField(
        label=gettext_lazy("In force since"),
        help_text=gettext_lazy("For a full list. In a list of changes each line has its own day."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"day": actor.today})
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_file(self) -> Any:
        held = self.cleaned_data["file"]
        if held.size > LARGEST_FILE:
            raise forms.ValidationError(
                _("This file is larger than 5 MB. Import it county by county, or at the terminal.")
            )
        return held

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if day > self.actor.today:
            raise forms.ValidationError(
                _("This day is still to come; import the list on that day.")
            )
        return day


def _record(request: HttpRequest, record_id: UUID) -> Reorganisation:
    found = queries.reorganisation(actor_of(request), record_id)
    if found is None:
        raise Http404
    return found


@requires("reorganise.view")
@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    """One area of the administrator's, what it is and was, and the areas directly below it."""
    actor = actor_of(request)
    text = asked_of(request).get("area", "")
    code = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else actor.area or 0
    above = path(code) if is_code(code) else []
    if not above or not actor.scope.reaches(code) or above[-1].code != code:
        raise Http404
    context = {
        "title": above[-1].label,
        "code": f"{code:012d}",
        "area_path": [
            {"label": one.label, "url": shown.area_url(one.code)}
            for one in above
            if actor.scope.reaches(one.code)
        ],
        "below": [
            {"label": one.label, "code": f"{one.code:012d}", "url": shown.area_url(one.code)}
            for one in children(code)
        ],
        "versions": shown.versions(queries.versions(code)),
        "events": shown.changes(queries.changes(code)),
        "import_url": reverse("areas:import"),
        "records": [
            shown.record_row(one) for one in queries.reorganisations(actor)[:RECORDS_AT_MOST]
        ],
    }
    return page(request, "site/areas.html", context)


@requires("reorganise.propose")
@require_http_methods(FORM_METHODS)
def bring(request: HttpRequest) -> HttpResponse:
    """Take a list and show what it would change; nothing is changed yet."""
    actor = actor_of(request)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ImportForm(*posted, actor=actor)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            text = read_text(file.read(), file.name)
            day = form.cleaned_data["day"]
            made = actions.propose(actor=actor, text=text, source=file.name, day=day)
        except Refused as error:
            for one in error.faults[:RECORDS_AT_MOST]:
                form.add_error("file", one)
        else:
            return redirect("areas:reorganisation", made.pk)
    return form_page(
        request,
        form,
        title=_("Import a reorganisation"),
        lead=_("First you see what would change. Nothing is changed until you say so."),
        submit=_("Show what would change"),
        cancel_url=reverse("areas:list"),
    )


def _preview(
    request: HttpRequest, held: Reorganisation, *, faults: list[str] | None = None
) -> HttpResponse:
    """What a reorganisation changes and touches, with what it asks."""
    lines = held.lines[:SHOWN_AT_MOST]
    is_open = held.applied_at is None
    given = {name: request.POST.get(name, "") for name in request.POST}
    context = {
        "title": _("Reorganisation of areas"),
        "state": shown.state_of(held),
        "summary": shown.summary(held.lines),
        "groups": shown.groups(lines, queries.touched([one["before"] for one in lines]), given),
        "more": max(0, len(held.lines) - SHOWN_AT_MOST),
        "faults": faults or [],
        "apply_url": reverse("areas:apply", args=[held.pk]) if is_open else "",
        "back_url": reverse("areas:take_back", args=[held.pk]),
        "why_not_back": why_not_back(held) if held.applied_at and not held.taken_back_at else [],
        "can_go_back": held.applied_at is not None and held.taken_back_at is None,
        "list_url": reverse("areas:list"),
        "take_back": pgettext("reorganisation", "Take back"),
    }
    status = 422 if faults else 200
    return page(request, "site/reorganisation.html", context, status=status)


@requires("reorganise.open")
@require_safe
def reorganisation(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """A reorganisation that was looked at, is in force, or was taken back."""
    return _preview(request, _record(request, record_id))


@requires("reorganise.apply")
@require_POST
def put_into_force(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Change the areas, with the answers to what the list left open."""
    held = _record(request, record_id)
    answers = shown.answers(request.POST, len(held.lines))
    try:
        actions.put_into_force(held, actor=actor_of(request), answers=answers)
    except Refused as error:
        return _preview(request, _record(request, record_id), faults=error.faults)
    return redirect("areas:reorganisation", record_id)


@requires("reorganise.take_back")
@require_POST
def take_back(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Undo a reorganisation while nothing stands under its new codes."""
    try:
        actions.undo(_record(request, record_id), actor=actor_of(request))
    except Refused as error:
        return _preview(request, _record(request, record_id), faults=error.faults)
    return redirect("areas:reorganisation", record_id)
