"""The language of the pages: Jinja2, several times as fast as Django's own."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import (
    get_language,
    get_language_info,
    gettext,
    ngettext,
    npgettext,
    pgettext,
)
from jinja2 import BaseLoader, ChainableUndefined, Environment, Template, nodes

from .constant import Constants, Functions, message

# What Django says of its own widgets; ours stand before them on the path.
WIDGETS = Path(forms.__file__).parent / "jinja2"
EXTENSIONS = ("jinja2.ext.i18n",)
# A message in a template is one line, however it is broken there.
POLICIES = {"ext.i18n.trimmed": True}


class Pages(Environment):
    """The pages in one language. Looks into a dict before it asks for an attribute: `group.items`
    is what was given."""

    language = ""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        Constants(texts=TEXTS, pieces=PIECES, language=self.language).visit(tree)
        return tree


class Languages(Environment):
    """What Django asks for pages: gives those in the language that is active."""

    def __init__(self, made: Callable[[str], Pages]) -> None:
        super().__init__()
        self._pages = {code: made(code) for code, _name in settings.LANGUAGES}

    def get_template(self, *asked: Any, **more: Any) -> Template:
        return self.here.get_template(*asked, **more)

    def from_string(self, *asked: Any, **more: Any) -> Template:
        return self.here.from_string(*asked, **more)

    @property
    def here(self) -> Pages:
        return self._pages.get(get_language() or "") or self._pages[settings.LANGUAGE_CODE]


def environment(*, loader: BaseLoader, auto_reload: bool, **_choices: Any) -> Languages:
    """The environment of all pages; what is not given prints nothing, as in Django's language."""
    return Languages(lambda language: _pages(loader, auto_reload, language))


def _pages(loader: BaseLoader, auto_reload: bool, language: str) -> Pages:
    made = Pages(
        loader=loader,
        auto_reload=auto_reload,
        autoescape=True,
        undefined=ChainableUndefined,
        extensions=EXTENSIONS,
    )
    made.language = language
    made.policies.update(POLICIES)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    made.globals |= {
        "static": _static,
        "url_for": _url_for,
        "icon": icon,
        "drawing": drawing,
        "language": get_language,
        "other_languages": other_languages,
    }
    made.filters |= {"date": _date, "linebreaksbr": linebreaksbr}
    return made


def icon(name: str) -> str:
    """A small picture beside a word; a name of `static/ui/icons.svg`."""
    return _picture(name, "icon")


def drawing(name: str) -> str:
    """A picture that stands alone."""
    return _picture(name, name)


def other_languages() -> list[dict[str, Any]]:
    """The languages one can change to, by their own names."""
    here = get_language()
    return [get_language_info(code) for code, _name in settings.LANGUAGES if code != here]


@lru_cache(maxsize=200)
def _picture(name: str, kind: str) -> str:
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use xlink:href="{}#{}"></use></svg>',
        kind,
        _static("ui/icons.svg"),
        name,
    )


@lru_cache(maxsize=200)
def _static(path: str) -> str:
    """The address of a file as it is served, with the hash of its content."""
    return static(path)


def _url_for(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args, kwargs=kwargs)


def _date(value: date | None, pattern: str = "DATE_FORMAT") -> str:
    return date_format(value, pattern) if value else ""


# With constant arguments these give the same on every page in a language. Messages are ours, and
# may hold HTML: jinja2 does not escape them either.
TEXTS: Functions = {"static": _static, "url_for": _url_for}
PIECES: Functions = {
    "_": message(gettext),
    "gettext": message(gettext),
    "pgettext": message(pgettext),
    "icon": icon,
    "drawing": drawing,
}
