"""Sessions: where one is signed in, ending them, and the two clocks."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from linli.kernel.accounts import sessions
from linli.kernel.accounts.devices import device_label, device_of
from linli.kernel.accounts.models import Post, Session
from linli.kernel.forms.models import Draft
from linli.kernel.timeline.models import Event

from ..world import SINCE, World
from .signing import is_in, sign_in

pytestmark = pytest.mark.django_db
PHONE = (
    "Mozilla/5.0 (Linux; Android 13; V2) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"
    " Chrome/111.0 Mobile Safari/537.36 MicroMessenger/8.0.40"
)
PAGE = "/desk/accounts/sessions/"


def mine(world: World, name: str) -> list[Session]:
    return sessions.sessions_of(world.users[name], now=timezone.now())


def move(session: Session, *, seen: timedelta, started: timedelta) -> None:
    """Let a session have been started and used so long ago."""
    now = timezone.now()
    store = sessions.SessionStore(session.session_key)
    mark = store[sessions.MARK]
    store[sessions.MARK] = mark | {
        "seen": (now - seen).isoformat(),
        "started": (now - started).isoformat(),
    }
    store.save()


def is_open(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


def test_the_page_names_devices_and_places(world: World) -> None:
    here = sign_in("worker")
    phone = Client(headers={"User-Agent": PHONE}, REMOTE_ADDR="10.9.8.7")
    sign_in("worker", client=phone)
    shown = here.get(PAGE).content.decode()
    assert "Weixin · Android" in shown
    assert "10.9.8.7" in shown
    assert all(one.session_key not in shown for one in mine(world, "worker"))


def test_one_session_is_ended_and_refused_at_the_next_request(world: World) -> None:
    here, there, other = sign_in("worker"), sign_in("worker"), sign_in("head")
    handle = there.session[sessions.MARK]["handle"]
    here.post(f"{PAGE}end/", {"session": handle})
    assert (is_open(here), is_open(there), is_open(other)) == (True, False, True)
    assert Event.objects.filter(verb="staff.sessions_ended").count() == 1


def test_all_others_are_ended_and_nobody_elses(world: World) -> None:
    here, there, third, other = (*(sign_in("worker") for _one in range(3)), sign_in("head"))
    here.post(f"{PAGE}end/", {"session": other.session[sessions.MARK]["handle"]})
    assert is_open(other)
    here.post(f"{PAGE}end/", {})
    assert [is_open(one) for one in (here, there, third, other)] == [True, False, False, True]
    assert here.post(f"{PAGE}end/", {"session": "x"}).status_code == 404


def test_a_security_administrator_ends_anothers(world: World) -> None:
    theirs, guard = sign_in("worker"), sign_in("security")
    where = f"/desk/accounts/{world.users['worker'].pk}/sessions/"
    assert sign_in("administrator").post(where).status_code == 404
    assert sign_in("auditor").post(where).status_code == 404
    assert guard.post(where).status_code == 302
    assert not is_open(theirs)


@pytest.mark.parametrize(
    ("seen", "started", "still"),
    [(29, 29, True), (31, 31, False), (1, 12 * 60 - 1, True), (1, 12 * 60 + 1, False)],
)
def test_a_session_ends_idle_and_in_any_case(
    world: World, seen: int, started: int, still: bool
) -> None:
    client = sign_in("worker")
    (held,) = mine(world, "worker")
    move(held, seen=timedelta(minutes=seen), started=timedelta(minutes=started))
    assert is_open(client) is still


def test_use_moves_the_idle_clock_and_a_page_by_itself_does_not(world: World) -> None:
    client = sign_in("worker")
    (held,) = mine(world, "worker")
    for headers, moved in (({"X-Linli-Idle": "1"}, False), ({}, True)):
        move(held, seen=timedelta(minutes=20), started=timedelta(minutes=20))
        before = Session.objects.get().expire_date
        client.get("/desk/", headers=headers)
        assert (Session.objects.get().expire_date > before) is moved


def test_the_settings_are_asked(world: World, settings: Settings) -> None:
    settings.LINLI_IDLE_TIMEOUT = timedelta(minutes=5)
    client = sign_in("worker")
    (held,) = mine(world, "worker")
    assert held.seen_at is not None
    assert held.expire_date == held.seen_at + timedelta(minutes=5)
    move(held, seen=timedelta(minutes=6), started=timedelta(minutes=6))
    assert not is_open(client)


def test_another_post_does_not_start_the_session_anew(world: World) -> None:
    post = Post.objects.create(
        user=world.users["worker"], unit=world.sharing, role="worker", valid_from=SINCE
    )
    client = sign_in("worker")
    (held,) = mine(world, "worker")
    move(held, seen=timedelta(minutes=2), started=timedelta(hours=11))
    started = Session.objects.get().started_at
    assert client.post("/ui/post/", {"post": str(post.pk)}).status_code == 302
    assert Session.objects.get().started_at == started


def test_what_was_typed_survives_the_end_of_the_session(world: World) -> None:
    client = sign_in("dispatcher")
    (held,) = mine(world, "dispatcher")
    move(held, seen=timedelta(minutes=31), started=timedelta(minutes=31))
    given = {"door": "window", "words": "灯坏了三天"}
    assert client.post("/desk/intake/new/", given).status_code == 302
    assert Draft.objects.count() == 1
    sign_in("dispatcher", client=client)
    assert "灯坏了三天" in client.get("/desk/intake/new/").content.decode()


def test_a_change_of_the_password_keeps_one_row(world: World) -> None:
    here, there = sign_in("worker"), sign_in("worker")
    new = "staple battery horse"
    given = {"current_password": "correct horse battery"}
    given |= {"new_password": new, "new_password_again": new}
    assert here.post("/desk/accounts/password/", given).status_code == 302
    assert (is_open(here), is_open(there)) == (True, False)
    assert len(mine(world, "worker")) == 1


def test_rows_of_ended_sessions_are_forgotten(world: World) -> None:
    sign_in("worker")
    (held,) = mine(world, "worker")
    move(held, seen=timedelta(hours=1), started=timedelta(hours=1))
    assert sessions.forget_ended(now=timezone.now()) == 1
    assert is_in(sign_in("worker"))


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (PHONE, "微信 · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0", "Firefox · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("curl/8", "未知设备"),
        ("", "未知设备"),
    ],
)
def test_a_device_in_words(agent: str, label: str) -> None:
    assert device_label(device_of(agent)) == label


def test_times_are_written_once_a_minute(world: World, django_assert_num_queries: Any) -> None:
    client = sign_in("worker")
    before = Session.objects.get().session_data
    client.get("/desk/")
    assert Session.objects.get().session_data == before
