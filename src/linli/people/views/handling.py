"""Pages of what is done about files: two that may be one person's, and moves."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.flow.machine import Flow, Stale
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.pages import form_page, page, too_late
from linli.kernel.ui.sent import actor_of, posted, require_form

from .. import actions, handling
from ..deciding import AcceptForm, AnswerForm, CloseForm, ConsultForm, JoinForm, MoveForm
from ..models import Duplicate, Moving
from ..tables import DUPLICATES
from ..workflow import DUPLICATE, MOVING
from . import shown
from .registering import changeable

View = Callable[..., HttpResponse]


def _open(
    request: HttpRequest, flow: Flow, row: Any, verb: str, target: str
) -> HttpResponse | None:
    """None if the actor may make the move now; hidden is 404, what has moved on is a sentence."""
    if row is None or not getattr(row, "may_" + flow.moves[verb].needs.partition(".")[2]):
        raise Http404
    if verb in {one.name for one in flow.moves_of(row)}:
        return None
    return too_late(request, str(Stale()), target)


def on_duplicate(verb: str) -> Callable[[View], View]:
    """Hand a view the question, while the actor may make the move on it."""

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, duplicate_id: UUID) -> HttpResponse:
            found = handling.duplicate(actor_of(request), duplicate_id)
            target = reverse("people:duplicate", args=[duplicate_id])
            return _open(request, DUPLICATE, found, verb, target) or view(request, found)

        return opened

    return decorate


def on_moving(verb: str) -> Callable[[View], View]:
    """Hand a view the move, while the actor may make that step with it."""

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, moving_id: UUID) -> HttpResponse:
            found = handling.moving(actor_of(request), moving_id)
            target = reverse("people:moving", args=[moving_id])
            return _open(request, MOVING, found, verb, target) or view(request, found)

        return opened

    return decorate


@requires("duplicates.view")
@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """Files that may be one person's, newest question first."""
    return list_page(request, DUPLICATES)


@requires("duplicates.view")
@require_safe
def duplicate(request: HttpRequest, duplicate_id: UUID) -> HttpResponse:
    """A question: whoever decides sees both files side by side, which is put on record in them."""
    actor = actor_of(request)
    found = handling.duplicate(actor, duplicate_id)
    if found is None:
        raise Http404
    return page(request, "people/duplicate.html", _compared(request, found))


@requires("duplicates.decide")
@require_form
@on_duplicate("join")
def join(request: HttpRequest, found: Duplicate) -> HttpResponse:
    """One person: which file is kept, by whom, and what is right where they differ."""
    actor = actor_of(request)
    files = handling.files_of(actor, found)
    if len(files) < 2:
        return too_late(request, str(Stale()), reverse("people:duplicate", args=[found.pk]))
    form = JoinForm(posted(request), persons=files, shown=shown.contested(files))
    if form.is_valid():
        merge = actions.join_files(found, actor=actor, **form.decision())
        messages.success(request, _("One file now. It can be taken apart again from here."))
        return redirect("people:person", merge.kept_id)
    compared = _compared(request, found)
    return form_page(
        request,
        form,
        title=_("The same person"),
        submit=_("Merge the files"),
        template="people/join.html",
        cancel_url=reverse("people:duplicate", args=[found.pk]),
        affects=_("Both stations see this in the files. Services and orders follow the kept file."),
        files=compared["files"],
        comparison=compared["comparison"],
    )


@requires("duplicates.decide")
@require_POST
@on_duplicate("part")
def part(request: HttpRequest, found: Duplicate) -> HttpResponse:
    """Two persons: nobody is asked about them again."""
    actions.tell_apart(found, actor=actor_of(request))
    messages.success(request, _("Two persons. Nobody is asked about these two files again."))
    return redirect("people:duplicates")


@requires("duplicates.decide")
@require_form
@on_duplicate("consult")
def consult(request: HttpRequest, found: Duplicate) -> HttpResponse:
    """Ask one of the stations before deciding."""
    form = ConsultForm(posted(request), stations=handling.stations_of(found))
    if form.is_valid():
        given = form.cleaned_data
        station_id = UUID(given["station"])
        actions.consult_station(
            found, actor=actor_of(request), station_id=station_id, words=given["words"]
        )
        return redirect("people:duplicate", found.pk)
    return _form(request, form, found, "duplicate", _("Ask a station"), _("Ask"))


@requires("duplicates.answer")
@require_form
@on_duplicate("answer")
def answer(request: HttpRequest, found: Duplicate) -> HttpResponse:
    """What the station knows of it."""
    form = AnswerForm(posted(request))
    if form.is_valid():
        actions.answer_centre(found, actor=actor_of(request), words=form.cleaned_data["words"])
        messages.success(request, _("The centre has your answer and decides."))
        return redirect("people:duplicates")
    return _form(
        request, form, found, "duplicate", _("Answer the centre"), _("Answer"), lead=found.words
    )


@requires("duplicates.decide")
@require_form
@on_duplicate("undo")
def undo(request: HttpRequest, found: Duplicate) -> HttpResponse:
    """Say what happens, then take the files apart again."""
    if request.method == "POST":
        try:
            actions.undo_merge(found, actor=actor_of(request))
        except actions.NumberTaken as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Two files again, each with what was recorded in it."))
        return redirect("people:duplicate", found.pk)
    return _form(
        request,
        Form(),
        found,
        "duplicate",
        _("Take the files apart again?"),
        _("Take them apart"),
        affects=_(
            "Each file gets back what was recorded in it. What was recorded since the merge stays"
            " with the file that was kept: please look there."
        ),
    )


@requires("moves.view")
@require_safe
def moving(request: HttpRequest, moving_id: UUID) -> HttpResponse:
    """A move: who comes from where and when, and what can be done about it."""
    found = handling.moving(actor_of(request), moving_id)
    if found is None:
        raise Http404
    context = shown.moving(found, handling.who_moves(found), actor_of(request))
    return page(request, "people/moving.html", context)


@requires("moves.accept")
@require_form
@on_moving("accept")
def accept(request: HttpRequest, found: Moving) -> HttpResponse:
    """Take the file over, with the reason why the data may be kept here."""
    actor = actor_of(request)
    form = AcceptForm(posted(request), actor=actor)
    if form.is_valid():
        actions.accept_move(found, actor=actor, **form.cleaned_data)
        if handling.under_way(handling.who_moves(found)) is None:
            messages.success(request, _("The file is with your station now."))
            return redirect("people:person", found.person_id)
        messages.success(request, _("Accepted. The file comes on the day of the move."))
        return redirect("people:moving", found.pk)
    return _form(request, form, found, "moving", _("Accept the file"), _("Accept"))


@requires("moves.accept")
@require_form
@on_moving("refuse")
def refuse(request: HttpRequest, found: Moving) -> HttpResponse:
    """Do not take the file over, and say why."""
    form = AnswerForm(posted(request))
    if form.is_valid():
        actions.refuse_move(found, actor=actor_of(request), words=form.cleaned_data["words"])
        return redirect("people:moving", found.pk)
    return _form(request, form, found, "moving", _("Do not accept the file"), _("Do not accept"))


@requires("moves.withdraw")
@require_POST
@on_moving("withdraw")
def withdraw_move(request: HttpRequest, found: Moving) -> HttpResponse:
    """The person does not move after all."""
    actions.withdraw_move(found, actor=actor_of(request))
    return redirect("people:moving", found.pk)


@requires("people.change")
@require_form
def move(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Write down where a person moves, and when."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    form = MoveForm(posted(request), actor=actor)
    if form.is_valid():
        try:
            made = actions.propose_move(found, actor=actor, **form.move())
        except actions.NotThen as error:
            form.add_error("moved_on", str(error))
        except actions.MoveUnderWay as error:
            form.add_error(None, str(error))
        else:
            return redirect("people:moving", made.pk)
    return form_page(
        request,
        form,
        title=_("Record a move"),
        submit=_("Record the move"),
        lead=found.name,
        affects=_(
            "Another station has to accept the file before it sees it. Yours reads it on until its"
            " open orders have ended."
        ),
        cancel_url=reverse("people:person", args=[person_id]),
    )


@requires("people.change")
@require_form
def close(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Close the file of somebody who has died or gone where no station is."""
    actor = actor_of(request)
    found = changeable(request, person_id)
    form = CloseForm(posted(request), actor=actor)
    if form.is_valid():
        try:
            actions.close_file(found, actor=actor, **form.cleaned_data)
        except actions.NotThen:
            form.add_error("closed_on", _("A file is closed as of today or a day before."))
        except actions.MoveUnderWay as error:
            form.add_error(None, str(error))
        else:
            return redirect("people:person", person_id)
    return form_page(
        request,
        form,
        title=_("Close the file"),
        submit=_("Close the file"),
        lead=found.name,
        affects=_("The file is kept and can be opened again."),
        cancel_url=reverse("people:person", args=[person_id]),
    )


@requires("people.change")
@require_POST
def reopen(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Go on with a file that was closed."""
    actions.reopen_file(changeable(request, person_id), actor=actor_of(request))
    return redirect("people:person", person_id)


def _compared(request: HttpRequest, found: Duplicate) -> dict[str, Any]:
    actor = actor_of(request)
    files = handling.files_of(actor, found) if found.may_decide else []  # type: ignore[attr-defined]
    if files and request.method != "POST":
        actions.note_compared(found, actor=actor)
    return shown.question(found, files, actor)


def _form(
    request: HttpRequest, form: Any, row: Any, name: str, title: str, submit: str, **more: Any
) -> HttpResponse:
    cancel_url = reverse(f"people:{name}", args=[row.pk])
    return form_page(request, form, title=title, submit=submit, cancel_url=cancel_url, **more)
