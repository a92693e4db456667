"""Several people at once: exactly one wins, the others get a sentence, nothing is half-done."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from linli.dispatch import actions as dispatch
from linli.dispatch.models import Order
from linli.intake import actions as intake
from linli.kernel.accounts.actors import Actor, visitor
from linli.kernel.flow.machine import Stale
from linli.kernel.flow.models import Clock, Duty
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event

from ..conftest import acting
from ..world import VILLAGE, World, build_world

CROWD = 50


@pytest.fixture
def crowd(fresh_database: None) -> World:
    with transaction.atomic():
        return build_world()


def _order(world: World) -> Order:
    asked = intake.Asked(area=VILLAGE, need="care", words="帮忙", for_whom="self")
    with transaction.atomic(), acting(visitor()) as actor:
        receipt = intake.register_request(actor=actor, asked=asked, door="public")
    with transaction.atomic(), acting(world.actor("dispatcher")) as actor:
        return intake.accept_request(
            receipt.request,
            actor=actor,
            area=VILLAGE,
            need="care",
            urgency="day",
            task="上门",
            station_id=world.unit_id("station"),
        )


def at_once(actors: list[Actor], do: Callable[[Actor], Any]) -> Counter[str]:
    """Do the same thing as every actor at the same moment; count what each was told."""
    barrier = Barrier(len(actors))

    def one(actor: Actor) -> str:
        try:
            with transaction.atomic(), acting(actor):
                barrier.wait()
                do(actor)
        except Stale as error:
            return str(error)
        else:
            return "won"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actors)) as pool:
        return Counter(pool.map(one, actors))


@pytest.mark.parametrize("who", ["worker", "head"])
def test_of_fifty_accepts_one_wins_and_the_others_get_a_sentence(crowd: World, who: str) -> None:
    order = _order(crowd)
    names = ["worker", "second_worker"] if who == "worker" else ["head"]
    actors = [crowd.actor(names[at % len(names)], now=timezone.now()) for at in range(CROWD)]
    with unscoped("test"):
        copies = {id(actor): Order.objects.get(pk=order.pk) for actor in actors}

    told = at_once(actors, lambda actor: dispatch.accept_order(copies[id(actor)], actor=actor))

    assert told.pop("won") == 1
    (sentence,) = told
    assert told[sentence] == CROWD - 1
    assert "Somebody was faster" in sentence or "有人" in sentence
    accepted = Event.objects.filter(subject_id=order.pk, verb="dispatch.order.accept")
    assert accepted.count() == 1
    assert Clock.objects.filter(subject_id=order.pk, stopped_at__isnull=True).count() == 1
    assert Duty.objects.filter(subject_id=order.pk).count() == 1


def test_one_of_two_opposite_moves_wins(crowd: World) -> None:
    order = _order(crowd)
    head, dispatcher = crowd.actor("head"), crowd.actor("dispatcher")
    with unscoped("test"):
        copies = {id(actor): Order.objects.get(pk=order.pk) for actor in (head, dispatcher)}

    def do(actor: Actor) -> None:
        if actor is head:
            dispatch.accept_order(copies[id(actor)], actor=actor)
        else:
            dispatch.transfer_order(
                copies[id(actor)], actor=actor, station_id=crowd.unit_id("sibling"), words=""
            )

    told = at_once([head, dispatcher], do)
    with unscoped("test"):
        held = Order.objects.get(pk=order.pk)
    # A transfer may follow an acceptance; an acceptance may not follow a transfer away.
    assert told["won"] in {1, 2}
    assert (
        held.state == "dispatched"
        if told["won"] == 2
        else held.state
        in {
            "accepted",
            "dispatched",
        }
    )
    running = Clock.objects.get(subject_id=order.pk, stopped_at__isnull=True)
    assert running.unit == held.unit_id
