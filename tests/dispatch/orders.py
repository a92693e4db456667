"""Orders in each state, made the way people make them: through the actions of the rooms."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from linli.dispatch import actions as dispatch
from linli.dispatch.models import Order
from linli.intake import actions as intake
from linli.kernel.accounts.actors import visitor
from linli.kernel.scope import unscoped
from linli.services.actions import Account

from ..conftest import acting
from ..world import VILLAGE, World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TASK = "请上门看看灯"
WORDS = "灯泡坏了，老人够不着"
NAME, PHONE = "张测试", "13900001234"


def signed_in(client: Client, world: World, name: str) -> Client:
    """The client as this user sees the site, in English."""
    client.force_login(world.users[name], backend=BACKEND)
    client.cookies["django_language"] = "en"
    return client


def ask(world: World, *, area: int = VILLAGE, now: datetime | None = None, **given: Any) -> Any:
    """A request from the public door, with its receipt."""
    told: dict[str, Any] = {"need": "care", "words": WORDS, "for_whom": "other"}
    told |= {"name": NAME, "phone": PHONE, "area": area}
    with acting(visitor(now=now)) as actor:
        return intake.register_request(
            actor=actor, asked=intake.Asked(**(told | given)), door="public"
        )


def opened(
    world: World,
    *,
    station: str | None = "station",
    area: int = VILLAGE,
    by: str = "dispatcher",
    now: datetime | None = None,
    **given: Any,
) -> Order:
    """An order opened by a centre, and sent to a station unless that is None."""
    receipt = ask(world, area=area, now=now)
    told: dict[str, Any] = {"need": "care", "urgency": "week", "task": TASK}
    with acting(world.actor(by, now=now)) as actor:
        return intake.accept_request(
            receipt.request,
            actor=actor,
            area=area,
            station_id=world.unit_id(station) if station else None,
            **(told | given),
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


def order_in(world: World, state: str) -> Order:
    """An order of the station in a state; accepted ones are the worker's."""
    order = opened(world, station=None if state == "pending" else "station")
    if state == "arbitration":
        _returned_twice(world, order)
    steps = ("accepted", "serving", "done", "followed_up", "closed")
    for step in steps[: steps.index(state) + 1] if state in steps else ():
        _take(world, order, step)
    return order


def _returned_twice(world: World, order: Order) -> None:
    with acting(world.actor("head")) as actor:
        dispatch.return_order(order, actor=actor, reason="no_capacity", words="这周没有人")
    with acting(world.actor("dispatcher")) as actor:
        dispatch.dispatch_order(order, actor=actor, station_id=world.unit_id("sharing"))
    with acting(world.actor("sharing_head")) as actor:
        later = actor.at(actor.now + timedelta(seconds=1))
        dispatch.return_order(order, actor=later, reason="not_our_area")


def _take(world: World, order: Order, step: str) -> None:
    name = "dispatcher" if step in {"followed_up", "closed"} else "worker"
    with acting(world.actor(name)) as actor:
        if step == "accepted":
            dispatch.accept_order(order, actor=actor)
        elif step == "serving":
            dispatch.serve_order(order, actor=actor, account=account())
        elif step == "done":
            dispatch.finish_order(order, actor=actor, result="solved", words="灯亮了")
        elif step == "followed_up":
            dispatch.follow_up_order(order, actor=actor, contact="reached")
        else:
            dispatch.close_order(order, actor=actor)


def as_it_is(order: Order) -> Order:
    """The order as the database has it now."""
    with unscoped("test"):
        return Order.objects.get(pk=order.pk)


def messages_of(response: HttpResponse) -> list[str]:
    """What the page says at its head after a redirect was followed."""
    return [str(one) for one in response.context["messages"]]  # type: ignore[attr-defined]
