import pytest
from django.utils import timezone

from linli.kernel.accounts.models import Post
from linli.kernel.hooks import outbox
from linli.kernel.hooks.models import Hook
from linli.kernel.hooks.sending import Answered

from ..rooms.test_chain import dispatched
from ..world import World
from .test_accounts import secret_of, signed_in, text_of, url_of

pytestmark = pytest.mark.django_db
URL = "https://hooks.example.org/linli"


def test_a_web_hook_from_its_registration_to_its_end(world: World) -> None:
    client = signed_in("security")
    post = Post.objects.get(user=world.users["head"])
    door = f"/desk/accounts/posts/{post.pk}/hook/"
    refused = client.post(door, {"url": "http://127.0.0.1/", "kinds": ["order.ended"]})
    assert (refused.status_code, "https://" in text_of(refused)) == (422, True)
    given = {"url": URL, "kinds": ["order.handed_over"]}
    assert secret_of(client.post(door, given)).startswith("whsec_")
    hook = Hook.objects.get()
    assert URL in text_of(client.get(url_of(world, "head")))
    dispatched(world)
    one = hook.deliveries.get()
    outbox.note(one.pk, Answered(0, 10_000, "timeout"), now=timezone.now())
    page = f"/desk/accounts/hooks/{hook.pk}/"
    shown = text_of(client.get(page))
    assert "no answer in time" in shown
    assert "next try" in shown
    assert hook.secret not in shown
    outbox.note(one.pk, Answered(204, 20), now=timezone.now())
    assert "Send again" in text_of(client.get(page))
    again = client.post(f"/desk/accounts/hooks/messages/{one.pk}/again/")
    assert again.headers["Location"] == page
    assert "sent a message of a web hook again" in text_of(client.get(page))
    assert secret_of(client.post(f"{page}secret/")) != hook.secret
    assert client.post(f"{page}remove/").status_code == 302
    assert "Removed" in text_of(client.get(page))


def test_nobody_else_finds_it(world: World) -> None:
    client = signed_in("security")
    post = Post.objects.get(user=world.users["head"])
    client.post(f"/desk/accounts/posts/{post.pk}/hook/", {"url": URL, "kinds": ["order.ended"]})
    page = f"/desk/accounts/hooks/{Hook.objects.get().pk}/"
    for name in ("head", "officer", "dispatcher"):
        assert signed_in(name).get(page).status_code == 404
