"""A resident's request sent again: the receipt for the same browser, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.kernel.forms.models import Draft
from linli.kernel.operations.models import Operation
from linli.kernel.ui.once import FIELD
from linli.lib.uuid7 import uuid7

from ..world import World
from .browser import REACH, TYPED, WHAT, ask, codes, requests, resident, text

pytestmark = pytest.mark.django_db


def started(**typed: str) -> Any:
    client = resident()
    client.post(WHAT, TYPED | typed)
    return client


def test_after_a_lost_answer_the_same_browser_gets_its_receipt(world: World) -> None:
    client = started()
    told = REACH | {FIELD: str(uuid7())}
    client.post("/ask/reach/", told)
    # The answer never came: neither did the session in it.
    del client.cookies["sessionid"]
    receipt = client.post("/ask/reach/", told, follow=True)
    assert receipt.redirect_chain == [("/ask/receipt/", 302)]
    (made,) = requests()
    assert codes(receipt)[0].replace(" ", "") == made.number
    assert Operation.objects.get().subject_id == made.pk


def test_another_browser_that_knows_the_id_is_shown_nothing(world: World) -> None:
    client = started()
    told = REACH | {FIELD: str(uuid7())}
    client.post("/ask/reach/", told)
    other = resident()
    answer = other.post("/ask/reach/", told, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert requests()[0].number not in answer.content.decode()


def test_what_is_changed_after_sending_is_not_stored_and_not_lost(world: World) -> None:
    client = started()
    key = {FIELD: str(uuid7())}
    client.post("/ask/reach/", REACH | key)
    answer = client.post("/ask/reach/", REACH | {"where": "四号楼二单元"} | key)
    assert answer.status_code == 409
    assert "四号楼二单元" in text(answer)
    assert 'href="/ask/receipt/"' in answer.content.decode()
    assert "Send it now" not in text(answer)
    assert [one.where for one in requests()] == ["三号楼"]


def test_a_page_left_open_does_not_send_the_next_request_of_the_browser(world: World) -> None:
    client = started()
    left_open = REACH | {FIELD: str(uuid7())}
    client.post("/ask/reach/", left_open)
    client.post(WHAT, TYPED | {"words": "这是第二件事，和第一件无关"})
    answer = client.post("/ask/reach/", left_open)
    assert answer.status_code == 422
    assert "这是第二件事" in text(answer)
    assert 'value="测试甲"' in answer.content.decode()
    assert len(requests()) == 1
    assert client.post("/ask/reach/", REACH | {FIELD: str(uuid7())}).status_code == 302
    assert len(requests()) == 2


def test_when_the_receipt_is_shown_no_more_it_is_said_that_the_request_was_sent(
    world: World,
) -> None:
    client = started()
    told = REACH | {FIELD: str(uuid7())}
    client.post("/ask/reach/", told)
    Draft.objects.update(kept_until=timezone.now() - timedelta(seconds=1))
    answer = client.post("/ask/reach/", told, follow=True)
    assert answer.redirect_chain == [("/follow/", 302)]
    assert "Your request was sent before." in text(answer)
    assert len(requests()) == 1


def test_a_closed_receipt_is_not_opened_by_a_repeat(world: World) -> None:
    client = started()
    told = REACH | {FIELD: str(uuid7())}
    client.post("/ask/reach/", told)
    client.post("/follow/close/", {"next": "/"})
    answer = client.post("/ask/reach/", told, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert requests()[0].number not in answer.content.decode()


def test_what_is_added_twice_with_one_press_is_added_once(world: World) -> None:
    client = resident()
    ask(client)
    told = {"words": "还有水管也坏了", FIELD: str(uuid7())}
    answers = [client.post("/follow/add/", told) for _time in range(2)]
    assert [one["Location"] for one in answers] == ["/follow/status/"] * 2
    (made,) = requests()
    assert made.additions.count() == 1
    assert Operation.objects.get(subject_id=made.pk, holder=f"receipt:{made.pk}")
    changed = client.post("/follow/add/", told | {"words": "还有水管也坏了，漏得厉害"})
    assert changed.status_code == 409
    assert "还有水管也坏了，漏得厉害" in text(changed)
