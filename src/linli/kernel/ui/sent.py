"""What a request brings: who sends it, and what was typed."""

from collections.abc import Container
from typing import Any

from django.http import HttpRequest
from django.views.decorators.http import require_http_methods

from linli.kernel.accounts.actors import Actor

FIELD = "operation"
# The post in which a form was opened.
POST = "acting_post"
# Other with every rendering of the same form, or in every post.
MARKS = {FIELD, POST, "csrfmiddlewaretoken"}
# Where somebody acts in a post; elsewhere they choose one, their language, or leave.
DESK = "/desk/"
# A page with a form: read, looked at, or sent.
require_form = require_http_methods(["GET", "HEAD", "POST"])


def actor_of(request: HttpRequest) -> Actor:
    """The actor the middleware has put on the request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def posted(request: HttpRequest) -> Any:
    """What a form was sent with, for Django's forms; None while the page is only read."""
    return request.POST if request.method == "POST" else None


def typed(request: HttpRequest, *, without: Container[str]) -> dict[str, list[str]]:
    """What a form has sent, by field; some fields are left out."""
    return {
        name: [str(one) for one in request.POST.getlist(name)]
        for name in request.POST
        if name not in without
    }
