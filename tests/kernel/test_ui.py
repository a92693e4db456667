import re
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from linli.kernel.accounts.actors import Actor, visitor
from linli.kernel.accounts.models import Post
from linli.kernel.forms.fields import AreaField
from linli.kernel.ui import registry as ui
from linli.kernel.ui.pages import words_typed
from linli.kernel.ui.registry import (
    DutyLine,
    Panel,
    Registry,
    duty_lines,
    finder,
    panel,
    panels_for,
    place,
    places_for,
)
from linli.kernel.ui.views import back_to
from linli.lib.areacodes import range_of

from ..world import COUNTY, SINCE, VILLAGE, World

BACKEND = "linli.kernel.accounts.backends.PhoneBackend"


@pytest.fixture
def empty_registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    made = Registry()
    monkeypatch.setattr(ui, "registry", made)
    return made


def entered(name: str, **given: Any) -> None:
    place(**({"name": name, "label": name, "icon": "x", "url_name": "site:home"} | given))


def test_places_are_shown_in_order_to_those_who_may_go_there(
    world: World, empty_registry: Registry
) -> None:
    entered("third", needs="people.view", order=30)
    entered("first", needs="", order=10)
    entered("second", needs="services.count", order=20)

    def names(actor: Actor) -> list[str]:
        return [one.name for one in places_for(actor)]

    assert names(world.actor("head")) == ["first", "second", "third"]
    assert names(world.actor("officer")) == ["first", "second"]
    assert names(world.actor("grid_worker")) == ["first"]
    assert names(visitor()) == ["first"]
    entered("first", needs="people.view", order=40)
    assert names(world.actor("head")) == ["second", "third", "first"]


def test_panels_stand_in_their_order_and_may_stay_away(empty_registry: Registry) -> None:
    def maker(title: str, *, is_shown: bool = True) -> Any:
        return lambda actor, subject: (
            Panel(f"{title} of {subject}", "x.html", {}) if is_shown else None
        )

    panel("dispatch.order", maker("late"), order=20)
    panel("dispatch.order", maker("early"), order=10)
    panel("dispatch.order", maker("hidden", is_shown=False), order=15)
    panel("people.person", maker("elsewhere"), order=1)

    titles = [one.title for one in panels_for("dispatch.order", visitor(), "it")]
    assert titles == ["early of it", "late of it"]
    assert panels_for("nowhere", visitor(), "it") == []


def test_duty_lines_and_finders_are_found_by_name(empty_registry: Registry) -> None:
    line = DutyLine("what", "where", "/url/")
    duty_lines("dispatch.order", lambda actor, ids: dict.fromkeys(ids, line), {"serve": "Serve"})
    finder("orders", "Orders", "dispatch.view", lambda actor, text: [])

    assert empty_registry.verbs[("dispatch.order", "serve")] == "Serve"
    assert (line.method, line.verb_url) == ("get", "")
    assert empty_registry.finders["orders"][:2] == ("Orders", "dispatch.view")


def test_the_rooms_have_entered_a_line_for_every_duty_of_their_flows() -> None:
    from linli.dispatch.workflow import ORDER
    from linli.intake.workflow import REQUEST

    for flow in (ORDER, REQUEST):
        assert flow.name in ui.registry.lines
        verbs = {verb for subject, verb in ui.registry.verbs if subject == flow.name}
        assert verbs


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "led"),
    [
        ("/desk/people/?q=x", "/desk/people/?q=x"),
        ("http://testserver/desk/", "http://testserver/desk/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://testserver@evil.example/", "/"),
        ("http://testserver.evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"),
        ("\x00/desk/", "/"),
        ("", "/"),
    ],
)
def test_preferences_lead_back_to_our_own_pages_only(client: Client, target: str, led: str) -> None:
    by_form = client.post(reverse("ui:preferences"), {"next": target, "size": "elder"})
    by_referer = client.post(reverse("ui:preferences"), headers={"referer": target})
    assert (by_form.status_code, by_form.headers["Location"]) == (302, led)
    assert by_referer.headers["Location"] == led


def test_a_bad_target_in_the_form_gives_way_to_the_page_it_came_from() -> None:
    request = RequestFactory().post(
        "/ui/preferences/",
        {"next": "https://evil.example/"},
        headers={"referer": "http://testserver/desk/"},
    )
    assert back_to(request) == "http://testserver/desk/"
    request = RequestFactory().post("/x/", headers={"referer": "https://evil.example/"})
    assert back_to(request, default="/desk/") == "/desk/"


@pytest.mark.django_db
def test_only_known_preferences_are_kept(client: Client) -> None:
    answer = client.post(reverse("ui:preferences"), {"size": "elder", "theme": "pink", "post": "x"})
    assert answer.cookies["linli_size"].value == "elder"
    assert answer.cookies["linli_size"]["httponly"]
    assert set(answer.cookies) == {"linli_size"}
    assert client.post(reverse("ui:preferences"), {"size": ""}).cookies["linli_size"].value == ""
    assert client.get(reverse("ui:preferences")).status_code == 405


@pytest.fixture
def head(world: World, client: Client) -> Client:
    client.force_login(world.users["head"], backend=BACKEND)
    return client


def test_a_user_changes_to_another_of_their_own_posts(world: World, head: Client) -> None:
    second = Post.objects.create(
        user=world.users["head"], unit=world.centre, role="dispatcher", valid_from=SINCE
    )
    assert head.get("/desk/").context["actor"].role == "station_head"
    answer = head.post(reverse("ui:switch_post"), {"post": str(second.pk)})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    shown = head.get("/desk/").context
    assert shown["actor"].role == "dispatcher"
    assert [one["is_active"] for one in shown["posts"]].count(True) == 1


@pytest.mark.parametrize("which", ["somebody else's", "one that ended", "rubbish", "nothing"])
def test_any_other_post_is_refused_and_the_present_one_kept(
    world: World, head: Client, which: str
) -> None:
    ended = Post.objects.create(
        user=world.users["head"],
        unit=world.centre,
        role="dispatcher",
        valid_from=SINCE,
        valid_to=SINCE,
    )
    given = {
        "somebody else's": str(Post.objects.get(user=world.users["officer"]).pk),
        "one that ended": str(ended.pk),
        "rubbish": "x\x00",
        "nothing": "",
    }[which]
    answer = head.post(reverse("ui:switch_post"), {"post": given})
    assert answer.status_code == 404
    assert head.get("/desk/").context["actor"].role == "station_head"


@pytest.mark.django_db
def test_a_visitor_has_no_post_to_change_to(client: Client, world: World) -> None:
    post = Post.objects.get(user=world.users["head"])
    assert client.post(reverse("ui:switch_post"), {"post": str(post.pk)}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["", "%00", "%F0%9F%98%80", "a" * 500, "<script>", "፩"])
def test_searching_areas_for_anything_answers(client: Client, typed: str) -> None:
    answer = client.get(reverse("ui:area_search") + f"?q={typed}")
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


@pytest.mark.django_db
def test_areas_are_offered_with_what_they_lie_in(client: Client) -> None:
    answer = client.get(
        reverse("ui:area_search"), {"q": "鲤城区"}, headers={"accept-language": "zh-hans"}
    )
    assert "泉州市 · 鲤城区" in answer.content.decode()


def test_the_navigation_marks_one_place_at_most(head: Client) -> None:
    for url in ("/desk/", "/desk/dispatch/", "/desk/people/"):
        nav = head.get(url).context["nav"]
        assert sum(one["is_current"] for one in nav) <= 1, url


def offered(client: Client, **asked: Any) -> list[str]:
    answer = client.get(reverse("ui:area_search"), asked, headers={"accept-language": "zh-hans"})
    assert answer.status_code == 200
    return re.findall(r'<option value="([^"]+)">', answer.content.decode())


@pytest.mark.django_db
def test_areas_are_offered_inside_what_a_field_takes_and_not_larger(client: Client) -> None:
    low, high = range_of(COUNTY)
    inside = offered(client, q="kaiyuan", **{"in": f"{low}-{high}"})
    assert inside[0] == "开元街道"
    assert all(one.startswith("开元") or " · 开元" in one for one in inside)
    everywhere = offered(client, q="lichengqu")
    assert "泉州市 · 鲤城区" in everywhere[0]
    assert offered(client, q="lichengqu", **{"from": "4"}) == []
    assert offered(client, q="lichengqu", **{"in": "350503000000-350503999999"}) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        {"in": "x"},
        {"in": "1-"},
        {"in": "-1-5"},
        {"in": "1" * 30 + "-2"},
        {"from": "9"},
        {"from": "x"},
    ],
)
def test_what_cannot_be_read_in_a_search_narrows_nothing(
    client: Client, asked: dict[str, str]
) -> None:
    assert offered(client, q="lichengqu", **asked) == offered(client, q="lichengqu")


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["kai", "开元", "qing", "350502004", "x"])
def test_every_place_that_is_offered_is_taken(client: Client, typed: str) -> None:
    field = AreaField(inside=(range_of(COUNTY),))
    attrs = field.widget.attrs["data-area-search"]
    answer = client.get(f"{attrs}&q={typed}", headers={"accept-language": "zh-hans"})
    options = re.findall(r'<option value="([^"]+)">', answer.content.decode())
    assert options
    codes = [field.clean(option) for option in options]
    assert len(set(codes)) == len(codes)
    assert all(COUNTY < code < range_of(COUNTY)[1] for code in codes)


def test_a_field_of_many_places_asks_for_their_counties() -> None:
    villages = tuple((VILLAGE + at, VILLAGE + at) for at in range(40))
    low, high = range_of(COUNTY)
    attrs = AreaField(inside=villages).widget.attrs
    assert attrs["data-area-search"] == f"/ui/areas/?from=4&in={low}-{high}"


@pytest.mark.parametrize(
    ("name", "is_given_back"),
    [("opinion", True), ("new_password", False), ("password1", False), ("pin", False)],
)
def test_only_a_secret_is_not_given_back(name: str, is_given_back: bool) -> None:
    request = RequestFactory().post("/desk/", {name: "four words of mine"})
    assert words_typed(request) == (["four words of mine"] if is_given_back else [])
