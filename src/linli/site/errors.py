import sys
from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from linli.dispatch.actions import NoPost
from linli.intake.actions import NoCentre
from linli.kernel.access import public
from linli.kernel.accounts.middleware import PROGRAMS
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.staff.actions import Unfit
from linli.kernel.ui.pages import too_late, unsent_page, words_typed
from linli.kernel.ui.sent import DESK
from linli.kernel.ui.views import back_to
from linli.lib.logs import request_id
from linli.lib.postgres.outage import Outage, outage
from linli.services.actions import Implausible

NOT_ALLOWED, UNAVAILABLE = 405, 503
RETRY_SECONDS = 30


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
            what = _("It belongs to a button. Nothing was changed, and nothing was lost.")
            todo = _("Go back to the page before this one and press its button.")
            told = _page(request, NOT_ALLOWED, what, todo)
            told["Allow"] = response["Allow"]
            return told
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Stale | NoCentre | NoPost | Implausible | Unfit):
            back = back_to(request, default=_start(request))
            response = too_late(request, str(error), back)
            response.headers["X-Linli-Refused"] = type(error).__name__
            return response
        if isinstance(error, Refused):
            raise Http404 from error
        return None


def _start(request: HttpRequest) -> str:
    """Where one begins again: the desk for whoever was there, the public pages for all others."""
    return DESK if request.path.startswith(DESK) else "/"


def _told_program(status: int, what: str) -> HttpResponse:
    """A program reads no page: it is told in the shape of every other refusal of its calls."""
    return JsonResponse({"detail": what, "errors": []}, status=status)


def _page(request: HttpRequest, status: int, what: str, todo: str) -> HttpResponse:
    if request.path.startswith(PROGRAMS):
        return _told_program(status, what)
    context = {"status": status, "what": what, "todo": todo, "start_url": _start(request)}
    context["number"] = request_id.get()
    return render(request, "ui/error.html", context, status=status)


@public("an error page shows nothing but a sentence")
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    what = _("The page sent something we did not understand. Nothing was changed.")
    return _page(request, 400, what, _("Go back, reload the page and try once more."))


@public("an error page shows nothing but a sentence")
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    what = _("This page is not open to you. Nothing was changed.")
    return _page(request, 403, what, _("Go back, or sign in again."))


@public("an error page shows nothing but a sentence")
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # Only of pages that are ours: nobody knows who sends what to an address that is none.
    is_ours = request.resolver_match is not None and not request.path.startswith(PROGRAMS)
    if is_ours and (words := words_typed(request)):
        # Most often a race: what was on the page a moment ago has been handed on.
        what = _("What was here a moment ago has been handed on, or somebody was faster.")
        title = _("This was not stored")
        return unsent_page(request, {}, title=title, lead=what, texts=words, status=404)
    if request.method == "POST":
        what = _("What was here a moment ago has been handed on, or somebody was faster.")
        todo = _("Go back and reload; what you typed is still there.")
    elif _start(request) == DESK:
        what = _(
            "Either the address is not right, or what it shows belongs to another area or post."
            " Nothing was lost."
        )
        todo = _("Check the address, switch to the right post, or begin again from the first page.")
    else:
        what = _("The address is not right, or what it showed is no longer there.")
        todo = _("Check the address, or begin again from the first page.")
    return _page(request, 404, what, todo)


@public("an error page shows nothing but a sentence")
def server_error(request: HttpRequest) -> HttpResponse:
    if (away := outage(sys.exc_info()[1])) is not None:
        return _unavailable(request, away)
    if request.path.startswith(PROGRAMS):
        return _told_program(500, _("Something went wrong on our side."))
    what = _(
        "It is not your fault. Nothing was half-stored, and what you typed is still in the page"
        " before this one."
    )
    todo = _(
        "Wait a minute, go back and try again. If it happens twice, tell somebody at the station"
        " or your administrator."
    )
    return _bare_page(request, 500, what, todo)


def _unavailable(request: HttpRequest, away: Outage) -> HttpResponse:
    """Nothing is wrong with what was sent: it is shown again, and may be sent again."""
    if away is Outage.FULL:
        what = _("There is no room left on our side. Nothing was stored; reading goes on.")
        todo = _("Please tell the station or your administrator, and try again later.")
    else:
        what = _("Our records do not answer at this moment. Nothing was half-stored.")
        todo = _("Wait a minute and try again.")
    if request.path.startswith(PROGRAMS):
        response: HttpResponse = _told_program(UNAVAILABLE, what)
    else:
        if request.method == "POST":
            todo += " " + _("What you typed is still in the page before this one.")
        response = _bare_page(request, UNAVAILABLE, what, todo, texts=words_typed(request))
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _bare_page(
    request: HttpRequest, status: int, what: str, todo: str, *, texts: Sequence[str] = ()
) -> HttpResponse:
    # Without the request: the frame would ask a database whose transaction may be broken.
    context = {
        "status": status,
        "what": what,
        "todo": todo,
        "texts": texts,
        "start_url": _start(request),
        "number": request_id.get(),
    }
    return HttpResponse(render_to_string("ui/error.html", context), status=status)


@public("an error page shows nothing but a sentence")
def csrf_failure(request: HttpRequest, reason: str = "", **given: Any) -> HttpResponse:
    what = _(
        "This page had been open for too long, or cookies are switched off. Nothing was changed."
    )
    todo = _("Go back, copy what you wrote, reload the page and send it again.")
    return _page(request, 403, what, todo)
