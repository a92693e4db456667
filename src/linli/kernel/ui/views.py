import re
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from linli.kernel.access import public
from linli.kernel.accounts.actors import posts_of
from linli.kernel.accounts.middleware import SESSION_POST
from linli.kernel.areas.queries import path_labels, search
from linli.lib.areacodes import COUNTY, NATION

from .carry import pick_up
from .pages import actor_of, page

SPAN = re.compile(r"([0-9]{1,12})-([0-9]{1,12})")
LEVEL = re.compile(r"[0-5]")
MOST_SPANS = 12
YEAR_SECONDS = 365 * 24 * 3600
CHOICES = {
    "linli_size": {"", "elder"},
    "linli_theme": {"", "light", "dark"},
    "linli_keys": {"", "off"},
    settings.LANGUAGE_COOKIE_NAME: {code for code, _name in settings.LANGUAGES},
}
# The name under which a page sends each choice.
SENT = {
    "linli_size": "size",
    "linli_theme": "theme",
    "linli_keys": "keys",
    settings.LANGUAGE_COOKIE_NAME: "language",
}


def back_to(request: HttpRequest, default: str = "/") -> str:
    """The page a form or its button names as `next`, or the one it was sent from, if it is ours."""
    told = (request.POST.get("next"), request.GET.get("next"), request.headers.get("Referer"))
    for one in told:
        if one and url_has_allowed_host_and_scheme(one, {request.get_host()}):
            return one
    return default


@public("anybody may choose their language, larger type, a dark page or no keys")
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep language, type size, theme and keys in cookies and go back, with what was typed."""
    target = back_to(request)
    response = redirect(target)
    for cookie, allowed in CHOICES.items():
        value = request.POST.get(SENT[cookie])
        if value in allowed:
            response.set_cookie(cookie, value, max_age=YEAR_SECONDS, httponly=True, samesite="Lax")
    if "next" in request.GET:
        # Pressed in the form of another page, the button has brought along what stands there.
        pick_up(request, response, target)
    return response


@public("a user may change to another of their own posts; others are refused")
@require_POST
def switch_post(request: HttpRequest) -> HttpResponse:
    """Act in another of one's posts from now on."""
    actor = actor_of(request)
    held = posts_of(request.user, on=actor.today) if actor.is_user else []  # type: ignore[arg-type]
    chosen = next((one for one in held if str(one.pk) == request.POST.get("post")), None)
    if chosen is None:
        raise Http404
    request.session[SESSION_POST] = str(UUID(str(chosen.pk)))
    return redirect("site:home")


@public("names of areas are public knowledge")
@require_GET
def area_search(request: HttpRequest) -> HttpResponse:
    """Areas whose name begins with what was typed, as options for an area field: those inside some
    code ranges (`in=low-high`), not larger than a level (`from`)."""
    asked = map(SPAN.fullmatch, request.GET.getlist("in")[:MOST_SPANS])
    spans = [(int(found[1]), int(found[2])) for found in asked if found]
    places = search(request.GET.get("q", "")[:40], inside=spans)
    smallest = LEVEL.fullmatch(request.GET.get("from", ""))
    kept = [one for one in places if not smallest or one.level >= int(smallest[0])]
    names = path_labels([one.code for one in kept], below=COUNTY if spans else NATION)
    options = [names.get(one.code) or one.label for one in kept]
    return page(request, "ui/_area_options.html", {"options": options})
