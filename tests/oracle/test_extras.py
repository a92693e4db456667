"""Mass assignment: every form and call with every field of every model beside its own.

What is stored must be what the form alone would have stored, whoever sends it; whatever is refused
must have stored nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from linli.lib.uuid7 import uuid7
from linli.people.models import Person
from linli.people.views import registering

from ..house.urls import Page, pages
from .crawl import Crawl, _is_api, is_done
from .extras import REMEMBERED, differences, mark, smuggled, written
from .programs import fields_of
from .report import tell
from .rows import Town
from .test_twice import send
from .visitors import KEY, Visitor, visitors

# One of each role; at the public doors whoever has no account, and one who has; keys at theirs.
DESK = ("worker", "head", "dispatcher", "administrator", "auditor", "officer", "grid_worker")
PUBLIC = ("worker", "receipt:new", "receipt:done", "anonymous")
# What is asked for by a name that no form has: the place that a browser had found.
OWN_NAMES: dict[str, set[str]] = {}


@dataclass
class Sweep:
    """What came of the smuggling: how often it was tried, taken, and what was wrong."""

    tried: int = 0
    taken: dict[str, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def crawl(town: Town, quiet: None) -> Crawl:
    return Crawl(town, visitors(town))


def senders(crawl: Crawl, page: Page) -> Iterator[Visitor]:
    """One of each kind whom the page's guard lets in."""
    for name, visitor in crawl.visitors.items():
        if _is_api(page):
            is_one = name.startswith(KEY)
        else:
            is_one = name in (PUBLIC if page.public_reason else DESK)
        if is_one and crawl.looks(visitor, page):
            yield visitor


def own_names(crawl: Crawl, page: Page, path: str) -> set[str]:
    """The names of a form's fields, or of what a call may hold: those are asked for."""
    if _is_api(page):
        return fields_of(page)
    for visitor in crawl.visitors.values():
        form = visitor.ask(path).context.get("form")
        if form is not None:
            held = form.forms if hasattr(form, "forms") else [form]
            return {one.add_prefix(name) for one in held for name in one.fields}
    return set()


def smuggle(crawl: Crawl, page: Page, sweep: Sweep) -> None:
    """Send a page's form with everything else, as everybody who may."""
    doors = crawl.doors(page)
    one, path = next(iter(doors.items()), ("", ""))
    body = crawl._body(page, one, path) if path else None
    if body is None:
        return
    planted = smuggled(crawl.town)
    own = own_names(crawl, page, path) | set(body) | OWN_NAMES.get(page.name, set())
    extra = {name: value for name, value in planted.items() if name not in own}
    for visitor in senders(crawl, page):
        sweep.tried += 1
        outcome, found = _sent(visitor, page, path, extra | body)
        if not is_done(outcome):
            stored = set(found) - REMEMBERED
            if stored:
                sweep.wrong.append(f"{page.name} as {visitor.name}: {outcome}, yet {stored}")
            continue
        honestly, honest = _sent(visitor, page, path, body)
        if honestly != outcome:
            sweep.wrong.append(f"{page.name} as {visitor.name}: {outcome}, honestly {honestly}")
        wrong = differences(honest, found, extra)
        sweep.wrong += [f"{page.name} as {visitor.name}: {told}" for told in wrong]
        sweep.taken.setdefault(page.name, set()).add(visitor.name)


def _sent(
    visitor: Visitor, page: Page, path: str, body: dict[str, Any]
) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """The outcome of a request, and the rows it has stored; undone."""
    is_call = _is_api(page)
    with transaction.atomic():
        since = mark()
        key = str(uuid4() if is_call else uuid7())
        response, _told = send(visitor, path, body, key, is_call=is_call)
        where = response.headers.get("Location", "")
        is_lost = "X-Linli-Refused" in response.headers
        found = {} if is_lost else written(since)
        transaction.set_rollback(True)
    if response.status_code in {301, 302}:
        is_away = is_lost or where.startswith("/sign-in/")
        return ("lost" if is_away else ">"), found
    return str(response.status_code), found


@pytest.fixture(scope="module")
def sweep(crawl: Crawl) -> Sweep:
    made = Sweep()
    for page in pages():
        smuggle(crawl, page, made)
    return made


def test_nothing_but_the_fields_of_a_form_is_stored(sweep: Sweep, record_property: Any) -> None:
    tell(record_property, "smuggled", sweep.tried, sweep.wrong)
    assert sweep.wrong == []


def test_it_was_tried_wherever_something_is_stored(sweep: Sweep) -> None:
    assert {"people:new", "people:edit", "services:correct", "dispatch:serve"} <= set(sweep.taken)
    assert {"accounts:new", "accounts:edit", "directory:site_edit"} & set(sweep.taken)
    assert {one for one in sweep.taken if one.startswith("api:")}
    assert len(sweep.taken) > 40, sorted(sweep.taken)


def test_a_form_that_stores_whatever_it_is_sent_is_caught(
    crawl: Crawl, savepoint: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of a person takes every field of the model, as a careless ModelForm would."""
    ours = registering.ChangeForm.is_valid

    def greedy(form: Any) -> bool:
        by = form.data.get("registered_by")
        if by:
            Person._base_manager.filter(pk=form.person.pk).update(registered_by_id=by)
        return ours(form)

    page = next(one for one in pages() if one.name == "people:edit")
    before = Sweep()
    smuggle(crawl, page, before)
    assert (before.wrong, bool(before.taken)) == ([], True)
    monkeypatch.setattr(registering.ChangeForm, "is_valid", greedy)
    made = Sweep()
    smuggle(crawl, page, made)
    assert any("people_person.registered_by_id" in one for one in made.wrong), made.wrong
