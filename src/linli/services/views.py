from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.versions import Overtaken
from linli.kernel.forms.ids import ids_in
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.pages import form_page, page
from linli.kernel.ui.sent import actor_of, require_form
from linli.people.actions import note_found
from linli.people.queries import of_station

from . import actions, queries
from .forms import ServiceForm, as_recorded
from .shown import earlier, facts, history, recipients
from .tables import services_table


@requires("services.view")
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """Services one by one, narrowed by filters or by a number in the statistics."""
    actor = actor_of(request)
    return list_page(request, services_table(actor, request.GET))


@requires("services.record")
@require_form
def new(request: HttpRequest) -> HttpResponse:
    """Record a service outside an order."""
    actor = actor_of(request)
    if request.method == "POST":
        form = ServiceForm(request.POST, actor=actor)
        if form.wants_to_look():
            _tell_found(request, form)
            form = form.unchecked()
        elif form.is_valid():
            made = actions.record_service(actor=actor, account=form.account())
            messages.success(request, _("It is on record and counts at once."))
            return redirect("services:service", made.pk)
    else:
        form = ServiceForm(actor=actor, initial=_likely(request))
    cancel = reverse("services:list")
    return _form(
        request,
        form,
        title=_("Record a service"),
        submit=_("Save the service"),
        url=cancel,
    )


def _likely(request: HttpRequest) -> dict[str, Any]:
    """Who and where it most likely was: the person one comes from, else as last time."""
    actor = actor_of(request)
    for person in of_station(actor, person_ids=ids_in([request.GET.get("person", "")])):
        return {"persons": [str(person.pk)], "area": person.area_id}
    latest = queries.latest_of(actor)
    return {"area": latest.area_id if latest else actor.area}


@requires("services.view")
@require_safe
def service(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """One service; what was written is for its station, and that it was read is on record."""
    actor = actor_of(request)
    found: Any = _found(actor, service_id)
    words = actions.note_read(found, actor=actor) if found.may_read_note else []
    if not words:
        actions.note_opened(found, actor=actor)
    context = {
        "service": found,
        "title": facts(found)["title"],
        "facts": facts(found),
        "recipients": recipients(found, actor),
        "words": next((one for one in words if one.version == found.version), None),
        "may_read_note": found.may_read_note,
        "may_correct": found.may_correct,
        "is_late": queries.is_late(found),
        "versions": earlier(queries.versions(found.pk), words, actor),
        "events": history(found, actor),
    }
    return page(request, "services/service.html", context)


@requires("services.correct")
@require_form
def correct(request: HttpRequest, service_id: UUID) -> HttpResponse:
    """Replace a record by a corrected version; the one before is kept."""
    actor = actor_of(request)
    found: Any = _found(actor, service_id)
    if not found.may_correct:
        raise Http404
    form = _correction(request, found, actor)
    if request.method == "POST" and form.wants_to_look():
        _tell_found(request, form)
        form = form.unchecked()
    elif form.is_valid():
        try:
            actions.correct_service(found, actor=actor, account=form.account(), seen=form.seen())
        except Overtaken as error:
            form.overtake(error, _correction(request, found, actor, is_fresh=True))
        else:
            messages.success(request, _("Corrected. The version before is kept."))
            return redirect("services:service", service_id)
    return _form(
        request,
        form,
        title=_("Correct the record"),
        submit=_("Store the correction"),
        url=reverse("services:service", args=[service_id]),
        affects=_("Every count follows at once; the version before stays readable."),
    )


def _correction(
    request: HttpRequest, found: Any, actor: Actor, *, is_fresh: bool = False
) -> ServiceForm:
    """The form as it was sent, or (`is_fresh`) as the record stands."""
    named = queries.recipients(found.pk)
    open_to = [one.pk for one in of_station(actor, person_ids=named)]
    given: dict[str, Any] = {
        "actor": actor,
        "corrected": found,
        "hidden": len(named) - len(open_to),
    }
    if request.method == "POST" and not is_fresh:
        return ServiceForm(request.POST, **given)
    words = actions.note_read(found, actor=actor)
    return ServiceForm(initial=as_recorded(found, open_to, words), **given)


def _tell_found(request: HttpRequest, form: ServiceForm) -> None:
    """Whom the search in a form has shown is on record, as everywhere."""
    if form.who:
        note_found([one.id for one in form.found], actor=actor_of(request))


def _form(
    request: HttpRequest, form: ServiceForm, *, title: str, submit: str, url: str, **more: Any
) -> HttpResponse:
    return form_page(
        request,
        form,
        title=title,
        submit=submit,
        template="services/record.html",
        cancel_url=url,
        **more,
    )


def _found(actor: Actor, service_id: UUID) -> Any:
    found = queries.service(actor, service_id)
    if found is None:
        raise Http404
    return found
