"""Every form and every call sent twice with one id: done once, answered alike."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import RequestFactory

from linli.kernel.timeline.models import Event
from linli.kernel.ui import once
from linli.lib.uuid7 import uuid7

from ..house.urls import Page, pages
from .crawl import Crawl, _is_api
from .rows import Town
from .visitors import Visitor, _handler, visitors


@pytest.fixture(scope="module")
def crawl(town: Town, quiet: None) -> Crawl:
    return Crawl(town, visitors(town))


def send(visitor: Visitor, path: str, body: dict[str, Any], key: str, *, is_call: bool) -> Any:
    """One request through the whole stack; what it changed stays for the next."""
    headers = {"Accept-Language": "en", **visitor.headers}
    given: dict[str, Any] = {"data": body | {once.FIELD: key}}
    if is_call:
        given = {"data": json.dumps(body), "content_type": "application/json"}
        headers[once.HEADER] = key
    factory = RequestFactory(headers=headers)
    factory.cookies.load(visitor.cookies)
    request = factory.post(path, **given)
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    before = Event.objects.count()
    response = _handler().get_response(request)
    return response, Event.objects.count() - before


def cookies_of(response: HttpResponse) -> dict[str, str]:
    return {name: one.value for name, one in response.cookies.items() if one.value}


def is_answer(response: HttpResponse, told: int, *, is_call: bool) -> bool:
    """Whether something was done, and answered so that it can be answered again."""
    return bool(told) and (
        response.has_header("Location") or (is_call and response.status_code < 300)
    )


def wrong_twice(crawl: Crawl, page: Page) -> tuple[bool, list[str]]:
    """Whether somebody could do what a page is for, and what went wrong when they did it twice."""
    is_call = _is_api(page)
    for one, path in crawl.doors(page).items():
        body = crawl._body(page, one, path)
        for visitor in crawl.callers(page) if body is not None else ():
            found = _twice(visitor, path, body or {}, is_call=is_call)
            if found is not None:
                return True, [f"{page.name} as {visitor.name}: {told}" for told in found]
    return False, []


def _twice(visitor: Visitor, path: str, body: dict[str, Any], *, is_call: bool) -> list[str] | None:
    """What was wrong; None if nothing was done the first time."""
    key = str(uuid4() if is_call else uuid7())
    with transaction.atomic():
        first, told = send(visitor, path, body, key, is_call=is_call)
        if not is_answer(first, told, is_call=is_call):
            transaction.set_rollback(True)
            return None
        # As a browser, which takes the session that was begun anew.
        visitor = replace(visitor, cookies=visitor.cookies | cookies_of(first))
        second, more = send(visitor, path, body, key, is_call=is_call)
        other, beyond = send(visitor, path, body | {"x": "y"}, key, is_call=is_call)
        transaction.set_rollback(True)
    wrong = []
    if more:
        wrong.append(f"done twice, {more} lines more on the timeline")
    if (first.status_code, first.headers.get("Location"), first.content) != (
        second.status_code,
        second.headers.get("Location"),
        second.content,
    ):
        wrong.append(f"{first.status_code} and then {second.status_code}")
    if other.status_code != 409 or beyond:
        wrong.append(f"with other input {other.status_code} and {beyond} lines")
    return wrong


@pytest.fixture(scope="module")
def tried(crawl: Crawl) -> Iterator[dict[str, list[str]]]:
    """What was wrong, by each page on which something was done twice."""
    found = {}
    for page in pages():
        was_done, wrong = wrong_twice(crawl, page)
        if was_done:
            found[page.name] = wrong
    yield found


# A look is a look each time, and is told each time.
LOOKS = {"api:read_request", "api:read_service_note", "api:reveal_person"}


def test_whatever_is_sent_twice_is_done_once(tried: dict[str, list[str]]) -> None:
    assert {page for page, wrong in tried.items() if wrong} <= LOOKS


def test_it_was_tried_wherever_something_is_done(tried: dict[str, list[str]]) -> None:
    assert tried.keys() >= {
        "services:new",
        "people:new",
        "intake:new",
        "directory:new",
        "directory:agency_new",
        "dispatch:serve",
        "dispatch:follow_up",
        "portal:add",
        "portal:reopen",
        "api:list_requests",
        "api:list_order_services",
    }
    assert len(tried) > 45, sorted(tried)


def test_a_page_that_does_it_twice_is_found(
    crawl: Crawl, savepoint: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "begin", lambda request, *, holder: None)
    page = next(one for one in pages() if one.name == "services:new")
    was_done, wrong = wrong_twice(crawl, page)
    assert was_done
    assert any("done twice" in told for told in wrong)
