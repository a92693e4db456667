from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q

from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.dispatch.workflow import ORDER
from linli.kernel.accounts.actors import set_actor, system, visitor
from linli.kernel.accounts.enums import Role
from linli.kernel.flow import clocks
from linli.kernel.flow.machine import Flow, Move, Refused, Stale, Waiting
from linli.kernel.flow.models import Charge, Clock, Duty, Tier
from linli.kernel.flow.publish import publish, subscribe
from linli.kernel.flow.queries import clocks_of, duties, running_clocks
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.kernel.ui.verbs import buttons
from linli.lib.uuid7 import uuid7
from linli.lib.worktime import Due

from ..conftest import acting
from ..world import VILLAGE, World

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)
TONIGHT = Due(MONDAY + 8 * HOUR, is_provisional=False)
TOMORROW = Due(MONDAY + 24 * HOUR, is_provisional=True)
S = OrderState


@pytest.fixture
def order(world: World) -> Order:
    """Dispatched to the station at nine on Monday, to be accepted by five."""
    set_actor(system("tests"))
    made = Order(
        number="D-TEST",
        state=S.DISPATCHED,
        area_id=VILLAGE,
        unit=world.station,
        centre=world.centre,
        station=world.station,
        need="care",
        urgency="week",
        task="task",
        opened_at=MONDAY,
        opened_on=MONDAY.date(),
        promised_at=TOMORROW.at,
    )
    made.save()
    ORDER.begin(made, actor=system("tests", now=MONDAY), until=TONIGHT)
    return made


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


def test_handing_over_what_waits_for_nobody_does_nothing(world: World, order: Order) -> None:
    move(world, order, "withdraw", who="dispatcher")
    before = snapshot(order)
    with acting(world.actor("dispatcher")) as actor:
        ORDER.rehand(order, actor=actor)
    assert snapshot(order) == before


@pytest.mark.parametrize(
    ("stopped", "is_late", "minutes"),
    [
        (TONIGHT.at, False, 360),
        (TONIGHT.at + timedelta(seconds=1), True, 360),
        (MONDAY + 4 * HOUR, False, 180),
        (MONDAY + 24 * HOUR, True, 390),
        (MONDAY, False, 0),
    ],
)
def test_a_clock_notes_the_working_minutes_and_whether_it_is_late(
    order: Order, stopped: datetime, is_late: bool, minutes: int
) -> None:
    """Office hours are 8:30 to 12:00 and 14:30 to 17:30; due is five in the afternoon."""
    clocks.stop(("dispatch.order", order.pk), now=stopped)
    clock = Clock.objects.get()
    # Until five: three hours before noon, two and a half after it.
    expected = 330 if minutes == 360 else minutes
    assert (clock.is_late, clock.minutes) == (is_late, expected)
    assert clock.stopped_on == stopped.astimezone(MONDAY.tzinfo).date()


def test_stopping_twice_changes_nothing_the_second_time(order: Order) -> None:
    subject = ("dispatch.order", order.pk)
    clocks.stop(subject, now=MONDAY + HOUR)
    clocks.stop(subject, now=MONDAY + 5 * HOUR, charge=Charge.BOUNCE)
    assert (Clock.objects.get().minutes, Clock.objects.get().charge) == (60, Charge.WORK)


def duty(world: World, unit: str, role: Role, *, hours: int, user: str = "") -> None:
    Duty.objects.create(
        subject_type="dispatch.order",
        subject_id=uuid7(),
        verb="serve",
        area=VILLAGE,
        unit=world.unit_id(unit),
        role=role,
        user=world.users[user].pk if user else None,
        due_at=MONDAY + hours * HOUR,
        opened_at=MONDAY,
    )


def test_everybody_sees_their_own_duties_and_those_of_their_post_by_due_time(world: World) -> None:
    duty(world, "station", Role.WORKER, hours=3)
    duty(world, "station", Role.WORKER, hours=1, user="worker")
    duty(world, "station", Role.WORKER, hours=2, user="second_worker")
    duty(world, "station", Role.STATION_HEAD, hours=4)
    duty(world, "sharing", Role.WORKER, hours=5)

    def hours(name: str) -> list[int]:
        return [(one.due_at - MONDAY) // HOUR for one in duties(world.actor(name))]

    assert hours("worker") == [1, 3]
    assert hours("second_worker") == [2, 3]
    assert hours("head") == [4]
    assert hours("sharing_worker") == [5]
    assert hours("officer") == []
    for nobody in (visitor(), system("tests")):
        assert not duties(nobody).exists()


def test_the_buttons_are_the_moves_that_are_allowed_now(world: World, order: Order) -> None:
    def names(who: str) -> list[str]:
        with acting(world.actor(who)) as actor:
            rows = ORDER.verbs_for(Order.objects.filter(pk=order.pk), actor)
            return [one["name"] for row in rows for one in buttons(ORDER, row, lambda verb: verb)]

    assert names("head") == ["accept", "return"]
    assert names("dispatcher") == ["urge", "transfer", "withdraw"]
    assert names("officer") == []
    Order._base_manager.update(bounces=1)
    assert names("head") == ["accept", "return_again"]
    Order._base_manager.update(is_binding=True)
    assert names("head") == ["accept"]
    Order._base_manager.update(state=S.CLOSED)
    assert names("head") == []


def test_a_button_opens_a_form_or_presses_in_place(world: World, order: Order) -> None:
    with acting(world.actor("head")) as actor:
        (row,) = ORDER.verbs_for(Order.objects.filter(pk=order.pk), actor)
        made = {one["name"]: one for one in buttons(ORDER, row, lambda verb: f"/{verb}/")}
    assert (made["accept"]["method"], made["return"]["method"]) == ("post", "get")
    assert made["return"]["url"] == "/return/"


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
