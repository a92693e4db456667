"""Keys: what they are for, how often they may be used, and the day of their last use."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.gateway.urls import api
from linli.kernel.accounts import limits
from linli.kernel.accounts.enums import KeyScope
from linli.kernel.accounts.models import Allowance, ApiToken, Post
from linli.kernel.accounts.tokens import issue

from ..world import VILLAGE, World

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def client_of(world: World, name: str, *scopes: str) -> Client:
    post = Post.objects.get(user=world.users[name])
    until = timezone.now() + timedelta(hours=1)
    key = issue(post, name="test", valid_until=until, scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {key}", "Accept-Language": "en"})


def operations() -> list[tuple[str, str, str]]:
    """Method, path and scope of every operation, as the description tells them."""
    found = []
    for path, held in api.get_openapi_schema()["paths"].items():
        for method, operation in held.items():
            keys = next(one["Key"] for one in operation["security"] if "Key" in one)
            found.append((method, path, keys[0] if keys else ""))
    return found


def test_every_operation_but_one_needs_a_scope_and_every_scope_is_needed() -> None:
    found = operations()
    assert [path for _method, path, scope in found if not scope] == ["/api/v1/me"]
    assert {scope for *_rest, scope in found} - {""} == set(KeyScope.values)


def test_without_its_scope_no_operation_answers_and_the_missing_one_is_named(
    world: World,
) -> None:
    """For each scope, every operation with a key that has all the others."""
    nobody = "01890000-0000-7000-8000-000000000000"
    for scope in KeyScope.values:
        others = [one for one in KeyScope.values if one != scope]
        client = client_of(world, "head", *others)
        for method, path, needed in operations():
            if needed != scope:
                continue
            filled = path.replace("{code}", str(VILLAGE))
            parts = [nobody if one.startswith("{") else one for one in filled.split("/")]
            answer = getattr(client, method)("/".join(parts), content_type="application/json")
            assert answer.status_code == 403, (method, path, answer.content)
            assert scope in answer.json()["detail"]


def test_a_key_is_told_what_it_is(world: World) -> None:
    client = client_of(world, "worker", "orders:read")
    told = client.get("/api/v1/me").json()
    assert (told["role"], told["key"]["scopes"]) == ("worker", ["orders:read"])
    assert told["key"]["used_on"] is None
    assert client.get("/api/v1/orders").status_code == 200
    assert ApiToken.objects.get().used_on == timezone.localdate()


def test_a_session_has_no_scopes_and_needs_none(world: World) -> None:
    client = Client()
    client.force_login(
        world.users["head"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert client.get("/api/v1/orders").status_code == 200
    assert client.get("/api/v1/me").json()["key"] is None


def test_a_key_that_opens_nothing_is_not_helped_by_a_session(world: World) -> None:
    client = Client(headers={"Authorization": "Bearer linli_wrong"})
    client.force_login(
        world.users["head"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert client.get("/api/v1/orders").status_code == 401


def test_an_allowance_is_used_up_and_fills_up_again(db: None) -> None:
    spent = [limits.spend("key:a", most=3, now=NOW) for _call in range(4)]
    assert [one.is_refused for one in spent] == [False, False, False, True]
    assert [one.left for one in spent] == [2, 1, 0, 0]
    assert spent[-1].seconds == 20
    later = NOW + timedelta(seconds=20)
    assert not limits.spend("key:a", most=3, now=later).is_refused
    assert limits.spend("key:a", most=3, now=later).is_refused


def test_one_key_takes_nothing_from_another(db: None) -> None:
    for _call in range(50):
        limits.spend("key:a", most=3, now=NOW)
    assert limits.spend("key:a", most=3, now=NOW).is_refused
    assert limits.spend("key:b", most=3, now=NOW).left == 2
    # However often it was refused, it waits no longer for that.
    assert not limits.spend("key:a", most=3, now=NOW + timedelta(seconds=20)).is_refused


def test_who_has_everything_free_again_is_forgotten(db: None) -> None:
    limits.spend("key:a", most=3, now=NOW)
    assert limits.forget(now=NOW) == 0
    assert limits.forget(now=NOW + limits.WINDOW) == 1


def test_too_many_calls_are_told_when_to_come_again(world: World, settings: Any) -> None:
    settings.LINLI_API_CALLS = 2
    one, two = (client_of(world, "head", "orders:read") for _key in range(2))
    answers = [one.get("/api/v1/orders") for _call in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.json()["errors"] == []
    assert "2 a minute" in refused.json()["detail"]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"key";q=2;w=60'
    assert answers[0].headers["RateLimit"].startswith('"key";r=1;t=')
    assert two.get("/api/v1/orders").status_code == 200


def test_strangers_are_counted_by_where_they_come_from(world: World, settings: Any) -> None:
    """New wrong keys bring no new calls, and a forged header no new address."""
    settings.LINLI_API_STRANGERS = 3
    codes = []
    for at in range(5):
        client = Client(
            headers={"Authorization": f"Bearer linli_{at}", "X-Forwarded-For": f"10.0.0.{at}"}
        )
        codes.append(client.get("/api/v1/orders").status_code)
    assert codes == [401, 401, 401, 429, 429]
    assert Client(REMOTE_ADDR="192.0.2.7").get("/api/v1/orders").status_code == 401
    assert client_of(world, "head", "orders:read").get("/api/v1/orders").status_code == 200
    assert not Allowance.objects.filter(holder__contains="127.0.0.1").exists()


def test_pages_are_not_counted(world: World, settings: Any) -> None:
    settings.LINLI_API_STRANGERS = 1
    assert [Client().get("/").status_code for _page in range(3)] == [200] * 3
