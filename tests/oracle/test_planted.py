"""The oracle shown to fail: leaks are planted one by one, and each must be caught."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from linli.dispatch import display
from linli.dispatch.models import Order
from linli.gateway.api import orders as api_orders
from linli.intake.models import Request
from linli.kernel.access import rule
from linli.kernel.access.permissions import _registry as permissions
from linli.kernel.accounts.models import Post
from linli.kernel.stats.read import question
from linli.kernel.tables import Cell, Column
from linli.kernel.ui import lists, once
from linli.kernel.ui.registry import Found, Panel, registry
from linli.lib.uuid7 import uuid7
from linli.people.actions import KnownElsewhere
from linli.people.models import Person
from linli.people.queries import exact_match
from linli.people.views import listing
from linli.site import drafts

from ..house.urls import Page, pages
from . import matrix
from .canaries import canary
from .crawl import Crawl
from .report import tell
from .rows import Town
from .test_twice import send
from .visitors import Visitor, respond, visitors

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


def ask_without_a_filter(town: Town, patch: Patch) -> None:
    patch.setattr("linli.people.queries.watched", lambda actor, key: Person.objects.get(pk=key))


def name_whom_the_auditor_asks_about(town: Town, patch: Patch) -> None:
    def everybody(actor: Any, ids: Any) -> dict[Any, str]:
        return dict(Person.objects.filter(pk__in=list(ids)).values_list("pk", "name"))

    patch.setattr("linli.people.queries.names", everybody)


def follow_a_foreign_key_in_the_api(town: Town, patch: Patch) -> None:
    ours = api_orders.line

    def named(row: Any) -> dict[str, Any]:
        return ours(row) | {"number": row.person.phone if row.person else ""}

    patch.setattr(api_orders, "line", named)


def add_a_column_to_an_export(town: Town, patch: Patch) -> None:
    ours = lists._export
    phone = Column("phone", "", lambda row, known: Cell(row.phone))

    def wider(table: Any, *given: Any) -> Any:
        return ours(replace(table, columns=(*table.columns, phone)), *given)

    patch.setattr(lists, "_export", wider)


def call_a_file_by_a_name(town: Town, patch: Patch) -> None:
    ours = lists.spreadsheet
    name = town.bundles["sharing"].text("person name")
    patch.setattr(
        lists, "spreadsheet", lambda actor, _n, *told, **more: ours(actor, name, *told, **more)
    )


def find_any_receipt(town: Town, patch: Patch) -> None:
    patch.setattr("linli.intake.queries.requests", lambda actor: Request.objects.all())


def say_forbidden_instead_of_hidden(town: Town, patch: Patch) -> None:
    patch.setattr("linli.kernel.access.views.Http404", PermissionDenied)


def drop_the_filter_of_a_piece(town: Town, patch: Patch) -> None:
    ours = listing.list_page

    def careless(request: Any, table: Any, **more: Any) -> Any:
        if "HX-Request" in request.headers:
            table = replace(table, rows=lambda actor: Person.objects.select_related("unit"))
        return ours(request, table, **more)

    patch.setattr(listing, "list_page", careless)


def tell_of_a_hidden_subject(town: Town, patch: Patch) -> None:
    ours = display.lines
    hidden = ("dispatch.order", town.bundles["sharing"].orders["serving"].pk)
    patch.setattr(display, "lines", lambda subjects, **more: ours([*subjects, hidden], **more))


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
    (drop_the_filter_of_a_list, "people:pick", "sharing_worker"),
    (ask_without_a_filter, "audit:person", "sharing_head"),
    (name_whom_the_auditor_asks_about, "audit:person", "auditor"),
    (follow_a_foreign_key_in_the_api, "api:get_order", "key:worker"),
    (add_a_column_to_an_export, "people:list", "worker"),
    (call_a_file_by_a_name, "people:list", "worker"),
    (find_any_receipt, "site:search", "worker"),
    (say_forbidden_instead_of_hidden, "dispatch:board", "officer"),
    (drop_the_filter_of_a_piece, "people:list", "sharing_worker"),
    (tell_of_a_hidden_subject, "dispatch:order", "worker"),
]


@pytest.mark.parametrize(("plant", "page", "who"), LEAKS)
def test_a_planted_leak_is_caught(
    plant: Callable[[Town, Patch], None],
    page: str,
    who: str,
    town: Town,
    everybody: dict[str, Visitor],
    monkeypatch: Patch,
    record_property: Any,
) -> None:
    assert walk(town, everybody, page, who) == [], "caught before anything was planted"
    plant(town, monkeypatch)
    found = walk(town, everybody, page, who)
    tell(record_property, "planted", 1, bool(found))
    assert found != []


Probe = Callable[[Town, dict[str, Visitor]], list[str]]


def heard(town: Town, who: Visitor, path: str, data: dict[str, Any]) -> list[str]:
    """What somebody learns of `mine` from the answer to a form."""
    answer = who.ask(path, "POST", data=data)
    found = town.aviary.heard(answer.text, sent=f"{path} {data}")
    return [one for one in found if town.aviary.kept[one][0] == "mine"]


def find_a_number(town: Town, everybody: dict[str, Visitor]) -> list[str]:
    """Where a search by number leads to is an answer as well."""
    sent = {"q": town.bundles["mine"].text("person phone")}
    return heard(town, everybody["sharing_worker"], "/desk/people/find/", sent)


def open_a_redirect(town: Town, patch: Patch) -> None:
    def anybody(actor: Any, text: str) -> list[Person]:
        return list(Person.objects.filter(exact_match(text)))

    patch.setattr(listing, "with_number", anybody)


def register_a_known_number(town: Town, everybody: dict[str, Visitor]) -> list[str]:
    """A number that is on file elsewhere: the sentence must not say whose it is."""
    mine = town.bundles["mine"]
    sent = {
        "name": "somebody else",
        "citizen_id": mine.text("person citizen id"),
        "area": f"{mine.team.village:012d}",
        "sex": "unstated",
        "basis": "consent",
        "form": "signed",
        "confirmed": "1",
    }
    return heard(town, everybody["sharing_worker"], "/desk/people/new/", sent)


def say_who_it_is(town: Town, patch: Patch) -> None:
    name = town.bundles["mine"].text("person name")
    patch.setattr(KnownElsewhere, "__str__", lambda self: f"This is {name}")


def open_a_draft(town: Town, everybody: dict[str, Visitor]) -> list[str]:
    """What one has typed, with the key of it in the browser of another."""
    path, words = "/desk/services/new/", town.bundles["mine"].text("service facts")
    owner, now = town.world.users["worker"].pk, town.actor("worker").now
    key = drafts.drafts.keep({"facts": [words]}, path=f"{owner}:{path}", now=now)
    thief = everybody["sharing_worker"]
    holder = replace(thief, cookies=thief.cookies | {drafts.COOKIE: key})
    return [one for one in town.aviary.heard(holder.ask(path).text) if one == words]


def forget_whose_a_draft_is(town: Town, patch: Patch) -> None:
    owner = town.world.users["worker"].pk
    patch.setattr(drafts, "_place", lambda request, user: f"{owner}:{request.path}")


def take_the_post_of_another(town: Town, everybody: dict[str, Visitor]) -> list[str]:
    sent = {"post": str(town.bundles["mine"].posts[0].pk)}
    answer = everybody["officer"].ask("/ui/post/", "POST", data=sent)
    return [] if answer.outcome == "404" else [answer.outcome]


def let_everybody_take_it(town: Town, patch: Patch) -> None:
    patch.setattr("linli.kernel.ui.views.posts_of", lambda user, *, on: list(Post.objects.all()))


def repeat_the_call_of_another(town: Town, everybody: dict[str, Visitor]) -> list[str]:
    order = town.bundles["mine"].orders["dispatched"].pk
    path, operation = f"/api/v1/orders/{order}/accept", str(uuid7())
    with transaction.atomic():
        _first, told = send(everybody["key:worker"], path, {}, operation, is_call=True)
        assert told
        other, _told = send(everybody["key:officer"], path, {}, operation, is_call=True)
        transaction.set_rollback(True)
    return [str(order)] if str(order) in other.content.decode() else []


def forget_whose_a_call_was(town: Town, patch: Patch) -> None:
    ours = once.claim
    patch.setattr(once, "claim", lambda key, **given: ours(key, **given | {"holder": "anybody"}))


def keep_a_page(town: Town, everybody: dict[str, Visitor]) -> list[str]:
    """A page in a cache is shown to the next one at the same computer, by a 304 as well."""
    response = respond(everybody["worker"], "/desk/people/")
    wrong = [] if "no-store" in response.headers.get("Cache-Control", "") else ["may be kept"]
    return wrong + [one for one in ("ETag", "Last-Modified") if response.has_header(one)]


def mark_a_page(town: Town, patch: Patch) -> None:
    ours = listing.list_page

    def marked(*told: Any, **given: Any) -> Any:
        response = ours(*told, **given)
        response.headers["ETag"] = '"1"'
        return response

    patch.setattr(listing, "list_page", marked)


DEEDS: list[tuple[Probe, Callable[[Town, Patch], None]]] = [
    (find_a_number, open_a_redirect),
    (register_a_known_number, say_who_it_is),
    (open_a_draft, forget_whose_a_draft_is),
    (take_the_post_of_another, let_everybody_take_it),
    (repeat_the_call_of_another, forget_whose_a_call_was),
    (keep_a_page, mark_a_page),
]


@pytest.mark.parametrize(("probe", "plant"), DEEDS)
def test_a_planted_leak_by_a_deed_is_caught(
    probe: Probe,
    plant: Callable[[Town, Patch], None],
    town: Town,
    everybody: dict[str, Visitor],
    monkeypatch: Patch,
    record_property: Any,
) -> None:
    assert probe(town, everybody) == [], "caught before anything was planted"
    plant(town, monkeypatch)
    found = probe(town, everybody)
    tell(record_property, "planted", 1, bool(found))
    assert found != []


def test_at_least_twenty_leaks_are_planted() -> None:
    assert len({*LEAKS, *DEEDS}) >= 20


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
    monkeypatch.setattr("linli.people.changes.record", lambda *told, **given: None)
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
