from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI

from linli.intake.actions import NoCentre
from linli.kernel.flow.machine import Refused, Stale


class NotFound(Exception):
    """The row does not exist, or not for this caller."""


class Unfit(Exception):
    """A value is well-formed but does not fit (an unknown code, an area that does not exist)."""


def connect(api: NinjaAPI) -> None:
    """Answer what actions refuse: 404 hidden, 409 somebody was faster, 422 does not fit."""

    def answer(status: int, sentence: str | None = None) -> object:
        def handle(request: HttpRequest, error: Exception) -> HttpResponse:
            return api.create_response(
                request, {"detail": sentence or str(error)}, status=status
            )

        return handle

    api.add_exception_handler(NotFound, answer(404, _("There is nothing here for you.")))  # type: ignore[arg-type]
    api.add_exception_handler(Refused, answer(404, _("There is nothing here for you.")))  # type: ignore[arg-type]
    api.add_exception_handler(Stale, answer(409))  # type: ignore[arg-type]
    api.add_exception_handler(NoCentre, answer(422))  # type: ignore[arg-type]
    api.add_exception_handler(Unfit, answer(422))  # type: ignore[arg-type]
