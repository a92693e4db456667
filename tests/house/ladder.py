"""Which package lies above which: read from the import-linter contracts, the one source of it."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from .source import ROOT

STOREYS, KERNEL = "linli", "linli.kernel"
ABOVE_ALL = 99


@dataclass(frozen=True)
class Edge:
    """A link from one package to another, and where it was found."""

    frm: str
    to: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.frm} → {self.to}"


@cache
def linter() -> dict[str, Any]:
    """The import-linter part of pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    held: dict[str, Any] = tomllib.loads(text)["tool"]["importlinter"]
    return held


def layers(container: str) -> list[list[str]]:
    """The layers of a container, the highest first, each with the packages on its line."""
    for one in linter()["contracts"]:
        if one["type"] == "layers" and one["containers"] == [container]:
            return [re.findall(r"\w+", line) for line in one["layers"]]
    raise LookupError(container)


def rooms() -> list[str]:
    """The packages that the contract about a room's inside is for."""
    for one in linter()["contracts"]:
        if one["name"] == "Inside a room":
            return [str(room) for room in one["containers"]]
    raise LookupError("Inside a room")


@cache
def heights() -> dict[str, tuple[int, int]]:
    """Package → height; what is higher may link to what is lower, never to its own height."""
    storeys, ladder = layers(STOREYS), layers(KERNEL)
    made = {}
    for at, line in enumerate(reversed(storeys)):
        for name in line:
            made[f"{STOREYS}.{name}"] = (at, ABOVE_ALL)
    floor = made.pop(KERNEL)[0]
    for at, line in enumerate(reversed(ladder)):
        for name in line:
            made[f"{KERNEL}.{name}"] = (floor, at)
    return made


def upward(edges: Iterable[Edge]) -> list[Edge]:
    """Links between two packages of ours that do not lead strictly down.

    Where none is left, the graph has no cycle: every step goes to a smaller height.
    """
    held = heights()
    return [one for one in edges if one.frm != one.to and not held[one.frm] > held[one.to]]
