"""The kinds of events of which hooks can tell; declared where events are wired together."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise

from linli.kernel.accounts.actors import Actor

Sees = Callable[[Actor, UUID], bool]


@dataclass(frozen=True)
class Kind:
    """A kind of event: its name in messages, what it is called, the subject's type in the timeline,
    and whether an actor may open such a subject."""

    name: str
    label: str | Promise
    subject: str
    sees: Sees


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> None:
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda one: one.name)


def kind(name: str) -> Kind | None:
    return _kinds.get(name)
