from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.accounts.limits import WINDOW, Spent, spend
from linli.kernel.accounts.middleware import PROGRAMS, is_program, key_of
from linli.kernel.accounts.throttle import network_of
from linli.kernel.accounts.tokens import note_use
from linli.kernel.crypto.sealing import blind

PURPOSE = "gateway.limits"


class LimitMiddleware:
    """Counts the calls of programs before anything else is done for them, and refuses too many.

    Stands before the middleware that opens the call's transaction: a count is committed at once, so
    two calls with one key never wait for each other's work, and one that fails still counts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PROGRAMS):
            return self.get_response(request)
        spent, policy = _count(request)
        response = _refused(spent) if spent.is_refused else self.get_response(request)
        window = int(WINDOW.total_seconds())
        response.headers["RateLimit-Policy"] = f'"{policy}";q={spent.most};w={window}'
        response.headers["RateLimit"] = f'"{policy}";r={spent.left};t={spent.seconds}'
        return response


def _count(request: HttpRequest) -> tuple[Spent, str]:
    """One more call of whoever calls: a key, somebody signed in, or else an address, which is
    counted under its keyed hash."""
    now = timezone.now()
    key = key_of(request, now=now) if is_program(request) else None
    if key is not None:
        note_use(key, on=now.astimezone(SHANGHAI).date())
        return spend(f"key:{key.pk}", most=settings.LINLI_API_CALLS, now=now), "key"
    user = getattr(request, "user", None)
    if not is_program(request) and user is not None and user.is_authenticated:
        return spend(f"user:{user.pk}", most=settings.LINLI_API_CALLS, now=now), "user"
    where = blind(network_of(request), purpose=PURPOSE).hex()
    return spend(f"from:{where}", most=settings.LINLI_API_STRANGERS, now=now), "address"


def _refused(spent: Spent) -> HttpResponse:
    told = _("Too many calls: %(most)s a minute are allowed. Try again in %(seconds)s seconds.")
    detail = told % {"most": spent.most, "seconds": spent.seconds}
    response = JsonResponse({"detail": detail, "errors": []}, status=429)
    response.headers["Retry-After"] = str(spent.seconds)
    return response
