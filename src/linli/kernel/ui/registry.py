from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from linli.kernel.access.permissions import holds
from linli.kernel.accounts.actors import Actor

Text = str | Promise


@dataclass(frozen=True)
class NavPlace:
    """A place in the rail, shown to actors who may hold `needs`; `key` after a g leads there."""

    name: str
    label: Text
    icon: str
    url_name: str
    needs: str
    order: int
    key: str = ""


@dataclass(frozen=True)
class Panel:
    """A part that a room hangs on another room's page; its template sees `context` as `panel`.

    `url` and `url_label` in the context are a link in its head, a button with `is_action`.
    """

    title: Text
    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class DutyLine:
    """How a duty reads on the home page: what, where, and the page on which it is done.

    `verb_url` is where its button leads, or what it presses when `method` is post.
    """

    what: Text
    where: str
    url: str
    number: str = ""
    verb_url: str = ""
    method: str = "get"


@dataclass(frozen=True)
class Found:
    """One answer of the search box."""

    label: str
    sub: str
    url: str


PanelMaker = Callable[[Actor, Any], Panel | None]
LineMaker = Callable[[Actor, list[UUID]], dict[UUID, DutyLine]]
Finder = Callable[[Actor, str], Iterable[Found]]


@dataclass
class Registry:
    """Everything rooms have registered; filled once at start."""

    places: dict[str, NavPlace] = field(default_factory=dict)
    panels: dict[str, list[tuple[int, PanelMaker]]] = field(default_factory=dict)
    lines: dict[str, LineMaker] = field(default_factory=dict)
    verbs: dict[tuple[str, str], Text] = field(default_factory=dict)
    finders: dict[str, tuple[Text, str, Finder]] = field(default_factory=dict)


registry = Registry()


def place(**given: Any) -> None:
    """Add a place to the rail (arguments of NavPlace)."""
    made = NavPlace(**given)
    registry.places[made.name] = made


def panel(page: str, maker: PanelMaker, *, order: int) -> None:
    """Hang a panel on a page, e.g. `dispatch.order`; `maker` may return None to stay away."""
    registry.panels.setdefault(page, []).append((order, maker))
    registry.panels[page].sort(key=lambda one: one[0])


def duty_lines(subject_type: str, maker: LineMaker, verbs: dict[str, Text]) -> None:
    """Say how duties of a subject read, and what each of their verbs is called."""
    registry.lines[subject_type] = maker
    registry.verbs.update({(subject_type, verb): label for verb, label in verbs.items()})


def finder(name: str, title: Text, needs: str, find: Finder) -> None:
    """Add a source to the search box."""
    registry.finders[name] = (title, needs, find)


def places_for(actor: Actor) -> list[NavPlace]:
    shown = [one for one in registry.places.values() if not one.needs or holds(actor, one.needs)]
    return sorted(shown, key=lambda one: one.order)


def panels_for(page: str, actor: Actor, subject: Any) -> list[Panel]:
    made = (maker(actor, subject) for _order, maker in registry.panels.get(page, []))
    return [one for one in made if one is not None]
