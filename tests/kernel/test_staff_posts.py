"""Posts, sessions, passwords and keys as administrators change them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.utils import timezone

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.events import PostEnded
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.accounts.tokens import post_of
from linli.kernel.flow import publish
from linli.kernel.flow.machine import Refused
from linli.kernel.staff import actions, queries
from linli.kernel.staff.actions import Unfit
from linli.kernel.staff.policies import ROLES_AT
from linli.kernel.staff.tasks import hand_on
from linli.kernel.timeline.models import Event
from linli.kernel.units.models import Unit, UnitKind

from ..world import COUNTY, PASSWORD, SINCE, TOWNSHIP, World
from .staff import (
    DAY,
    administrator,
    give_key,
    last_line,
    post_at,
    registered,
    security,
)

pytestmark = pytest.mark.django_db
BACKEND = "linli.kernel.accounts.backends.PhoneBackend"


@pytest.fixture
def told() -> Iterator[list[PostEnded]]:
    """Every PostEnded that is published meanwhile."""
    kept: list[PostEnded] = []
    before = list(publish._subscribers[PostEnded])
    publish._subscribers[PostEnded].append(kept.append)
    yield kept
    publish._subscribers[PostEnded][:] = before


# Posts


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(UnitKind))
def test_a_role_is_given_where_it_belongs_only(world: World, role: Role, kind: UnitKind) -> None:
    unit = Unit.objects.create(
        kind=kind, area_id=TOWNSHIP, competent_body="x", zh="某", en="Some", valid_from=SINCE
    )
    actor = administrator(world)
    user = registered(actor, world).user

    def give() -> Any:
        return actions.open_post(
            user, actor=actor, unit_id=unit.pk, role=role, first_day=actor.today
        )

    belongs = {
        (Role.WORKER, UnitKind.STATION),
        (Role.STATION_HEAD, UnitKind.STATION),
        (Role.DISPATCHER, UnitKind.CENTRE),
        (Role.GRID_WORKER, UnitKind.ROOM),
        (Role.OFFICER, UnitKind.DEPARTMENT),
        (Role.SYSTEM, UnitKind.DEPARTMENT),
        (Role.SECURITY, UnitKind.DEPARTMENT),
        (Role.AUDIT, UnitKind.DEPARTMENT),
    }
    if (role, kind) in belongs:
        assert give().role == role
    else:
        with pytest.raises(Unfit) as refused:
            give()
        assert refused.value.field == "role"


def test_the_world_of_the_tests_keeps_to_the_rule(world: World) -> None:
    for post in Post.objects.select_related("unit"):
        assert post.role in ROLES_AT[post.unit.kind]


def test_nobody_holds_a_post_twice_at_a_time(world: World) -> None:
    actor, user = administrator(world), world.users["worker"]
    first = post_at(world, "worker")
    facts: dict[str, Any] = {"unit_id": first.unit_id, "role": first.role}
    with pytest.raises(Unfit):
        actions.open_post(user, actor=actor, **facts, first_day=actor.today)
    actions.end_post(first, actor=actor, last_day=actor.today + 10 * DAY)
    with pytest.raises(Unfit):
        actions.open_post(user, actor=actor, **facts, first_day=actor.today + 10 * DAY)
    actions.open_post(user, actor=actor, **facts, first_day=actor.today + 11 * DAY)


def test_a_post_ends_at_once_with_yesterday(world: World) -> None:
    actor = administrator(world)
    actions.end_post(post_at(world, "worker"), actor=actor, last_day=actor.today - DAY)
    assert world.actor("worker").role == ""
    assert last_line().verb == "staff.post_ended"
    assert last_line().data["last"] == (actor.today - DAY).isoformat()
    with pytest.raises(Unfit):
        actions.end_post(post_at(world, "worker"), actor=actor, last_day=actor.today)
    with pytest.raises(Unfit):
        actions.end_post(post_at(world, "head"), actor=actor, last_day=actor.today - 2 * DAY)


def test_an_ended_post_is_told_now_or_on_the_morning_after(
    world: World, told: list[PostEnded]
) -> None:
    actor, user = administrator(world), world.users["worker"]
    today, station = actor.today, world.unit_id("station")
    actions.end_post(post_at(world, "worker"), actor=actor, last_day=today)
    assert told == [PostEnded(user.pk, station, "worker", today)]
    later = today + 3 * DAY
    actions.end_post(post_at(world, "second_worker"), actor=actor, last_day=later)
    assert len(told) == 1
    told.clear()
    assert hand_on(now=actor.now) == 0
    assert hand_on(now=actor.now + 4 * DAY) == 2
    assert set(told) == {
        PostEnded(user.pk, station, "worker", today),
        PostEnded(world.users["second_worker"].pk, station, "worker", later),
    }
    assert hand_on(now=actor.now + 60 * DAY) == 0


def test_who_holds_the_post_again_is_left_in_peace(world: World, told: list[PostEnded]) -> None:
    actor, user = administrator(world), world.users["worker"]
    first = post_at(world, "worker")
    actions.end_post(first, actor=actor, last_day=actor.today - DAY)
    actions.open_post(
        user, actor=actor, unit_id=first.unit_id, role="worker", first_day=actor.today
    )
    told.clear()
    assert hand_on(now=actor.now) == 0
    assert told == []


def test_a_handler_that_fails_undoes_the_end_of_the_post(
    world: World, told: list[PostEnded]
) -> None:
    def broken(event: PostEnded) -> None:
        raise RuntimeError("the duties could not be handed on")

    publish._subscribers[PostEnded].append(broken)
    actor = administrator(world)
    with pytest.raises(RuntimeError):
        actions.end_post(post_at(world, "worker"), actor=actor, last_day=actor.today)
    assert post_at(world, "worker").valid_to is None


# Switching off and on


def signed_in(world: World, name: str) -> Client:
    client = Client()
    # As they are now: a new mark makes sessions of the old one worthless.
    client.force_login(User.objects.get(username=name), backend=BACKEND)
    assert client.get("/desk/").status_code == 200
    return client


def is_out(client: Client) -> bool:
    return "/sign-in/" in client.get("/desk/people/").headers.get("Location", "")


def test_switching_off_ends_sessions_and_keys_and_tells_of_every_post(
    world: World, told: list[PostEnded]
) -> None:
    user, browser = world.users["worker"], signed_in(world, "worker")
    Post.objects.create(user=user, unit=world.sibling, role="worker", valid_from=SINCE)
    Post.objects.create(
        user=user, unit=world.sharing, role="worker", valid_from=SINCE, valid_to=SINCE + DAY
    )
    key = give_key(Post.objects.get(user=user, unit=world.station))
    actor = administrator(world)
    actions.deactivate_user(user, actor=security(world))

    assert is_out(browser)
    assert post_of(key, now=timezone.now()) is None
    assert set(told) == {
        PostEnded(user.pk, world.unit_id("station"), "worker", actor.today),
        PostEnded(user.pk, world.unit_id("sibling"), "worker", actor.today),
    }
    before = Event.objects.count()
    actions.deactivate_user(user, actor=security(world))
    assert (Event.objects.count(), len(told)) == (before, 2)

    actions.reactivate_user(user, actor=security(world))
    assert last_line().verb == "staff.user_reactivated"
    assert is_out(browser), "a session from before came back"
    assert not is_out(signed_in(world, "worker"))


def test_a_new_password_ends_sessions_and_must_be_changed(world: World) -> None:
    browser, other = signed_in(world, "worker"), signed_in(world, "head")
    before = world.users["worker"].password
    password = actions.give_new_password(world.users["worker"], actor=security(world))
    held = User.objects.get(username="worker")
    assert check_password(password, held.password)
    assert not check_password(PASSWORD, held.password)
    assert held.password != before
    assert held.must_change_password
    assert is_out(browser)
    assert not is_out(other)
    assert len(password) >= 16
    again = actions.give_new_password(world.users["worker"], actor=security(world))
    assert again != password


def test_ones_own_password_needs_the_present_one(world: World) -> None:
    User.objects.filter(username="worker").update(must_change_password=True)
    set_actor(actor := world.actor("worker"))
    for current, new, field in (
        ("wrong", "staple battery horse", "current"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "linli-demo-2026", "new"),
    ):
        with pytest.raises(Unfit) as refused:
            actions.change_own_password(actor=actor, current=current, new=new)
        assert refused.value.field == field
    assert User.objects.get(username="worker").check_password(PASSWORD)
    actions.change_own_password(actor=actor, current=PASSWORD, new="staple battery horse")
    held = User.objects.get(username="worker")
    assert held.check_password("staple battery horse")
    assert not held.must_change_password
    assert (last_line().verb, last_line().user) == ("staff.password_changed", held.pk)
    with pytest.raises(Refused):
        actions.change_own_password(actor=system("tests"), current="", new="staple battery horse")


def test_renaming_tells_what_was_changed_and_nothing_for_nothing(world: World) -> None:
    user, actor = world.users["worker"], administrator(world)
    actions.edit_user(user, actor=actor, name="Wang Er", phone="13800138000")
    assert last_line().data == {"changed": "name phone"}
    before = Event.objects.count()
    actions.edit_user(user, actor=actor, name="Wang Er", phone="138 0013 8000")
    assert Event.objects.count() == before
    actions.edit_user(user, actor=actor, name="Wang Er", phone="")
    assert last_line().data == {"changed": "phone"}
    assert User.objects.get(pk=user.pk).phone_index is None


# Keys


def test_a_key_opens_its_post_until_it_is_revoked(world: World) -> None:
    actor, post = administrator(world), post_at(world, "worker")
    key = actions.issue_key(
        post,
        actor=security(world),
        name="importer",
        valid_until=actor.now + DAY,
        scopes=["orders:read"],
    )
    assert last_line().verb == "staff.key_issued"
    assert post_of(key, now=actor.now) == post
    token = post.tokens.get()
    actions.revoke_key(token, actor=security(world))
    assert post_of(key, now=actor.now) is None
    before = Event.objects.count()
    actions.revoke_key(token, actor=security(world))
    assert Event.objects.count() == before


def test_no_key_for_a_post_that_is_over_or_a_user_who_is_off(world: World) -> None:
    actor = administrator(world)
    over = post_at(world, "worker")
    actions.end_post(over, actor=actor, last_day=actor.today - DAY)
    actions.deactivate_user(world.users["head"], actor=security(world))
    off = post_at(world, "head")
    running = post_at(world, "second_worker")
    for post, until in ((over, DAY), (off, DAY), (running, -DAY)):
        with pytest.raises(Unfit):
            actions.issue_key(
                post,
                actor=security(world),
                name="x",
                valid_until=actor.now + until,
                scopes=["orders:read"],
            )
    assert ApiToken.objects.count() == 0


def test_an_area_is_more_than_its_code(world: World) -> None:
    """A county administrator also looks after the departments of its townships, not the city's."""
    actor = administrator(world)
    assert {one.pk for one in queries.units(actor)} == {
        unit.pk for name, unit in world.units.items() if in_county(name)
    }
    assert actor.area == COUNTY


def in_county(name: str) -> bool:
    return name in {
        "centre", "station", "sharing", "sibling", "county_department", "township_department",
        "village",
    }  # fmt: skip
