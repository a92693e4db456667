from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import local_label
from linli.kernel.ui.pages import actor_of, page
from linli.kernel.ui.registry import panels_for

from .. import actions, queries
from ..models import Person
from . import shown


@requires("people.view")
@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A person's file, numbers masked. That it was opened is on record."""
    actor = actor_of(request)
    merged = queries.survivor_of(actor, person_id)
    if merged is not None:
        return redirect("people:person", merged.pk)
    found = _found(actor, person_id)
    actions.note_read(found, actor=actor)
    looks, events = shown.history(found, actor)
    context = {
        "person": found,
        "title": found.name,
        "identity": shown.identity(found, actor),
        "consent": shown.consent(found),
        "numbers": shown.numbers(found),
        "may_change": found.may_change,  # type: ignore[attr-defined]
        "may_reveal": found.may_reveal,  # type: ignore[attr-defined]
        "categories": shown.categories(found),
        "households": shown.households(queries.stays(actor, found)),
        "bases": shown.bases(found),
        "places": shown.places(found, actor),
        "questions": shown.questions(found, actor),
        "panels": panels_for("people.person", actor, found),
        "looks": looks,
        "events": events,
    }
    return page(request, "people/person.html", context)


@requires("people.reveal")
@require_POST
@never_cache
def reveal(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Numbers and address in full, on this one page only. That they were looked at is on record."""
    actor = actor_of(request)
    found = _found(actor, person_id)
    phone, citizen_id, address = actions.reveal(found, actor=actor)
    context = {
        "title": found.name,
        "phone": phone,
        "citizen_id": citizen_id,
        "address": address,
        "where": local_label(found.area_id),
        "back_url": reverse("people:person", args=[person_id]),
    }
    return page(request, "people/reveal.html", context)


def _found(actor: Actor, person_id: UUID) -> Person:
    found = queries.person(actor, person_id)
    if found is None:
        raise Http404
    return found
