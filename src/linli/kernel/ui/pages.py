from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from linli.kernel.accounts.actors import Actor


def actor_of(request: HttpRequest) -> Actor:
    """The actor the middleware has put on the request."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def asked(request: HttpRequest) -> dict[str, str]:
    """What the address asks for: the last value of each name; what no text can hold is left out."""
    return {
        name: value
        for name, value in request.GET.items()
        if isinstance(value, str) and value and "\x00" not in value
    }


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """A full page, or its partial when htmx asks for a piece of it."""
    asked_by_htmx = request.headers.get("HX-Request") == "true"
    is_whole = not partial or not asked_by_htmx or request.headers.get("HX-Boosted") == "true"
    response = render(request, template if is_whole else partial, context, status=status)
    response["Vary"] = "HX-Request, Cookie, Accept-Language"
    return response


def form_page(
    request: HttpRequest,
    form: Any,
    *,
    title: Any,
    submit: Any,
    template: str = "ui/form_page.html",
    **more: Any,
) -> HttpResponse:
    """A page with one form: 200 when it is fresh, 422 when it came back with errors."""
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "title": title, "submit_label": submit, **more}
    return page(request, template, context, status=status)
