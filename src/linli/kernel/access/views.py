from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from .permissions import holds

View = Callable[..., HttpResponse]


def requires(name: str) -> Callable[[View], View]:
    """Name the permission of a view. Strangers are asked to sign in, others get 404.

    Only the coarse question is asked here (may this actor hold it for any row?); the view takes
    its rows through `visible`, and the action asks again.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = request.actor  # type: ignore[attr-defined]
            if not actor.is_user:
                return redirect_to_login(request.get_full_path())
            if not holds(actor, name):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.permission = name  # type: ignore[attr-defined]
        return guarded

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Mark a view as open to everybody, with the reason; the house test lists them."""

    def decorate(view: View) -> View:
        view.public_reason = reason  # type: ignore[attr-defined]
        return view

    return decorate
