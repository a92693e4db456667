"""Lists: as many queries for one row as for three, and no more than last time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from linli.dispatch.workflow import ORDER
from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.flow.models import Duty
from linli.kernel.tables import Cell, Column, Table
from linli.kernel.ui.lists import list_page

from ..conftest import acting
from ..oracle.rows import Town
from .ladder import rooms
from .regenerate import regenerating
from .source import modules

PATH = Path(__file__).with_name("matrices") / "query_counts.json"
FEW, MANY = 1, 3


def tables(actor: Actor) -> dict[str, Table]:
    """Every list of every room and of the site: a constant of a `tables` module, or what a maker
    makes for an actor."""
    found: dict[str, Table] = {}
    for module in modules():
        if module.role == "tables" and module.package in {*rooms(), "linli.site"}:
            for name, held in vars(import_module(module.name)).items():
                made = _made(held, actor)
                if made is not None:
                    found[f"{module.name}.{name}"] = made
    return found


def _made(held: Any, actor: Actor) -> Table | None:
    if isinstance(held, Table):
        return held
    if callable(held) and getattr(held, "__annotations__", {}).get("return") is Table:
        # Some lists depend on the actor, some also on what the address asks for.
        given = (actor, {})[: len(signature(held).parameters)]
        made: Table = held(*given)
        return made
    return None


def queries(table: Table, actor: Actor, keys: list[Any], query: str = "") -> int:
    """How many queries the page of a list takes that holds just these rows."""
    request: HttpRequest = RequestFactory().get(f"/list/{query}")
    request.actor = actor  # type: ignore[attr-defined]
    request.user = User.objects.get(pk=actor.user_id)
    few = replace(table, rows=lambda actor: table.rows(actor).filter(pk__in=keys))
    with acting(actor), CaptureQueriesContext(connection) as captured:
        response = list_page(request, few)
    assert response.status_code == 200
    return len(captured)


def grows(table: Table, actor: Actor, keys: list[Any]) -> list[str]:
    """Where three rows take more queries than one."""
    wrong = []
    for query in ("", "?export=xlsx"):
        # What a process asks once and keeps is no part of a list.
        queries(table, actor, keys, query)
        one, three = (queries(table, actor, keys[:few], query) for few in (FEW, MANY))
        if one != three:
            wrong.append(f"{table.name}{query}: {one} for one row, {three} for three")
    return wrong


def _keys(table: Table, actor: Actor) -> list[Any]:
    """Three rows as different as can be: the first, one from the middle, the last."""
    with acting(actor):
        rows = table.rows(actor).order_by("pk")
        if issubclass(rows.model, Duty):
            # A list of what waits asks once for each kind of thing: rows of one kind are compared.
            rows = rows.filter(subject_type=ORDER.name)
        found = list(rows.values_list("pk", flat=True))
    return [found[0], found[len(found) // 2], found[-1]] if len(found) >= MANY else []


def _read(table: Table, town: Town) -> tuple[Actor, list[Any]]:
    """Somebody who may read a list, and three of its rows."""
    for name in ("dispatcher", "head", "worker", "officer", "administrator", "grid_worker"):
        actor = town.actor(name)
        with acting(actor):
            may = not table.needs or holds(actor, table.needs)
        keys = _keys(table, actor) if may else []
        if keys:
            return actor, keys
    raise AssertionError(f"nobody can read three rows of {table.name}")


@pytest.fixture(scope="module")
def counted(town: Town) -> Iterator[dict[str, int]]:
    found = {}
    for name, table in tables(town.actor("dispatcher")).items():
        actor, keys = _read(table, town)
        queries(table, actor, keys)
        found[name] = queries(table, actor, keys)
    if regenerating():
        PATH.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    yield found


def test_a_list_takes_as_many_queries_for_three_rows_as_for_one(town: Town) -> None:
    found = tables(town.actor("dispatcher"))
    assert len(found) >= len([one for one in modules() if one.role == "tables"]) - 1
    wrong = [told for table in found.values() for told in grows(table, *_read(table, town))]
    assert wrong == []


def test_a_list_takes_no_more_queries_than_last_time(counted: dict[str, int]) -> None:
    before = json.loads(PATH.read_text("utf-8"))
    assert counted.keys() == before.keys()
    assert {name for name, count in counted.items() if count > before[name]} == set()


def test_a_list_that_asks_for_each_row_is_found(town: Town) -> None:
    actor = town.actor("dispatcher")
    table = next(one for one in tables(actor).values() if one.needs == "dispatch.view")
    greedy = Column("who", "Who", lambda row, known: Cell(type(row).objects.get(pk=row.pk).number))
    planted = replace(table, columns=(*table.columns, greedy))
    assert len(grows(planted, actor, _keys(table, actor))) == 2
