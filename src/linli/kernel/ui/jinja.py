"""The language of the pages: Jinja2, several times as fast as Django's own."""

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
from jinja2 import BaseLoader, ChainableUndefined, Environment

# What Django says of its own widgets; ours stand before them on the path.
WIDGETS = Path(forms.__file__).parent / "jinja2"
EXTENSIONS = ("jinja2.ext.i18n",)
# A message in a template is one line, however it is broken there.
POLICIES = {"ext.i18n.trimmed": True}


class Pages(Environment):
    """Looks into a dict before it asks for an attribute: `group.items` is what was given."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def environment(*, loader: BaseLoader, auto_reload: bool, **_choices: Any) -> Environment:
    """The environment of all pages; what is not given prints nothing, as in Django's language."""
    made = Pages(
        loader=loader,
        auto_reload=auto_reload,
        autoescape=True,
        undefined=ChainableUndefined,
        extensions=EXTENSIONS,
    )
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
