"""What is half typed comes along when somebody changes language or type size on the way."""

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict

from linli.kernel.forms import drafts

from .sent import MARKS, actor_of, typed

COOKIE = "linli_typed"
# What no page shows again, and what chooses and is not typed.
LEFT_OUT = MARKS | {"pin", "password", "next", "size", "theme", "language"}


def pick_up(request: HttpRequest, response: HttpResponse, target: str) -> None:
    """Keep what was sent along with a choice for the page it was typed on, and for its browser."""
    values = typed(request, without=LEFT_OUT)
    if any(any(held) for held in values.values()):
        key = drafts.keep(values, path=_place(target), now=actor_of(request).now)
        response.set_cookie(COOKIE, key, httponly=True, samesite="Lax", secure=request.is_secure())


def lay_down(request: HttpRequest, form: forms.BaseForm) -> None:
    """Put what was kept for this page into its form, once."""
    key = request.COOKIES.get(COOKIE, "")
    place = _place(request.get_full_path())
    held = drafts.find(key, path=place, now=actor_of(request).now)
    if held is None or form.is_bound:
        return
    drafts.drop(key)
    sent = QueryDict(mutable=True)
    for name, values in held.items():
        sent.setlist(name, values)
    for name, field in form.fields.items():
        if form.add_prefix(name) in sent:
            value = field.widget.value_from_datadict(sent, {}, form.add_prefix(name))
            form.initial[name] = value


def _place(url: str) -> str:
    return f"typed:{url}"[:200]
