from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.sheets import actions, files, queries
from linli.kernel.sheets.declare import Kind, kind_of, kinds_for
from linli.kernel.sheets.enums import ImportState
from linli.kernel.sheets.models import Import
from linli.kernel.sheets.plan import Plan, Sheet, headings, replanned, suggested
from linli.kernel.sheets.values import letters
from linli.kernel.ui.lists import XLSX, list_page
from linli.kernel.ui.pages import form_page, page
from linli.kernel.ui.sent import actor_of, posted, require_form

from .forms import PlaceForm, PlanForm, UploadForm
from .shown import import_page
from .tables import IMPORTS


@requires("imports.view")
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """The imports of the actor's unit."""
    return list_page(request, IMPORTS)


@requires("imports.view")
@require_form
def new(request: HttpRequest) -> HttpResponse:
    """Upload a file; a job reads it."""
    actor = actor_of(request)
    kinds = kinds_for(actor)
    files_sent = request.FILES if request.method == "POST" else None
    asked = request.GET.get("kind", "")
    form = UploadForm(posted(request), files_sent, kinds=kinds, initial={"kind": asked})
    if form.is_valid():
        kind, file = kind_of(form.cleaned_data["kind"]), form.cleaned_data["file"]
        if kind is None:
            raise Http404
        made = actions.upload(actor=actor, kind=kind, name=file.name, blob=file.read())
        return redirect("imports:one", made.pk)
    return form_page(
        request,
        form,
        title=_("Import a sheet"),
        submit=_("Upload and read it"),
        template="gateway/import_new.html",
        lead=_("Nothing is stored before you have seen what will become of every row."),
        cancel_url=reverse("imports:list"),
        templates=[
            {
                "url": reverse("imports:template", args=[one.name]),
                "title": one.title,
                "help": one.help,
            }
            for one in kinds
        ],
    )


@requires("imports.view")
@require_safe
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """An empty sheet to fill in."""
    actor = actor_of(request)
    found = next((one for one in kinds_for(actor) if one.name == kind), None)
    if found is None:
        raise Http404
    return _workbook(files.template(found, actor), f"{found.title}.xlsx")


@requires("imports.view")
@require_safe
@never_cache
def one(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Where an import stands, and what can be done next; keeps itself up to date."""
    batch, kind = _found(request, import_id)
    context = import_page(batch, kind, actor_of(request))
    return page(request, "gateway/import.html", context, partial="gateway/_import.html")


@requires("imports.run")
@require_form
@never_cache
def mapping(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """Say what the columns mean; then every row is checked."""
    actor = actor_of(request)
    batch, kind = _found(request, import_id)
    sheets = queries.sheets_of(batch)
    if batch.state not in {ImportState.READ, ImportState.CHECKED} or not sheets:
        return redirect("imports:one", import_id)
    plan, place = _plan(request, batch, kind, sheets, actor)
    sent = posted(request)
    form = PlanForm(sent, kind=kind, actor=actor, sheet=sheets[plan.sheet], plan=plan)
    if form.is_valid():
        actions.plan_import(batch, actor=actor, plan=form.given_plan())
        return redirect("imports:one", import_id)
    context = {
        "title": _("Match the columns"),
        "form": form,
        "place": place,
        "file": batch.file_name,
        "head": _preview(form, plan, sheets[plan.sheet]),
        "cancel_url": reverse("imports:one", args=[import_id]),
        "submit_label": _("Check every row"),
    }
    status = 422 if form.is_bound and form.errors else 200
    return page(request, "gateway/import_mapping.html", context, status=status)


def _plan(
    request: HttpRequest, batch: Import, kind: Kind, sheets: list[Sheet], actor: Actor
) -> tuple[Plan, PlaceForm]:
    """What was said before, or is suggested for the sheet and row that are asked for."""
    said = queries.said_by(batch.unit_id, batch.kind)
    asked = request.POST if request.method == "POST" else request.GET
    place = PlaceForm(asked, sheets=sheets)
    if "sheet" in asked and place.is_valid():
        given = place.cleaned_data
        plan = replanned(sheets, kind, actor, said, sheet=given["sheet"], header=given["header"])
    else:
        held = queries.plan_of(batch)
        plan = held if held.columns else suggested(sheets, kind, actor, said)
    shown = {"sheet": plan.sheet, "header": plan.header}
    return plan, PlaceForm(shown, sheets=sheets)


def _preview(form: PlanForm, plan: Plan, sheet: Sheet) -> list[dict[str, Any]]:
    """The first values of each column of the sheet under its heading."""
    head = headings(sheet, plan.header)
    return [
        {"letter": letters(at), "name": head[at] if at < len(head) else "", "values": held}
        for at, held in sorted(form.samples(plan).items())
    ]


@requires("imports.view")
@require_safe
@never_cache
def marked(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The sheet with its errors in its own cells, to be mended and sent again; on record."""
    actor = actor_of(request)
    batch, kind = _found(request, import_id)
    if not queries.sheets_of(batch) or not queries.plan_of(batch).columns:
        raise Http404
    only = request.GET.get("only") == "refused"
    blob, rows = files.marked(batch, kind, actor, only_refused=only)
    actions.note_download(batch, actor=actor, rows=rows)
    name = batch.file_name.rpartition(".")[0] or batch.file_name
    return _workbook(blob, f"{name}-{_('errors')}.xlsx")


def _verb(move: Callable[..., None], permission: str) -> Callable[..., HttpResponse]:
    """A button: one action, and back to the page of the import."""

    @requires(permission)
    @require_POST
    def pressed(request: HttpRequest, import_id: UUID) -> HttpResponse:
        batch, _kind = _found(request, import_id)
        move(batch, actor=actor_of(request))
        return redirect("imports:one", import_id)

    return pressed


run = _verb(actions.run_import, "imports.run")
pause = _verb(actions.pause_import, "imports.run")
resume = _verb(actions.resume_import, "imports.run")
stop = _verb(actions.stop_import, "imports.run")
cancel = _verb(actions.cancel_import, "imports.run")
undo = _verb(actions.undo_import, "imports.undo")


def _found(request: HttpRequest, import_id: UUID) -> tuple[Import, Kind]:
    found = queries.one(actor_of(request), import_id)
    kind = kind_of(found.kind) if found else None
    if found is None or kind is None:
        raise Http404
    return found, kind


def _workbook(blob: bytes, name: str) -> HttpResponse:
    response = HttpResponse(blob, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
    return response
