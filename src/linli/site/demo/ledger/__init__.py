"""The bulk writer: plays the script as the rooms' actions would, and copies the rows it made.

It uses the rooms' own transition tables, permission rules, deadlines and models, and asks the
database nothing. That it writes what the actions write is tested on a sample, row by row.
"""

from collections.abc import Callable
from random import Random

from django.db import connections, transaction

from linli.kernel.accounts.actors import Actor

from ..steps import Step
from .book import Book
from .directory import Directory, Installation
from .dispatch import Dispatch
from .intake import Intake
from .people import People
from .services import Services

Verb = Callable[[Actor, Step], None]
ROUTING_NEEDS = ("dispatch.", "intake.")


class Ledger:
    """A player that keeps everything in memory until `store`."""

    def __init__(self, *, password: str, pin: str, random: Random) -> None:
        self.book = Book(random)
        services = Services(self.book)
        dispatch = Dispatch(self.book, services)
        self.rooms: dict[str, object] = {
            "directory": Directory(self.book),
            "site": Installation(self.book, password),
            "people": People(self.book),
            "services": services,
            "dispatch": dispatch,
            "intake": Intake(self.book, dispatch, pin),
        }
        self._routing = dispatch.routing
        self._knows_network = False

    def play(self, step: Step) -> None:
        if not self._knows_network and step.verb.startswith(ROUTING_NEEDS):
            self._routing.learn()
            self._knows_network = True
        room, _, name = step.verb.partition(".")
        verb: Verb = getattr(self.rooms[room], name)
        verb(self.book.actor(step), step)

    def store(self, reason: str) -> int:
        """Copy all rows in one transaction, with the system as the actor; returns how many."""
        with transaction.atomic(using="load"):
            with connections["load"].cursor() as cursor:
                cursor.execute("SELECT set_config('linli.actor', %s, true)", [f"system:{reason}"])
            return self.book.rows.copy()
