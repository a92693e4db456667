"""What everybody gets, sees and counts by reading; against the reviewed matrix."""

from collections.abc import Iterator
from typing import Any

import pytest

from ..house.regenerate import regenerating
from ..house.urls import pages
from . import matrix
from .crawl import ONE_OF_EACH, Crawl
from .report import tell
from .rows import Town
from .visitors import visitors

SECTION = "reads"


@pytest.fixture(scope="module")
def crawl(town: Town, quiet: None) -> Iterator[Crawl]:
    """Every page read by everybody; lists and numbers walked through by every user."""
    made = Crawl(town, visitors(town))
    for page in pages():
        kept = made.read(page)
        for name, answer in kept.items():
            visitor = made.visitors[name]
            if name in (*ONE_OF_EACH, "sharing_worker"):
                made.swap(page, visitor)
                made.leaf_through(page, visitor)
            if visitor.is_user and "table" in answer.context:
                made.walk_list(page, visitor, answer)
        if page.name == "site:statistics":
            for name in kept:
                made.count(page, made.visitors[name])
        if page.name == "site:search":
            for name in kept:
                made.search(page.route, made.visitors[name])
    if regenerating():
        matrix.store(SECTION, matrix.folded(made.found))
    yield made


def reviewed() -> matrix.Findings:
    return matrix.unfolded(matrix.load(SECTION))


def test_every_url_can_be_filled(crawl: Crawl) -> None:
    assert sorted(set(crawl.unfilled)) == []


def test_nothing_breaks(crawl: Crawl) -> None:
    assert crawl.found.broken == []


def test_everybody_gets_what_the_matrix_says(crawl: Crawl, record_property: Any) -> None:
    wrong = matrix.wrong_outcomes(crawl.found, reviewed())
    tell(record_property, "cells", len(crawl.found.outcomes), wrong)
    assert wrong == []


def test_nobody_sees_what_is_not_theirs(crawl: Crawl) -> None:
    assert matrix.leaks(crawl.found, reviewed()) == []


def test_every_total_and_number_is_the_reviewed_one(crawl: Crawl) -> None:
    assert matrix.wrong_numbers(crawl.found, reviewed()) == []


def test_the_matrix_lists_nothing_else(crawl: Crawl) -> None:
    assert matrix.gone(crawl.found, reviewed()) == []


def test_strangers_see_nothing(crawl: Crawl) -> None:
    """Beyond the matrix, so that no careless review can change it."""
    for who, group, what in crawl.found.seen:
        assert who != "anonymous", (group, what)
        assert not who.startswith("receipt:") or group == "mine", (who, group, what)
        assert "officer" not in who or what == "name of staff", (who, group, what)
