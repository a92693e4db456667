"""Writing a request down for somebody: what is asked, and the receipt that is shown once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.intake.models import Request
from linli.intake.receipts import open_receipt
from linli.kernel.forms.models import Draft
from linli.kernel.scope import unscoped

from ..dispatch.orders import signed_in
from ..world import NEXT_VILLAGE, VILLAGE, World

pytestmark = pytest.mark.django_db

TYPED = {
    "door": "phone",
    "for_whom": "self",
    "urgency": "day",
    "need": "care",
    "area": str(VILLAGE),
    "words": "腿摔了，下不了床",
    "name": "李测试",
    "phone": "0595 2288 0000",
    "where": "示例路 1 号",
}


def only_request() -> Request:
    with unscoped("test"):
        return Request.objects.get()


@pytest.mark.parametrize(
    ("name", "door"),
    [("dispatcher", "phone"), ("head", "window"), ("worker", "window"), ("grid_worker", "grid")],
)
def test_each_post_writes_requests_down_at_its_usual_door(
    client: Client, world: World, name: str, door: str
) -> None:
    signed_in(client, world, name)
    assert client.get(reverse("intake:new")).context["form"]["door"].value() == door

    response = client.post(reverse("intake:new"), TYPED | {"door": door}, follow=True)

    asked = only_request()
    assert response.redirect_chain == [(reverse("intake:receipt"), 302)]
    assert (asked.door, asked.area_id, asked.urgency) == (door, VILLAGE, "day")
    assert (asked.words, asked.phone) == ("腿摔了，下不了床", "0595-22880000")
    assert asked.unit_id == world.unit_id("centre")
    assert asked.registered_by_id == world.users[name].pk


def test_the_receipt_opens_the_request_and_is_shown_once(client: Client, world: World) -> None:
    signed_in(client, world, "worker")
    shown = client.post(reverse("intake:new"), TYPED, follow=True)
    receipt = shown.context["receipt"]
    number, pin = "".join(receipt["groups"]), receipt["pin"]

    assert pin in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert open_receipt(number, pin, place="a", now=timezone.now()) is not None
    again = client.get(reverse("intake:receipt"))
    assert again.context["receipt"] is None
    assert pin not in again.content.decode()
    assert not Draft.objects.exists()


def test_the_session_never_holds_the_pin(client: Client, world: World) -> None:
    signed_in(client, world, "worker")
    client.post(reverse("intake:new"), TYPED)
    kept = str(dict(client.session))
    pin = client.get(reverse("intake:receipt")).context["receipt"]["pin"]
    assert pin not in kept


def test_a_worker_may_register_for_the_next_township_and_still_gets_the_receipt(
    client: Client, world: World
) -> None:
    signed_in(client, world, "worker")
    shown = client.post(reverse("intake:new"), TYPED | {"area": str(NEXT_VILLAGE)}, follow=True)
    assert only_request().area_id == NEXT_VILLAGE
    assert shown.status_code == 200
    assert shown.context["receipt"]["pin"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("words", ""),
        ("need", "gold"),
        ("door", "public"),
        ("area", "350503001001"),
        ("area", "350502000000"),
        ("area", ""),
        ("phone", "12"),
        ("for_whom", "anonymous"),
        ("urgency", "yesterday"),
    ],
)
def test_what_is_wrong_comes_back_with_all_that_was_typed(
    client: Client, world: World, field: str, wrong: str
) -> None:
    signed_in(client, world, "dispatcher")

    response = client.post(reverse("intake:new"), TYPED | {field: wrong})

    form: Any = response.context["form"]
    assert response.status_code == 422
    assert list(form.errors) == [field]
    assert form["where"].value() == TYPED["where"]
    with unscoped("test"):
        assert not Request.objects.exists()


def test_without_a_name_is_kept_without_one(client: Client, world: World) -> None:
    signed_in(client, world, "worker")
    nameless = TYPED | {"for_whom": "anonymous", "name": "", "phone": ""}
    client.post(reverse("intake:new"), nameless)
    asked = only_request()
    assert (asked.name, asked.phone, asked.phone_index) == ("", "", None)


@pytest.mark.parametrize("name", ["officer", "administrator"])
def test_who_does_not_work_with_residents_registers_nothing(
    client: Client, world: World, name: str
) -> None:
    signed_in(client, world, name)
    assert client.post(reverse("intake:new"), TYPED).status_code == 404
    assert client.get(reverse("intake:receipt")).status_code == 404


def test_other_methods_are_refused(client: Client, world: World) -> None:
    signed_in(client, world, "worker")
    assert client.delete(reverse("intake:new")).status_code == 405
    assert client.post(reverse("intake:receipt")).status_code == 405
    assert client.post(reverse("intake:list")).status_code == 405
