from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from linli.kernel.access import holds, requires
from linli.kernel.ui.pages import actor_of, page
from linli.kernel.ui.registry import registry

MOST_CHARACTERS = 60


@requires("directory.view")
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything the search box finds, each source asked only where the actor may look."""
    actor = actor_of(request)
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MOST_CHARACTERS]
    groups = []
    for title, needs, find in registry.finders.values() if text else ():
        found = list(find(actor, text)) if holds(actor, needs) else []
        if found:
            groups.append({"label": title, "found": found})
    return page(
        request, "ui/search.html", {"q": text, "groups": groups}, partial="ui/_results.html"
    )
