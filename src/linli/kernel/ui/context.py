from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import Actor

from .moments import exact
from .once import FormMarks
from .registry import places_for

BOTTOM_PLACES = 4
RAIL_PLACES = 9


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page needs: actor, navigation, posts and preferences."""
    actor: Actor | None = getattr(request, "actor", None)
    form_marks = FormMarks(request)
    marks = {
        "csrf_token": SimpleLazyObject(lambda: form_marks.token),
        "csrf_input": form_marks,
    }
    preferences = {
        "size": request.COOKIES.get("linli_size", ""),
        "theme": request.COOKIES.get("linli_theme", ""),
        "keys": request.COOKIES.get("linli_keys", ""),
    }
    marks["printed"] = _printed(actor)
    if actor is None or not actor.is_user:
        return {**marks, "actor": actor, "preferences": preferences, "nav": [], "bottom_nav": []}
    nav = SimpleLazyObject(lambda: _nav(request, actor))
    return {
        **marks,
        "actor": actor,
        "preferences": preferences,
        "nav": nav,
        "bottom_nav": SimpleLazyObject(lambda: nav[:BOTTOM_PLACES]),
        "posts": SimpleLazyObject(lambda: _posts(request, actor)),
        "area_name": SimpleLazyObject(lambda: _area_name(actor)),
    }


def _printed(actor: Actor | None) -> str:
    """What stands above a page on paper: by whom it was asked for, and when."""
    told = {"at": exact(timezone.now())}
    if actor is None or not actor.is_user:
        return _("Linli, as of %(at)s") % told
    told["who"] = actor.user_name
    return _("Linli, as of %(at)s, printed by %(who)s") % told


def _nav(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    shown = [(reverse(one.url_name), one) for one in places_for(actor)[:RAIL_PLACES]]
    # Of two places that both begin this page's address, the longer one is where we are.
    here = max((url for url, _one in shown if request.path.startswith(url)), key=len, default="")
    home = reverse("site:home")
    return [
        {
            "url": url,
            "label": one.label,
            "icon": one.icon,
            "key": one.key,
            "is_current": url == here and (here != home or request.path == home),
        }
        for url, one in shown
    ]


def _posts(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    if not request.user.is_authenticated:
        # A program's key acts in its one post.
        return []
    return [
        {
            "id": one.id,
            "label": one.label,
            "is_active": one.id == actor.post_id,
        }
        for one in actor.posts
    ]


def _area_name(actor: Actor) -> str:
    """The area of the post in which the actor acts."""
    return next((one.area_label for one in actor.posts if one.id == actor.post_id), "")
