from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from linli.kernel.access import public
from linli.kernel.accounts.actors import Actor
from linli.kernel.ui.pages import actor_of, page
from linli.kernel.ui.registry import places_for


@public("strangers are sent to sign in; the keys are the same for everybody")
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """What can be done with which key; linli.js asks for it as a sheet over any page."""
    actor = actor_of(request)
    if not actor.is_user:
        return redirect("account_login")
    return page(request, "ui/keys.html", {"sections": _sections(actor)}, partial="ui/_keys.html")


def _sections(actor: Actor) -> list[dict[str, Any]]:
    places = [(("g", one.key), one.label) for one in places_for(actor) if one.key]
    return [
        _section(
            _("Everywhere"),
            (("?",), _("Show these keys")),
            (("/",), _("Search")),
            (("Ctrl", "K"), _("Search, also while something is being typed")),
            (("Esc",), _("Close what is open")),
            (("Tab",), _("To the next field, link or button; the first one skips to the content")),
        ),
        _section(pgettext("keys", "Go to"), *places),
        _section(
            _("Lists and boards"),
            (("j",), _("To the next row or card")),
            (("k",), _("To the one before")),
            (("Enter",), _("Open it")),
            (("n",), _("Next page of the list")),
            (("p",), _("Previous page of the list")),
        ),
        _section(
            _("Orders, requests, persons"),
            (
                ("1", "…", "9"),
                _("To the first … ninth button at the head of the page; Enter presses it"),
            ),
        ),
    ]


def _section(title: str, *rows: tuple[tuple[str, ...], Any]) -> dict[str, Any]:
    return {"title": title, "rows": [{"keys": keys, "what": what} for keys, what in rows]}
