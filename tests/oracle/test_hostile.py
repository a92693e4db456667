"""Attacks in every parameter of every page; the headers of every answer; forms from elsewhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse

from linli.kernel.tables import Table
from linli.kernel.timeline.models import Event
from linli.kernel.ui import lists

from ..house.urls import Page, pages
from . import hostile
from .crawl import MEANINGLESS, Crawl, _is_api
from .report import tell
from .rows import Town
from .visitors import KEY, Visitor, respond, visitors

pytestmark = pytest.mark.usefixtures("quiet", "savepoint")
# Who is let in nearly everywhere, and who nowhere.
DESK = ("worker", "dispatcher", "administrator", "auditor")
LISTS = {
    "people:list": "/desk/people/",
    "dispatch:list": "/desk/dispatch/",
    "intake:list": "/desk/intake/",
    "services:list": "/desk/services/",
    "directory:list": "/desk/directory/",
    "accounts:list": "/desk/accounts/",
    "audit:workers": "/desk/audit/",
}
# Elsewhere on the network, with the cookies of somebody signed in here.
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(scope="module")
def crawl(town: Town, quiet: None) -> Crawl:
    return Crawl(town, visitors(town))


def let_in(crawl: Crawl, page: Page) -> Visitor:
    """Somebody whom a page's guard lets in."""
    names = [f"{KEY}worker"] if _is_api(page) else [*DESK, "receipt:new"]
    if page.public_reason:
        names = ["receipt:new"] if page.name.startswith("portal:") else ["anonymous"]
    return next(
        (crawl.visitors[one] for one in names if crawl.looks(crawl.visitors[one], page)),
        crawl.visitors["head"],
    )


def attack(crawl: Crawl, page: Page) -> Iterator[tuple[str, HttpResponse]]:
    """Every attack on a page, with its answer."""
    doors, visitor = crawl.doors(page), let_in(crawl, page)
    one, path = next(iter(doors.items()), ("", ""))
    if not path:
        return
    yield f"GET {page.name}", respond(visitor, path)
    for address in hostile.addresses(path):
        yield f"GET {page.name} under attack", respond(visitor, address)
    body = crawl._body(page, one, path)
    for form in hostile.bodies(body or {}) if body else ():
        told = f"POST {page.name} under attack"
        with transaction.atomic():
            answer = respond(visitor, path, "POST", data=form, is_json=_is_api(page), keep=True)
            yield told, answer
            where = answer.headers.get("Location", "")
            if where.startswith("/"):
                yield f"{told}, and where it leads", respond(visitor, where)
            transaction.set_rollback(True)


def test_no_attack_works_and_every_answer_is_protected(crawl: Crawl, record_property: Any) -> None:
    wrong, count = [], 0
    for page in pages():
        for where, response in attack(crawl, page):
            count += 1
            wrong += [f"{where}: {sign}" for sign in hostile.signs(response)]
    tell(record_property, "attacks", count, wrong)
    assert wrong == []


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/nothing/here/", "GET", 404),
        ("/desk/nothing/", "GET", 404),
        ("/api/v1/nothing", "GET", 404),
        ("/desk/people/find/", "GET", 405),
        ("/desk/people/", "TRACE", 405),
        ("/api/v1/orders", "DELETE", 405),
        ("/healthz", "GET", 200),
    ],
)
def test_error_pages_are_protected_too(path: str, method: str, status: int, crawl: Crawl) -> None:
    response = respond(crawl.visitors["worker"], path, method)
    assert response.status_code == status
    assert hostile.signs(response) == []


def test_an_answer_of_500_is_protected_too(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*told: Any, **given: Any) -> Any:
        raise RuntimeError(hostile.SCRIPT)

    monkeypatch.setattr("linli.people.views.listing.list_page", broken)
    response = respond(crawl.visitors["worker"], "/desk/people/")
    assert response.status_code == 500
    assert hostile.signs(response) == ["answered 500"]


def unsafe(crawl: Crawl) -> Iterator[tuple[Page, str]]:
    for page in pages():
        path = next(iter(crawl.doors(page).values()), "")
        if path:
            yield page, path


def test_nothing_is_done_for_a_form_from_elsewhere(crawl: Crawl, record_property: Any) -> None:
    """Without our token, and with it from another origin; a program's key is no cookie."""
    wrong, count = [], 0
    for page, path in unsafe(crawl):
        visitor = crawl.visitors["worker"] if _is_api(page) else let_in(crawl, page)
        if not visitor.cookies:
            visitor = crawl.visitors["worker"]
        token = {"csrftoken": "t" * 32}
        for method in ("POST", *MEANINGLESS) if count % 20 == 0 else ("POST",):
            for what, headers, cookies in (
                ("without a token", {}, {}),
                ("from elsewhere", {"Origin": ELSEWHERE, "X-CSRFToken": "t" * 32}, token),
            ):
                count += 1
                sender = Visitor(visitor.name, visitor.cookies | cookies, headers)
                before = Event.objects.count()
                response = respond(sender, path, method, is_json=_is_api(page), checks_csrf=True)
                told = f"{method} {page.name} {what}: {response.status_code}"
                if response.status_code not in {403, 405} or Event.objects.count() != before:
                    wrong.append(told)
                wrong += [f"{told} {sign}" for sign in hostile.signs(response)]
    key = crawl.visitors[f"{KEY}worker"]
    for page, path in unsafe(crawl):
        if _is_api(page) and crawl._body(page, "mine", path) is not None:
            count += 1
            response = respond(key, path, "POST", is_json=True, checks_csrf=True)
            if response.status_code == 403:
                wrong.append(f"POST {page.name} with a key: 403")
    tell(record_property, "forgeries", count, wrong)
    assert wrong == []


def test_a_page_that_asks_for_no_token_is_caught(
    crawl: Crawl, monkeypatch: pytest.MonkeyPatch
) -> None:
    from linli.people.views import listing

    monkeypatch.setattr(listing.find, "csrf_exempt", True, raising=False)
    sender = crawl.visitors["worker"]
    response = respond(sender, "/desk/people/find/", "POST", checks_csrf=True)
    assert response.status_code != 403


def bare(crawl: Crawl, visitor: Visitor, path: str) -> tuple[str, str]:
    answer = visitor.ask(path)
    table = answer.context.get("table", {})
    return answer.outcome, str(
        [[one["cells"] for one in table.get("rows", ())], table.get("total")]
    )


def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that passes what its address says on to the database."""
    ours = lists._narrowed

    def narrowed(table: Table, actor: Any, asked: dict[str, str], filters: Any) -> Any:
        rows, chips = ours(table, actor, asked, filters)
        told = {name: value for name, value in asked.items() if "__" in name}
        return rows.filter(**told), chips

    monkeypatch.setattr(lists, "_narrowed", narrowed)


# Questions about columns that no list asks: each would cut the list if it were passed on.
QUESTIONS = (
    "unit__zh__startswith=x&order_by=-unit__zh",
    "area_id__gte=999999999999&sort=area_id",
    "pk__in=&ordering=id&id__isnull=1",
)


def test_an_address_asks_only_what_a_list_declares(
    crawl: Crawl, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No look-up through the address: by asking twice, what is hidden could be guessed."""

    def wrong() -> list[str]:
        found = []
        for name, path in LISTS.items():
            visitor = crawl.visitors["auditor" if name.startswith("audit") else "dispatcher"]
            if name.startswith("accounts"):
                visitor = crawl.visitors["administrator"]
            plain = bare(crawl, visitor, path)
            found += [
                f"{name}?{one}"
                for one in QUESTIONS
                if bare(crawl, visitor, f"{path}?{one}") != plain
            ]
        return found

    tell(record_property, "look-ups", len(LISTS) * len(QUESTIONS), wrong())
    assert wrong() == []
    careless(monkeypatch)
    assert wrong()


SIGNS = {
    "a script in a page": (200, f"<p>{hostile.SCRIPT}</p>", {}),
    "a template that was run": (200, f"{hostile.MARK}1337{hostile.MARK}", {}),
    "a header": (200, "", {f"X-{hostile.MARK}": "1"}),
    "an error": (500, "", {}),
}


@pytest.mark.parametrize("what", SIGNS)
def test_every_sign_is_seen(what: str) -> None:
    status, body, headers = SIGNS[what]
    response = HttpResponse(body, status=status, headers=headers)
    bare_signs = {f"no {name}" for name in hostile.HEADERS}
    assert set(hostile.signs(response)) - bare_signs
    assert bare_signs <= set(hostile.signs(response)), "each header that is not there is told"
