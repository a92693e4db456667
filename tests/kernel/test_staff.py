from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from linli.kernel.accounts.actors import Actor, acting, actor_of, system
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import ApiToken, Post, User
from linli.kernel.flow.machine import Refused
from linli.kernel.staff import actions, queries
from linli.kernel.staff.actions import Unfit
from linli.kernel.timeline.models import Event
from linli.kernel.units.models import ServiceArea, Unit

from ..world import CITY, SINCE, TOWNSHIP, World
from .staff import (
    DAY,
    administrator,
    administrator_at,
    give_key,
    post_at,
    post_at_unit,
    registered,
    security,
)

pytestmark = pytest.mark.django_db
# Everybody whose every post lies in the county, and who does not.
IN_COUNTY = {
    "dispatcher", "head", "worker", "second_worker", "sharing_head", "sharing_worker",
    "sibling_head", "sibling_worker", "township_officer", "officer", "grid_worker", "administrator",
    "security", "auditor",
}  # fmt: skip


# Registering


def test_a_registered_user_has_a_post_and_a_password_to_be_changed(world: World) -> None:
    actor = administrator(world)
    made = registered(actor, world, phone="138 0013 8000")

    user = User.objects.get(username="li.new")
    assert user.check_password(made.password)
    assert (user.must_change_password, user.is_active, user.phone) == (True, True, "13800138000")
    (post,) = user.posts.all()
    assert (post.role, post.unit_id, post.valid_from) == ("worker", world.station.pk, actor.today)
    verbs = Event.objects.order_by("id").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["staff.user_registered", "staff.post_opened"]
    assert actor_of(user).role == Role.WORKER


def test_the_timeline_holds_neither_names_nor_secrets(world: World) -> None:
    actor = administrator(world)
    made = registered(actor, world, phone="13800138000")
    key = actions.issue_key(
        made.user.posts.get(),
        actor=security(world),
        name="A program",
        valid_until=actor.now + DAY,
        scopes=["orders:read"],
    )
    password = actions.give_new_password(made.user, actor=security(world))
    text = str(list(Event.objects.values()))
    for secret in (made.password, password, key, "Li New", "li.new", "13800138000", "A program"):
        assert secret not in text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"username": "HEAD"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "x" * 61}, "username"),
        ({"username": "13900139000"}, "username"),
        ({"username": "li\x00"}, "username"),
        ({"name": "  "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"password": "short"}, "password"),
        ({"password": "linli-demo-2026"}, "password"),
        ({"password": " Linli-Demo-2026 "}, "password"),
        ({"password": "password123"}, "password"),
        ({"role": Role.DISPATCHER}, "role"),
        ({"role": "king"}, "role"),
        ({"first_day": date(1999, 1, 1)}, "first_day"),
    ],
)
def test_nobody_is_registered_half(world: World, given: dict[str, Any], field: str) -> None:
    actor = administrator(world)
    before = (User.objects.count(), Post.objects.count(), Event.objects.count())
    with pytest.raises(Unfit) as refused:
        registered(actor, world, **given)
    assert refused.value.field == field
    assert str(refused.value)
    assert (User.objects.count(), Post.objects.count(), Event.objects.count()) == before


def test_a_number_that_somebody_has_is_a_sentence_without_their_name(world: World) -> None:
    actor = administrator(world)
    registered(actor, world, phone="13800138000")
    with pytest.raises(Unfit) as refused:
        registered(actor, world, username="second", phone="138-0013-8000")
    assert refused.value.field == "phone"
    assert "Li New" not in str(refused.value)


def test_an_administrator_registers_nobody_without_a_post(world: World) -> None:
    with pytest.raises(Refused):
        registered(administrator(world), world, unit_id=None, role="")
    with acting(system("tests")) as actor:
        assert registered(actor, world, unit_id=None, role="").user.posts.count() == 0


# Who may do what


def act_on(user: User, post: Post, actor: Actor) -> dict[str, Any]:
    """Every verb about somebody, ready to be tried."""
    today, key = actor.today, ApiToken.objects.filter(post=post).first()
    return {
        "edit": lambda: actions.edit_user(user, actor=actor, name="X", phone=""),
        "password": lambda: actions.give_new_password(user, actor=actor),
        "deactivate": lambda: actions.deactivate_user(user, actor=actor),
        "reactivate": lambda: actions.reactivate_user(user, actor=actor),
        "open": lambda: actions.open_post(
            user, actor=actor, unit_id=post.unit_id, role=post.role, first_day=today
        ),
        "end": lambda: actions.end_post(post, actor=actor, last_day=today),
        "key": lambda: actions.issue_key(
            post, actor=actor, name="x", valid_until=actor.now + DAY, scopes=["orders:read"]
        ),
        "revoke": lambda: actions.revoke_key(key, actor=actor),  # type: ignore[arg-type]
    }


@pytest.mark.parametrize(
    "who",
    ["dispatcher", "head", "worker", "officer", "national_officer", "grid_worker", "auditor"],
)
def test_no_other_role_administers_anybody(world: World, who: str) -> None:
    post = post_at(world, "second_worker")
    give_key(post)
    actor = world.actor(who)
    before = Event.objects.count()
    for verb, act in act_on(world.users["second_worker"], post, actor).items():
        with pytest.raises(Refused):
            act()
        assert Event.objects.count() == before, verb
    with pytest.raises(Refused):
        registered(actor, world)


@pytest.mark.parametrize("by", [administrator, security])
@pytest.mark.parametrize("whom", ["other_worker", "city_officer", "national_officer"])
def test_nothing_outside_the_area_is_touched(
    world: World, whom: str, by: Callable[[World], Actor]
) -> None:
    post, actor = post_at(world, whom), by(world)
    give_key(post)
    before = Event.objects.count()
    for verb, act in act_on(world.users[whom], post, actor).items():
        with pytest.raises(Refused):
            act()
        assert Event.objects.count() == before, verb
    assert queries.user(actor, world.users[whom].pk) is None
    assert queries.post(actor, post.pk) is None
    assert queries.key(actor, post.tokens.get().pk) is None


def test_the_list_is_the_area(world: World) -> None:
    found = {one.username for one in queries.users(administrator(world))}
    assert found == IN_COUNTY
    everybody = {
        one.username for one in queries.users(administrator_at(world, "national_department"))
    }
    assert everybody >= set(world.users)
    assert not queries.users(world.actor("officer")).exists()


def test_a_centre_that_sits_in_a_township_is_not_the_townships(world: World) -> None:
    """Else an administrator of the township would give themself the county."""
    Unit.objects.filter(pk=world.unit_id("centre")).update(area_id=TOWNSHIP)
    actor = administrator_at(world, "township_department")
    mine = User.objects.get(pk=actor.user_id)
    with pytest.raises(Refused):
        actions.open_post(
            mine,
            actor=actor,
            unit_id=world.unit_id("centre"),
            role=Role.DISPATCHER,
            first_day=actor.today,
        )
    assert queries.user(actor, world.users["dispatcher"].pk) is None
    county = administrator(world)
    assert queries.user(county, world.users["dispatcher"].pk) is not None


def test_a_unit_that_serves_beyond_the_area_is_not_of_the_area(world: World) -> None:
    ServiceArea.objects.create(unit=world.station, area_id=CITY, valid_from=SINCE)
    actor = administrator(world)
    assert queries.post(actor, post_at(world, "head").pk) is None
    ServiceArea.objects.filter(unit=world.station, area_id=CITY).update(valid_to=actor.today - DAY)
    assert queries.post(actor, post_at(world, "head").pk) is not None


def test_whoever_also_works_above_keeps_their_password_from_those_below(world: World) -> None:
    """A county's administrator must not become a city officer by resetting a password."""
    both = world.users["officer"]
    above = Post.objects.create(
        user=both, unit=world.city_department, role=Role.OFFICER, valid_from=SINCE
    )
    actor = administrator(world)
    for act in (
        lambda: actions.give_new_password(both, actor=security(world)),
        lambda: actions.edit_user(both, actor=actor, name="X", phone="13800138000"),
        lambda: actions.deactivate_user(both, actor=security(world)),
    ):
        with pytest.raises(Refused):
            act()
    shown = queries.user(actor, both.pk)
    assert shown is not None
    assert shown.may_manage is False  # type: ignore[attr-defined]
    assert [one.unit_id for one in queries.posts_of(actor, [both.pk])] == [
        world.unit_id("county_department")
    ]
    # Their post below may still be ended, and with the one above gone all is as before.
    actions.end_post(
        post_at_unit(both, "county_department", world), actor=actor, last_day=actor.today
    )
    above.valid_to = actor.today - DAY
    above.save()
    actions.give_new_password(both, actor=security(world))


def test_a_post_to_come_elsewhere_counts_as_well(world: World) -> None:
    Post.objects.create(
        user=world.users["worker"],
        unit=world.other_station,
        role=Role.WORKER,
        valid_from=timezone.localdate() + 30 * DAY,
    )
    with pytest.raises(Refused):
        actions.deactivate_user(world.users["worker"], actor=security(world))


def test_administrators_do_not_lock_themselves_out(world: World) -> None:
    actor, mine = administrator(world), world.users["administrator"]
    guard = world.users["security"]
    for act in (
        lambda: actions.deactivate_user(guard, actor=security(world)),
        lambda: actions.give_new_password(guard, actor=security(world)),
        lambda: actions.reset_factors(guard, actor=security(world)),
        lambda: actions.end_sessions(guard, actor=security(world)),
        lambda: actions.end_post(
            post_at(world, "administrator"), actor=actor, last_day=actor.today
        ),
        lambda: actions.end_post(
            post_at(world, "administrator"), actor=actor, last_day=actor.today + 30 * DAY
        ),
    ):
        with pytest.raises(Unfit):
            act()
    second = Post.objects.create(
        user=mine,
        unit=world.township_department,
        role=Role.SYSTEM,
        valid_from=actor.today + 5 * DAY,
    )
    first = post_at_unit(mine, "county_department", world)
    with pytest.raises(Unfit):
        # The other one has not begun.
        actions.end_post(first, actor=actor, last_day=actor.today)
    second.valid_from = actor.today
    second.save()
    actions.end_post(first, actor=actor, last_day=actor.today)
    with pytest.raises(Unfit):
        actions.end_post(second, actor=actor, last_day=actor.today)
