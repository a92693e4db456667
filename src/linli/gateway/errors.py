from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import ValidationError

from linli.dispatch.actions import NoPost
from linli.intake.actions import NoCentre
from linli.kernel.flow.machine import Refused, Stale
from linli.services.actions import Implausible

Answer = Callable[[HttpRequest, Exception], HttpResponse]


class NotFound(Exception):
    """The row does not exist, or not for this caller."""


class Unfit(Exception):
    """A value is well-formed but does not fit (an unknown code, an area that does not exist)."""


def connect(api: NinjaAPI) -> None:
    """Answer what actions refuse: 404 hidden, 409 somebody was faster, 422 does not fit."""

    def answer(status: int, sentence: Promise | None = None) -> Answer:
        def handle(request: HttpRequest, error: Exception) -> HttpResponse:
            detail = str(sentence or error)
            return api.create_response(request, {"detail": detail, "errors": []}, status=status)

        return handle

    def unreadable(request: HttpRequest, error: Exception) -> HttpResponse:
        told = getattr(error, "errors", [])
        errors = [
            {"at": ".".join(str(part) for part in one["loc"][1:]), "problem": one["msg"]}
            for one in told
        ]
        detail = str(_("Some values cannot be read; see errors."))
        return api.create_response(request, {"detail": detail, "errors": errors}, status=422)

    hidden = answer(404, _("There is nothing here for you."))
    api.exception_handler(NotFound)(hidden)
    api.exception_handler(Refused)(hidden)
    api.exception_handler(Stale)(answer(409))
    api.exception_handler(NoCentre)(answer(422))
    api.exception_handler(NoPost)(answer(422))
    api.exception_handler(Unfit)(answer(422))
    api.exception_handler(Implausible)(answer(422))
    api.exception_handler(ValidationError)(unreadable)
