from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from linli.kernel.accounts.actors import Actor

Text = str | Promise


@dataclass(frozen=True)
class Cell:
    """One cell as a page shows it; `value` is what an export writes (default: the text)."""

    text: Text
    sub: Text = ""
    url: str = ""
    state: str = ""
    clock: dict[str, Any] | None = None
    value: object = None

    @property
    def exported(self) -> object:
        return str(self.text) if self.value is None else self.value


@dataclass(frozen=True)
class Column:
    """A column: `cell(row, known)` with the labels that `Table.know` fetched for the page."""

    name: str
    label: Text
    cell: Callable[[Any, Any], Cell]
    kind: str = "text"
    width: int = 18


@dataclass(frozen=True)
class Filter:
    """A filter kept in the address: choices for the actor, and how a value narrows the rows.

    One that is not offered is set by links from other pages, and shown where it is set.
    """

    name: str
    label: Text
    choices: Callable[[Actor], Sequence[tuple[str, Text]]]
    narrow: Callable[[QuerySet[Any], str, Actor], QuerySet[Any]]
    is_offered: bool = True


@dataclass(frozen=True)
class Table:
    """A list. `rows(actor)` is already cut down to what the actor may see; `row_url` may be empty
    where the first cell knows better.

    `sort` is a non-null indexed column, newest first; `search` narrows by free text if given;
    `day` names the column by which statistics count these rows: with it, the list can be opened for
    an area, a unit and a span of days (`?area=&unit=&first=&last=`), and its length is the number
    that led here.
    `tell_found(rows, actor)` puts on record whom a search has shown, where that matters.
    `know(rows, actor)` fetches labels for one page in a fixed number of queries.
    """

    name: str
    title: Text
    needs: str
    rows: Callable[[Actor], QuerySet[Any]]
    columns: Sequence[Column]
    sort: str
    row_url: Callable[[Any], str]
    filters: Sequence[Filter] = ()
    know: Callable[[list[Any], Actor], Any] = field(default=lambda rows, actor: None)
    search: Callable[[QuerySet[Any], str, Actor], QuerySet[Any]] | None = None
    search_hint: Text = ""
    tell_found: Callable[[list[Any], Actor], None] | None = None
    empty_title: Text = ""
    empty_hint: Text = ""
    actions: Callable[[Actor], list[dict[str, Any]]] = field(default=lambda actor: [])
    is_ascending: bool = False
    day: str = ""
