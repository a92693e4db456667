"""The administrator's pages: users, posts, keys and passwords."""

import re
from itertools import product
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.timeline.models import Event

from ..world import PASSWORD, SINCE, World

pytestmark = pytest.mark.django_db
BACKEND = "linli.kernel.accounts.backends.PhoneBackend"
NEW = "staple battery horse"


def signed_in(name: str, **more: str) -> Client:
    client = Client(headers={"Accept-Language": "en", **more})
    client.force_login(User.objects.get(username=name), backend=BACKEND)
    return client


def url_of(world: World, name: str, page: str = "") -> str:
    return f"/desk/accounts/{world.users[name].pk}/{page}"


def text_of(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def secret_of(answer: Any) -> str:
    found = re.search(r'class="secret"[^>]*>([^<]+)<', text_of(answer))
    assert found is not None, text_of(answer)[:2000]
    return found[1]


def asked_with(key: str) -> int:
    """What a program with a key is answered."""
    answer = Client().get("/api/v1/orders", headers={"Authorization": f"Bearer {key}"})
    return answer.status_code


def new_user(world: World, **given: Any) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    return {
        "name": "Li New", "username": "li.new", "phone": "", "role": "worker",
        "unit": "Test station", "first_day": today,
    } | given  # fmt: skip


def test_only_administrators_have_the_place_and_the_pages(world: World) -> None:
    assert "/desk/accounts/" in text_of(signed_in("administrator").get("/desk/"))
    for name in ("dispatcher", "head", "officer", "national_officer", "grid_worker"):
        client = signed_in(name)
        assert 'href="/desk/accounts/"' not in text_of(client.get("/desk/"))
        for page in ("", "new/", f"{world.users['worker'].pk}/"):
            assert client.get(f"/desk/accounts/{page}").status_code == 404, (name, page)


def test_the_list_is_searched_and_filtered(world: World) -> None:
    client = signed_in("administrator")

    def names(**asked: str) -> set[str]:
        answer = client.get("/desk/accounts/", asked)
        return set(re.findall(r"\((\w+)\)</a>", text_of(answer)))

    assert names(q="second") == {"second_worker"}
    assert names(q="TEST SHARING") == {"sharing_head", "sharing_worker"} & names()
    assert names(role="dispatcher") == {"dispatcher"}
    assert names(role="system") == {"administrator"}
    assert names(active="off") == set()
    User.objects.filter(username="worker").update(is_active=False)
    Post.objects.filter(user=world.users["head"]).update(valid_to=SINCE)
    assert names(active="off") == {"worker"}
    assert names(role="station_head", q="head") == {"sharing_head", "sibling_head"}
    assert "head" in names(q="head"), "who held a post here can still be found"
    assert not names() & {"other_worker", "city_officer", "national_officer"}


def test_a_user_is_registered_signs_in_and_chooses_a_password(world: World) -> None:
    client = signed_in("administrator")
    answer = client.post("/desk/accounts/new/", new_user(world, phone="13800138000"))
    password = secret_of(answer)
    assert password not in text_of(client.get("/desk/accounts/"))

    theirs = Client(headers={"Accept-Language": "en"})
    answer = theirs.post("/sign-in/", {"login": "13800138000", "password": password})
    assert answer.status_code == 302
    answer = theirs.get("/desk/people/?q=wang")
    led = "/desk/accounts/password/?next=%2Fdesk%2Fpeople%2F%3Fq%3Dwang"
    assert answer.headers["Location"] == led
    assert theirs.get(led).status_code == 200
    given = {"current_password": password, "new_password": NEW, "new_password_again": NEW}
    answer = theirs.post(led, given)
    assert answer.headers["Location"] == "/desk/people/?q=wang"
    assert theirs.get("/desk/people/").status_code == 200


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "worker"}, "username"),
        ({"username": "13800138000"}, "username"),
        ({"phone": "12"}, "phone"),
        ({"role": "dispatcher"}, "role"),
        ({"unit": "Nowhere"}, "unit"),
        ({"unit": "Test other_station"}, "unit"),
        ({"unit": "Test city_department", "role": "officer"}, "unit"),
        ({"unit": "Test"}, "unit"),
        ({"first_day": "1990-01-01"}, "first_day"),
        ({"name": ""}, "name"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(
    world: World, given: dict[str, str], field: str
) -> None:
    before = User.objects.count()
    typed = new_user(world, **given)
    answer = signed_in("administrator").post("/desk/accounts/new/", typed)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert all(f'value="{one}"' in text_of(answer) for one in (typed["username"], typed["unit"]))
    assert User.objects.count() == before


def test_a_unit_is_told_from_another_of_its_name_by_its_place(world: World) -> None:
    for name in ("station", "sibling"):
        unit = world.units[name]
        unit.en, unit.zh = "Twin", "双"
        unit.save()
    client = signed_in("administrator")
    answer = client.post("/desk/accounts/new/", new_user(world, unit="Twin"))
    assert answer.status_code == 422
    offered = [one for one in answer.context["form"].datalist if one.startswith("Twin")]
    assert len(set(offered)) == 2
    secret_of(client.post("/desk/accounts/new/", new_user(world, unit=offered[1])))
    assert User.objects.get(username="li.new").posts.get().unit_id == world.unit_id("sibling")


def test_the_page_of_a_user_shows_posts_keys_and_history(world: World) -> None:
    client = signed_in("security")
    post = Post.objects.get(user=world.users["worker"])
    key = secret_of(
        client.post(
            f"/desk/accounts/posts/{post.pk}/key/",
            {"name": "Importer", "days": 30, "scopes": ["orders:read"]},
        )
    )
    assert (
        client.get("/api/v1/orders", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    )
    shown = text_of(client.get(url_of(world, "worker")))
    assert "Importer" in shown
    assert key not in shown
    assert "issued a key until" in shown
    token = ApiToken.objects.get()
    assert client.post(f"/desk/accounts/keys/{token.pk}/revoke/").status_code == 302
    assert (
        client.get("/api/v1/orders", headers={"Authorization": f"Bearer {key}"}).status_code == 401
    )
    assert "revoked a key" in text_of(client.get(url_of(world, "worker")))


def test_the_frame_keeps_the_post_of_whoever_looks(world: World) -> None:
    shown = text_of(signed_in("administrator").get(url_of(world, "worker")))
    (frame,) = re.findall(r'class="who__name">([^<]*)<', shown)
    assert frame == "Test county_department · System administrator"


def test_a_post_is_given_and_ended(world: World) -> None:
    client, today = signed_in("administrator"), timezone.localdate()
    given = {"role": "worker", "unit": "Test sibling", "first_day": today.isoformat()}
    answer = client.post(url_of(world, "worker", "posts/"), given)
    assert answer.headers["Location"] == url_of(world, "worker")
    made = Post.objects.get(user=world.users["worker"], unit=world.sibling)
    end = f"/desk/accounts/posts/{made.pk}/end/"
    assert client.post(end, {"last_day": "2020-01-02"}).status_code == 422
    assert client.post(end, {"last_day": today.isoformat()}).status_code == 302
    shown = text_of(client.get(url_of(world, "worker")))
    assert "opened the post Social worker at Test sibling" in shown
    assert "ended the post Social worker at Test sibling" in shown


def test_switching_off_and_on(world: World) -> None:
    client, theirs = signed_in("security"), signed_in("worker")
    assert client.post(url_of(world, "worker", "deactivate/")).status_code == 302
    assert theirs.get("/desk/").headers["Location"] == "/sign-in/"
    shown = text_of(client.get(url_of(world, "worker")))
    assert "Switch on" in shown
    assert "Give a post" not in shown
    assert client.get(url_of(world, "worker", "activate/")).status_code == 405
    assert client.post(url_of(world, "worker", "activate/")).status_code == 302
    assert signed_in("worker").get("/desk/").status_code == 200


def test_own_verbs_that_would_lock_one_out_are_refused_with_a_sentence(world: World) -> None:
    mine = Post.objects.get(user=world.users["administrator"])
    guard = signed_in("security")
    shown = text_of(guard.get(url_of(world, "security")))
    assert "Switch off" not in shown
    assert "Give a new password" not in shown
    for client, page in (
        (guard, url_of(world, "security", "deactivate/")),
        (signed_in("administrator"), f"/desk/accounts/posts/{mine.pk}/end/"),
    ):
        answer = client.post(page, {"last_day": timezone.localdate().isoformat()})
        assert answer.status_code == 422
        assert answer.context["form"].non_field_errors()
    mine.refresh_from_db()
    assert mine.valid_to is None
    assert User.objects.get(username="security").is_active


def test_what_is_outside_the_area_is_not_there(world: World) -> None:
    with_key = Post.objects.get(user=world.users["other_worker"])
    hidden = ApiToken.objects.create(
        post=with_key, name="x", key_hash=b"x" * 32, valid_until=timezone.now()
    )
    pages = [
        url_of(world, name, page)
        for name in ("other_worker", "city_officer")
        for page in (
            "",
            "edit/",
            "password/",
            "deactivate/",
            "activate/",
            "posts/",
            "sessions/",
            "factors/",
        )
    ]
    pages += [f"/desk/accounts/posts/{with_key.pk}/{verb}/" for verb in ("end", "key")]
    pages.append(f"/desk/accounts/keys/{hidden.pk}/revoke/")
    before = Event.objects.count()
    for page, client in product(pages, (signed_in("administrator"), signed_in("security"))):
        assert client.get(page).status_code in {404, 405}, page
        assert client.post(page, new_user(world)).status_code in {404, 405}, page
    assert Event.objects.count() == before


def test_a_post_elsewhere_is_not_shown_and_closes_the_verbs_on_the_user(world: World) -> None:
    Post.objects.create(
        user=world.users["officer"], unit=world.city_department, role="officer", valid_from=SINCE
    )
    client = signed_in("administrator")
    shown = text_of(client.get(url_of(world, "officer")))
    assert "Test city_department" not in shown
    assert "They also hold a post outside your area" in shown
    for page in ("edit/", "password/", "deactivate/"):
        assert url_of(world, "officer", page) not in shown
        assert client.get(url_of(world, "officer", page)).status_code == 404


# Until a new password is chosen


def test_nothing_opens_until_a_password_is_chosen(world: World) -> None:
    User.objects.filter(username="head").update(must_change_password=True)
    client = signed_in("head")
    for page in ("/desk/", "/desk/dispatch/", "/desk/statistics/", "/desk/accounts/", "/desk/x/"):
        assert "/desk/accounts/password/" in client.get(page).headers["Location"], page
    answer = client.post("/desk/intake/new/", {"words": "x"})
    assert answer.headers["Location"] == "/desk/accounts/password/"
    piece = client.get("/desk/", headers={"HX-Request": "true"})
    assert (piece.status_code, piece.headers["HX-Redirect"]) == (204, "/desk/accounts/password/")
    assert client.get("/api/v1/orders").status_code == 403

    assert client.get("/desk/accounts/password/").status_code == 200
    assert client.post(reverse("ui:preferences"), {"language": "zh-hans"}).status_code == 302
    assert client.get("/").status_code == 200
    assert client.post("/sign-out/").headers["Location"] == "/"


def test_a_program_goes_on_while_its_user_must_choose(world: World) -> None:
    post = Post.objects.get(user=world.users["worker"])
    key = secret_of(
        signed_in("security").post(
            f"/desk/accounts/posts/{post.pk}/key/",
            {"name": "Importer", "days": 30, "scopes": ["orders:read"]},
        )
    )
    User.objects.filter(username="worker").update(must_change_password=True)
    bearer = {"Authorization": f"Bearer {key}"}
    assert Client().get("/api/v1/orders", headers=bearer).status_code == 200
    # A header on a page makes no program of a browser.
    assert signed_in("worker", **bearer).get("/desk/people/").status_code == 302


@pytest.mark.parametrize(
    ("where", "led"),
    [
        ("/desk/people/", "/desk/people/"),
        ("https://evil.example/desk/", "/desk/"),
        ("//evil.example/desk/", "/desk/"),
        ("/sign-out/", "/desk/"),
        ("", "/desk/"),
    ],
)
def test_choosing_leads_to_pages_of_the_desk_only(world: World, where: str, led: str) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "head", "password": PASSWORD})
    given = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    answer = client.post(f"/desk/accounts/password/?next={where}", given)
    assert answer.headers["Location"] == led


def test_the_menu_leads_to_ones_own_password(world: World) -> None:
    client = signed_in("grid_worker")
    assert 'href="/desk/accounts/password/"' in text_of(client.get("/desk/"))
    assert "Present password" in text_of(client.get("/desk/accounts/password/"))
    assert Client().get("/desk/accounts/password/").headers["Location"].startswith("/sign-in/")


def test_passwords_typed_after_the_session_ended_are_not_kept(world: World) -> None:
    from linli.kernel.accounts.models import Session
    from linli.kernel.forms.models import Draft

    client = Client()
    client.post("/sign-in/", {"login": "head", "password": PASSWORD})
    Session.objects.all().delete()
    given = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    assert client.post("/desk/accounts/password/", given).status_code == 302
    assert not Draft.objects.exists()
