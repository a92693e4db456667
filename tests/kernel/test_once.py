"""Forms and calls that come twice, seen from the browser and the program."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue
from linli.kernel.operations.models import Operation
from linli.kernel.operations.once import KEPT
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.kernel.ui.once import FIELD, HEADER, REPEATED, post_mark
from linli.kernel.ui.sent import POST
from linli.lib.uuid7 import uuid7
from linli.people.models import Person
from linli.services.models import Service

from ..people.hands import signed_in
from ..people.hands import typed as typed_person
from ..services.hands import typed
from ..world import NEXT_VILLAGE, VILLAGE, World

pytestmark = pytest.mark.django_db
NEW = "/desk/services/new/"


def body(**given: Any) -> dict[str, Any]:
    return typed(anonymous="3", **given)


def services() -> int:
    with unscoped("test"):
        return Service.objects.count()


def ids(page: Any) -> list[str]:
    """The operation ids in the forms of a page."""
    return re.findall(rf'name="{FIELD}" value="([^"]+)"', page.content.decode())


def marked(page: Any) -> dict[str, str]:
    """The marks of the form in the middle of a page."""
    main = page.content.decode().partition("<main")[2]
    return dict(re.findall(rf'name="({FIELD}|{POST})" value="([^"]+)"', main))


def test_every_form_of_a_page_has_an_id_of_its_own_and_every_rendering_new_ones(
    world: World,
) -> None:
    client = signed_in(world, "worker")
    first, second = (client.get(NEW) for _time in range(2))
    forms = len(re.findall(r'<form[^>]*method="post"', first.content.decode()))
    found = [*ids(first), *ids(second)]
    assert len(ids(first)) == forms > 2
    assert len(set(found)) == len(found)
    assert {UUID(one).version for one in found} == {7}


def test_a_double_tap_stores_one_and_leads_to_the_same_page(world: World) -> None:
    client = signed_in(world, "worker")
    told = body() | {FIELD: str(uuid7())}
    first, second = (client.post(NEW, told) for _time in range(2))
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    assert REPEATED not in first
    assert second[REPEATED] == "yes"
    assert services() == 1
    assert Event.objects.filter(verb="services.recorded").count() == 1
    held = Operation.objects.get()
    with unscoped("test"):
        assert (held.subject_type, held.subject_id) == (
            "services.service",
            Service.objects.get().pk,
        )
    actor = world.actor("worker")
    assert held.holder == f"user:{actor.user_id}:{actor.post_id}"
    assert (held.kept_until - held.at) == KEPT  # type: ignore[operator]


def test_a_repeat_of_what_a_check_would_refuse_now_gets_the_first_answer(world: World) -> None:
    """Registered, the person would be found as somebody who is on file already."""
    client = signed_in(world, "worker")
    told = typed_person() | {FIELD: str(uuid7())}
    first, second = (client.post("/desk/people/new/", told) for _time in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    with unscoped("test"):
        assert Person.objects.count() == 1


def test_other_words_under_the_same_id_are_not_stored_and_not_lost(world: World) -> None:
    client = signed_in(world, "worker")
    key = {FIELD: str(uuid7())}
    stored = client.post(NEW, body(facts="换好了灯泡") | key)
    answer = client.post(NEW, body(facts="还带了一盏新灯，老人很高兴") | key)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "还带了一盏新灯，老人很高兴" in page
    assert f'href="{stored["Location"]}"' in page
    assert "换好了灯泡" not in page
    assert services() == 1
    # Sent from that page, on purpose, it is stored.
    told = body(facts="还带了一盏新灯，老人很高兴") | marked(answer)
    assert client.post(NEW, told).status_code == 302
    assert services() == 2


def test_an_invalid_form_keeps_no_id(world: World) -> None:
    client = signed_in(world, "worker")
    key = {FIELD: str(uuid7())}
    assert client.post(NEW, body(minutes="-1") | key).status_code == 422
    assert not Operation.objects.exists()
    assert client.post(NEW, body() | key).status_code == 302
    assert services() == 1


def test_what_was_rolled_back_may_be_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(world, "worker")
    client.raise_request_exception = False
    told = body() | {FIELD: str(uuid7())}
    with monkeypatch.context() as broken:
        broken.setattr("linli.services.views.actions.record_service", _broken)
        assert client.post(NEW, told).status_code == 500
    assert not Operation.objects.exists()
    assert client.post(NEW, told).status_code == 302
    assert services() == 1


def _broken(**given: Any) -> None:
    raise RuntimeError("planted")


def test_the_id_of_somebody_else_tells_nothing(world: World) -> None:
    told = body() | {FIELD: str(uuid7())}
    stored = signed_in(world, "worker").post(NEW, told)
    answer = signed_in(world, "second_worker").post(NEW, told)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert stored["Location"] not in page
    assert "with other content" not in page
    assert services() == 1


def test_another_post_of_the_same_user_is_somebody_else(world: World) -> None:
    client = signed_in(world, "worker")
    told = body() | {FIELD: str(uuid7())}
    client.post(NEW, told)
    post = Post.objects.get(user=world.users["worker"])
    Post.objects.filter(pk=post.pk).update(valid_to=timezone.localdate() - timedelta(days=1))
    Post.objects.create(
        user=world.users["worker"],
        unit=world.sibling,
        role=post.role,
        valid_from=timezone.localdate(),
    )
    assert client.post(NEW, told).status_code == 409


def test_a_page_of_another_post_is_not_sent_as_the_present_one(world: World) -> None:
    client = signed_in(world, "worker")
    held = Post.objects.get(user=world.users["worker"])
    other = Post.objects.create(
        user=world.users["worker"],
        unit=world.sibling,
        role=held.role,
        valid_from=timezone.localdate(),
    )
    told = marked(client.get(NEW)) | body(facts="灯泡换好了，老人很高兴。")
    assert told[POST] == post_mark(held.pk)
    client.post("/ui/post/", {"post": str(other.pk)})

    answer = client.post(NEW, told)

    assert (answer.status_code, services()) == (409, 0)
    page = answer.content.decode()
    assert world.sibling.label in page
    assert "灯泡换好了" in page
    # Sent from there, it is of the post in which they act now.
    assert marked(answer)[POST] == post_mark(other.pk)
    told |= marked(answer) | {"area": str(NEXT_VILLAGE)}
    assert client.post(NEW, told).status_code == 302
    assert services() == 1


def test_a_password_is_never_written_into_the_page_that_gives_words_back(world: World) -> None:
    client = signed_in(world, "worker")
    Post.objects.create(
        user=world.users["worker"],
        unit=world.sibling,
        role="worker",
        valid_from=timezone.localdate(),
    )
    path = "/desk/accounts/password/"
    told = marked(client.get(path)) | {POST: post_mark(uuid7())}
    words = ["my old pass phrase", "four quite new words"]
    told |= dict(zip(("current_password", "new_password"), words, strict=True))

    answer = client.post(path, told)

    assert answer.status_code == 409
    page = answer.content.decode()
    assert [word for word in (*words, "Send it now") if word in page] == []


def test_a_page_that_was_open_for_more_than_thirty_days_is_not_taken(world: World) -> None:
    client = signed_in(world, "worker")
    made_at = timezone.now() - KEPT - timedelta(minutes=1)
    old = UUID(int=int(made_at.timestamp() * 1000) << 80 | 7 << 76 | 0b10 << 62)
    answer = client.post(NEW, body(facts="一起看了相册") | {FIELD: str(old)})
    assert answer.status_code == 409
    assert "一起看了相册" in answer.content.decode()
    assert services() == 0


@pytest.mark.parametrize("mark", [{}, {FIELD: ""}, {FIELD: "x' OR 1=1"}])
def test_without_an_id_a_form_is_taken_as_before(world: World, mark: dict[str, str]) -> None:
    client = signed_in(world, "worker")
    for _time in range(2):
        assert client.post(NEW, body() | mark).status_code == 302
    assert services() == 2
    assert not Operation.objects.exists()


def test_a_search_and_a_look_keep_no_id(world: World) -> None:
    client = signed_in(world, "worker")
    made = client.post("/desk/people/new/", typed_person())
    for path, told in (
        ("/desk/people/find/", {"q": "13800138000"}),
        (f"{made['Location']}reveal/", {}),
        ("/ui/preferences/", {"size": "elder"}),
    ):
        client.post(path, told | {FIELD: str(uuid7())})
    assert not Operation.objects.exists()


def test_forgery_is_refused_before_a_repeat_is_answered(world: World) -> None:
    told = body() | {FIELD: str(uuid7())}
    client = Client(enforce_csrf_checks=False)
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(world.users["worker"], backend=backend)
    assert client.post(NEW, told).status_code == 302
    client.handler.enforce_csrf_checks = True
    assert client.post(NEW, told).status_code == 403


ASKED = {"area": VILLAGE, "need": "care", "words": "灯泡坏了", "door": "phone"}


def call(world: World, key: object, told: Any, *, name: str = "dispatcher") -> Any:
    post = Post.objects.get(user=world.users[name])
    token = issue(post, name="test", valid_until=timezone.now() + timedelta(hours=1))
    client = Client(headers={"Authorization": f"Bearer {token}", HEADER: str(key)})
    text = told if isinstance(told, str) else json.dumps(told)
    return client.post("/api/v1/requests", text, content_type="application/json")


@pytest.mark.parametrize("key", [uuid4(), uuid7()])
def test_a_call_with_a_key_is_answered_again_with_number_and_pin(world: World, key: UUID) -> None:
    first = call(world, key, ASKED)
    # Another connection, another token, another spelling of the same body.
    second = call(world, key, json.dumps(dict(reversed(ASKED.items())), indent=2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second[REPEATED] == "yes"
    assert Event.objects.filter(verb="intake.request.opened").count() == 1


def test_a_call_with_a_used_key_and_another_body_is_a_conflict(world: World) -> None:
    key = uuid7()
    first = call(world, key, ASKED)
    for answer in (
        call(world, key, ASKED | {"words": "水管坏了"}),
        call(world, key, ASKED, name="other_dispatcher"),
    ):
        assert answer.status_code == 409
        assert answer.json()["detail"]
        assert first.json()["number"] not in answer.content.decode()
    assert Event.objects.filter(verb="intake.request.opened").count() == 1


def test_a_key_that_is_no_uuid_is_said_so_and_stores_nothing(world: World) -> None:
    answer = call(world, "tuesday", ASKED)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]
    assert not Event.objects.filter(verb="intake.request.opened").exists()


FAR = "ffffffff-ffff-7fff-bfff-ffffffffffff"


def test_an_id_of_a_time_after_all_calendars_is_an_id(world: World) -> None:
    assert signed_in(world, "worker").post(NEW, body() | {FIELD: FAR}).status_code == 302
    assert services() == 1


def test_a_body_nested_beyond_reason_with_a_key_is_refused(world: World) -> None:
    assert call(world, uuid7(), "[" * 100_000).status_code == 400
    assert Operation.objects.count() == 0


def test_a_refused_call_may_be_corrected_under_the_same_key(world: World) -> None:
    key = uuid7()
    assert call(world, key, ASKED | {"need": "no_such_need"}).status_code == 422
    assert call(world, key, "{").status_code in {400, 422}
    assert call(world, key, ASKED).status_code == 201
