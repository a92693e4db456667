import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any


@cache
def data(name: str) -> Any:
    """One of the data files of the demonstration."""
    folder = resources.files("linli.site.demo").joinpath("data")
    return json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))


@dataclass(frozen=True)
class Matter:
    """What somebody asks for, in their words, and what is then asked, done and told them."""

    asked: str
    whom: str
    task: str
    content: str
    facts: tuple[str, ...]
    done: str


class Words:
    """Invented names, addresses and sentences, drawn from a generator."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = data("names")
        self.lists = data("words")
        surnames: dict[str, int] = self.names["surnames"]
        self.surnames, self.weights = list(surnames), list(surnames.values())
        self.marks: dict[str, list[str]] = {
            one: self.names[one] for one in ("resident_marks", "staff_marks", "numerals")
        }

    def surname(self) -> str:
        return self.random.choices(self.surnames, self.weights)[0]

    def resident(self, surname: str = "") -> str:
        """A resident's name, visibly invented: a surname, a mark and a numeral."""
        return (surname or self.surname()) + self._given("resident_marks")

    def staff(self) -> str:
        """A staff member's name; the marks are others than a resident's."""
        return self.surname() + self._given("staff_marks")

    def _given(self, kind: str) -> str:
        return self.random.choice(self.marks[kind]) + self.random.choice(self.marks["numerals"])

    def by_name(self, name: str, kind: str) -> str:
        """What neighbours call somebody (older_male, older_female or anybody else)."""
        held = self.names["by_name"]
        pattern = self.random.choice(held.get(kind, held[""]))
        return str(pattern.format(mark=name[-2], number=name[-1]))

    def in_vain(self, reason: str) -> Matter:
        """Something that is not taken on for a reason."""
        return Matter(self.say("asked_in_vain", reason), "self", "", "", (), "")

    def has(self, kind: str, key: str) -> bool:
        return key in self.lists[kind]

    def matter(self, need: str) -> Matter:
        """One of the things that people with a need ask for."""
        told = self.random.choice(self.lists["matters"][need])
        return Matter(**(told | {"facts": tuple(told["facts"])}))

    def house(self) -> str:
        street = self.random.choice(self.names["streets"])
        return str(
            self.random.choice(self.names["houses"]).format(
                street=street,
                number=self.random.randint(1, 180),
                unit=self.random.randint(101, 608),
            )
        )

    def way(self) -> str:
        """How to find a house."""
        return str(self.random.choice(self.names["notes_of_place"]))

    def say(self, kind: str, key: str = "") -> str:
        """A sentence of a kind, for those kinds that have them by key."""
        held = self.lists[kind]
        return str(self.random.choice(held[key] if key else held))


class Numbers:
    """Telephone and identity numbers that belong to nobody, each given once."""

    # No landline begins with 9, no area has the code 000000: such numbers are never given out.
    LANDLINE = "0595-9999{:04d}"
    MOBILE = "1990000{:04d}"
    NO_AREA = "000000"

    def __init__(self, random: Random) -> None:
        self.random = random
        self._landlines = 0
        self._mobiles = self.random.sample(range(10_000), 10_000)
        self._births: dict[str, int] = {}

    def landline(self) -> str:
        self._landlines += 1
        return self.LANDLINE.format(self._landlines)

    def mobile(self) -> str:
        return self.MOBILE.format(self._mobiles.pop())
