from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.dispatch.workflow import ORDER
from linli.kernel.accounts.enums import Role
from linli.kernel.flow import clocks
from linli.kernel.flow.machine import Flow, Move, Refused, Stale, Waiting
from linli.kernel.flow.models import Charge, Clock, Duty, Tier
from linli.kernel.flow.publish import publish, subscribe
from linli.kernel.flow.queries import clocks_of, running_clocks
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.lib.worktime import Due

from ..conftest import acting
from ..world import VILLAGE, World, build_world
from .conftest import MONDAY, dispatched

HOUR = timedelta(hours=1)
TONIGHT = Due(MONDAY + 8 * HOUR, is_provisional=False)
TOMORROW = Due(MONDAY + 24 * HOUR, is_provisional=True)
S = OrderState


def stored(order: Order) -> Order:
    with unscoped("a test"):
        return Order.objects.get(pk=order.pk)


def snapshot(order: Order) -> dict[str, Any]:
    """Everything a move touches."""
    held = {"state": stored(order).state, "events": Event.objects.count()}
    for model in (Clock, Duty):
        rows = model.objects.filter(subject_id=order.pk).order_by("id")
        held[model.__name__] = list(rows.values())
    return held


def move(world: World, order: Order, name: str, *, who: str = "head", **given: Any) -> None:
    moment = given.pop("now", MONDAY + HOUR)
    with acting(world.actor(who, now=moment)) as actor:
        ORDER.move(order, name, actor=actor, **given)


def test_a_beginning_is_told_timed_and_somebodys_duty(order: Order, world: World) -> None:
    (event,) = Event.objects.filter(subject_id=order.pk)
    clock, duty = Clock.objects.get(), Duty.objects.get()

    assert (event.verb, event.unit, event.area) == (
        "dispatch.order.opened",
        world.unit_id("station"),
        VILLAGE,
    )
    assert (clock.state, clock.tier, clock.started_at) == (S.DISPATCHED, Tier.STATION, MONDAY)
    assert (clock.due_at, clock.stopped_at, clock.is_late) == (TONIGHT.at, None, False)
    assert (duty.verb, duty.role, duty.unit) == ("accept", Role.STATION_HEAD, clock.unit)
    assert (duty.due_at, duty.user, duty.opened_at) == (TONIGHT.at, None, MONDAY)


def test_a_move_changes_state_timeline_clock_and_duty_together(world: World, order: Order) -> None:
    move(world, order, "accept", until=TOMORROW, changes={"urgency": "day"}, reason="code")

    assert (order.state, order.urgency) == (S.ACCEPTED, "day")
    assert (stored(order).state, stored(order).urgency) == (S.ACCEPTED, "day")
    event = Event.objects.get(verb="dispatch.order.accept")
    assert (event.user, event.data) == (world.users["head"].pk, {"reason": "code"})
    before, after = clocks_of("dispatch.order", order.pk)
    assert (before.stopped_at, before.minutes, before.charge) == (MONDAY + HOUR, 60, Charge.WORK)
    assert (after.state, after.started_at, after.is_provisional) == (
        S.ACCEPTED,
        MONDAY + HOUR,
        True,
    )
    assert running_clocks("dispatch.order", [order.pk]) == {order.pk: after}
    duty = Duty.objects.get(subject_id=order.pk)
    assert (duty.verb, duty.due_at, duty.is_provisional) == ("assign", TOMORROW.at, True)


@pytest.mark.parametrize("who", ["sharing_head", "sibling_head", "officer", "grid_worker"])
def test_who_may_not_is_refused_and_nothing_is_left(world: World, order: Order, who: str) -> None:
    before = snapshot(order)
    with pytest.raises(Refused):
        move(world, order, "accept", who=who, until=TOMORROW)
    assert snapshot(order) == before
    assert order.state == S.DISPATCHED


def test_who_comes_second_is_told_so_and_changes_nothing(world: World, order: Order) -> None:
    late = stored(order)
    move(world, order, "accept", until=TOMORROW)
    before = snapshot(order)

    with pytest.raises(Stale):
        move(world, late, "accept", until=TOMORROW, changes={"urgency": "day"})
    assert snapshot(order) == before
    assert (late.state, late.urgency) == (S.DISPATCHED, "week")


def test_who_was_allowed_a_moment_ago_has_lost_a_race(world: World, order: Order) -> None:
    late = stored(order)
    move(
        world,
        order,
        "return",
        until=TOMORROW,
        changes={"unit_id": world.unit_id("centre"), "station_id": None},
    )
    with pytest.raises(Stale):
        move(world, late, "accept", until=TOMORROW)


def test_a_further_condition_is_part_of_the_swap(world: World, order: Order) -> None:
    before = snapshot(order)
    with pytest.raises(Stale):
        move(world, order, "accept", until=TOMORROW, guard=Q(bounces__gt=0))
    assert snapshot(order) == before


def test_a_state_that_waits_needs_a_deadline_and_failing_leaves_nothing(
    world: World, order: Order
) -> None:
    before = snapshot(order)
    with pytest.raises(ValueError, match="needs a deadline"):
        move(world, order, "accept")
    assert snapshot(order) == before


def test_a_failure_after_the_swap_leaves_nothing(world: World, order: Order) -> None:
    before = snapshot(order)
    with pytest.raises(IntegrityError), transaction.atomic():
        # A second running clock is refused by a constraint, after everything else was written.
        move(world, order, "accept", until=TOMORROW)
        clocks.start(
            ("dispatch.order", order.pk),
            area=VILLAGE,
            state="x",
            tier=Tier.STATION,
            unit=world.unit_id("station"),
            now=MONDAY,
            until=TOMORROW,
        )
    assert snapshot(order) == before


def test_an_unknown_move_is_an_error(world: World, order: Order) -> None:
    with pytest.raises(KeyError):
        move(world, order, "vanish")


def test_a_move_that_keeps_the_state_keeps_clock_and_duty(world: World, order: Order) -> None:
    before = snapshot(order)
    move(world, order, "urge", who="dispatcher", changes={"urged_at": MONDAY})
    after = snapshot(order)
    assert (after["Clock"], after["Duty"]) == (before["Clock"], before["Duty"])
    assert after["events"] == before["events"] + 1


def test_a_move_that_changes_nothing_at_all_is_told_all_the_same(
    world: World, order: Order
) -> None:
    step = Move("urge", frozenset({S.DISPATCHED}), None, "dispatch.urge", "Urge")
    flow = Flow("dispatch.order", moves=[step], waiting={})
    with acting(world.actor("dispatcher")) as actor:
        flow.move(order, "urge", actor=actor)
        assert Event.objects.filter(verb="dispatch.order.urge").count() == 1
        Order.objects.update(state=S.WITHDRAWN)
        with pytest.raises(Stale):
            flow.move(order, "urge", actor=actor)
    assert Event.objects.filter(verb="dispatch.order.urge").count() == 1


def test_the_same_state_begins_anew_with_a_deadline_and_goes_on_without(
    world: World, order: Order
) -> None:
    Order._base_manager.update(state=S.SERVING, worker=world.users["worker"])
    order.refresh_from_db()
    held = Clock.objects.get()
    move(world, order, "serve", who="worker")
    assert Clock.objects.get() == held
    move(world, order, "serve", who="worker", until=TOMORROW, now=MONDAY + 2 * HOUR)

    old, new = clocks_of("dispatch.order", order.pk)
    assert (old.stopped_at, new.due_at, new.tier) == (
        MONDAY + 2 * HOUR,
        TOMORROW.at,
        Tier.WORKER,
    )
    assert Duty.objects.get().user == world.users["worker"].pk


def test_a_return_is_charged_to_who_held_it(world: World, order: Order) -> None:
    move(
        world,
        order,
        "return",
        until=TOMORROW,
        now=MONDAY + 3 * HOUR,
        changes={"unit_id": world.unit_id("centre"), "station_id": None},
    )
    charged, running = clocks_of("dispatch.order", order.pk)
    assert (charged.charge, charged.unit) == (Charge.BOUNCE, world.unit_id("station"))
    assert charged.minutes == 180
    assert (running.tier, running.unit) == (Tier.CENTRE, world.unit_id("centre"))
    assert Duty.objects.get().unit == world.unit_id("centre")


def test_a_state_that_waits_for_nobody_has_no_clock_and_no_duty(world: World, order: Order) -> None:
    move(world, order, "withdraw", who="dispatcher")
    assert Clock.objects.filter(stopped_at__isnull=True).count() == 0
    assert Duty.objects.count() == 0


def test_the_time_of_a_resident_runs_and_is_nobodys_duty(world: World, order: Order) -> None:
    Order._base_manager.update(state=S.DONE)
    order.refresh_from_db()
    move(world, order, "follow_up", who="dispatcher", until=TOMORROW)
    assert running_clocks("dispatch.order", [order.pk])[order.pk].tier == Tier.RESIDENT
    assert Duty.objects.count() == 0


def test_handing_over_keeps_the_deadline(world: World, order: Order) -> None:
    move(world, order, "accept", until=TOMORROW)
    worker = world.users["worker"]
    Order._base_manager.update(worker=worker)
    order.refresh_from_db()
    with acting(world.actor("head", now=MONDAY + 2 * HOUR)) as actor:
        ORDER.rehand(order, actor=actor)

    duty = Duty.objects.get()
    assert (duty.verb, duty.user, duty.due_at) == ("serve", worker.pk, TOMORROW.at)
    assert duty.is_provisional
    clock = running_clocks("dispatch.order", [order.pk])[order.pk]
    assert (clock.tier, clock.due_at, clock.started_at) == (
        Tier.WORKER,
        TOMORROW.at,
        MONDAY + 2 * HOUR,
    )


def test_a_duty_can_go_over_while_the_clock_runs_on(world: World, order: Order) -> None:
    move(world, order, "accept", until=TOMORROW)
    before = running_clocks("dispatch.order", [order.pk])[order.pk]
    Order._base_manager.update(worker=world.users["worker"])
    order.refresh_from_db()
    with acting(world.actor("head", now=MONDAY + 2 * HOUR)) as actor:
        ORDER.rehand(order, actor=actor, keeps_clock=True)

    duty = Duty.objects.get()
    assert (duty.verb, duty.due_at, duty.is_provisional) == ("serve", TOMORROW.at, True)
    assert list(Clock.objects.filter(stopped_at__isnull=True)) == [before]
    assert running_clocks("dispatch.order", [order.pk])[order.pk].tier == before.tier


def test_handing_over_what_waits_for_nobody_does_nothing(world: World, order: Order) -> None:
    move(world, order, "withdraw", who="dispatcher")
    before = snapshot(order)
    with acting(world.actor("dispatcher")) as actor:
        ORDER.rehand(order, actor=actor)
    assert snapshot(order) == before


def test_states_are_those_that_moves_start_from_or_lead_to() -> None:
    assert ORDER.states() == set(S.values)
    step = Move("a", frozenset({"x"}), None, "dispatch.urge", "A")
    assert Flow(
        "f", moves=[step], waiting={"y": lambda row: Waiting("v", Tier.CENTRE, None, row)}
    ).states() == {"x"}


class Told:
    """An event of this test."""


def test_subscribers_are_told_in_order_once_each_and_their_errors_undo_everything(
    world: World, order: Order
) -> None:
    heard: list[str] = []

    def first(event: Told) -> None:
        heard.append("first")

    def second(event: Told) -> None:
        heard.append("second")
        if len(heard) > 2:
            raise RuntimeError("no")

    for handler in (first, second, first):
        subscribe(Told, handler)
    publish(Told())
    assert heard == ["first", "second"]
    publish(object())
    assert heard == ["first", "second"]

    before = snapshot(order)
    with pytest.raises(RuntimeError), transaction.atomic():
        move(world, order, "accept", until=TOMORROW)
        publish(Told())
    assert snapshot(order) == before


def test_outside_a_transaction_a_move_makes_its_own(fresh_database: None) -> None:
    def nobody(order: Any) -> Waiting:
        raise LookupError("nobody is there")

    with transaction.atomic():
        world = build_world()
        order = dispatched(world)
    step = Move("accept", frozenset({S.DISPATCHED}), S.ACCEPTED, "dispatch.accept", "Accept")
    flow = Flow("dispatch.order", moves=[step], waiting={S.ACCEPTED: nobody})
    before = snapshot(order)
    with connection.cursor() as cursor:
        cursor.execute("SET linli.actor = 'system:tests'")
    with unscoped("a test"), pytest.raises(LookupError):
        flow.move(order, "accept", actor=world.actor("head"), until=TOMORROW)
    assert snapshot(order) == before
