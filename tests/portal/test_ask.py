"""From the first page to the receipt, in a browser without JavaScript."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from linli.intake.models import Request
from linli.kernel.accounts.actors import visitor
from linli.kernel.forms.models import Draft
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.portal import asking

from ..conftest import acting
from ..world import NEXT_VILLAGE, TOWNSHIP, VILLAGE, World, build_world
from .browser import REACH, TYPED, WHAT, WORDS, ask, codes, links, requests, resident, text

db = pytest.mark.django_db
UNSERVED = 350504000000


@db
def test_five_pages_lead_to_a_receipt(world: World) -> None:
    client = resident()
    start = client.get("/")
    where = client.get(next(one for one in links(start) if "need=care" in one))
    for part in (350502000000, TOWNSHIP):
        step = next(one for one in links(where) if one.endswith(f"need=care&at={part}"))
        where = client.get(step)
    what_url = next(one for one in links(where) if one.endswith(f"at={VILLAGE}"))
    assert "What has happened?" in text(client.get(what_url))
    assert not client.cookies.keys() - {"csrftoken"}
    reach = client.post(what_url, TYPED, follow=True)
    assert reach.redirect_chain == [("/ask/reach/", 302)]
    receipt = client.post("/ask/reach/", REACH, follow=True)
    assert receipt.redirect_chain == [("/ask/receipt/", 302)]
    (made,) = requests()
    assert (made.words, made.name, made.phone, made.where) == (WORDS, *REACH.values())
    assert (made.area_id, made.need, made.urgency, made.for_whom, made.door) == (
        VILLAGE,
        "care",
        "week",
        "other",
        "public",
    )
    assert made.centre_id == world.unit_id("centre")
    assert codes(receipt)[0].replace(" ", "") == made.number
    assert "no-store" in receipt["Cache-Control"]
    assert Event.objects.get(verb="intake.request.opened").actor_kind == "visitor"


@db
def test_a_township_is_enough(world: World) -> None:
    client = resident()
    url = f"/ask/what/?need=mind&at={TOWNSHIP}"
    assert url in links(client.get(f"/ask/where/?need=mind&at={TOWNSHIP}"))
    client.post(url, TYPED)
    client.post("/ask/reach/", {})
    assert [one.area_id for one in requests()] == [TOWNSHIP]


@db
def test_a_second_press_and_a_reload_show_the_same_receipt(world: World) -> None:
    client = resident()
    first = ask(client)
    again = client.post("/ask/reach/", REACH | {"name": "somebody else"}, follow=True)
    reloaded = client.get("/ask/receipt/")
    assert codes(first) == codes(again) == codes(reloaded)
    assert len(requests()) == 1


def test_two_presses_at_once_register_one_request(fresh_database: None) -> None:
    with transaction.atomic():
        build_world()
    typed = TYPED | {"need": "care", "area": str(VILLAGE)}
    key = asking.keep_draft("", typed, now=timezone.now())
    gate = Barrier(2, timeout=60)

    def press(_number: int) -> Any:
        try:
            with transaction.atomic(), acting(visitor()) as actor:
                gate.wait(timeout=10)
                return asking.send(key, actor=actor, reach=dict(REACH))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as presses:
        ids = list(presses.map(press, range(2)))
    with unscoped("test"):
        assert ids == list(Request.objects.values_list("pk", flat=True)) * 2


@db
def test_the_next_request_of_a_browser_has_a_key_of_its_own(world: World) -> None:
    client = resident()
    first = codes(ask(client))
    kept = client.cookies[asking.COOKIE].value
    second = codes(ask(client))
    assert first != second
    assert client.cookies[asking.COOKIE].value != kept
    assert len(requests()) == 2


@db
def test_the_draft_is_encrypted_and_gone_once_it_is_sent(world: World) -> None:
    client = resident()
    client.post(WHAT, TYPED)
    cookie = client.cookies[asking.COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["max-age"]
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT values FROM linli_forms_draft")
        (sealed,) = cursor.fetchone()
    assert "灯泡".encode() not in bytes(sealed)
    client.post("/ask/reach/", REACH)
    assert asking.draft_of(cookie.value, now=timezone.now()) is None
    assert WORDS not in Draft.objects.get().values


@db
def test_going_back_shows_what_was_typed_and_strangers_can_clear_it(world: World) -> None:
    client = resident()
    client.post(WHAT, TYPED)
    page = client.get(WHAT)
    assert WORDS in page.content.decode()
    assert "It is not mine: clear it" in text(page)
    cleared = client.post("/follow/close/", {"next": WHAT}, follow=True)
    assert WORDS not in cleared.content.decode()
    assert not Draft.objects.exists()


@db
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"words": ""}, "Please write a few words."),
        ({"words": "长" * 2001}, "2001"),
        ({"for_whom": "robot"}, "robot"),
        ({"urgency": ""}, "This field is required."),
    ],
)
def test_bad_words_keep_what_was_typed(world: World, typed: dict[str, str], sentence: str) -> None:
    answer = resident().post(WHAT, TYPED | typed)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert (TYPED | typed)["words"] in answer.content.decode()
    assert not Draft.objects.exists()


@db
def test_a_bad_phone_number_keeps_everything_else(world: World) -> None:
    client = resident()
    client.post(WHAT, TYPED)
    answer = client.post("/ask/reach/", REACH | {"phone": "12345678"})
    assert answer.status_code == 422
    assert "This is not a phone number." in text(answer)
    for value in ("测试甲", "12345678", "三号楼"):
        assert f'value="{value}"' in answer.content.decode()
    assert requests() == []


@db
def test_without_a_name_no_name_is_asked_for_or_taken(world: World) -> None:
    client = resident()
    client.post(WHAT, TYPED | {"for_whom": "anonymous"})
    page = client.get("/ask/reach/")
    assert "only your receipt will tell you how it goes" in text(page)
    assert 'name="name"' not in page.content.decode()
    client.post("/ask/reach/", {"name": "测试甲"})
    assert [(one.name, one.phone) for one in requests()] == [("", "")]


@db
def test_where_no_centre_answers_there_is_one_sentence_and_12345(world: World) -> None:
    client = resident()
    page = client.get(f"/ask/where/?need=care&at={UNSERVED}")
    assert "No social work centre serves Luojiang District yet." in text(page)
    assert "tel:12345" in page.content.decode()
    assert not [one for one in links(page) if "what" in one or f"{UNSERVED // 10**6}" in one]
    refused = client.post(f"/ask/what/?need=care&at={UNSERVED + 1000}", TYPED)
    assert refused.status_code == 302
    assert "/ask/where/" in refused["Location"]
    assert not Draft.objects.exists()


@db
def test_a_centre_that_closes_meanwhile_loses_nothing(world: World) -> None:
    client = resident()
    client.post(WHAT, TYPED)
    yesterday = timezone.localdate() - timedelta(days=1)
    type(world.centre).objects.filter(pk=world.centre.pk).update(valid_to=yesterday)
    answer = client.post(
        "/ask/reach/", REACH, headers={"Referer": "http://testserver/ask/reach/"}, follow=True
    )
    assert "12345" in text(answer)
    assert REACH["name"] in answer.content.decode()
    assert WORDS in client.get("/ask/reach/").content.decode()
    assert requests() == []


@db
@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/ask/what/", "/ask/where/"),
        ("/ask/what/?need=care", "/ask/where/?need=care"),
        ("/ask/what/?need=care&at=350502000000", "/ask/where/?need=care&at=350502000000"),
        ("/ask/what/?need=care&at=7", "/ask/where/?need=care&at=7"),
        ("/ask/what/?need=care&at=x'--", "/ask/where/?need=care"),
        (f"/ask/what/?need=nonsense&at={VILLAGE}", f"/?at={VILLAGE}"),
        (f"/ask/where/?need=care&at={VILLAGE}", f"/ask/what/?need=care&at={VILLAGE}"),
        ("/ask/reach/", "/"),
        ("/ask/receipt/", "/follow/"),
    ],
)
def test_a_page_out_of_order_leads_to_the_one_that_is_missing(
    world: World, url: str, target: str
) -> None:
    assert resident().get(url).headers["Location"] == target


@db
def test_the_key_of_a_draft_opens_no_receipt_and_a_made_up_key_nothing(world: World) -> None:
    client = resident()
    ask(client)
    other = resident()
    other.cookies[asking.COOKIE] = "made-up"
    assert other.get("/ask/reach/")["Location"] == "/"
    assert other.post("/ask/reach/", REACH)["Location"] == "/"
    assert len(requests()) == 1


@db
def test_the_receipt_is_shown_for_half_an_hour(world: World) -> None:
    now = timezone.now()
    typed = TYPED | {"need": "care", "area": str(VILLAGE)}
    key = asking.keep_draft("", typed, now=now)
    with acting(visitor(now=now)) as actor:
        asking.send(key, actor=actor, reach={})
    assert asking.receipt_of(key, now=now + timedelta(minutes=29)) is not None
    assert asking.receipt_of(key, now=now + timedelta(minutes=31)) is None


@db
@pytest.mark.parametrize("name", ["officer", "worker", "administrator"])
def test_a_colleague_asks_at_the_public_door_like_everybody(world: World, name: str) -> None:
    client = resident()
    client.force_login(
        world.users[name], backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    ask(client)
    assert [one.registered_by_id for one in requests()] == [None]


@db
def test_without_the_mark_against_forgery_nothing_is_kept(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(WHAT, TYPED).status_code == 403
    assert not Draft.objects.exists()


@db
def test_from_a_station_the_place_goes_along(world: World) -> None:
    client = resident()
    sites = client.get(f"/stations/?at={NEXT_VILLAGE}")
    start = client.get(next(one for one in links(sites) if one.startswith("/?at=")))
    assert f"/ask/what/?need=care&at={NEXT_VILLAGE}" in links(start)
