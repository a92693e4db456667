"""When a worker's post ends, nothing of theirs is left lying: the station's head has it."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from linli.dispatch import actions
from linli.dispatch.models import Order
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.events import PostEnded
from linli.kernel.accounts.models import Post
from linli.kernel.flow.leaving import hand_back
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.models import Clock, Duty, Tier
from linli.kernel.flow.publish import publish
from linli.kernel.flow.queries import duties
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.lib.uuid7 import uuid7
from linli.site.tasks import hand_back as hand_back_each_hour
from linli.site.tasks import hand_back_what_was_left

from ..conftest import acting
from ..world import VILLAGE, World, build_world
from .orders import account, as_it_is, messages_of, order_in, signed_in

DAY = timedelta(days=1)


def ended(world: World, name: str = "worker", *, last: date | None = None) -> PostEnded:
    """The worker's post with its last day, yesterday unless told; nobody has been told yet."""
    post = Post.objects.get(user=world.users[name])
    post.valid_to = last or timezone.localdate() - DAY
    post.save()
    return PostEnded(post.user_id, post.unit_id, post.role, post.valid_to)


def gone_by_event(world: World) -> None:
    publish(ended(world))


def gone_by_date(world: World) -> None:
    ended(world)
    assert hand_back_what_was_left() == 1


def switched_off(world: World) -> None:
    user = world.users["worker"]
    user.is_active = False
    user.save()
    publish(PostEnded(user.pk, world.unit_id("station"), Role.WORKER, timezone.localdate()))


def switched_off_and_found(world: World) -> None:
    user = world.users["worker"]
    user.is_active = False
    user.save()
    assert hand_back_what_was_left() == 1


WAYS = [gone_by_event, gone_by_date, switched_off, switched_off_and_found]


@pytest.mark.parametrize("goes", WAYS)
@pytest.mark.parametrize("state", ["accepted", "serving"])
def test_an_order_goes_back_to_the_head_and_its_clock_runs_on(
    world: World, state: str, goes: Callable[[World], None]
) -> None:
    order = order_in(world, state)
    before = Clock.objects.get(subject_id=order.pk, stopped_at__isnull=True)
    (was,) = Duty.objects.filter(subject_id=order.pk)
    assert was.user == world.users["worker"].pk

    goes(world)

    held = as_it_is(order)
    assert (held.state, held.worker_id, held.due_at) == (state, None, order.due_at)
    now = Clock.objects.get(subject_id=order.pk, stopped_at__isnull=True)
    assert now == before
    assert (now.tier, now.started_at, now.due_at) == (Tier.WORKER, before.started_at, was.due_at)
    (duty,) = Duty.objects.filter(subject_id=order.pk)
    assert (duty.verb, duty.role, duty.user, duty.due_at) == (
        "assign",
        Role.STATION_HEAD,
        None,
        was.due_at,
    )
    with acting(world.actor("head")) as actor:
        assert [one.subject_id for one in duties(actor)] == [order.pk]
    (told,) = Event.objects.filter(subject_id=order.pk, verb="dispatch.order.release")
    assert told.data == {"whose": str(world.users["worker"].pk)}
    assert told.actor_kind == "system"


@pytest.mark.parametrize("goes", WAYS)
def test_what_others_have_stays_theirs(world: World, goes: Callable[[World], None]) -> None:
    mine = order_in(world, "accepted")
    done = order_in(world, "done")
    with acting(world.actor("head")) as actor:
        colleagues = order_in(world, "accepted")
        actions.assign_order(colleagues, actor=actor, worker=world.users["second_worker"])
    goes(world)
    assert as_it_is(mine).worker_id is None
    # Who gave the help stays on record.
    assert as_it_is(done).worker_id == world.users["worker"].pk
    assert as_it_is(colleagues).worker_id == world.users["second_worker"].pk


def test_doing_it_again_changes_nothing(world: World) -> None:
    order = order_in(world, "serving")
    event = ended(world)
    publish(event)
    told, duty = Event.objects.count(), Duty.objects.get(subject_id=order.pk)
    publish(event)
    assert hand_back_what_was_left() == 0
    assert (Event.objects.count(), Duty.objects.get(subject_id=order.pk)) == (told, duty)


def test_a_second_post_at_the_station_keeps_the_work(world: World) -> None:
    order = order_in(world, "accepted")
    user, unit = world.users["worker"], world.units["station"]
    event = ended(world)
    Post.objects.create(
        user=user, unit=unit, role=Role.STATION_HEAD, valid_from=timezone.localdate()
    )
    publish(event)
    assert hand_back_what_was_left() == 0
    assert as_it_is(order).worker_id == user.pk


def test_a_post_at_another_station_does_not(world: World) -> None:
    order = order_in(world, "accepted")
    event = ended(world)
    Post.objects.create(
        user=world.users["worker"],
        unit=world.units["sibling"],
        role=Role.WORKER,
        valid_from=timezone.localdate(),
    )
    publish(event)
    assert as_it_is(order).worker_id is None


def test_the_last_day_is_still_a_day_unless_it_is_told(world: World) -> None:
    """By date alone an order goes back when the day is over; who ends a post says so at once."""
    order = order_in(world, "accepted")
    event = ended(world, last=timezone.localdate())
    assert hand_back_what_was_left() == 0
    assert as_it_is(order).worker_id == world.users["worker"].pk
    publish(event)
    assert as_it_is(order).worker_id is None


def test_a_last_day_to_come_takes_nothing_away_yet(world: World) -> None:
    order = order_in(world, "accepted")
    publish(ended(world, last=timezone.localdate() + DAY))
    assert as_it_is(order).worker_id == world.users["worker"].pk


@pytest.mark.parametrize("state", ["accepted", "serving"])
def test_the_head_assigns_it_anew_from_the_home_page(
    client: Client, world: World, state: str
) -> None:
    order = order_in(world, state)
    publish(ended(world))
    signed_in(client, world, "head")
    url = reverse("dispatch:assign", args=[order.pk])
    assert url in client.get(reverse("site:home")).content.decode()
    assert (
        "Gave it back to the station: the post of who had it is over"
        in client.get(reverse("dispatch:order", args=[order.pk])).content.decode()
    )

    client.post(url, {"worker": str(world.users["second_worker"].pk)})

    assert as_it_is(order).worker_id == world.users["second_worker"].pk
    (duty,) = Duty.objects.filter(subject_id=order.pk)
    assert duty.verb == ("serve" if state == "accepted" else "finish")
    assert (duty.user, duty.due_at) == (world.users["second_worker"].pk, order.due_at)
    offered = client.get(url).context["form"].found
    assert str(world.users["worker"].pk) not in offered


def test_the_head_who_serves_it_alone_has_it(world: World) -> None:
    order = order_in(world, "serving")
    publish(ended(world))
    with acting(world.actor("head")) as actor:
        actions.serve_order(as_it_is(order), actor=actor, account=account())
    (duty,) = Duty.objects.filter(subject_id=order.pk)
    assert (duty.verb, duty.user) == ("finish", world.users["head"].pk)
    assert (as_it_is(order).worker_id, duty.due_at) == (world.users["head"].pk, order.due_at)
    assert Clock.objects.filter(subject_id=order.pk, stopped_at__isnull=True).count() == 1


def test_nobody_releases_an_order_by_hand(world: World) -> None:
    order = order_in(world, "accepted")
    for name in ("head", "dispatcher", "second_worker", "worker", "administrator"):
        with acting(world.actor(name)) as actor, pytest.raises(Refused):
            actions.release_order(as_it_is(order), actor=actor)
    assert as_it_is(order).worker_id == world.users["worker"].pk


def test_who_has_no_post_any_more_accepts_nothing(world: World) -> None:
    order = order_in(world, "dispatched")
    actor = world.actor("worker")
    ended(world)
    with acting(actor), pytest.raises(actions.NoPost):
        actions.accept_order(order, actor=actor)
    assert as_it_is(order).state == "dispatched"


def test_nor_does_who_was_switched_off(world: World) -> None:
    order = order_in(world, "dispatched")
    actor = world.actor("head")
    world.users["head"].is_active = False
    world.users["head"].save()
    with acting(actor), pytest.raises(actions.NoPost):
        actions.accept_order(order, actor=actor)


def test_refusing_is_a_sentence_on_the_page(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The post ends between reading who acts and accepting: as close as a test can come."""
    order = order_in(world, "dispatched")
    signed_in(client, world, "worker")
    monkeypatch.setattr(actions.work, "holds_post", lambda actor: False)
    answer = client.post(reverse("dispatch:accept", args=[order.pk]), follow=True)
    assert messages_of(answer) == [
        "Whoever takes an order needs a post at its station, and this one is over."
    ]
    assert as_it_is(order).state == "dispatched"


def test_who_is_gone_is_assigned_nothing(client: Client, world: World) -> None:
    order = order_in(world, "accepted")
    gone = world.users["second_worker"]
    ended(world, "second_worker")
    signed_in(client, world, "head")
    url = reverse("dispatch:assign", args=[order.pk])
    answer = client.post(url, {"worker": str(gone.pk)})
    assert answer.status_code == 422
    assert "This colleague holds no post here now." in answer.content.decode()
    with acting(world.actor("head")) as actor, pytest.raises(actions.NoPost):
        actions.assign_order(as_it_is(order), actor=actor, worker=gone)
    assert as_it_is(order).worker_id == world.users["worker"].pk


def test_orders_of_every_station_are_looked_through(world: World) -> None:
    held: dict[str, Order] = {}
    for station, head, worker in (
        ("station", "head", "worker"),
        ("sharing", "sharing_head", "sharing_worker"),
    ):
        held[worker] = _accepted(world, station, head, worker)
        ended(world, worker)
    assert hand_back_what_was_left() == 2
    assert {as_it_is(one).worker_id for one in held.values()} == {None}


def _accepted(world: World, station: str, head: str, worker: str) -> Order:
    from .orders import opened

    order = opened(world, station=station)
    with acting(world.actor(head)) as actor:
        actions.accept_order(order, actor=actor)
        actions.assign_order(order, actor=actor, worker=world.users[worker])
    return order


@pytest.mark.usefixtures("fresh_database")
def test_the_worker_looks_each_hour() -> None:
    """The handler itself, as the worker runs it, in a transaction of its own."""
    with transaction.atomic():
        world = build_world()
        order = order_in(world, "accepted")
        ended(world)
    assert "linli.site.tasks.hand_back" in {
        name for name, _id in app.periodic_registry.periodic_tasks
    }
    asyncio.run(_once())
    assert as_it_is(order).worker_id is None
    asyncio.run(_once())


async def _once() -> None:
    await hand_back_each_hour(0)


def personal(world: World, **given: Any) -> Duty:
    """A duty of somebody's own, as a room that is still to come may have it."""
    now = timezone.now()
    told: dict[str, Any] = {"subject_type": "a.visit", "subject_id": uuid7(), "verb": "sign"}
    told |= {"area": VILLAGE, "unit": world.unit_id("station"), "role": Role.WORKER}
    told |= {"user": world.users["worker"].pk, "due_at": now + DAY, "opened_at": now}
    made: Duty = Duty.objects.create(**(told | given))
    return made


def test_any_other_duty_of_theirs_goes_back_too(world: World) -> None:
    workers = personal(world)
    theirs = personal(world, user=world.users["second_worker"].pk)
    everybodys = personal(world, user=None)
    centre = personal(
        world,
        unit=world.unit_id("centre"),
        role=Role.DISPATCHER,
        user=world.users["dispatcher"].pk,
    )
    ended(world)
    ended(world, "dispatcher")
    with acting(world.actor("head")) as actor:
        before = Event.objects.count()
        assert hand_back(actor=actor, on=actor.today) == 2
        assert hand_back(actor=actor, on=actor.today) == 0
    found = {one.pk: (one.user, one.role, one.due_at) for one in Duty.objects.all()}
    assert found == {
        workers.pk: (None, Role.STATION_HEAD, workers.due_at),
        theirs.pk: (theirs.user, Role.WORKER, theirs.due_at),
        everybodys.pk: (None, Role.WORKER, everybodys.due_at),
        centre.pk: (None, Role.DISPATCHER, centre.due_at),
    }
    assert Event.objects.count() == before + 2
    told = Event.objects.filter(verb="flow.handed_back").get(subject_id=workers.subject_id)
    assert told.data == {"duty": "sign", "whose": str(world.users["worker"].pk)}


def test_the_event_hands_back_that_users_duties_alone(world: World) -> None:
    theirs, others = personal(world), personal(world, user=world.users["second_worker"].pk)
    ended(world, "second_worker")
    publish(ended(world))
    theirs.refresh_from_db()
    others.refresh_from_db()
    assert (theirs.user, others.user) == (None, world.users["second_worker"].pk)
    with unscoped("test"):
        assert not Order.objects.exists()
