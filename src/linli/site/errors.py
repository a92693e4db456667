from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from linli.dispatch.actions import NoPost
from linli.intake.actions import NoCentre
from linli.kernel.access import public
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.staff.actions import Unfit
from linli.kernel.ui.views import back_to
from linli.services.actions import Implausible

NOT_ALLOWED = 405


class SentenceMiddleware:
    """Turns what an action refuses into a sentence for the user, in one place.

    A lost race and a refusal go back to the page they came from; a move that is not the actor's
    is hidden, as if it did not exist.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_bare = response.status_code == NOT_ALLOWED and not response.content
        if is_bare and request.method == "GET":
            # Somebody reloads what was a press of a button, or comes back to it after signing in.
            told = render(request, "ui/error.html", {"status": NOT_ALLOWED}, status=NOT_ALLOWED)
            told["Allow"] = response["Allow"]
            return told
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Stale | NoCentre | NoPost | Implausible | Unfit):
            messages.error(request, str(error))
            start = "/desk/" if request.path.startswith("/desk/") else "/"
            response = redirect(back_to(request, default=start))
            response.headers["X-Linli-Refused"] = type(error).__name__
            return response
        if isinstance(error, Refused):
            raise Http404 from error
        return None


def _page(request: HttpRequest, status: int, what: str, todo: str) -> HttpResponse:
    context = {"status": status, "what": what, "todo": todo, "title": what}
    return render(request, "ui/error.html", context, status=status)


@public("an error page shows nothing but a sentence")
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request, 400, _("This request could not be understood."), _("Go back and try again.")
    )


@public("an error page shows nothing but a sentence")
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, _("This page is not open to you."), _("Go back, or sign in again."))


@public("an error page shows nothing but a sentence")
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.method == "POST":
        # Most often a race: what was on the page a moment ago has been handed on.
        todo = _(
            "Somebody may have been faster. Go back and reload; what you typed is still there."
        )
    else:
        todo = _("It may have been moved, or it belongs to another post of yours.")
    return _page(request, 404, _("There is nothing here for you."), todo)


@public("an error page shows nothing but a sentence")
def server_error(request: HttpRequest) -> HttpResponse:
    what = _("Something went wrong on our side.")
    todo = _("Nothing was half-stored. Go back: what you typed is still in the page. Try again.")
    # Without the request: the frame would ask a database whose transaction may be broken.
    context = {"status": 500, "what": what, "todo": todo, "title": what}
    return HttpResponse(render_to_string("ui/error.html", context), status=500)


@public("an error page shows nothing but a sentence")
def csrf_failure(request: HttpRequest, reason: str = "", **given: Any) -> HttpResponse:
    return _page(
        request,
        403,
        _("This page had been open for too long, or cookies are switched off."),
        _("Go back, copy what you wrote, reload the page and send it again."),
    )
