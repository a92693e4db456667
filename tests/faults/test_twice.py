"""The same thing sent at the very same moment: one stores it, the others wait for its answer."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.utils import timezone

from linli.intake.models import Request
from linli.kernel.operations import once
from linli.kernel.operations.models import Operation
from linli.kernel.scope import unscoped
from linli.kernel.ui.once import FIELD, REPEATED
from linli.lib.uuid7 import uuid7
from linli.portal import asking
from linli.services.models import Service

from ..people.hands import signed_in
from ..portal.browser import REACH, TYPED
from ..services.hands import typed
from ..world import VILLAGE, World, build_world

CROWD = 8
NEW = "/desk/services/new/"


@pytest.fixture
def crowd(fresh_database: None) -> World:
    with transaction.atomic():
        return build_world()


def at_once(clients: list[Client], do: Callable[[Client], Any]) -> list[Any]:
    barrier = Barrier(len(clients), timeout=60)

    def one(client: Client) -> Any:
        try:
            barrier.wait()
            return do(client)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(one, clients))


def test_of_eight_taps_one_stores_and_all_lead_to_it(crowd: World) -> None:
    clients = [signed_in(crowd, "worker") for _at in range(CROWD)]
    told = typed(anonymous="3") | {FIELD: str(uuid7())}
    connection.close()

    answers = at_once(clients, lambda client: client.post(NEW, told))

    assert {one.status_code for one in answers} == {302}
    assert len({one["Location"] for one in answers}) == 1
    assert Counter(REPEATED in one for one in answers) == {True: CROWD - 1, False: 1}
    with unscoped("test"):
        assert Service.objects.count() == 1
    assert Operation.objects.count() == 1


def test_whoever_waits_for_one_that_fails_does_it_instead(crowd: World) -> None:
    operation, claimed = uuid7(), Event()
    given: dict[str, Any] = {"holder": "user:a", "given": "x", "now": timezone.now()}

    def fails(_client: Any) -> Any:
        with transaction.atomic():
            found = once.claim(operation, **given)
            claimed.set()
            transaction.set_rollback(True)
        return found

    def waits(_client: Any) -> Any:
        claimed.wait(timeout=10)
        with transaction.atomic():
            return once.claim(operation, **given)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda do: _closing(do), (fails, waits)))
    assert found == [None, None]
    assert Operation.objects.count() == 1


def _closing(do: Callable[[Any], Any]) -> Any:
    try:
        return do(None)
    finally:
        connections.close_all()


def test_two_presses_of_a_resident_show_the_same_receipt(crowd: World) -> None:
    key = asking.keep_draft("", TYPED | {"need": "care", "area": str(VILLAGE)}, now=timezone.now())
    clients = [Client() for _at in range(2)]
    for client in clients:
        client.cookies[asking.COOKIE] = key
    told = REACH | {FIELD: str(uuid7())}
    connection.close()

    answers = at_once(clients, lambda client: client.post("/ask/reach/", told, follow=True))

    assert [one.redirect_chain for one in answers] == [[("/ask/receipt/", 302)]] * 2
    with unscoped("test"):
        (made,) = Request.objects.all()
    assert all(part in one.content.decode() for one in answers for part in (made.number[:4],))
    held = Operation.objects.get()
    assert (held.subject_type, held.subject_id) == ("intake.request", made.pk)
