"""Several people at once: exactly one wins, the others get a sentence, nothing is half-done."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from linli.dispatch import actions as dispatch
from linli.dispatch.enums import Stage
from linli.dispatch.models import Order
from linli.dispatch.queries import deadline
from linli.intake import actions as intake
from linli.intake.models import Request
from linli.kernel.accounts.actors import Actor, visitor
from linli.kernel.flow.machine import Stale
from linli.kernel.flow.models import Clock, Duty
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.services.models import Service

from ..conftest import acting
from ..rooms.test_chain import account
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
    barrier = Barrier(len(actors), timeout=60)

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


@pytest.mark.parametrize("_round", range(6))
def test_of_two_opposite_moves_the_last_one_holds_and_none_is_half_done(
    crowd: World, _round: int
) -> None:
    """A transfer may follow an acceptance; an acceptance may not follow a transfer away."""
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
    made = Counter(
        Event.objects.filter(
            subject_id=order.pk, verb__in=("dispatch.order.accept", "dispatch.order.transfer")
        ).values_list("verb", flat=True)
    )
    # Whoever was told so has won, and nobody else.
    assert (made.total(), told.total()) == (told["won"], 2)
    # Each may come first; the transfer is made either way, for an acceptance does not hinder it.
    assert made["dispatch.order.transfer"] == 1
    assert (held.state, held.unit_id) == ("dispatched", crowd.unit_id("sibling"))
    running = Clock.objects.get(subject_id=order.pk, stopped_at__isnull=True)
    duty = Duty.objects.get(subject_id=order.pk)
    assert running.unit == duty.unit == held.unit_id
    assert duty.verb == "accept"


def test_of_services_written_down_at_once_one_starts_the_time_to_finish(crowd: World) -> None:
    """The page of each was opened before any service was on record, and they were sent in turn."""
    order = _order(crowd)
    began = timezone.now()
    with transaction.atomic(), acting(crowd.actor("head")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.assign_order(order, actor=actor, worker=crowd.users["worker"])
    # Each a day later than the one before: were the clock begun anew, it would show.
    actors = [crowd.actor("worker", now=began + timedelta(days=at)) for at in range(8)]
    with unscoped("test"):
        copies = {id(actor): Order.objects.get(pk=order.pk) for actor in actors}

    def serve(actor: Actor) -> None:
        dispatch.serve_order(copies[id(actor)], actor=actor, account=account())

    told = at_once(actors, serve)

    assert told == {"won": len(actors)}
    assert _services() == len(actors)
    (started,) = Clock.objects.filter(subject_id=order.pk, state="serving")
    until = deadline(order.urgency, Stage.FINISH, area=order.area_id, start=started.started_at)
    with unscoped("test"):
        held = Order.objects.get(pk=order.pk)
    assert (started.due_at, held.due_at) == (until.at, until.at)
    (duty,) = Duty.objects.filter(subject_id=order.pk)
    assert duty.due_at == until.at


def _services() -> int:
    with unscoped("test"):
        return Service.objects.count()


def test_a_service_and_the_end_of_an_order_at_once_leave_no_clock_behind(crowd: World) -> None:
    order = _order(crowd)
    with transaction.atomic(), acting(crowd.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.serve_order(order, actor=actor, account=account())
    server, finisher = crowd.actor("worker"), crowd.actor("worker")
    with unscoped("test"):
        copies = {id(one): Order.objects.get(pk=order.pk) for one in (server, finisher)}

    def do(actor: Actor) -> None:
        if actor is server:
            dispatch.serve_order(copies[id(actor)], actor=actor, account=account())
        else:
            dispatch.finish_order(copies[id(actor)], actor=actor, result="solved")

    told = at_once([server, finisher], do)

    with unscoped("test"):
        assert Order.objects.get(pk=order.pk).state == "done"
    # One was there before, and finishing adds none; it always wins.
    assert _services() == told["won"]
    running = Clock.objects.get(subject_id=order.pk, stopped_at__isnull=True)
    assert (running.state, Duty.objects.get(subject_id=order.pk).verb) == ("done", "follow_up")


@pytest.mark.parametrize("end", ["refused", "order withdrawn"])
def test_nothing_is_joined_with_a_request_that_ends_at_that_moment(crowd: World, end: str) -> None:
    """Either it comes back, or it was never joined; it is not left with one that has ended."""
    for _round in range(3):
        first, second = _asked(), _asked()
        if end == "order withdrawn":
            _taken_on(crowd, first)
        joiner, ender = crowd.actor("dispatcher"), crowd.actor("dispatcher")
        with unscoped("test"):
            other, request = (Request.objects.get(pk=one.pk) for one in (first, second))
            ending = Request.objects.get(pk=first.pk)
            order = Order.objects.get(pk=ending.order_id) if ending.order_id else None

        def do(actor: Actor, held: tuple[Any, ...] = (other, request, ending, order)) -> None:
            other, request, ending, order = held
            if actor is joiner:  # noqa: B023 - done before the next round
                intake.merge_request(request, actor=actor, other=other)
            elif order is not None:
                dispatch.withdraw_order(order, actor=actor, words="")
            else:
                intake.refuse_request(ending, actor=actor, reason="untrue", reply="x")

        told = at_once([joiner, ender], do)

        assert told["won"] in {1, 2}
        with unscoped("test"):
            found = Request.objects.get(pk=second.pk)
        assert (found.state, found.merged_into_id) == ("registered", None)
        assert Duty.objects.filter(subject_id=second.pk, verb="screen").count() == 1
        assert Clock.objects.filter(subject_id=second.pk, stopped_at__isnull=True).count() == 1


def _asked() -> Request:
    asked = intake.Asked(area=VILLAGE, need="care", words="帮忙", for_whom="self")
    with transaction.atomic(), acting(visitor()) as actor:
        return intake.register_request(actor=actor, asked=asked, door="public").request


def _taken_on(world: World, request: Request) -> None:
    with transaction.atomic(), acting(world.actor("dispatcher")) as actor:
        intake.accept_request(
            request, actor=actor, area=VILLAGE, need="care", urgency="day", task="上门"
        )
