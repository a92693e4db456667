from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

VISITOR = "visitor"
RECEIPT = "receipt:"
SYSTEM = "system:"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Somebody does something at a moment.

    `who` is a user name, VISITOR, RECEIPT with the key of a request, or SYSTEM with a reason.
    `verb` is `<room>.<action>`, the action's own name. `about` is the key of what is acted on or
    made. `facts` are what the action is told; where it wants an id they hold a key.
    """

    at: datetime
    who: str
    verb: str
    about: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Tale:
    """Steps that belong together (a household, a request with its order), oldest first.

    Needs nothing but the network and what tales of the earlier parts have made.
    """

    steps: tuple[Step, ...]
    county: int

    def verbs(self) -> set[str]:
        return {one.verb for one in self.steps}


class Player(Protocol):
    """Makes rows of steps: through the actions themselves, or in bulk."""

    def play(self, step: Step) -> None: ...


@dataclass(frozen=True)
class Script:
    """All that happens in the demonstration: the network first, then three parts by time."""

    network: tuple[Step, ...]
    people: tuple[Tale, ...]
    services: tuple[Tale, ...]
    requests: tuple[Tale, ...]

    def steps(self) -> Iterator[Step]:
        """Every step in the order in which it happened."""
        yield from self.network
        yield from in_order((*self.people, *self.services, *self.requests))

    def play(self, player: Player) -> None:
        for step in self.steps():
            player.play(step)


def in_order(tales: Iterable[Tale]) -> list[Step]:
    """The steps of all tales by time; steps of one moment keep the order of their tale."""
    return sorted((step for tale in tales for step in tale.steps), key=lambda one: one.at)
