from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from linli.kernel.access import public
from linli.kernel.ui.pages import actor_of, page
from linli.lib.areacodes import COUNTY, level_of

from ..forms import PlaceForm
from ..hours import dialled, hours_today
from ..places import tapping
from ..queries import sites_here
from .ask import url


@public("where help is and its phone number is public knowledge")
@require_safe
def stations(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    form, on = PlaceForm(request.GET), actor.today
    tap = tapping(form, url_of=lambda code: url("stations", at=code), on=on)
    if tap is None:
        raise Http404
    at = tap.spot.code
    found = sites_here(at, on=on) if level_of(at) >= COUNTY else []
    sites = [
        {"site": one, "tel": dialled(one.phone), "hours": hours_today(one, now=actor.now)}
        for one in found
    ]
    ask_url = url("start" if tap.spot.is_precise else "where", at=at)
    context = {"tap": tap, "sites": sites, "ask_url": ask_url, "is_asked": level_of(at) >= COUNTY}
    return page(request, "portal/stations.html", context)


@public("what happens to what people write is public knowledge")
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return page(request, "portal/privacy.html", {})
