from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from linli.dispatch.queries import persons_of
from linli.intake import queries as intake
from linli.kernel.access import requires
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import local_label
from linli.kernel.forms.ids import ids_in
from linli.kernel.staff import queries as staff
from linli.kernel.timeline import looks
from linli.kernel.ui.lists import list_page, spreadsheet
from linli.kernel.ui.pages import actor_of, page
from linli.lib.receipts import grouped
from linli.lib.xlsx import SheetColumn
from linli.people import queries as people

from .. import audit
from ..tables.workers import WORKERS

MOST_CHARACTERS = 60


@requires("staff.looks")
@require_safe
def workers(request: HttpRequest) -> HttpResponse:
    """Everybody of whom may be asked what they looked at, and a box for a person or a receipt."""
    return list_page(request, WORKERS, template="site/looks.html")


@requires("people.looks")
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """A person by id, or who stands behind a receipt; a receipt's number never gets into an
    address."""
    actor, text = actor_of(request), request.POST.get("q", "").strip()[:MOST_CHARACTERS]
    for key in ids_in([text]):
        if people.watched(actor, key) is not None:
            return redirect("audit:person", key)
    found = intake.watched_by_number(actor, text)
    if found is None:
        messages.warning(request, _("Nothing with this id or number is on file where you may ask."))
        return redirect("audit:workers")
    for key in persons_of([found.order_id]):
        if people.watched(actor, key) is not None:
            return redirect("audit:person", key)
    return redirect("audit:request", found.pk)


@requires("people.looks")
@require_safe
def person(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Who looked at a person's file, and at requests and services about them."""
    actor = actor_of(request)
    found = people.watched(actor, person_id)
    if found is None:
        raise Http404
    subject = (audit.PERSON, person_id)
    audit.tell_asked(actor, "looks_asked", subject, area=found.area_id, unit=found.unit_id)
    name = people.names(actor, [person_id]).get(person_id)
    about = name or _("Person’s file %(id)s") % {"id": audit.short(person_id)}
    lead = f"{about} · {local_label(found.area_id)} · {found.unit.label}"
    more = {"lead": lead, "file": person_id if name else None}
    return _looks(request, actor, audit.subjects_of(person_id), name="looks-at-person", **more)


@requires("intake.looks")
@require_safe
def request_(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Who looked at a request of somebody who is not on file."""
    actor = actor_of(request)
    found = intake.watched(actor, request_id)
    if found is None:
        raise Http404
    subject = (audit.REQUEST, request_id)
    audit.tell_asked(actor, "looks_asked", subject, area=found.area_id, unit=found.unit_id)
    lead = _("Request %(number)s") % {"number": grouped(found.number)}
    return _looks(request, actor, [subject], name="looks-at-request", lead=lead)


def _looks(
    request: HttpRequest, actor: Actor, subjects: audit.Subjects, *, name: str, **more: Any
) -> HttpResponse:
    held = audit.span(request.GET.get("days", ""), actor)
    if request.GET.get("export") == "xlsx":
        rows = audit.look_rows(looks.looks_at(subjects, since=held.since, until=held.until))
        return _sheet(actor, name, _("Who looked"), more["lead"], rows)
    found = looks.lookers(subjects, since=held.since, until=held.until)
    latest = looks.looks_at(subjects, since=held.since, until=held.until, most=audit.SHOWN_LOOKS)
    context = {
        "title": _("Who looked"),
        "tabs": audit.span_tabs(held),
        "lookers": audit.looker_rows(found),
        "looks": audit.look_rows(latest),
        "is_cut": len(latest) == audit.SHOWN_LOOKS,
        "export_url": f"?days={held.days}&export=xlsx",
        **more,
    }
    return page(request, "site/looks_at.html", context)


@requires("staff.looks")
@require_safe
def worker(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """What somebody looked at: day by day, file by file, and which files lie outside their work."""
    actor = actor_of(request)
    found = staff.watched(actor).filter(pk=user_id).first()
    if found is None:
        raise Http404
    audit.tell_asked(actor, "worker_asked", ("staff.user", user_id), unit=actor.unit_id)
    held = audit.span(request.GET.get("days", ""), actor)
    seen = audit.watch(actor, found, held)
    if request.GET.get("export") == "xlsx":
        return _seen_sheet(actor, found.name, seen.seen)
    context = {
        "title": _("What %(name)s looked at") % {"name": found.name},
        "lead": " · ".join(audit.post_labels(seen.posts)),
        "tabs": audit.span_tabs(held),
        "watch": seen,
        "days": [
            {"on": one.on.isoformat(), "times": one.times, "files": one.subjects, "late": one.late}
            for one in seen.days
        ],
        "seen": seen.seen[: audit.SHOWN_LOOKS],
        "is_cut": len(seen.seen) > audit.SHOWN_LOOKS,
        "export_url": f"?days={held.days}&export=xlsx",
    }
    return page(request, "site/looks_of.html", context)


def _sheet(
    actor: Actor, name: str, title: str, lead: str, rows: list[dict[str, Any]]
) -> HttpResponse:
    columns = [
        SheetColumn(_("When"), 18, "text"),
        SheetColumn(_("Who"), 24, "text"),
        SheetColumn(_("Post"), 40, "text"),
        SheetColumn(_("How"), 34, "text"),
        SheetColumn(_("Through what"), 30, "text"),
    ]
    body = [[one[key] for key in ("when", "who", "post", "how", "what")] for one in rows]
    return spreadsheet(actor, name, title, columns, body, notes=[lead])


def _seen_sheet(actor: Actor, name: str, rows: list[dict[str, Any]]) -> HttpResponse:
    columns = [
        SheetColumn(_("What"), 34, "text"),
        SheetColumn(pgettext("looks", "Times"), 9, "text"),
        SheetColumn(_("First"), 18, "text"),
        SheetColumn(_("Last"), 18, "text"),
        SheetColumn(_("How"), 40, "text"),
        SheetColumn(_("Outside their work"), 20, "text"),
    ]
    body = [
        [
            one["what"],
            one["times"],
            one["first"],
            one["last"],
            ", ".join(one["how"]),
            _("yes") if one["is_outside"] else "",
        ]
        for one in rows
    ]
    return spreadsheet(
        actor, "looks-of-worker", _("What was looked at"), columns, body, notes=[name]
    )
