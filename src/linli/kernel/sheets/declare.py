import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal, Protocol

from django.utils.functional import Promise

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor

Text = str | Promise
Codes = Sequence[tuple[str, Text]]
Values = Mapping[str, str]
CellKind = Literal["text", "day", "code", "area"]


@dataclass(frozen=True)
class Column:
    """A column as we call it.

    `codes` are the codes it takes and their labels; `is_several` allows more than one in a cell.
    `fixed` lets one value be said for every row of a sheet that has no such column. What
    `is_private` is masked wherever first rows are shown.
    """

    name: str
    title: Text
    kind: CellKind = "text"
    is_required: bool = False
    is_private: bool = False
    is_several: bool = False
    fixed: bool = False
    codes: Callable[[Actor], Codes] | None = None
    help: Text = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a cell (with the row as a whole, if `column` is empty).

    `message` is a message of ours, in no language yet; `told` goes into it.
    """

    column: str
    message: Text
    told: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """What a row comes to: facts to be stored, or problems; or it `is_there` already.

    `key` tells two rows of one file apart: two rows of one key are one row too many. Rows of one
    `group` belong together, as those of a household do.
    """

    facts: Any = None
    problems: tuple[Problem, ...] = ()
    is_there: bool = False
    key: str = ""
    group: str = ""


# Something that came of a row: what it is, and its id. The kind is a subject of the timeline.
Made = tuple[str, str]


class Unfit(Exception):
    """A row that was fit a moment ago is not any more: the sentence says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


class Desk(Protocol):
    """Where the rows of an import are worked on, for one actor and a batch of rows."""

    def check(self, values: Values) -> Checked:
        """Look at a row as the page for one would; nothing is stored."""

    def store(self, facts: Any, together: Sequence[Made]) -> list[Made]:
        """Store what a check has come to, by the room's own actions; raises Unfit.

        `together` is what came of the first row of its group.
        """

    def remove(self, made: Sequence[Made]) -> bool:
        """Take back what came of a row; False if somebody has built on it."""


@dataclass(frozen=True)
class Kind:
    """A kind of sheet: what it is called, who may import it (`needs`), its columns for an actor,
    and the desk at which its rows are worked on."""

    name: str
    title: Text
    help: Text
    needs: str
    columns: Callable[[Actor], Sequence[Column]]
    desk: Callable[[Actor], Desk]
    aliases: Callable[[], "Aliases"]
    # The page of what came of a row, and the list in which all of it stands.
    row_url: str = ""
    list_url: str = ""


@dataclass(frozen=True)
class Aliases:
    """How bureaus call our columns, the words they use for our codes, and plainly invented
    examples."""

    titles: Mapping[str, Sequence[str]]
    words: Mapping[str, Mapping[str, str]]
    examples: Mapping[str, str]


def aliases(package: str, kind: str) -> Callable[[], Aliases]:
    """The names in `data/sheets.json` of a room, read when they are asked for first."""
    held: list[Aliases] = []

    def read() -> Aliases:
        if not held:
            text = resources.files(package).joinpath("data/sheets.json").read_text("utf-8")
            told = json.loads(text)[kind]
            held.append(Aliases(told["titles"], told["words"], told["examples"]))
        return held[0]

    return read


_kinds: dict[str, Kind] = {}


def declare(kind: Kind) -> Kind:
    """Enter a kind of sheet; a name can be given once."""
    if kind.name in _kinds:
        raise ValueError(f"sheet {kind.name} is declared twice")
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> Kind | None:
    return _kinds.get(name)


def kinds() -> list[Kind]:
    """Every kind, in the order of the rooms."""
    return list(_kinds.values())


def kinds_for(actor: Actor) -> list[Kind]:
    """The kinds an actor may import."""
    return [one for one in kinds() if holds(actor, one.needs)]


def column_of(columns: Iterable[Column], name: str) -> Column | None:
    return next((one for one in columns if one.name == name), None)
