"""The main job end to end, in actions: one request becomes a service, every level counts it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.dispatch import actions as dispatch
from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order, Verdict
from linli.intake import actions as intake
from linli.intake.models import Request
from linli.intake.receipts import open_receipt
from linli.kernel.accounts.actors import visitor
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.models import Charge, Clock, Duty
from linli.kernel.flow.queries import duties
from linli.kernel.scope import unscoped
from linli.kernel.stats.fold import fold
from linli.kernel.stats.measures import measure
from linli.kernel.stats.read import question, total
from linli.kernel.stats.verify import verify
from linli.services.actions import Account

from ..conftest import acting
from ..world import VILLAGE, World

pytestmark = pytest.mark.django_db


def ask(world: World, **given: Any) -> intake.Receipt:
    asked = intake.Asked(
        area=VILLAGE, need="care", words="灯泡坏了，老人够不着", for_whom="other", **given
    )
    with acting(visitor()) as actor:
        return intake.register_request(actor=actor, asked=asked, door="public")


def dispatched(world: World, *, station: str = "station") -> Order:
    receipt = ask(world)
    with acting(world.actor("dispatcher")) as actor:
        return intake.accept_request(
            receipt.request,
            actor=actor,
            area=VILLAGE,
            need="care",
            urgency="week",
            task="上门看看灯",
            station_id=world.unit_id(station),
        )


def account(**given: Any) -> Account:
    told: dict[str, Any] = {
        "method": "visit",
        "content": "daily_care",
        "place": "home",
        "occurred_on": timezone.localdate(),
        "minutes": 40,
        "area": VILLAGE,
        "anonymous": 1,
        "facts": "换了灯泡",
    }
    return Account(**(told | given))


def served(world: World) -> Order:
    order = dispatched(world)
    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.serve_order(order, actor=actor, account=account())
        dispatch.finish_order(order, actor=actor, result="solved", words="灯亮了")
    return order


def test_a_request_becomes_one_more_at_every_level(world: World) -> None:
    officers = (
        "township_officer",
        "officer",
        "city_officer",
        "province_officer",
        "national_officer",
    )
    services = measure("services")
    today = timezone.localdate()

    def numbers() -> list[int]:
        found = []
        for name in officers:
            actor = world.actor(name)
            with acting(actor):
                assert actor.area is not None
                asked = question(actor, services, area=actor.area, first=today, last=today)
                found.append(total(asked).n)
        return found

    before = numbers()
    served(world)
    assert numbers() == [one + 1 for one in before]
    fold()
    assert numbers() == [one + 1 for one in before]
    assert verify() == []


def test_the_residents_verdict_closes_and_reopening_sends_it_to_the_centre(world: World) -> None:
    order = served(world)
    with unscoped("test"):
        request = Request.objects.get(order=order)
    with acting(world.actor("dispatcher")) as actor:
        dispatch.follow_up_order(order, actor=actor, contact="reached")
    from linli.intake.receipts import actor_for

    holder = actor_for(request.pk, now=timezone.now())
    assert holder is not None
    with acting(holder):
        dispatch.take_verdict(order, actor=holder, value="helped", is_anonymous=True)
    assert order.state == OrderState.CLOSED
    with unscoped("test"):
        verdict = Verdict.objects.get()
    assert (verdict.order_id, verdict.value, verdict.area_id) == (None, "helped", 350502004000)
    with acting(holder), pytest.raises(Stale):
        dispatch.take_verdict(order, actor=holder, value="not", is_anonymous=False)
    with acting(holder):
        dispatch.reopen_order(order, actor=holder, words="又坏了")
    assert (order.state, order.unit_id) == (OrderState.PENDING, world.unit_id("centre"))
    with acting(world.actor("dispatcher")) as actor:
        assert [one.verb for one in duties(actor)] == ["dispatch"]


def test_the_second_return_goes_to_arbitration_and_a_decided_order_stays(world: World) -> None:
    order = dispatched(world)
    with acting(world.actor("head")) as actor:
        dispatch.return_order(
            order, actor=actor.at(actor.now + timedelta(hours=3)), reason="no_capacity"
        )
    assert order.state == OrderState.PENDING
    with acting(world.actor("dispatcher")) as actor:
        dispatch.dispatch_order(order, actor=actor, station_id=world.unit_id("sibling"))
    with acting(world.actor("sibling_head")) as actor:
        dispatch.return_order(order, actor=actor, reason="not_our_area")
    assert order.state == OrderState.ARBITRATION
    bounced = Clock.objects.filter(subject_id=order.pk, charge=Charge.BOUNCE)
    assert set(bounced.values_list("unit", flat=True)) == {
        world.unit_id("station"),
        world.unit_id("sibling"),
    }
    with acting(world.actor("dispatcher")) as actor:
        dispatch.arbitrate_order(
            order, actor=actor, station_id=world.unit_id("station"), words="近"
        )
    with acting(world.actor("head")) as actor, pytest.raises(Stale):
        dispatch.return_order(order, actor=actor, reason="no_capacity")


def test_a_sibling_station_may_not_accept(world: World) -> None:
    order = dispatched(world)
    for name in ("sharing_head", "sibling_head", "other_head", "officer", "grid_worker"):
        with acting(world.actor(name)) as actor, pytest.raises(Refused):
            dispatch.accept_order(order, actor=actor)


def test_an_assigned_order_is_the_workers_duty_with_the_same_deadline(world: World) -> None:
    order = dispatched(world)
    with acting(world.actor("head")) as actor:
        dispatch.accept_order(order, actor=actor)
        before = Duty.objects.get(subject_id=order.pk)
        assert before.verb == "assign"
        dispatch.assign_order(order, actor=actor, worker=world.users["worker"])
    with acting(world.actor("worker")) as actor:
        (duty,) = duties(actor)
        assert (duty.verb, duty.due_at) == ("serve", before.due_at)
    with acting(world.actor("second_worker")) as actor:
        assert list(duties(actor)) == []


def test_a_receipt_opens_its_request_and_pins_cannot_be_tried_out(world: World) -> None:
    receipt = ask(world)
    now = timezone.now()
    opened = open_receipt(receipt.number.lower(), receipt.pin, place="a", now=now)
    assert opened is not None
    assert receipt.request.pk in opened.subject_ids
    from linli.intake.receipts import TooManyTries

    for _try in range(5):
        assert open_receipt(receipt.number, "000000", place="b", now=now) is None
    with pytest.raises(TooManyTries):
        open_receipt(receipt.number, receipt.pin, place="b", now=now)
    assert open_receipt(receipt.number, receipt.pin, place="a", now=now) is not None


def test_a_reopened_order_is_judged_anew_by_name(world: World) -> None:
    order = served(world)
    from linli.intake.receipts import actor_for

    with unscoped("test"):
        request = Request.objects.get(order=order)
    holder = actor_for(request.pk, now=timezone.now())
    assert holder is not None
    with acting(holder):
        dispatch.take_verdict(order, actor=holder, value="not", is_anonymous=False)
        dispatch.reopen_order(order, actor=holder, words="还是不亮")
    with acting(world.actor("dispatcher")) as actor:
        dispatch.dispatch_order(order, actor=actor, station_id=world.unit_id("station"))
    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.serve_order(order, actor=actor, account=account())
        dispatch.finish_order(order, actor=actor, result="solved")
    with acting(holder):
        dispatch.take_verdict(order, actor=holder, value="helped", is_anonymous=False)
    with unscoped("test"):
        said = Verdict.objects.order_by("round").values_list("round", "value")
        assert list(said) == [(0, "not"), (1, "helped")]
    assert verify() == []
