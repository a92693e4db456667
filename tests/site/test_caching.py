"""What was shown to staff, or to the holder of a receipt, is in no cache afterwards."""

import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from linli.intake import actions as intake
from linli.kernel.accounts.models import Post, User
from linli.kernel.staff.actions import issue_key

from ..conftest import acting
from ..rooms.test_chain import dispatched
from ..world import PASSWORD, VILLAGE, World

pytestmark = pytest.mark.django_db
BACKEND = "linli.kernel.accounts.backends.PhoneBackend"
PRIVATE = "no-store, private"


@pytest.fixture
def staff(world: World) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="administrator"), backend=BACKEND)
    return client


@pytest.mark.parametrize(
    "page",
    [
        "/desk/",
        "/desk/accounts/",
        "/desk/accounts/?export=xlsx",
        "/desk/accounts/new/",
        "/desk/directory/",
        "/desk/nothing-here/",
        "/desk/people/",
        "/",
        "/stations/",
        "/ask/where/",
        "/api/v1/orders",
        "/api/v1/nothing",
        "/ui/areas/?q=x",
    ],
)
def test_whatever_staff_are_served_is_private(staff: Client, page: str) -> None:
    assert staff.get(page).headers["Cache-Control"] == PRIVATE
    piece = staff.get(page, headers={"HX-Request": "true"})
    assert piece.headers["Cache-Control"] == PRIVATE


def test_answers_to_what_is_sent_are_private_too(staff: Client) -> None:
    assert staff.post("/desk/accounts/new/", {}).headers["Cache-Control"] == PRIVATE
    checking = Client(enforce_csrf_checks=True)
    checking.cookies = staff.cookies
    refused = checking.post("/desk/accounts/new/", {})
    assert (refused.status_code, refused.headers["Cache-Control"]) == (403, PRIVATE)


def test_what_a_program_is_told_is_private(world: World) -> None:
    with acting(world.actor("security")) as actor:
        post = Post.objects.select_related("unit").get(user=world.users["worker"])
        key = issue_key(
            post,
            actor=actor,
            name="x",
            valid_until=actor.now.replace(year=2099),
            scopes=["orders:read"],
        )
    answer = Client().get("/api/v1/orders", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, PRIVATE)
    assert "Clear-Site-Data" not in answer.headers


def test_an_open_receipt_is_private_and_the_portal_is_not_before(world: World) -> None:
    dispatched(world)
    with acting(world.actor("worker")) as actor:
        asked = intake.Asked(
            area=VILLAGE, need="care", words="灯坏了", for_whom="other", name="", phone="", where=""
        )
        receipt = intake.register_request(actor=actor, asked=asked, door="window")
    client = Client()
    assert "Cache-Control" not in client.get("/").headers
    client.post("/follow/", {"number": receipt.number, "pin": receipt.pin})
    assert client.get("/follow/status/").headers["Cache-Control"] == PRIVATE
    assert client.get("/follow/add/").headers["Cache-Control"] == PRIVATE


def test_signing_out_clears_the_cache_and_nothing_else_does(world: World) -> None:
    client = Client()
    answer = client.post("/sign-in/", {"login": "head", "password": PASSWORD})
    assert answer.headers["Cache-Control"] == PRIVATE
    assert "Clear-Site-Data" not in answer.headers
    assert "Clear-Site-Data" not in client.get("/sign-out/").headers
    assert "Clear-Site-Data" not in client.get("/desk/").headers
    gone = client.post("/sign-out/")
    assert gone.headers["Clear-Site-Data"] == '"cache"'
    assert gone.headers["Cache-Control"] == PRIVATE
    assert "Clear-Site-Data" not in client.post("/sign-out/").headers
    assert "Clear-Site-Data" not in client.get("/").headers


def test_static_files_keep_their_long_cache(staff: Client) -> None:
    url = staticfiles_storage.url("ui/linli.css")
    assert re.search(r"linli\.[0-9a-f]{12}\.css$", url)
    answer = staff.get(url)
    assert answer.status_code == 200
    assert "max-age=315360000" in answer.headers["Cache-Control"]
    assert "no-store" not in answer.headers["Cache-Control"]
    answer.close()
