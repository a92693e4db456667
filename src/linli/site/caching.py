from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind
from linli.kernel.accounts.middleware import is_program

KNOWN = (ActorKind.USER, ActorKind.RECEIPT)


class PrivateMiddleware:
    """Keeps what somebody was shown out of every cache, for the next one may sit at the same
    computer: whatever staff and holders of a receipt are served, and all of it at signing out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before: Actor = request.actor  # type: ignore[attr-defined]
        response = self.get_response(request)
        # A view may have found the holder of a receipt, or signed somebody in or out.
        after: Actor = request.actor  # type: ignore[attr-defined]
        is_signed_in = request.user.is_authenticated
        if is_signed_in or before.kind in KNOWN or after.kind in KNOWN:
            response.headers["Cache-Control"] = "no-store, private"
        if before.is_user and not is_signed_in and not is_program(request):
            response.headers["Clear-Site-Data"] = '"cache"'
        return response
