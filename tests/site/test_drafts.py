from typing import Any

import pytest
from django.test import Client

from linli.intake.models import Request
from linli.kernel.accounts.models import Session
from linli.kernel.forms.models import Draft
from linli.kernel.scope import unscoped

from ..world import PASSWORD, World

pytestmark = pytest.mark.django_db
URL = "/desk/intake/new/"
WORDS = "老人独居，灯坏了三天，够不着"


def sign_in(client: Client, name: str) -> None:
    answer = client.post("/sign-in/", {"login": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()[:2000]


def form() -> dict[str, Any]:
    return {
        "door": "window",
        "for_whom": "other",
        "need": "care",
        "urgency": "week",
        "area": "350502004001",
        "words": WORDS,
    }


def stored() -> int:
    with unscoped("test"):
        return Request.objects.count()


def test_a_form_sent_after_the_session_ended_is_offered_again_and_stored_once(
    world: World, client: Client
) -> None:
    sign_in(client, "dispatcher")
    Session.objects.all().delete()
    turned_away = client.post(URL, form())
    assert turned_away.status_code == 302
    assert stored() == 0
    sign_in(client, "dispatcher")
    offered = client.get(URL).content.decode()
    assert WORDS in offered
    sent = client.post(URL, form())
    assert sent.status_code in {200, 302}
    assert stored() == 1
    assert not Draft.objects.filter(path__endswith=URL).exists()
    assert WORDS not in client.get(URL).content.decode()


def test_somebody_else_at_the_same_machine_does_not_see_it(world: World, client: Client) -> None:
    sign_in(client, "dispatcher")
    Session.objects.all().delete()
    client.post(URL, form())
    sign_in(client, "worker")
    assert WORDS not in client.get(URL).content.decode()


def test_a_stranger_leaves_no_draft(world: World, client: Client) -> None:
    assert client.post(URL, form()).status_code == 302
    assert Draft.objects.count() == 0
