"""A request joined with another: its resident follows that one, speaks for themself, and is not
forgotten when it ends without help."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from linli.dispatch import actions as dispatch
from linli.dispatch.models import Order, Verdict
from linli.intake import actions as intake
from linli.intake.models import Addition, Request
from linli.intake.receipts import actor_for
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.models import Duty
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.lib.receipts import grouped

from ..conftest import acting
from ..world import TOWNSHIP, World
from .browser import text
from .test_follow import REPLY, SECRET, done, following, registered, state, taken_on

pytestmark = pytest.mark.django_db
Made = tuple[intake.Receipt, intake.Receipt]


def as_it_is(receipt: intake.Receipt) -> Request:
    with unscoped("test"):
        return Request.objects.get(pk=receipt.request.pk)


def join(world: World, request: intake.Receipt, other: intake.Receipt) -> None:
    with acting(world.actor("dispatcher")) as actor:
        intake.merge_request(as_it_is(request), actor=actor, other=as_it_is(other))


def joined(world: World) -> Made:
    """A request of somebody else, and one that was joined with it."""
    first, second = registered(SECRET), registered()
    join(world, second, first)
    return first, second


def holder(receipt: intake.Receipt) -> Actor:
    found = actor_for(receipt.request.pk, now=receipt.request.registered_at + timedelta(minutes=9))
    assert found is not None
    return found


def said(receipt: intake.Receipt) -> list[dict[str, Any]]:
    parted = Event.objects.filter(subject_id=receipt.request.pk, verb="intake.request.part")
    return [one.data for one in parted]


def by_dispatcher(act: Callable[[Request, Actor], None]) -> Callable[[World, Any], None]:
    def end(world: World, receipt: intake.Receipt) -> None:
        with acting(world.actor("dispatcher")) as actor:
            act(as_it_is(receipt), actor)

    return end


def taken_back_by_its_resident(world: World, receipt: intake.Receipt) -> None:
    with acting(holder(receipt)) as actor:
        intake.withdraw_request(as_it_is(receipt), actor=actor)


def order_withdrawn(by: str) -> Callable[[World, Any], None]:
    def end(world: World, receipt: intake.Receipt) -> None:
        order = taken_on(world, receipt)
        with acting(world.actor(by) if by else holder(receipt)) as actor:
            dispatch.withdraw_order(order, actor=actor, words="不用了")

    return end


ENDS = {
    "informed": by_dispatcher(lambda one, who: intake.inform_request(one, actor=who, reply=REPLY)),
    "referred": by_dispatcher(lambda one, who: intake.refer_request(one, actor=who, reply=REPLY)),
    "refused": by_dispatcher(
        lambda one, who: intake.refuse_request(one, actor=who, reason="untrue", reply=REPLY)
    ),
    "withdrawn": by_dispatcher(lambda one, who: intake.withdraw_request(one, actor=who)),
    "withdrawn by its resident": taken_back_by_its_resident,
    "withdrawn with its order": order_withdrawn("dispatcher"),
    "withdrawn with its order by its resident": order_withdrawn(""),
}


@pytest.mark.parametrize("end", ENDS)
def test_what_was_joined_comes_back_when_the_other_ends_without_help(
    world: World, end: str
) -> None:
    first, second = joined(world)
    bystander = registered()

    ENDS[end](world, first)

    found = as_it_is(second)
    assert (found.state, found.merged_into_id) == ("registered", None)
    (duty,) = Duty.objects.filter(subject_id=found.pk)
    assert (duty.verb, duty.unit, duty.due_at) == ("screen", found.centre_id, found.due_at)
    assert said(second) == [{"ended": end.partition(" ")[0]}]
    assert said(bystander) == []
    told = text(following(second).get("/follow/status/"))
    assert "The centre has your request" in told
    assert "ended without help. The centre looks at yours by itself." in told
    assert REPLY not in told and SECRET not in told


def test_the_centre_reads_why_it_has_to_screen_again(client: Any, world: World) -> None:
    from ..dispatch.orders import signed_in

    first, second = joined(world)
    ENDS["refused"](world, first)
    signed_in(client, world, "dispatcher")
    page = text(client.get(f"/desk/intake/{second.request.pk}/"))
    assert "the request it was joined with ended without help (Not taken on)" in page
    assert "System" in page


def test_help_that_was_given_brings_nothing_back(world: World) -> None:
    first, second = joined(world)
    order = done(world, first)
    with acting(world.actor("dispatcher")) as actor:
        dispatch.follow_up_order(order, actor=actor, contact="reached")
        dispatch.close_order(order, actor=actor)
    assert as_it_is(second).state == "merged"
    assert not Duty.objects.filter(subject_id=second.request.pk).exists()


def test_a_chain_comes_back_link_by_link(world: World) -> None:
    """Who was joined with a joined one follows it: first to the order, then back to the desk."""
    first, second = joined(world)
    third = registered("第三位")
    with acting(world.actor("dispatcher")) as actor:
        intake.reopen_request(as_it_is(second), actor=actor, words="")
    join(world, third, second)
    join(world, second, first)
    order = taken_on(world, first)
    assert "It is with a station near you" in text(following(third).get("/follow/status/"))

    with acting(world.actor("dispatcher")) as actor:
        dispatch.withdraw_order(order, actor=actor, words="不用了")

    assert (as_it_is(second).state, as_it_is(third).state) == ("registered", "merged")
    assert "The centre has your request" in text(following(third).get("/follow/status/"))
    ENDS["informed"](world, second)
    assert as_it_is(third).state == "registered"


def test_each_says_for_themself_whether_it_helped(world: World) -> None:
    first, second = joined(world)
    order = done(world, first)
    client = following(second)
    assert "Did it help?" in text(client.get("/follow/status/"))
    form = client.get("/follow/verdict/?value=not").content.decode()
    assert "naming" not in form

    answer = client.post("/follow/verdict/", {"value": "not", "naming": "with"}, follow=True)

    assert "Thank you." in text(answer)
    assert "It was said whether it helped." in text(answer)
    with unscoped("test"):
        verdict = Verdict.objects.get()
        held = Order.objects.get(pk=order.pk)
    assert (verdict.value, verdict.order_id, verdict.area_id) == ("not", None, TOWNSHIP)
    assert (verdict.unit_id, verdict.need) == (held.station_id, held.need)
    # The order, and what its own resident may say, are as they were.
    assert (held.state, held.has_verdict) == ("done", False)
    own = following(first).post("/follow/verdict/", {"value": "helped", "naming": "with"})
    assert own.headers["Location"] == "/follow/status/"
    with unscoped("test"):
        assert sorted(one.value for one in Verdict.objects.all()) == ["helped", "not"]


def test_it_is_said_once_in_each_round(world: World) -> None:
    first, second = joined(world)
    order = done(world, first)
    client = following(second)
    for _again in range(2):
        client.post("/follow/verdict/", {"value": "not"})
    with unscoped("test"):
        assert Verdict.objects.count() == 1
    with acting(holder(second)) as actor, pytest.raises(Stale):
        intake.say_for_joined(as_it_is(second), actor=actor, value="helped")
    with unscoped("test"):
        assert Verdict.objects.count() == 1

    with acting(world.actor("dispatcher")) as actor:
        dispatch.reopen_order(order, actor=actor, words="又坏了")
        dispatch.dispatch_order(order, actor=actor, station_id=world.unit_id("station"))
    assert "Did it help?" not in text(client.get("/follow/status/"))
    with acting(holder(second)) as actor, pytest.raises(Stale):
        intake.say_for_joined(as_it_is(second), actor=actor, value="helped")
    _serve_again(world, order)
    client.post("/follow/verdict/", {"value": "helped"})
    with unscoped("test"):
        assert sorted((one.round, one.value) for one in Verdict.objects.all()) == [
            (0, "not"),
            (1, "helped"),
        ]


def _serve_again(world: World, order: Order) -> None:
    from ..rooms.test_chain import account

    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.serve_order(order, actor=actor, account=account())
        dispatch.finish_order(order, actor=actor, result="solved", words="")


def test_nobody_else_says_it_for_them(world: World) -> None:
    first, second = joined(world)
    order = done(world, first)
    for actor in (holder(first), world.actor("dispatcher"), world.actor("worker")):
        with acting(actor), pytest.raises(Refused):
            intake.say_for_joined(as_it_is(second), actor=actor, value="helped")
    for name in ("dispatcher", "head", "officer"):
        with acting(world.actor(name)) as actor, pytest.raises(Refused):
            dispatch.add_verdict(order.pk, actor=actor, value="helped")
    with unscoped("test"):
        assert not Verdict.objects.exists()


@pytest.mark.parametrize("is_done", [False, True])
def test_who_is_not_helped_gets_a_way_of_their_own(world: World, is_done: bool) -> None:
    first, second = joined(world)
    order = done(world, first) if is_done else taken_on(world, first)
    client = following(second)
    button = "It is not over: open it again" if is_done else "Mine is another matter"
    assert button in text(client.get("/follow/status/"))

    answer = client.post("/follow/reopen/", {"words": "我的是水管"}, follow=True)

    assert "The centre has your request" in text(answer)
    found = as_it_is(second)
    assert (found.state, found.merged_into_id) == ("registered", None)
    assert Addition.objects.get().words == "我的是水管"
    assert Duty.objects.get(subject_id=found.pk).verb == "screen"
    assert state(order) == ("done" if is_done else "dispatched")
    assert as_it_is(first).state == "accepted"


def test_one_may_leave_and_the_other_goes_on(world: World) -> None:
    first, second = joined(world)
    order = taken_on(world, first)
    client = following(second)
    assert "The request it was joined with goes on." in text(client.get("/follow/withdraw/"))
    answer = client.post("/follow/withdraw/", {}, follow=True)
    assert "The request was taken back" in text(answer)
    assert state(order) == "dispatched"
    # Who has left is not fetched back.
    with acting(world.actor("dispatcher")) as actor:
        dispatch.withdraw_order(order, actor=actor, words="不用了")
    assert as_it_is(second).state == "withdrawn"


def test_a_second_joining_lets_one_speak_anew(world: World) -> None:
    first, second = joined(world)
    done(world, first)
    client = following(second)
    client.post("/follow/verdict/", {"value": "not"})
    client.post("/follow/reopen/", {"words": "没有好"})
    other = registered("另一位")
    join(world, second, other)
    done(world, other)
    assert "Did it help?" in text(client.get("/follow/status/"))


def test_nothing_is_joined_with_what_is_over(client: Any, world: World) -> None:
    from ..dispatch.orders import signed_in

    over = {name: registered() for name in ("informed", "withdrawn", "withdrawn with its order")}
    for name, receipt in over.items():
        ENDS[name](world, receipt)
    over["closed"] = registered()
    order = done(world, over["closed"])
    with acting(holder(over["closed"])) as actor:
        dispatch.take_verdict(order, actor=actor, value="helped", is_anonymous=True)
    asked = registered()
    signed_in(client, world, "dispatcher")
    for name, receipt in over.items():
        url = f"/desk/intake/{asked.request.pk}/merge/"
        answer = client.post(url, {"other": receipt.number})
        assert answer.status_code == 422, name
        assert "Nobody is at work on that one any more." in answer.content.decode(), name
        with acting(world.actor("dispatcher")) as actor, pytest.raises(Stale):
            intake.merge_request(as_it_is(asked), actor=actor, other=as_it_is(receipt))
    assert as_it_is(asked).state == "registered"
    shown = client.get(f"/desk/intake/{asked.request.pk}/").context["duplicates"]
    assert {one["number"]: one["is_under_way"] for one in shown} == {
        grouped(over["informed"].number): False,
        grouped(over["withdrawn with its order"].number): False,
        grouped(over["closed"].number): False,
    }


def test_who_reads_an_old_copy_joins_nothing_with_what_has_ended(world: World) -> None:
    """The order was withdrawn after the page was opened: the copy says that it is under way."""
    first, second = registered(), registered()
    order = taken_on(world, first)
    copy = as_it_is(first)
    with acting(world.actor("dispatcher")) as actor:
        dispatch.withdraw_order(order, actor=actor, words="不用了")
    with acting(world.actor("dispatcher")) as actor, pytest.raises(Stale):
        intake.merge_request(as_it_is(second), actor=actor, other=copy)
    # Taken on since it was looked at: its order was not held.
    third, fourth = registered(), registered()
    copy = as_it_is(third)
    taken_on(world, third)
    with acting(world.actor("dispatcher")) as actor, pytest.raises(Stale):
        intake.merge_request(as_it_is(fourth), actor=actor, other=copy)
