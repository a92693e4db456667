from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from linli.kernel.accounts.actors import Actor, posts_of
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import label

from .registry import places_for

BOTTOM_PLACES = 4
RAIL_PLACES = 7


def frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page needs: actor, navigation, posts and preferences."""
    actor: Actor | None = getattr(request, "actor", None)
    preferences = {
        "size": request.COOKIES.get("linli_size", ""),
        "theme": request.COOKIES.get("linli_theme", ""),
    }
    if actor is None or not actor.is_user:
        return {"actor": actor, "preferences": preferences, "nav": [], "bottom_nav": []}
    nav = SimpleLazyObject(lambda: _nav(request, actor))
    return {
        "actor": actor,
        "preferences": preferences,
        "nav": nav,
        "bottom_nav": SimpleLazyObject(lambda: nav[:BOTTOM_PLACES]),
        "posts": SimpleLazyObject(lambda: _posts(request, actor)),
        "area_name": SimpleLazyObject(lambda: label(actor.area) if actor.area is not None else ""),
    }


def _nav(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    made = []
    for one in places_for(actor)[:RAIL_PLACES]:
        url = reverse(one.url_name)
        is_home = url == reverse("site:home")
        here = request.path == url if is_home else request.path.startswith(url)
        made.append({"url": url, "label": one.label, "icon": one.icon, "is_current": here})
    return made


def _posts(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "id": one.pk,
            "label": f"{one.unit.label} · {Role(one.role).label}",
            "is_active": one.pk == actor.post_id,
        }
        for one in posts_of(request.user, on=actor.today)  # type: ignore[arg-type]
    ]
