from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import children, label
from linli.kernel.flow.versions import Overtaken
from linli.kernel.ui.lists import list_page, spreadsheet
from linli.kernel.ui.pages import form_page, page
from linli.kernel.ui.registry import panels_for
from linli.kernel.ui.sent import actor_of, posted, require_form
from linli.kernel.units.models import UnitKind
from linli.lib.areacodes import TOWNSHIP, county_of, level_of

from . import actions, queries, shown
from .enums import OperatingModel
from .forms import AgencyChangeForm, AgencyForm, ChangeForm, CloseForm, HoursForm, OpenForm
from .tables import AGENCIES, DIRECTORY

AREA_DIGITS = 12


@requires("directory.view")
@require_safe
def sites(request: HttpRequest) -> HttpResponse:
    """Centres, stations, rooms and facilities of the actor's county or wider area."""
    return list_page(request, DIRECTORY)


@requires("directory.view")
@require_safe
def site(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """What a site is, whom it serves, when it is open, and what it belongs to."""
    actor = actor_of(request)
    found = _found(request, site_id)
    context = {
        "site": found,
        "title": found.unit.label,
        "kind": found.unit.get_kind_display(),
        "is_closed": found.unit.valid_to is not None and found.unit.valid_to < actor.today,
        "facts": shown.site_facts(found),
        "areas": shown.areas(found, actor.today),
        "hours": shown.hours(found),
        "above": shown.above(found),
        "below": shown.below(found, actor.today),
        "panels": panels_for("directory.site", actor, found),
        "events": shown.history(found, actor),
        "verbs": _verbs(found),
    }
    return page(request, "directory/site.html", context)


def _verbs(site: Any) -> list[dict[str, Any]]:
    offered = (
        ("hours", _("Opening hours"), site.may_own_hours),
        ("edit", _("Change details"), site.may_manage),
        ("close", _("Close"), site.may_manage and site.unit.valid_to is None),
    )
    return [
        {
            "name": name,
            "label": words,
            "method": "get",
            "url": reverse(f"directory:{name}", args=[site.pk]),
        }
        for name, words, may in offered
        if may
    ]


@requires("directory.manage")
@require_form
def new(request: HttpRequest) -> HttpResponse:
    """Open a site with the areas it serves from today on."""
    actor = actor_of(request)
    form = OpenForm(posted(request), actor=actor)
    if form.is_valid():
        given = form.cleaned_data
        made = actions.open_site(
            actor=actor,
            kind=UnitKind(given["kind"]),
            area=given["area"],
            serves=form.serves(),
            parent_id=given["parent"],
            operator_id=given["operator"],
            operating_model=OperatingModel(given["operating_model"]),
            **_plain(given),
        )
        messages.success(request, _("%(name)s is open.") % {"name": given["zh"]})
        return redirect("directory:site", made.pk)
    return form_page(
        request,
        form,
        title=_("Open a site"),
        submit=_("Open it today"),
        template="directory/form.html",
        cancel_url=reverse("directory:list"),
    )


@requires("directory.manage")
@require_form
def edit(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """Change a site's details and whom it serves."""
    actor = actor_of(request)
    found = _found(request, site_id, "may_manage")
    form = _change_form(posted(request), actor, found)
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.change_site(
                found,
                actor=actor,
                operating_model=given["operating_model"],
                operator_id=given["operator"],
                serves=form.serves(),
                seen=form.seen(),
                **_plain(given),
            )
        except Overtaken as error:
            form.overtake(error, _change_form(None, actor, found))
        else:
            return redirect("directory:site", site_id)
    more = {
        "affects": _("An area that is taken out ends today."),
        "template": "directory/form.html",
    }
    title = _("Change details of %(name)s") % {"name": found.unit.label}
    return _form(request, form, found, title, _("Save"), **more)


def _change_form(sent: Any, actor: Actor, site: Any) -> ChangeForm:
    serves = queries.areas_served([site.pk], on=actor.today).get(site.pk, [])
    return ChangeForm(sent, actor=actor, site=site, serves=serves)


@requires("directory.manage")
@require_form
def close(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """Close a site after a last day; its records and history stay."""
    actor = actor_of(request)
    found = _found(request, site_id, "may_manage")
    form = CloseForm(posted(request), actor=actor)
    if form.is_valid():
        actions.close_site(found, actor=actor, last_day=form.cleaned_data["last_day"])
        return redirect("directory:site", site_id)
    title = _("Close %(name)s") % {"name": found.unit.label}
    affects = _(
        "After the last day nobody can work in a post there, and its areas have no station"
        " unless another serves them. Records and history stay."
    )
    return _form(request, form, found, title, _("Close it"), affects=affects)


@requires("directory.own_hours")
@require_form
def hours(request: HttpRequest, site_id: UUID) -> HttpResponse:
    """Set the opening hours that residents see."""
    actor = actor_of(request)
    found = _found(request, site_id, "may_own_hours")
    form = HoursForm(posted(request), site=found)
    if form.is_valid():
        try:
            actions.set_hours(found, actor=actor, spans=form.spans(), seen=form.seen())
        except Overtaken as error:
            form.overtake(error, HoursForm(site=found))
        else:
            return redirect("directory:site", site_id)
    title = _("Opening hours of %(name)s") % {"name": found.unit.label}
    lead = _("A pause makes two spans. Leave a day empty when it is closed.")
    return _form(request, form, found, title, _("Save"), lead=lead)


@requires("agencies.view")
@require_safe
def agencies(request: HttpRequest) -> HttpResponse:
    """The agencies of the actor's city, with the sites they operate."""
    return list_page(request, AGENCIES)


@requires("agencies.view")
@require_safe
def agency(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """What an agency is, and which sites it operates today."""
    actor = actor_of(request)
    found = _agency(request, organisation_id)
    context = {
        "title": found.unit.label,
        "kind": found.unit.get_kind_display(),
        "facts": shown.agency_facts(found),
        "sites": shown.operated(found, actor.today),
        "events": shown.history(found, actor),
        "edit_url": reverse("directory:agency_edit", args=[found.pk]) if found.may_manage else "",
    }
    return page(request, "directory/agency.html", context)


@requires("agencies.manage")
@require_form
def agency_edit(request: HttpRequest, organisation_id: UUID) -> HttpResponse:
    """Change how an agency is called and reached."""
    found = _agency(request, organisation_id, "may_manage")
    form = AgencyChangeForm(posted(request), agency=found)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("zh", "en", "phone")}
        try:
            actions.change_organisation(found, actor=actor_of(request), seen=form.seen(), **given)
        except Overtaken as error:
            form.overtake(error, AgencyChangeForm(agency=found))
        else:
            return redirect("directory:agency", organisation_id)
    return form_page(
        request,
        form,
        title=_("Change details of %(name)s") % {"name": found.unit.label},
        submit=_("Save"),
        cancel_url=shown.agency_url(found),
    )


@requires("agencies.manage")
@require_form
def agency_new(request: HttpRequest) -> HttpResponse:
    """Register a service agency, so that it can operate sites."""
    actor = actor_of(request)
    form = AgencyForm(posted(request), actor=actor)
    if form.is_valid():
        made = actions.register_organisation(actor=actor, **form.cleaned_data)
        name = form.cleaned_data["zh"]
        messages.success(
            request, _("%(name)s is registered and can operate sites.") % {"name": name}
        )
        return redirect("directory:agency", made.pk)
    return form_page(
        request,
        form,
        title=_("Register a service agency"),
        submit=_("Register"),
        cancel_url=reverse("directory:agencies"),
    )


@requires("directory.view")
@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """Which townships a station serves and which none: one by one in a county, counted above."""
    actor = actor_of(request)
    code = _area(request.GET.get("area", ""), actor.area or 0)
    today = actor.today
    is_county = any(one.level >= TOWNSHIP for one in children(code))
    count: Any = queries.coverage if is_county else queries.rollups
    found = count(code, on=today)
    title, where = _("Coverage"), label(code)
    if request.GET.get("export") == "xlsx":
        sheet = shown.townships_sheet(found) if is_county else shown.areas_sheet(found)
        return spreadsheet(actor, "coverage", f"{title} {where}", *sheet)
    context = {
        "title": title,
        "where": where,
        "area_path": shown.area_path(code),
        "export_url": f"?{urlencode({'area': f'{code:012d}', 'export': 'xlsx'})}",
        "townships": shown.townships(found) if is_county else None,
        "below": None if is_county else shown.areas_below(found),
    }
    return page(request, "directory/coverage.html", context)


def _area(text: str, usual: int) -> int:
    """The county or wider area that is asked for; anything else is the actor's own."""
    code = int(text) if text.isascii() and text.isdigit() and len(text) <= AREA_DIGITS else usual
    try:
        level_of(code)
    except ValueError:
        code = usual
    return county_of(code)


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    names = ("zh", "en", "address", "phone", "capacity", "competent_body")
    return {name: given[name] for name in names}


def _found(request: HttpRequest, site_id: UUID, verb: str = "") -> Any:
    found = queries.site(actor_of(request), site_id)
    if found is None or (verb and not getattr(found, verb)):
        raise Http404
    return found


def _agency(request: HttpRequest, unit_id: UUID, verb: str = "") -> Any:
    found = queries.agency(actor_of(request), unit_id)
    if found is None or (verb and not getattr(found, verb)):
        raise Http404
    return found


def _form(
    request: HttpRequest, form: Any, site: Any, title: str, submit: str, **more: Any
) -> HttpResponse:
    cancel = reverse("directory:site", args=[site.pk])
    return form_page(request, form, title=title, submit=submit, cancel_url=cancel, **more)
