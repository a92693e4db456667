"""Ids that one visitor met, replayed by another on every page that takes one."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from ..house.urls import Page, pages
from . import matrix
from .crawl import Crawl
from .rows import Town
from .visitors import visitors

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HARVESTERS = ("worker", "dispatcher", "other_dispatcher")
REPLAYERS = ("sibling_worker", "other_head", "officer", "grid_worker", "receipt:new")
# So many ids that belong to no row we know: users, posts, units, sites, whatever comes to be shown.
UNKNOWN = 4


@pytest.fixture(scope="module")
def crawl(town: Town, quiet: None) -> Crawl:
    return Crawl(town, visitors(town))


@pytest.fixture(scope="module")
def harvest(crawl: Crawl) -> list[str]:
    """One id of each kind and group that the harvesters met, and some of no known kind."""
    kept: dict[tuple[str, str], str] = {}
    for one in sorted(_met(crawl)):
        kind = crawl.town.aviary.kept.get(one, ("unknown", str(len(kept) % UNKNOWN)))
        kept.setdefault(kind, one)
    return list(kept.values())


def _met(crawl: Crawl) -> set[str]:
    found = set()
    for who in HARVESTERS:
        for page in pages():
            for one, path in crawl.doors(page).items():
                # With hidden fields, nested JSON, the cells of an export and the name of its file.
                for asked in (path, f"{path}?export=xlsx") if one == "" else (path,):
                    if one in {"", "mine", "county"}:
                        found |= set(UUID.findall(crawl.visitors[who].ask(asked).text))
    return found


def cursors(crawl: Crawl) -> Iterator[tuple[str, str]]:
    """Pages of lists and of the API that the harvesters were led to, with the page they are of."""
    for who in HARVESTERS:
        for page in pages():
            if page.arguments:
                continue
            answer = crawl.visitors[who].ask(page.route)
            table = answer.context.get("table")
            if isinstance(table, dict) and table.get("older_url"):
                yield page.route, table["older_url"]
    for path in ("/api/v1/orders", "/api/v1/requests"):
        answer = crawl.visitors["key:dispatcher"].ask(path)
        older = json.loads(answer.text.strip())["older"]
        if older:
            yield path, "?" + urlencode({"after": older})


def _takers() -> Iterator[Page]:
    """Pages with one id in their address."""
    for page in pages():
        kinds = [kind for kind in page.arguments.values() if "UUID" in kind]
        if len(page.arguments) == len(kinds) == 1:
            yield page


def test_ids_of_every_kind_are_harvested(harvest: list[str], crawl: Crawl) -> None:
    kinds = {crawl.town.aviary.kept[one][1] for one in harvest if one in crawl.town.aviary.kept}
    assert kinds >= {"order id", "request id", "person id", "service id"}


def test_a_replayed_id_shows_nothing(harvest: list[str], crawl: Crawl) -> None:
    takers = list(_takers())
    assert len(takers) > 20
    for page in takers:
        for who in (name for name in REPLAYERS if crawl.looks(crawl.visitors[name], page)):
            for one in harvest:
                crawl.knock(crawl.visitors[who], re.sub(r"<[^>]+>", one, page.route))
    reviewed = matrix.unfolded(matrix.load("reads"))
    assert crawl.found.broken == []
    assert matrix.leaks(crawl.found, reviewed) == []


def test_a_replayed_cursor_shows_nothing(crawl: Crawl) -> None:
    """Where in a list somebody stood is no way into it."""
    found = list(cursors(crawl))
    assert {"/desk/dispatch/", "/api/v1/orders"} <= {path for path, _cursor in found}
    for path, cursor in found:
        for who in ("sibling_worker", "other_head", "officer", "key:worker", "key:officer"):
            crawl.knock(crawl.visitors[who], path + cursor)
    reviewed = matrix.unfolded(matrix.load("reads"))
    assert crawl.found.broken == []
    assert matrix.leaks(crawl.found, reviewed) == []
