"""What everybody gets and sees by sending; against the reviewed matrix. Nothing sent is kept."""

from collections.abc import Iterator
from typing import Any

import pytest

from ..house.regenerate import regenerating
from ..house.urls import pages
from . import matrix
from .crawl import UNANSWERED, Crawl, is_done
from .report import tell
from .rows import Town
from .visitors import visitors

SECTION = "writes"
# What is sent here changes nothing that anybody else sees, each with the reason.
LEAVES_NO_TRACE = {
    "account_login": "signing in is kept in the session",
    "api:set_site_hours": "the hours that stand already: nothing changes",
    "accounts:confirm": "the password that was asked for; kept in one's own session",
    "accounts:connect": "the password is asked for first",
    "accounts:disconnect": "the password is asked for first",
    "accounts:end_own_sessions": "everybody in the town is signed in once",
    "accounts:new_codes": "the password is asked for first",
    "api:find_people": "a search; what is opened from it is on record",
    "accounts:activate": "nobody in the town is switched off, so there is nothing to change",
    "audit:find": "a search; what is opened from it is on record",
    "people:find": "a search; what is opened from it is on record",
    "intake:find": "a search; what is opened from it is on record",
    "ui:preferences": "language, type size and theme of one's own browser",
    "portal:add": "without a receipt it leads to the door",
    "portal:close": "one's own browser forgets a receipt",
    "portal:reopen": "without a receipt it leads to the door",
    "portal:urge": "without a receipt it leads to the door",
    "portal:verdict": "without a receipt it leads to the door",
    "portal:withdraw": "without a receipt it leads to the door",
}
# A gap: what is sent there is not taken of anybody, so these forms prove nothing about those who
# may not. Each needs a body of its own in `fill` or `programs`; the list may only grow shorter.
NOT_TAKEN = {"areas:take_back", "imports:run"}
# Not ours, and harmless: each reads and answers as it does to GET.
ANY_METHOD = ("account_login", "mfa_authenticate", "api:openapi-json")


@pytest.fixture(scope="module")
def crawl(town: Town, quiet: None) -> Iterator[Crawl]:
    made = Crawl(town, visitors(town))
    for page in pages():
        made.press(page)
    if regenerating():
        matrix.store(SECTION, matrix.folded(made.found))
    yield made


def reviewed(section: str = SECTION) -> matrix.Findings:
    return matrix.unfolded(matrix.load(section))


def test_every_form_can_be_filled(crawl: Crawl) -> None:
    assert sorted(set(crawl.unfilled)) == []


def test_nothing_breaks(crawl: Crawl) -> None:
    assert crawl.found.broken == []


def test_everybody_gets_what_the_matrix_says(crawl: Crawl, record_property: Any) -> None:
    wrong = matrix.wrong_outcomes(crawl.found, reviewed())
    tell(record_property, "cells", len(crawl.found.outcomes), wrong)
    assert wrong == []


def test_nobody_sees_what_is_not_theirs(crawl: Crawl) -> None:
    assert matrix.leaks(crawl.found, reviewed(), reviewed("reads")) == []


def test_the_matrix_lists_nothing_else(crawl: Crawl) -> None:
    assert matrix.gone(crawl.found, reviewed()) == []


def test_every_verb_of_the_desk_works_for_somebody(crawl: Crawl) -> None:
    """A valid body that nobody can send would prove nothing about those who may not."""
    tried: dict[str, set[str]] = {}
    for (page, method, _who, _one), outcome in crawl.found.outcomes.items():
        if method == "POST-filled" and not page.startswith("portal:"):
            tried.setdefault(page, set()).add(outcome)
    assert {page for page, held in tried.items() if not any(map(is_done, held))} == NOT_TAKEN


def test_what_is_done_is_on_record(crawl: Crawl) -> None:
    assert crawl.found.silent == set(LEAVES_NO_TRACE)


def test_nobody_answers_to_other_methods(crawl: Crawl) -> None:
    """PUT, PATCH and DELETE mean nothing here; what answers all the same forgot to say so."""
    answered = {
        page
        for (page, method, _who, _one), outcome in crawl.found.outcomes.items()
        if method in {"PUT", "PATCH", "DELETE"} and outcome not in UNANSWERED
    }
    assert answered <= set(ANY_METHOD), answered
