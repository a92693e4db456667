"""The oracle shown to fail: leaks are planted one by one, and each must be caught."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from linli.dispatch.models import Order
from linli.kernel.access import rule
from linli.kernel.access.permissions import _registry as permissions
from linli.kernel.stats.read import question
from linli.kernel.ui import lists
from linli.kernel.ui.registry import Found, Panel, registry
from linli.people.models import Person

from ..house.urls import Page, pages
from . import matrix
from .canaries import canary
from .crawl import Crawl
from .rows import Town
from .visitors import Visitor, visitors

Patch = pytest.MonkeyPatch
pytestmark = pytest.mark.usefixtures("quiet", "savepoint")


@pytest.fixture(scope="module")
def everybody(town: Town) -> dict[str, Visitor]:
    return visitors(town)


def page_of(name: str) -> Page:
    return next(one for one in pages() if one.name == name)


def walk(town: Town, everybody: dict[str, Visitor], page: str, who: str) -> list[str]:
    """What the oracle says after one visitor has walked through one page."""
    crawl = Crawl(town, {who: everybody[who]})
    found, visitor = page_of(page), everybody[who]
    for answer in crawl.read(found).values():
        crawl.swap(found, visitor)
        if "table" in answer.context:
            crawl.walk_list(found, visitor, answer)
        if page == "site:statistics":
            crawl.count(found, visitor)
        if page == "site:search":
            crawl.search(found.route, visitor)
    return verdict(crawl)


def verdict(crawl: Crawl) -> list[str]:
    reviewed = matrix.unfolded(matrix.load("reads"))
    assert crawl.unfilled == []
    return [
        *crawl.found.broken,
        *matrix.leaks(crawl.found, reviewed),
        *matrix.wrong_outcomes(crawl.found, reviewed),
        *matrix.wrong_numbers(crawl.found, reviewed),
    ]


def drop_the_filter_of_a_list(town: Town, patch: Patch) -> None:
    patch.setattr("linli.people.queries.visible", lambda rows, actor, name: rows)


def drop_the_filter_of_an_export(town: Town, patch: Patch) -> None:
    ours = lists._export

    def everything(table: Any, rows: Any, *given: Any) -> Any:
        return ours(table, rows.model.objects.all(), *given)

    patch.setattr(lists, "_export", everything)


def drop_the_filter_of_the_search(town: Town, patch: Patch) -> None:
    title, needs, _find = registry.finders["people"]

    def anybody(actor: Any, text: str) -> list[Found]:
        return [Found(one.name, "", "") for one in Person.objects.all()]

    patch.setitem(registry.finders, "people", (title, needs, anybody))


def count_what_is_hidden(town: Town, patch: Patch) -> None:
    ours = lists.total_text
    patch.setattr(lists, "total_text", lambda rows: ours(rows.model.objects.all()))


def drop_the_filter_of_the_api(town: Town, patch: Patch) -> None:
    patch.setattr("linli.dispatch.queries.orders", lambda actor: Order.objects.all())


def follow_a_foreign_key_in_a_panel(town: Town, patch: Patch) -> None:
    """The order has come here; the file of the person it is for has not."""

    def about(actor: Any, order: Order) -> Panel | None:
        if order.person is None:
            return None
        return Panel(order.person.name, "ui/_empty.html", {})

    patch.setitem(registry.panels, "dispatch.order", [(0, about)])


def loosen_the_rule_of_a_page(town: Town, patch: Patch) -> None:
    loose = replace(permissions["services.view"], rule=rule())
    patch.setitem(permissions, "services.view", loose)


def forget_the_unit_of_a_number(town: Town, patch: Patch) -> None:
    def whole(actor: Any, measure: Any, **asked: Any) -> Any:
        return replace(question(actor, measure, **asked), unit=None)

    patch.setattr("linli.site.views.statistics.question", whole)


def forget_the_guard_of_the_pages(town: Town, patch: Patch) -> None:
    patch.setattr("linli.kernel.access.views.holds", lambda actor, name: True)


def open_another_receipt(town: Town, patch: Patch) -> None:
    other = town.bundles["mate"].requests["registered"].pk
    patch.setattr("linli.portal.receipt.held", lambda request: other)


def show_notes_to_whoever_counts(town: Town, patch: Patch) -> None:
    patch.setitem(
        permissions,
        "services.read_note",
        replace(permissions["services.read_note"], rule=permissions["services.view"].rule),
    )


LEAKS: list[tuple[Callable[[Town, Patch], None], str, str]] = [
    (drop_the_filter_of_a_list, "people:list", "sharing_worker"),
    (drop_the_filter_of_an_export, "people:list", "worker"),
    (drop_the_filter_of_the_search, "site:search", "worker"),
    (count_what_is_hidden, "services:list", "head"),
    (drop_the_filter_of_the_api, "api:list_orders", "key:worker"),
    (follow_a_foreign_key_in_a_panel, "dispatch:order", "sibling_worker"),
    (drop_the_filter_of_a_list, "people:person", "sharing_worker"),
    (loosen_the_rule_of_a_page, "services:service", "worker"),
    (forget_the_unit_of_a_number, "site:statistics", "worker"),
    (forget_the_guard_of_the_pages, "dispatch:board", "officer"),
    (open_another_receipt, "portal:status", "receipt:new"),
    (show_notes_to_whoever_counts, "services:service", "dispatcher"),
]


@pytest.mark.parametrize(("plant", "page", "who"), LEAKS)
def test_a_planted_leak_is_caught(
    plant: Callable[[Town, Patch], None],
    page: str,
    who: str,
    town: Town,
    everybody: dict[str, Visitor],
    monkeypatch: Patch,
) -> None:
    assert walk(town, everybody, page, who) == [], "caught before anything was planted"
    plant(town, monkeypatch)
    assert walk(town, everybody, page, who) != []


def test_a_leak_in_an_answer_to_what_was_sent_is_caught(
    town: Town, everybody: dict[str, Visitor], monkeypatch: Patch
) -> None:
    """Asking whether somebody is on file must not tell of files elsewhere."""
    body = {
        "name": canary("mine", "person name"),
        "area": f"{town.bundles['mine'].team.village:012d}",
        "sex": "unstated",
        "basis": "consent",
        "form": "signed",
    }
    route, who = page_of("people:new").route, everybody["sharing_worker"]

    def asked() -> list[str]:
        crawl = Crawl(town, {who.name: who})
        answer = crawl.knock(who, route, "POST", data=body)
        assert answer.outcome == "409" or answer.outcome.startswith(">")
        return verdict(crawl)

    assert asked() == []
    drop_the_filter_of_a_list(town, monkeypatch)
    assert asked() != []


def test_a_deed_without_a_trace_is_caught(
    town: Town, everybody: dict[str, Visitor], monkeypatch: Patch
) -> None:
    page, some = page_of("people:leave_household"), {"worker": everybody["worker"]}

    def silent() -> set[str]:
        crawl = Crawl(town, some)
        crawl.press(page)
        return crawl.found.silent

    assert silent() == set()
    monkeypatch.setattr("linli.people.actions.record", lambda *told, **given: None)
    assert silent() == {"people:leave_household"}


def test_an_unlisted_page_and_an_unknown_argument_are_caught(
    town: Town, everybody: dict[str, Visitor]
) -> None:
    crawl = Crawl(town, {"worker": everybody["worker"]})
    crawl.read(replace(page_of("people:list"), name="people:secret"))
    assert verdict(crawl) == ["GET people:secret [] as worker: 200, reviewed: not listed"]
    crawl.read(Page("people:odd", "/desk/people/<int:shoe_size>/", {"shoe_size": "Int"}, str))
    assert crawl.unfilled == ["people:odd: ['shoe_size']"]


def test_what_the_matrix_lists_and_nobody_meets_is_caught() -> None:
    reviewed = matrix.Findings(outcomes={("a:b", "GET", "worker", "mine"): "200"})
    assert matrix.gone(matrix.Findings(), reviewed) == ["a:b GET worker mine"]
