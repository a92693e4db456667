import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from .carry import lay_down
from .sent import MARKS, actor_of, typed

SHORT_TEXT = 8
# Fields that no page shows again, by a word of their name: `new_password`, not `opinion`.
SECRET = re.compile(r"(^|_)(password|pin|login)\d*(_|$)")


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
    """A page with one form: 200 when it is fresh (with what was carried here from the page in
    another language), 422 when it came back with errors."""
    lay_down(request, form)
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "title": title, "submit_label": submit, **more}
    return page(request, template, context, status=status)


def unsent_page(
    request: HttpRequest, values: dict[str, list[str]], *, status: int = 200, **more: Any
) -> HttpResponse:
    """What somebody typed and what was not stored, to be sent from here or thrown away. What is
    secret is not written into a page: a form with a password is filled in anew."""
    shown = {name: held for name, held in values.items() if not _is_secret(name)}
    is_whole = len(shown) == len(values)
    context = {
        "layout": "ui/desk.html" if actor_of(request).is_user else "ui/portal.html",
        "fields": [(name, one) for name, held in shown.items() for one in held if is_whole],
        "texts": [one for held in shown.values() for one in held if _is_words(one)],
        **more,
    }
    return page(request, "ui/unsent.html", context, status=status)


def too_late(request: HttpRequest, sentence: str, target: str) -> HttpResponse:
    """A sentence for what cannot be done any more, on the page it leads to; with what was written
    above it, to be copied, if there is anything: that has nowhere to go as it is."""
    words = words_typed(request)
    if not words:
        messages.error(request, sentence)
        return redirect(target)
    return unsent_page(
        request,
        {},
        title=_("This was not stored"),
        lead=sentence,
        texts=words,
        drop_url=target,
        drop_label=_("Go on"),
        status=409,
    )


def words_typed(request: HttpRequest) -> list[str]:
    """What somebody has written in a form that was sent, and would not like to write again."""
    sent = typed(request, without=MARKS) if request.method == "POST" else {}
    return [
        one for name, held in sent.items() if not _is_secret(name) for one in held if _is_words(one)
    ]


def _is_secret(name: str) -> bool:
    return SECRET.search(name) is not None


def _is_words(text: str) -> bool:
    """Whether somebody would know a value as theirs: not a code, a number or an id."""
    return not text.isascii() or (len(text) > SHORT_TEXT and " " in text)
