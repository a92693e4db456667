from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from linli.kernel.access import public
from linli.kernel.accounts.actors import posts_of
from linli.kernel.accounts.middleware import SESSION_POST
from linli.kernel.areas.queries import path_labels, search

from .pages import actor_of, page

YEAR_SECONDS = 365 * 24 * 3600
CHOICES = {"size": {"", "elder"}, "theme": {"", "light", "dark"}}


def back_to(request: HttpRequest, default: str = "/") -> str:
    """The page a form names as `next`, or the one it was sent from, if it is ours."""
    for one in (request.POST.get("next"), request.headers.get("Referer")):
        if one and url_has_allowed_host_and_scheme(one, {request.get_host()}):
            return one
    return default


@public("anybody may choose larger type or a dark page")
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the chosen type size and theme in cookies and go back."""
    response = redirect(back_to(request))
    for name, allowed in CHOICES.items():
        value = request.POST.get(name)
        if value in allowed:
            response.set_cookie(
                f"linli_{name}", value, max_age=YEAR_SECONDS, httponly=True, samesite="Lax"
            )
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
    """Areas whose name begins with what was typed, as options for an area field."""
    found = search(request.GET.get("q", "")[:40])
    names = path_labels([one.code for one in found], below=0)
    options = [{"code": one.code, "label": names[one.code]} for one in found]
    return page(request, "ui/_area_options.html", {"options": options})
