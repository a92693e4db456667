"""Permissions: every page names one, every one is used, and list, button and action agree."""

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from linli.dispatch.models import Order
from linli.gateway.urls import Key, api
from linli.kernel.access import (
    Permission,
    Rule,
    can,
    holds,
    nobody,
    permissions,
    public,
    requires,
    visible,
    with_verbs,
)
from linli.kernel.access.permissions import _registry as registry
from linli.kernel.accounts.actors import Actor, receipt_holder, system, visitor
from linli.kernel.scope import unscoped

from ..conftest import acting
from ..oracle.rows import Town
from .source import Module, modules
from .urls import Page, pages

# Views that are not ours, each with the reason why it may be open.
THIRD_PARTY = {
    "api:openapi-json": "how to call the API is public; it holds no data",
    "api:api-root": "answers 404 and exists to be reversed",
}
# Guarded by `auth` on every operation, and by the same rules below it.
API = "api:"
# Enough rows of each kind: the first few of each group.
ROWS_OF_A_GROUP = 3
ANY = Q(pk__isnull=False)


def unguarded(found: Iterable[Page], known: set[str]) -> list[str]:
    """Pages whose view neither names a permission that exists nor says why it is public."""
    wrong = []
    for page in found:
        if page.name in THIRD_PARTY or page.name.startswith(API):
            continue
        if page.permission:
            if page.permission not in known:
                wrong.append(f"{page.name}: {page.permission} does not exist")
        elif not page.public_reason:
            wrong.append(f"{page.name}: no permission, no reason to be public")
    return wrong


def open_operations(one: NinjaAPI) -> list[str]:
    """Operations of an API that ask nobody who they are."""
    paths = one.get_openapi_schema(path_prefix="")["paths"]
    return [
        f"{method} {route}"
        for route, held in paths.items()
        for method, operation in held.items()
        if not operation.get("security")
    ]


def unused(names: Iterable[str], found: Iterable[Module]) -> list[str]:
    """Permissions that no page, move, table, measure or action asks for."""
    asked = {
        node.value
        for module in found
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(set(names) - asked)


def disagreements(one: Permission, actor: Actor, rows: list[Model]) -> list[str]:
    """Rows for which the list, the button and the action give different answers."""
    model = one.model
    assert model is not None
    mark = "may_" + one.name.partition(".")[2]
    wrong = []
    with acting(actor):
        mine = model._default_manager.filter(pk__in=[row.pk for row in rows])
        listed = list(visible(mine, actor, one.name).values_list("pk", flat=True))
        marked = with_verbs(mine, actor, [one.name])
        shown = {row.pk for row in marked if getattr(row, mark)}
        if len(listed) != len(set(listed)):
            wrong.append(f"{one.name}: a row is listed twice")
        if listed and not holds(actor, one.name):
            wrong.append(f"{one.name}: rows for somebody who holds it for none")
        for row in rows:
            answers = (row.pk in listed, row.pk in shown, _may(actor, one.name, row))
            if len(set(answers)) != 1:
                wrong.append(f"{one.name} on {row.pk}: list, button, action say {answers}")
    return wrong


def _may(actor: Actor, name: str, row: Model) -> bool:
    held = type(row)._default_manager.filter(pk=row.pk).exists()
    return held and can(actor, name, row)


def test_every_page_names_a_permission_or_a_reason() -> None:
    known = {one.name for one in permissions()}
    found = pages()
    assert unguarded(found, known) == []
    assert set(THIRD_PARTY) <= {page.name for page in found}, "the list names pages that are gone"


def test_an_open_page_and_an_unknown_permission_are_found() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def planted(name: str, made: Callable[..., HttpResponse]) -> Page:
        return Page(name, "/x/", {}, made)

    found = [
        planted("a", lambda request: view(request)),
        planted("b", requires("people.levitate")(view)),
        planted("c", requires("people.view")(view)),
        planted("d", public("the weather is public")(lambda request: view(request))),
    ]
    assert unguarded(found, {"people.view"}) == [
        "a: no permission, no reason to be public",
        "b: people.levitate does not exist",
    ]


def test_every_operation_of_the_api_asks_who_it_is() -> None:
    assert open_operations(api) == []
    assert any(page.name.startswith(API) for page in pages())


def test_an_open_operation_is_found() -> None:
    planted = NinjaAPI(urls_namespace="planted", auth=Key())

    @planted.get("/closed")
    def closed(request: HttpRequest) -> str:
        return ""

    @planted.get("/open", auth=None)
    def is_open(request: HttpRequest) -> str:
        return ""

    assert open_operations(planted) == ["get /open"]


def test_every_permission_is_used() -> None:
    outside = [one for one in modules() if one.role != "policies"]
    assert unused([one.name for one in permissions()], outside) == []


def test_an_unused_permission_is_found() -> None:
    page = Module("linli.people.views", "@requires('people.view')\ndef view(): ...")
    assert unused(["people.view", "people.levitate"], [page]) == ["people.levitate"]


@pytest.fixture(scope="module")
def actors(town: Town) -> list[Actor]:
    found = [town.actor(name) for name in town.world.users]
    held = town.bundles["mine"]
    ids = [held.orders["done"].pk, held.requests["+done"].pk]
    holder = receipt_holder(ids, areas=[held.team.village])
    return [*found, visitor(), system("tests"), holder, _without_post(found[0])]


def _without_post(actor: Actor) -> Actor:
    return replace(actor, role="", unit_id=None, post_id=None, area=None)


def _rows(model: type[Model], town: Town) -> list[Model]:
    """A few rows of each group, whatever their state."""
    kept: dict[Any, list[Model]] = {}
    with unscoped("tests"):
        found = list(model._base_manager.all())
    for row in found:
        whose = (getattr(row, "unit_id", None), getattr(row, "state", ""))
        kept.setdefault(whose, []).append(row)
    return [row for held in kept.values() for row in held[:ROWS_OF_A_GROUP]]


def _with_model() -> Iterator[Permission]:
    apps.check_apps_ready()
    yield from (one for one in permissions() if one.model is not None)


@pytest.mark.parametrize("name", [one.name for one in _with_model()])
def test_list_button_and_action_agree(name: str, town: Town, actors: list[Actor]) -> None:
    one = next(held for held in permissions() if held.name == name)
    assert one.model is not None
    rows = _rows(one.model, town)
    assert len(rows) > 1
    wrong = [told for actor in actors for told in disagreements(one, actor, rows)]
    assert wrong == []


@pytest.fixture
def planted() -> Iterator[Callable[[Rule], Permission]]:
    """Enters a rule about orders for the time of a test."""
    made = Permission("dispatch.planted", nobody, Order)

    def enter(asked: Rule) -> Permission:
        registry[made.name] = replace(made, rule=asked)
        return registry[made.name]

    yield enter
    registry.pop(made.name)


def test_a_rule_over_a_multi_valued_join_is_found(
    town: Town, planted: Callable[[Rule], Permission]
) -> None:
    one = planted(Rule(lambda actor: Q(remarks__isnull=False)))
    returned_twice: list[Model] = [town.bundles["mine"].orders["arbitration"]]
    assert disagreements(one, town.actor("dispatcher"), returned_twice) == [
        "dispatch.planted: a row is listed twice"
    ]


def test_a_rule_that_changes_its_mind_is_found(
    town: Town, planted: Callable[[Rule], Permission]
) -> None:
    answers = cycle([ANY, ANY, True, False])
    one = planted(Rule(lambda actor: next(answers)))
    (told,) = disagreements(one, town.actor("dispatcher"), [town.bundles["mine"].orders["done"]])
    assert "list, button, action say (True, True, False)" in told
