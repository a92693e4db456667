"""Following a receipt: what its holder reads and does, and what nobody else can."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from linli.dispatch import actions as dispatch
from linli.dispatch.models import Order, Verdict
from linli.intake import actions as intake
from linli.intake.models import Addition
from linli.kernel.accounts.actors import visitor
from linli.kernel.scope import unscoped
from linli.portal.receipt import SESSION

from ..conftest import acting
from ..rooms.test_chain import account
from ..world import TOWNSHIP, VILLAGE, World
from .browser import WORDS, ask, codes, open_receipt, resident, text

pytestmark = pytest.mark.django_db
SECRET = "只有另一位居民知道的事"
REPLY = "请带身份证到二号窗口"


def registered(words: str = WORDS, *, now: Any = None) -> intake.Receipt:
    asked = intake.Asked(area=VILLAGE, need="care", words=words, for_whom="other")
    with acting(visitor(now=now)) as actor:
        return intake.register_request(actor=actor, asked=asked, door="public")


def taken_on(world: World, receipt: intake.Receipt, *, now: Any = None) -> Order:
    with acting(world.actor("dispatcher", now=now)) as actor:
        return intake.accept_request(
            receipt.request,
            actor=actor,
            area=VILLAGE,
            need="care",
            urgency="week",
            task="上门看看灯",
            station_id=world.unit_id("station"),
        )


def done(world: World, receipt: intake.Receipt) -> Order:
    order = taken_on(world, receipt)
    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.serve_order(order, actor=actor, account=account())
        dispatch.finish_order(order, actor=actor, result="solved", words="灯亮了")
    return order


def state(order: Order) -> str:
    with unscoped("test"):
        return Order.objects.get(pk=order.pk).state


def following(receipt: intake.Receipt) -> Client:
    client = resident()
    answer = open_receipt(client, receipt.number.lower(), f" {receipt.pin} ")
    assert answer.redirect_chain == [("/follow/status/", 302)]
    return client


def test_a_copied_receipt_opens_how_it_stands(world: World) -> None:
    number, pin = codes(ask(resident()))
    answer = open_receipt(resident(address="192.0.2.2"), number, pin)
    assert "The centre has your request" in text(answer)
    assert "no-store" in answer["Cache-Control"]
    assert WORDS in answer.content.decode()


def test_the_line_tells_what_happened_without_names(world: World) -> None:
    receipt = registered()
    done(world, receipt)
    told = text(following(receipt).get("/follow/status/"))
    for sentence in (
        "The station says it is done: The need was met.",
        "A social worker was at work on it.",
        "The station accepted it.",
        "It was handed to Test station.",
        "The centre took the request on.",
        "The request was registered.",
        "The centre asks how it went.",
        "灯亮了",
        "0595-22880000",
    ):
        assert sentence in told
    for name in ("Test worker", "Test dispatcher", "上门看看灯", receipt.pin):
        assert name not in told


@pytest.mark.parametrize(
    ("number", "pin"),
    [
        ("{number}", "000000"),
        ("ABCD-EFGH-J", "{pin}"),
        ("not a number", "{pin}"),
        ("{number}", "x"),
    ],
)
def test_a_wrong_code_is_one_sentence_that_does_not_say_which(
    world: World, number: str, pin: str
) -> None:
    receipt = registered()
    given = {"number": receipt.number, "pin": receipt.pin}
    answer = resident().post(
        "/follow/", {"number": number.format(**given), "pin": pin.format(**given)}
    )
    assert answer.status_code == 422
    told = text(answer)
    assert told.count("Receipt number and PIN do not fit together.") == 1
    assert SESSION not in answer.wsgi_request.session


def test_the_sixth_try_waits_and_the_owner_elsewhere_does_not(world: World) -> None:
    receipt = registered()
    stranger, owner = resident(address="198.51.100.9"), resident(address="192.0.2.1")
    for _try in range(5):
        wrong = stranger.post("/follow/", {"number": receipt.number, "pin": "000000"})
        assert wrong.status_code == 422
    right = stranger.post("/follow/", {"number": receipt.number, "pin": receipt.pin})
    assert right.status_code == 429
    assert right["Retry-After"] == "1800"
    assert "wait 30 minutes" in text(right)
    assert open_receipt(owner, receipt.number, receipt.pin).redirect_chain == [
        ("/follow/status/", 302)
    ]


@pytest.mark.parametrize("kind", ["plain", "other secret", "other salt", "no id"])
def test_an_id_put_into_a_session_opens_nothing(world: World, kind: str) -> None:
    client, other = following(registered()), registered(SECRET)
    session = client.session
    session[SESSION] = {
        "plain": str(other.request.pk),
        "other secret": signing.dumps(str(other.request.pk), key="guessed", salt=SESSION),
        "no id": signing.dumps("nothing", salt=SESSION),
        "other salt": signing.dumps(str(other.request.pk), salt="linli_device"),
    }[kind]
    session.save()
    for url in ("status", "add", "verdict", "reopen", "withdraw"):
        answer = client.get(f"/follow/{url}/")
        assert answer.headers["Location"] == "/follow/"
        assert SECRET not in answer.content.decode()


def test_a_receipt_closes_after_half_an_hour_without_a_click(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = following(registered())
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + 29 * 60)
    assert client.get("/follow/status/").status_code == 200
    monkeypatch.setattr(time, "time", lambda: began + 58 * 60)
    assert client.get("/follow/status/").status_code == 200
    monkeypatch.setattr(time, "time", lambda: began + 89 * 60)
    assert client.get("/follow/status/").headers["Location"] == "/follow/"


def test_ids_in_the_address_or_the_form_change_nothing(world: World) -> None:
    client, other = following(registered()), registered(SECRET)
    given = {"request": other.request.pk, "id": other.request.pk, "number": other.number}
    assert SECRET not in client.get("/follow/status/", given).content.decode()
    client.post("/follow/add/", given | {"words": "mine"})
    client.post("/follow/withdraw/", given)
    with unscoped("test"):
        other.request.refresh_from_db()
        assert Addition.objects.get().request_id != other.request.pk
    assert other.request.state == "registered"


def test_the_request_of_a_deleted_receipt_is_not_found(world: World) -> None:
    client = following(registered())
    session = client.session
    session[SESSION] = signing.dumps(str(uuid4()), salt=SESSION)
    session.save()
    assert client.get("/follow/status/").headers["Location"] == "/follow/"


def test_a_receipt_opens_no_desk_and_signing_in_is_not_affected(world: World) -> None:
    receipt = registered()
    client = following(receipt)
    assert "/sign-in/" in client.get(f"/desk/intake/{receipt.request.pk}/").headers["Location"]
    client.force_login(
        world.users["worker"], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    open_receipt(client, receipt.number, receipt.pin)
    client.post("/follow/close/", {"next": "/"})
    assert client.get("/follow/status/").headers["Location"] == "/follow/"
    assert "_auth_user_id" in client.session


def test_opening_a_receipt_changes_the_session_key(world: World) -> None:
    receipt, client = registered(), resident()
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    open_receipt(client, receipt.number, receipt.pin)
    assert client.session.session_key != before


def test_adding_something_reaches_the_request(world: World) -> None:
    client = following(registered())
    assert client.post("/follow/add/", {"words": ""}).status_code == 422
    answer = client.post("/follow/add/", {"words": "门牌是三号"}, follow=True)
    assert "Added." in text(answer)
    assert Addition.objects.get().words == "门牌是三号"


def test_the_verdict_is_without_a_name_unless_chosen(world: World) -> None:
    receipt = registered()
    order = done(world, receipt)
    client = following(receipt)
    page = client.get("/follow/verdict/?value=partly").content.decode()
    assert '"partly" required' in page or 'value="partly"' in page
    chosen = [one for one in page.split("<input") if "checked" in one]
    assert ["partly" in chosen[0], "without" in chosen[1]] == [True, True]
    answer = client.post("/follow/verdict/", {"value": "partly", "naming": "without"}, follow=True)
    assert "Thank you." in text(answer)
    with unscoped("test"):
        verdict = Verdict.objects.get()
    assert (verdict.order_id, verdict.area_id, verdict.value) == (None, TOWNSHIP, "partly")
    assert state(order) == "closed"
    again = client.post("/follow/verdict/", {"value": "not", "naming": "with"})
    assert again.headers["Location"] == "/follow/status/"
    with unscoped("test"):
        assert Verdict.objects.count() == 1


def test_a_verdict_with_the_request_is_linked_to_it(world: World) -> None:
    receipt = registered()
    order = done(world, receipt)
    following(receipt).post("/follow/verdict/", {"value": "not", "naming": "with"})
    with unscoped("test"):
        assert Verdict.objects.get().order_id == order.pk


def test_a_verdict_must_be_one_of_three(world: World) -> None:
    receipt = registered()
    done(world, receipt)
    client = following(receipt)
    assert client.post("/follow/verdict/", {"naming": "without"}).status_code == 422
    bad = client.post("/follow/verdict/", {"value": "great", "naming": "without"})
    assert bad.status_code == 422
    with unscoped("test"):
        assert not Verdict.objects.exists()


def test_open_again_goes_through_the_order(world: World) -> None:
    receipt = registered()
    order = done(world, receipt)
    answer = following(receipt).post("/follow/reopen/", {"words": "又坏了"}, follow=True)
    assert state(order) == "pending"
    assert "The centre looks for a station" in text(answer)
    assert "又坏了" in answer.content.decode()


@pytest.mark.parametrize(
    ("end", "headline", "said"),
    [
        ("inform", "The centre has answered", REPLY),
        ("refer", "Somebody else can help you with this", REPLY),
        ("refuse", "The centre could not take this on", "Another authority is responsible"),
    ],
)
def test_an_ended_request_says_why_and_can_be_opened_again(
    world: World, end: str, headline: str, said: str
) -> None:
    receipt = registered()
    given = {"reply": REPLY} | ({"reason": "other_authority"} if end == "refuse" else {})
    with acting(world.actor("dispatcher")) as actor:
        getattr(intake, f"{end}_request")(receipt.request, actor=actor, **given)
    client = following(receipt)
    told = text(client.get("/follow/status/"))
    assert headline in told
    assert said in told
    assert REPLY in told
    assert "Add something" not in told
    reopened = client.post("/follow/reopen/", {"words": "还是不行"}, follow=True)
    assert "The centre has your request" in text(reopened)


def test_a_joined_request_shows_the_others_way_and_nothing_that_was_said(world: World) -> None:
    first = registered(SECRET)
    second = registered()
    order = taken_on(world, first)
    with acting(world.actor("dispatcher")) as actor:
        intake.merge_request(second.request, actor=actor, other=first.request)
    with acting(world.actor("head")) as actor:
        dispatch.accept_order(order, actor=actor)
    client = following(second)
    page = client.get("/follow/status/")
    told = text(page)
    assert "Your request was joined with an earlier one about the same need." in told
    assert "The station has accepted it" in told
    assert "Test station" in told
    assert SECRET not in page.content.decode()
    assert first.number not in page.content.decode().replace(" ", "")
    assert WORDS in page.content.decode()
    for url in ("add", "verdict", "urge"):
        answer = client.post(f"/follow/{url}/", {"words": "x", "value": "helped"})
        assert answer.headers["Location"] == "/follow/status/"
    assert state(order) == "accepted"
    with unscoped("test"):
        assert not Verdict.objects.exists()


def test_withdrawing_before_and_after_it_was_taken_on(world: World) -> None:
    early, late = registered(), registered()
    order = taken_on(world, late)
    answer = following(early).post("/follow/withdraw/", {}, follow=True)
    assert "The request was taken back" in text(answer)
    with unscoped("test"):
        early.request.refresh_from_db()
    assert early.request.state == "withdrawn"
    following(late).post("/follow/withdraw/", {"words": "已经好了"})
    assert state(order) == "withdrawn"


def test_being_late_is_said_and_can_be_urged_once_a_day(world: World) -> None:
    before = timezone.now() - timedelta(days=30)
    receipt = registered(now=before)
    taken_on(world, receipt, now=before)
    client = following(receipt)
    told = text(client.get("/follow/status/"))
    assert "should have been by" in told
    assert "Ask them to hurry" in told
    urged = client.post("/follow/urge/", follow=True)
    assert "They were asked to hurry." in text(urged)
    assert "Ask them to hurry" not in text(urged)
    assert client.get("/follow/urge/").status_code == 405


def test_in_time_nobody_is_urged(world: World) -> None:
    receipt = registered()
    order = taken_on(world, receipt)
    client = following(receipt)
    client.post("/follow/urge/")
    with unscoped("test"):
        assert Order.objects.get(pk=order.pk).urged_at is None


def test_closing_forgets_receipt_and_draft(world: World) -> None:
    client = resident()
    ask(client)
    assert client.get("/follow/status/").status_code == 200
    client.post("/follow/close/", {"next": "/"})
    assert client.get("/follow/status/").headers["Location"] == "/follow/"
    assert client.get("/ask/receipt/").headers["Location"] == "/follow/"
    assert client.get("/follow/close/").status_code == 405
