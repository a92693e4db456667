import gc
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import openapi_spec_validator
import pytest
from django.test import Client
from django.utils import timezone
from ninja import Schema

from linli.dispatch import actions
from linli.dispatch.models import Order
from linli.intake.models import Request
from linli.kernel.accounts.models import ApiToken, Post
from linli.kernel.accounts.tokens import issue
from linli.kernel.scope import unscoped
from tools.openapi import COPY, description

from ..world import OTHER_VILLAGE, VILLAGE, World

pytestmark = pytest.mark.django_db
ASKED = {"area": VILLAGE, "need": "care", "words": "灯泡坏了", "door": "phone"}


def caller(world: World, name: str) -> Client:
    post = Post.objects.get(user=world.users[name])
    key = issue(post, name="test", valid_until=timezone.now() + timedelta(hours=1))
    return Client(headers={"Authorization": f"Bearer {key}"})


def call(client: Client, method: str, path: str, body: Any = None) -> Any:
    do = getattr(client, method)
    given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    return do(f"/api/v1/{path}", **given)


def accepted(world: World) -> str:
    dispatcher = caller(world, "dispatcher")
    made = call(dispatcher, "post", "requests", ASKED).json()
    body = {
        "area": VILLAGE,
        "need": "care",
        "task": "上门",
        "station": str(world.unit_id("station")),
    }
    order = call(dispatcher, "post", f"requests/{made['id']}/accept", body)
    assert order.status_code == 201, order.content
    return str(order.json()["id"])


def visit() -> dict[str, Any]:
    return {
        "method": "visit",
        "content": "daily_care",
        "place": "home",
        "occurred_on": timezone.localdate().isoformat(),
        "minutes": 30,
        "area": VILLAGE,
        "anonymous": 2,
    }


def test_the_committed_description_is_the_one_the_code_has(client: Client, db: None) -> None:
    assert json.loads(COPY.read_text()) == description()
    served = client.get("/api/v1/openapi.json").json()
    assert served["paths"].keys() == description()["paths"].keys()


def test_a_request_goes_all_the_way_over_the_api(world: World) -> None:
    order = accepted(world)
    worker = caller(world, "worker")
    assert call(worker, "post", f"orders/{order}/accept").json()["state"] == "accepted"
    served = call(worker, "post", f"orders/{order}/services", visit())
    assert (served.status_code, served.json()["person_times"]) == (201, 2)
    done = call(worker, "post", f"orders/{order}/finish", {"result": "solved"})
    assert done.json()["state"] == "done"


def test_who_has_no_post_any_more_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The post ends after the key was read: as close as a test can come."""
    order = accepted(world)
    monkeypatch.setattr(actions.work, "holds_post", lambda actor: False)
    answer = call(caller(world, "worker"), "post", f"orders/{order}/accept")
    assert answer.status_code == 422
    assert answer.json()["detail"] == str(actions.NoPost())


def test_without_a_key_nothing_is_said(world: World) -> None:
    order = accepted(world)
    assert call(Client(), "get", f"orders/{order}").status_code == 401
    assert call(Client(), "post", "requests", ASKED).status_code == 401
    wrong = Client(headers={"Authorization": "Bearer linli_wrong"})
    assert call(wrong, "get", "orders").status_code == 401


@pytest.mark.parametrize("name", ["sharing_head", "sibling_head", "other_dispatcher", "officer"])
def test_others_find_nothing(world: World, name: str) -> None:
    order = accepted(world)
    other = caller(world, name)
    assert call(other, "get", f"orders/{order}").status_code == 404
    assert call(other, "post", f"orders/{order}/accept").status_code == 404
    listed = call(other, "get", "orders")
    assert order not in listed.content.decode()


def test_a_revoked_key_and_an_ended_post_are_refused_at_the_next_call(world: World) -> None:
    worker = caller(world, "worker")
    assert call(worker, "get", "orders").status_code == 200
    Post.objects.filter(user=world.users["worker"]).update(
        valid_to=timezone.localdate() - timedelta(1)
    )
    assert call(worker, "get", "orders").status_code == 404
    head = caller(world, "head")
    ApiToken.objects.update(revoked_at=timezone.now())
    assert call(head, "get", "orders").status_code == 401


def test_a_session_needs_the_csrf_check(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        world.users["dispatcher"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert call(client, "get", "requests").status_code == 200
    assert call(client, "post", "requests", ASKED).status_code == 403
    with unscoped("test"):
        assert Request.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"need": "no_such_need"},
        {"area": 350502000000},
        {"area": 999999999999},
        {"area": 1 << 80},
        {"phone": "12"},
        {"words": ""},
        {"words": " \n\u3000 "},
        {"words": "a\x00b"},
        {"door": "public"},
        {"urgency": "now"},
    ],
)
def test_bad_values_are_answered_and_store_nothing(world: World, change: dict[str, Any]) -> None:
    answer = call(caller(world, "dispatcher"), "post", "requests", ASKED | change)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    with unscoped("test"):
        assert Request.objects.count() == 0


def test_an_area_without_a_centre_is_a_sentence(world: World) -> None:
    answer = call(caller(world, "dispatcher"), "post", "requests", ASKED | {"area": 350504001001})
    assert answer.status_code == 422
    assert "12345" in answer.json()["detail"]


def test_a_lost_race_is_409(world: World) -> None:
    order = accepted(world)
    head = caller(world, "head")
    assert call(head, "post", f"orders/{order}/accept").status_code == 200
    assert call(head, "post", f"orders/{order}/accept").status_code == 409


def test_a_service_on_an_order_that_nobody_has_taken_is_refused(world: World) -> None:
    order = accepted(world)
    path = f"orders/{order}/services"
    codes = {
        name: call(caller(world, name), "post", path, visit()).status_code
        for name in ("head", "worker", "dispatcher")
    }
    # To the head it may happen at any time; the others may serve no such order at all.
    assert codes == {"head": 409, "worker": 404, "dispatcher": 404}
    assert call(caller(world, "head"), "get", f"orders/{order}").json()["state"] == "dispatched"


@pytest.mark.parametrize("path", ["orders/no-id", "nothing/here"])
def test_where_nothing_is_a_program_is_told_in_its_own_shape(world: World, path: str) -> None:
    answer = call(caller(world, "head"), "get", path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail", "errors"}


def test_a_call_that_is_too_long_is_told_so_in_its_own_shape(world: World) -> None:
    answer = call(caller(world, "head"), "post", "requests", ASKED | {"words": "x" * 3_000_000})
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "errors"}


def test_a_dispatcher_may_not_register_for_another_county_unseen(world: World) -> None:
    """The request goes to the other county's centre and is not shown to who wrote it down only."""
    answer = call(caller(world, "grid_worker"), "post", "requests", ASKED | {"area": OTHER_VILLAGE})
    assert answer.status_code == 201
    with unscoped("test"):
        made = Request.objects.get()
    assert made.centre_id == world.unit_id("other_centre")
    assert call(caller(world, "dispatcher"), "get", f"requests/{made.pk}").status_code == 404
    assert call(caller(world, "other_dispatcher"), "get", f"requests/{made.pk}").status_code == 200


def test_orders_page_by_key(world: World) -> None:
    for _at in range(27):
        accepted(world)
    dispatcher = caller(world, "dispatcher")
    first = call(dispatcher, "get", "orders").json()
    second = call(dispatcher, "get", f"orders?after={first['older']}").json()
    ids = [one["id"] for one in first["items"] + second["items"]]
    with unscoped("test"):
        assert (len(ids), set(ids)) == (
            27,
            {str(pk) for pk in Order.objects.values_list("pk", flat=True)},
        )
    assert second["older"] is None
    lost = call(dispatcher, "get", "orders?after=rubbish")
    assert (lost.status_code, lost.json()["errors"][0]["at"]) == (422, "after")


def test_the_description_is_valid_openapi() -> None:
    openapi_spec_validator.validate(description())


def shapes(kind: type[Schema] = Schema) -> Iterator[type[Schema]]:
    """Every shape of our API, however it is derived."""
    for one in kind.__subclasses__():
        if one.__module__.startswith(("linli.", "tests.")):
            yield one
        yield from shapes(one)


def named_alike() -> set[str]:
    """Names of several shapes, of which the description would tell one only."""
    held = Counter(one.__name__ for one in set(shapes()))
    return {name for name, times in held.items() if times > 1}


def test_every_shape_has_a_name_of_its_own() -> None:
    assert named_alike() == set()


def test_two_shapes_with_one_name_are_found() -> None:
    planted = type("Problem", (Schema,), {"__module__": "tests.gateway"})
    assert named_alike() == {planted.__name__}
    del planted
    gc.collect()
