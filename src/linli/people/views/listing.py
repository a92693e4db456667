from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.kernel.access import requires
from linli.kernel.forms.ids import ids_in
from linli.kernel.ui.lists import list_page
from linli.kernel.ui.pages import page
from linli.kernel.ui.sent import actor_of, require_form

from .. import actions
from ..queries import is_number, picks, with_number
from ..tables import people_table

MOST_CHARACTERS = 60


@requires("people.view")
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """The persons whose file the actor may open. A number in the address is dropped unread."""
    if is_number(request.GET.get("q", "")):
        kept = request.GET.copy()
        del kept["q"]
        return redirect(f"{request.path}?{kept.urlencode()}")
    return list_page(request, people_table(actor_of(request)), template="people/list.html")


@requires("people.view")
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """One box for names and numbers; a number never gets into an address."""
    text = request.POST.get("q", "").strip()[:MOST_CHARACTERS]
    if not is_number(text):
        kept = {key: value for key, value in request.GET.items() if value} | {"q": text}
        return redirect(f"{reverse('people:list')}?{urlencode(kept)}")
    found = with_number(actor_of(request), text)
    if len(found) == 1:
        return redirect("people:person", found[0].pk)
    if found:
        actions.note_found([one.pk for one in found], actor=actor_of(request))
        return page(request, "people/found.html", {"found": found, "title": _("Same number")})
    messages.warning(request, _("Nobody with this number is on file where you may look."))
    return redirect("people:list")


@requires("people.view")
@require_form
def pick(request: HttpRequest) -> HttpResponse:
    """Persons to choose from, as inputs for a form; only a POST is searched for numbers."""
    asked = request.POST if request.method == "POST" else request.GET
    name = request.GET.get("name", "persons")
    text = asked.get("who", asked.get("q", "")).strip()[:MOST_CHARACTERS]
    found = picks(
        actor_of(request),
        text=text,
        chosen=ids_in(asked.getlist(name)),
        by_number=request.method == "POST",
    )
    actions.note_found([one.id for one in found if not one.is_chosen], actor=actor_of(request))
    kind = "radio" if request.GET.get("kind") == "radio" else "checkbox"
    picker = {"name": name, "kind": kind, "q": text, "options": found}
    return page(request, "people/_picks.html", {"picker": picker})
