"""Outermost: gives every request its number, writes its line of log and counts it.

A line tells which page (by its pattern, with no id in it), how it ended and how long it took, and
of who asked only the kind and the post.
"""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from linli.lib.logs import request_id

from .metrics import count

logger = logging.getLogger("linli.request")
HEADER = "X-Request-Id"
QUIET = {"healthz", "metrics"}
NONE = "-"


class WatchMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        number = secrets.token_hex(6)
        token = request_id.set(number)
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            tell(request, response.status_code, seconds)
            count(name_of(request), method_of(request), response.status_code, seconds)
        finally:
            request_id.reset(token)
        response[HEADER] = number
        return response


def tell(request: HttpRequest, status: int, seconds: float) -> None:
    """Write the line of one request."""
    match = request.resolver_match
    actor = getattr(request, "actor", None)
    fields = {
        "method": method_of(request),
        "route": match.route if match else NONE,
        "name": name_of(request),
        "status": status,
        "ms": round(seconds * 1000, 1),
        "actor": str(actor.kind) if actor else NONE,
        "post": str(actor.post_id) if actor and actor.post_id else NONE,
    }
    level = logging.ERROR if status >= 500 else logging.INFO
    if fields["name"] in QUIET and status < 400:
        level = logging.DEBUG
    logger.log(level, "request", extra={"fields": fields})


def name_of(request: HttpRequest) -> str:
    """The name of the page, one of a few hundred whatever is asked for."""
    match = request.resolver_match
    return match.view_name or NONE if match else NONE


def method_of(request: HttpRequest) -> str:
    """The method, one of seven whatever is sent."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else NONE
