"""Every URL of the project, read from the URLconf at run time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Page:
    """A URL pattern: its full name, its route, the kinds of its arguments, and its view."""

    name: str
    route: str
    arguments: dict[str, str]
    view: Callable[..., Any]

    @property
    def permission(self) -> str:
        return getattr(self.view, "permission", "")

    @property
    def public_reason(self) -> str:
        return getattr(self.view, "public_reason", "")


def pages(resolver: URLResolver | None = None) -> list[Page]:
    """Every URL once: of several names for one route the first (the API has them)."""
    found: dict[str, Page] = {}
    for one in _walk(resolver or get_resolver(), "", (), {}):
        found.setdefault(one.route, one)
    return list(found.values())


def _walk(
    resolver: URLResolver, prefix: str, names: tuple[str, ...], held: dict[str, str]
) -> Iterator[Page]:
    for one in resolver.url_patterns:
        route = prefix + str(one.pattern)
        converters = getattr(one.pattern, "converters", {})
        arguments = held | {name: type(kind).__name__ for name, kind in converters.items()}
        if isinstance(one, URLPattern):
            name = ":".join((*names, one.name or f"<{route}>"))
            yield Page(name, "/" + route, arguments, one.callback)
        else:
            inner = (*names, one.namespace) if one.namespace else names
            yield from _walk(one, route, inner, arguments)
