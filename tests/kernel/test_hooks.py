import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from linli.kernel.accounts.actors import Actor, system
from linli.kernel.accounts.models import Post
from linli.kernel.flow.machine import Refused
from linli.kernel.flow.queries import duties
from linli.kernel.hooks import actions, outbox, sending
from linli.kernel.hooks.models import Attempt, Delivery, Hook, Outcome
from linli.kernel.hooks.sending import Answered, NotAllowed
from linli.kernel.hooks.signing import signature
from linli.kernel.staff.actions import Unfit
from linli.kernel.timeline.models import Event

from ..conftest import acting
from ..rooms.test_chain import dispatched
from ..world import World

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.org/linli"
KINDS = ["order.handed_over", "order.ended"]


def hook_of(world: World, name: str, *, kinds: list[str] = KINDS, url: str = URL) -> Hook:
    with acting(world.actor("security")) as actor:
        post = Post.objects.select_related("unit").get(user=world.users[name])
        return actions.register_hook(post, actor=actor, url=url, kinds=kinds)[0]


def waiting(hook: Hook) -> list[Delivery]:
    return list(hook.deliveries.order_by("id"))


def test_an_event_writes_a_delivery_and_its_job_with_it(world: World) -> None:
    hook = hook_of(world, "head")
    order = dispatched(world)
    one = waiting(hook)[0]
    assert (one.kind, one.subject_id) == ("order.handed_over", order.pk)
    job = ProcrastinateJob.objects.get(queueing_lock=f"hooks:{one.pk}")
    assert (job.queue_name, job.args) == ("hooks", {"delivery_id": str(one.pk)})


def test_a_message_holds_ids_and_codes_and_its_signature_is_checked(world: World) -> None:
    hook = hook_of(world, "head")
    order = dispatched(world)
    message = outbox.prepare(waiting(hook)[0].pk, now=timezone.now())
    assert message is not None
    told = json.loads(message.body)
    assert told["type"] == "order.handed_over"
    assert told["data"] == {"id": str(order.pk), "unit": str(world.unit_id("station"))}
    made = signature(
        hook.secret,
        message=message.headers["webhook-id"],
        timestamp=int(message.headers["webhook-timestamp"]),
        body=message.body,
    )
    assert message.headers["webhook-signature"] == made
    assert hook.secret not in str(list(Event.objects.values()))


def test_the_signature_is_that_of_the_scheme() -> None:
    """The example that the Standard Webhooks specification publishes."""
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_for_a_day_both_secrets_sign(world: World) -> None:
    hook = hook_of(world, "head")
    dispatched(world)
    with acting(world.actor("security")) as actor:
        former, new = hook.secret, actions.rotate_secret(hook, actor=actor)
    delivery = Delivery.objects.select_related("hook").get(pk=waiting(hook)[0].pk)
    now = timezone.now()
    both = outbox.message_of(delivery, now=now)
    later = outbox.message_of(delivery, now=now + timedelta(days=2))
    signed = {
        one: signature(
            one,
            message=both.headers["webhook-id"],
            timestamp=int(both.headers["webhook-timestamp"]),
            body=both.body,
        )
        for one in (former, new)
    }
    assert both.headers["webhook-signature"].split() == [signed[new], signed[former]]
    assert len(later.headers["webhook-signature"].split()) == 1


def test_what_the_post_does_not_see_is_not_sent(world: World) -> None:
    """The stations share a township: the event may concern both, the order is one's."""
    ours, theirs = hook_of(world, "head"), hook_of(world, "sharing_head")
    dispatched(world)
    now = timezone.now()
    assert outbox.prepare(waiting(ours)[0].pk, now=now) is not None
    assert outbox.prepare(waiting(theirs)[0].pk, now=now) is None
    assert waiting(theirs)[0].outcome == Outcome.WITHHELD


def test_the_permission_is_asked_when_it_is_sent(world: World) -> None:
    hook = hook_of(world, "head")
    dispatched(world)
    Post.objects.filter(pk=hook.post_id).update(valid_to=timezone.localdate() - timedelta(1))
    assert outbox.prepare(waiting(hook)[0].pk, now=timezone.now()) is None


def test_a_hook_elsewhere_is_not_even_written_to(world: World) -> None:
    hook = hook_of(world, "head")
    Hook.objects.filter(pk=hook.pk).update(post=Post.objects.get(user=world.users["other_head"]))
    dispatched(world)
    assert waiting(hook) == []


def test_it_is_tried_for_three_days_and_then_given_up_and_told(world: World) -> None:
    hook = hook_of(world, "head")
    dispatched(world)
    one, now = waiting(hook)[0], timezone.now()
    waits = []
    for _try in range(20):
        again = outbox.note(one.pk, Answered(503, 12), now=now)
        if again is None:
            break
        waits.append(again - now)
        now = again
    one.refresh_from_db()
    assert (one.outcome, len(waits), Attempt.objects.count()) == (Outcome.GIVEN_UP, 9, 10)
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=3.5)
    assert Event.objects.filter(verb="hooks.given_up", subject_id=hook.pk).count() == 1
    administrator = world.actor("security")
    assert [held.subject_id for held in duties(administrator)] == [hook.pk]
    with acting(administrator):
        actions.send_again(
            Delivery.objects.select_related("hook__post__unit").get(pk=one.pk), actor=administrator
        )
    assert not duties(administrator).exists()
    assert outbox.note(one.pk, Answered(204, 5), now=now) is None
    one.refresh_from_db()
    assert one.outcome == Outcome.DELIVERED


def test_a_delivered_message_is_not_sent_twice_by_a_second_job(world: World) -> None:
    hook = hook_of(world, "head")
    dispatched(world)
    one = waiting(hook)[0]
    outbox.note(one.pk, Answered(200, 5), now=timezone.now())
    assert outbox.prepare(one.pk, now=timezone.now()) is None


def test_old_messages_are_forgotten_and_waiting_ones_are_not(world: World) -> None:
    hook = hook_of(world, "head")
    dispatched(world)
    month = timezone.now() + timedelta(days=31)
    assert outbox.forget(now=month) == 0
    assert outbox.due_again(now=month) == [waiting(hook)[0].pk]
    Delivery.objects.update(outcome=Outcome.DELIVERED)
    assert outbox.forget(now=month) == 1


@pytest.mark.parametrize("who", ["head", "officer", "other_dispatcher"])
def test_only_who_looks_after_keys_looks_after_hooks(world: World, who: str) -> None:
    hook = hook_of(world, "head")
    with acting(world.actor(who)) as actor:
        refused: list[Any] = [
            lambda: actions.register_hook(hook.post, actor=actor, url=URL, kinds=KINDS),
            lambda: actions.rotate_secret(hook, actor=actor),
            lambda: actions.remove_hook(hook, actor=actor),
        ]
        for one in refused:
            with pytest.raises(Refused):
                one()


BAD = [
    "http://hooks.example.org/",
    "https://elsewhere.example.com/",
    "https://hooks.example.org.evil.example.com/",
    "https://user:pw@hooks.example.org/",
    "https://hooks.example.org@evil.example.com/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://example.net/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org/#x",
    "https://hooks.example.org\\@evil.example.com/",
    "ftp://hooks.example.org/",
    "https:///x",
    "",
]


@pytest.mark.parametrize("url", BAD)
def test_an_address_that_may_not_be_called_is_a_sentence_at_its_field(
    world: World, url: str
) -> None:
    with pytest.raises(Unfit) as refused:
        hook_of(world, "head", url=url)
    assert refused.value.field == "url"
    assert not Hook.objects.exists()


def test_a_domain_on_the_list_covers_what_lies_in_it() -> None:
    assert sending.checked("https://a.b.example.net:8443/x?y=z").hostname == "a.b.example.net"


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "240.0.0.1", "224.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "2002:0a00:0001::1",
    "64:ff9b::a00:1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_not_called(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if one of its addresses is public."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **b: _found("93.184.216.34", address))
    with pytest.raises(NotAllowed, match="address"):
        sending.resolved("hooks.example.org", 443)
    monkeypatch.setattr(socket, "create_connection", _never)
    assert sending.send(URL, body=b"", headers={}).problem == "address"


def _found(*addresses: str) -> list[Any]:
    return [(0, 0, 0, "", (one, 443)) for one in addresses]


def _never(*given: Any, **more: Any) -> Any:
    raise AssertionError("a connection was opened")


def test_the_connection_goes_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that answers otherwise the second time changes nothing: there is no second time."""
    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **b: _found("93.184.216.34"))

    def connect(address: tuple[str, int], *given: Any, **more: Any) -> Any:
        asked.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert sending.send(URL, body=b"", headers={}).problem == "connection"
    assert asked == ["93.184.216.34"]


@contextmanager
def receiver(answer: Any) -> Iterator[tuple[str, list[Any]]]:
    """A receiver on this machine that keeps what it is sent."""
    heard: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, dict(self.headers), body))
            answer(self)

        def log_message(self, *given: Any) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/in", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _say(status: int, **headers: str) -> Any:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    return answer


def test_a_message_arrives_and_a_redirect_is_not_followed(settings: Any) -> None:
    settings.LINLI_HOOK_LOOPBACK = True
    with receiver(_say(204)) as (url, heard):
        took = sending.send(url, body=b"{}", headers={"webhook-id": "msg_1"})
    assert (took.status, took.is_taken, heard[0][2]) == (204, True, b"{}")
    assert heard[0][1]["webhook-id"] == "msg_1"
    with receiver(_say(204)) as (target, reached), receiver(_say(307, Location=target)) as (url, _):
        moved = sending.send(url, body=b"{}", headers={})
    assert (moved.status, moved.is_taken, reached) == (307, False, [])


def test_who_never_answers_is_not_waited_for(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LINLI_HOOK_LOOPBACK = True
    monkeypatch.setattr(sending, "TIMEOUT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        answered = sending.send(f"http://127.0.0.1:{port}/", body=b"", headers={})
    assert (answered.status, answered.problem) == (0, "timeout")


def test_the_system_may_register_and_nobody_is_given_a_duty(world: World) -> None:
    actor: Actor = system("tests")
    with acting(actor):
        post = Post.objects.select_related("unit").get(user=world.users["head"])
        hook, _secret = actions.register_hook(post, actor=actor, url=URL, kinds=KINDS)
    dispatched(world)
    one = waiting(hook)[0]
    Delivery.objects.filter(pk=one.pk).update(tries=len(outbox.WAITS))
    assert outbox.note(one.pk, Answered(500, 1), now=timezone.now()) is None
    assert Event.objects.filter(verb="hooks.given_up").exists()
