from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from linli.kernel.access import requires
from linli.kernel.flow.versions import Overtaken
from linli.kernel.forms.ids import ids_in
from linli.kernel.ui.pages import form_page, page
from linli.kernel.ui.sent import actor_of, posted, require_form

from .. import actions
from ..forms import ChangeForm, RegisterForm
from ..models import Person
from ..queries import likely_same, person
from .shown import compared

MOST_WORDS = 1000


@requires("people.register")
@require_form
def new(request: HttpRequest) -> HttpResponse:
    """Register a person; who may be the same person is shown before anything is stored."""
    actor = actor_of(request)
    form = RegisterForm(posted(request), actor=actor)
    more: dict[str, Any] = {}
    if form.is_valid():
        details = form.details()
        is_sure = {"confirmed", "ask"} & set(request.POST)
        same = [] if is_sure else _same(request, form)
        if same:
            actions.note_found([one.pk for one in same], actor=actor)
            return _ask(request, form, same)
        try:
            made = _register(request, form, details)
        except actions.KnownElsewhere as error:
            form.add_error("citizen_id", str(error))
            more = {"ask": True, "ask_words": request.POST.get("ask_words", "")}
        except actions.NoArbiter as error:
            form.add_error("citizen_id", str(error))
        else:
            messages.success(request, _("%(name)s is on file.") % {"name": made.name})
            return redirect(_next(request, made))
    return form_page(
        request,
        form,
        title=_("Register a person"),
        submit=_("Register"),
        template="people/register.html",
        cancel_url=reverse("people:list"),
        **more,
    )


def _register(request: HttpRequest, form: RegisterForm, details: actions.Details) -> Person:
    """Register the person; whoever is not sure asks the centre in the same step."""
    actor, asked = actor_of(request), request.POST.get("ask", "")
    given = {"basis": form.cleaned_data["basis"], "form": form.cleaned_data["form"]}
    if not asked:
        return actions.register_person(actor=actor, details=details, **given)
    words = request.POST.get("ask_words", "")[:MOST_WORDS]
    other = next(iter(ids_in([asked])), None)
    return actions.register_and_ask(
        actor=actor, details=details, other_id=other, words=words, **given
    )


def _same(request: HttpRequest, form: RegisterForm) -> list[Person]:
    details = form.details()
    return likely_same(
        actor_of(request),
        name=details.name,
        born_on=details.born_on,
        phone=details.phone,
        citizen_id=details.citizen_id,
    )


def _ask(request: HttpRequest, form: RegisterForm, same: list[Person]) -> HttpResponse:
    """The same form with everything typed, under the people it may be about."""
    context: dict[str, Any] = {
        "form": form,
        "title": _("Is this person on file already?"),
        "submit_label": _("Register"),
        "cancel_url": reverse("people:list"),
        "comparison": compared(form.details(), same),
        "same": [
            {"id": one.pk, "name": one.name, "station": one.unit.label, "url": _next(request, one)}
            for one in same
        ],
    }
    return page(request, "people/register.html", context, status=409)


def _next(request: HttpRequest, person: Person) -> str:
    """Where to go with a person: back to the order that waits for a name, or to their file."""
    try:
        order = UUID(request.GET.get("order", ""))
    except ValueError:
        return reverse("people:person", args=[person.pk])
    return f"{reverse('dispatch:name_person', args=[order])}?person={person.pk}"


@requires("people.change")
@require_form
def edit(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Change a person's details; numbers on file are replaced or kept, never shown."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    form = ChangeForm(posted(request), actor=actor, person=found)
    if form.is_valid():
        try:
            actions.change_person(found, actor=actor, details=form.details(), seen=form.seen())
        except actions.KnownElsewhere as error:
            form.add_error("citizen_id", str(error))
        except Overtaken as error:
            form.overtake(error, ChangeForm(actor=actor, person=found))
        else:
            return redirect("people:person", person_id)
    return form_page(
        request,
        form,
        title=_("Change details of %(name)s") % {"name": found.name},
        submit=_("Save"),
        template="people/register.html",
        cancel_url=reverse("people:person", args=[person_id]),
    )


def changeable(request: HttpRequest, person_id: UUID) -> Any:
    """A person whose file the actor may change; anybody else is hidden."""
    found = person(actor_of(request), person_id)
    if found is None or not found.may_change:  # type: ignore[attr-defined]
        raise Http404
    if request.method != "POST":
        # A form about somebody shows what is on file: it is read as the file is.
        actions.note_read(found, actor=actor_of(request))
    return found
