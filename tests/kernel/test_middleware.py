from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django import Settings

from linli.kernel.accounts.middleware import SESSION_POST
from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue
from linli.kernel.scope import current
from linli.kernel.terms.models import Term
from linli.kernel.ui.pages import actor_of
from linli.site import urls

from ..world import SINCE, World, build_world

BACKEND = "linli.kernel.accounts.backends.PhoneBackend"


def _write(code: str) -> None:
    Term.objects.create(list="need", code=code, zh="某", en="x", valid_from=SINCE)


def _told() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('linli.actor', true), '')")
        return str(cursor.fetchone()[0])


def whoami(request: HttpRequest) -> HttpResponse:
    held = current()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        (number,) = cursor.fetchone()
    answer = HttpResponse(_told())
    answer["X-Actor"] = f"{actor_of(request).kind} {actor_of(request).role}".strip()
    answer["X-Scope"] = "open" if held == actor_of(request).scope else "other"
    answer["X-Transaction"] = number
    return answer


def written(request: HttpRequest, status: int) -> HttpResponse:
    _write(f"status-{status}")
    return HttpResponse("told", status=status)


def broken(request: HttpRequest) -> HttpResponse:
    _write("broken")
    return HttpResponse(str(1 / 0))


def failed(request: HttpRequest) -> HttpResponse:
    _write("failed")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return HttpResponse("not reached")


urlpatterns = [
    path("test/whoami", whoami),
    path("api/test/whoami", whoami),
    path("test/written/<int:status>", written),
    path("test/broken", broken),
    path("test/failed", failed),
    *urls.urlpatterns,
]
handler404, handler500 = urls.handler404, urls.handler500


@pytest.fixture(autouse=True)
def _with_our_views(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


def stored() -> set[str]:
    found = Term.objects.filter(en="x", list="need").values_list("code", flat=True)
    return set(found)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("where", "status"),
    [("broken", 500), ("failed", 500), ("written/500", 500), ("written/503", 503)],
)
def test_an_answer_of_five_hundred_leaves_nothing(browser: Client, where: str, status: int) -> None:
    assert browser.get(f"/test/{where}").status_code == status
    assert stored() == set()
    assert browser.get("/test/written/200").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("status", [200, 302, 404, 422])
def test_any_other_answer_keeps_what_was_written(browser: Client, status: int) -> None:
    assert browser.get(f"/test/written/{status}").status_code == status
    assert stored() == {f"status-{status}"}


def test_the_actor_is_set_for_one_transaction_and_the_scope_for_one_response(
    fresh_database: None, browser: Client
) -> None:
    with transaction.atomic():
        world = build_world()
    browser.force_login(world.users["head"], backend=BACKEND)
    one, two = (browser.get("/test/whoami") for _time in range(2))

    assert one.content.decode() == str(world.users["head"].pk)
    assert (one["X-Actor"], one["X-Scope"]) == ("user station_head", "open")
    assert one["X-Transaction"] != two["X-Transaction"]
    assert _told() == ""
    assert current() is None
    assert browser.get("/test/broken").status_code == 500
    assert (stored(), _told(), current()) == (set(), "", None)


@pytest.fixture
def signed_in(world: World, browser: Client, settings: Settings) -> Client:
    browser.force_login(world.users["head"], backend=BACKEND)
    return browser


def acts_as(client: Client) -> str:
    return str(client.get("/test/whoami")["X-Actor"])


@pytest.mark.django_db
def test_a_stranger_is_a_visitor_by_name(browser: Client) -> None:
    answer = browser.get("/test/whoami")
    assert (answer["X-Actor"], answer.content) == ("visitor", b"visitor:")


def test_a_withdrawn_post_is_gone_at_the_next_request(world: World, signed_in: Client) -> None:
    assert acts_as(signed_in) == "user station_head"
    assert signed_in.get("/desk/dispatch/").status_code == 200
    Post.objects.filter(user=world.users["head"]).update(valid_to=SINCE)

    assert acts_as(signed_in) == "user"
    assert signed_in.get("/desk/dispatch/").status_code == 404


def test_an_inactive_user_is_a_visitor_at_the_next_request(world: World, signed_in: Client) -> None:
    world.users["head"].is_active = False
    world.users["head"].save()

    assert acts_as(signed_in) == "visitor"
    answer = signed_in.get("/desk/dispatch/")
    assert answer.headers["Location"].startswith("/sign-in/")


def test_the_chosen_post_is_kept_in_the_session_and_a_foreign_one_is_not_taken(
    world: World, signed_in: Client
) -> None:
    own = Post.objects.create(
        user=world.users["head"], unit=world.centre, role="dispatcher", valid_from=SINCE
    )
    foreign = Post.objects.get(user=world.users["officer"])

    def choose(post: UUID) -> None:
        session = signed_in.session
        session[SESSION_POST] = str(post)
        session.save()

    choose(own.pk)
    assert acts_as(signed_in) == "user dispatcher"
    choose(foreign.pk)
    assert acts_as(signed_in) == "user station_head"


def test_a_key_acts_in_its_post_and_never_in_the_session_beside_it(
    world: World, signed_in: Client
) -> None:
    post = Post.objects.get(user=world.users["officer"])
    key = issue(post, name="program", valid_until=timezone.now() + timedelta(days=1))

    def program(key: str) -> str:
        answer = signed_in.get("/api/test/whoami", headers={"authorization": f"Bearer {key}"})
        return str(answer["X-Actor"])

    assert program(key) == "user officer"
    assert program("linli_wrong") == "visitor"
    Post.objects.create(
        user=world.users["officer"], unit=world.centre, role="dispatcher", valid_from=SINCE
    )
    Post.objects.filter(pk=post.pk).update(valid_to=SINCE)
    assert program(key) == "user"


def test_a_key_opens_no_page(world: World, browser: Client) -> None:
    post = Post.objects.get(user=world.users["head"])
    key = issue(post, name="program", valid_until=timezone.now() + timedelta(days=1))
    headers = {"authorization": f"Bearer {key}"}
    assert browser.get("/test/whoami", headers=headers)["X-Actor"] == "visitor"
    assert browser.get("/desk/dispatch/", headers=headers).status_code == 302
