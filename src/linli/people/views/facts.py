from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from linli.kernel.access import requires
from linli.kernel.flow.versions import Overtaken
from linli.kernel.forms.edits import EditForm
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.ui.pages import form_page
from linli.kernel.ui.sent import actor_of, posted, require_form

from .. import actions, queries
from ..forms import NEW_HOUSEHOLD, BasisForm, CategoryForm, EndForm, HouseholdForm
from .listing import MOST_CHARACTERS
from .registering import changeable
from .shown import basis_text


@requires("people.change")
@require_form
def add_category(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """An official decision or stated fact, with its source and first day."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    form = CategoryForm(posted(request), actor=actor)
    if form.is_valid():
        try:
            actions.add_category(found, actor=actor, **form.cleaned_data)
        except actions.HeldAlready as error:
            form.add_error("code", str(error))
        else:
            return redirect("people:person", person_id)
    return _form(request, form, found, _("Add a category"), _("Add"))


@requires("people.change")
@require_form
def end_category(request: HttpRequest, person_id: UUID, category_id: UUID) -> HttpResponse:
    """A category that no longer applies; it stays known for the time it did."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    held = _among(found.categories.all(), category_id)
    form = EndForm(posted(request), actor=actor, since=held.valid_from)
    if form.is_valid():
        actions.end_category(held, actor=actor, valid_to=form.cleaned_data["valid_to"])
        return redirect("people:person", person_id)
    name = label(TermList.PERSON_CATEGORY, held.code)
    return _form(request, form, found, _("End “%(name)s”") % {"name": name}, _("End it"))


@requires("people.change")
@require_form
def join_household(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Into whose household a person moves: found by name, or a new one."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    text = request.GET.get("q", "").strip()[:MOST_CHARACTERS]
    offered = queries.household_picks(actor, text, besides=found.pk)
    form = HouseholdForm(posted(request), actor=actor, person=found, found=offered)
    if form.is_valid():
        chosen, relation = form.cleaned_data["household"], form.cleaned_data["relation"]
        home = None if chosen == NEW_HOUSEHOLD else queries.household(actor, UUID(chosen))
        try:
            actions.join_household(
                found, actor=actor, relation=relation, household=home, seen=form.seen()
            )
        except Overtaken as error:
            form.overtake(error, form)
        else:
            return redirect("people:person", person_id)
    more = {"template": "people/household.html", "q": text, "has_found": bool(offered)}
    return _form(request, form, found, _("Record the household"), _("Save"), **more)


@requires("people.change")
@require_POST
def leave_household(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A person no longer lives in their household."""
    form = EditForm(request.POST)
    seen = form.seen() if form.is_valid() else 0
    actions.leave_household(changeable(request, person_id), actor=actor_of(request), seen=seen)
    return redirect("people:person", person_id)


@requires("people.change")
@require_form
def add_basis(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Consent given today, or another legal basis."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    form = BasisForm(posted(request), actor=actor)
    if form.is_valid():
        actions.record_basis(found, actor=actor, **form.cleaned_data)
        return redirect("people:person", person_id)
    title = _("Record why the data may be kept")
    return _form(request, form, found, title, _("Record"))


@requires("people.change")
@require_form
def withdraw(request: HttpRequest, person_id: UUID, basis_id: UUID) -> HttpResponse:
    """Ask once, then record that consent was taken back."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    held = _among(found.bases.all(), basis_id)
    if request.method == "POST":
        actions.withdraw_consent(held, actor=actor)
        messages.success(request, _("It is on record that consent was taken back."))
        return redirect("people:person", person_id)
    more = {
        "affects": _("Help goes on. Nothing more is recorded on this basis from today on."),
        "lead": f"{found.name} · {basis_text(held)}",
    }
    title = _("Was this consent taken back?")
    return _form(request, Form(), found, title, _("Yes, taken back today"), **more)


def _among(rows: Any, wanted: UUID) -> Any:
    held = next((one for one in rows if one.pk == wanted), None)
    if held is None:
        raise Http404
    return held


def _form(
    request: HttpRequest, form: Any, person: Any, title: str, submit: str, **more: Any
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=title,
        submit=submit,
        cancel_url=reverse("people:person", args=[person.pk]),
        **{"lead": person.name} | more,
    )
