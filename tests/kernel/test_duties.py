from datetime import datetime, timedelta

import pytest

from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.dispatch.workflow import ORDER
from linli.kernel.accounts.actors import system, visitor
from linli.kernel.accounts.enums import Role
from linli.kernel.flow import clocks
from linli.kernel.flow.models import Charge, Clock, Duty
from linli.kernel.flow.queries import duties
from linli.kernel.ui.verbs import buttons
from linli.lib.uuid7 import uuid7
from linli.lib.worktime import Due

from ..conftest import acting
from ..world import VILLAGE, World
from .conftest import MONDAY

HOUR = timedelta(hours=1)
TONIGHT = Due(MONDAY + 8 * HOUR, is_provisional=False)
S = OrderState


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
