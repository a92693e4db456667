from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from linli.kernel.accounts.actors import (
    Actor,
    actor_of,
    posts_of,
    receipt_holder,
    set_actor,
    system,
    visitor,
)
from linli.kernel.accounts.enums import ActorKind, Role
from linli.kernel.accounts.models import Post
from linli.kernel.accounts.tokens import issue, post_of
from linli.kernel.units.models import ServiceArea, Unit
from linli.lib.areacodes import range_of
from linli.lib.uuid7 import uuid7

from ..world import COUNTY, NEXT_TOWNSHIP, SINCE, TOWNSHIP, VILLAGE, World

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
DAY = timedelta(days=1)


def only_post(world: World, name: str) -> Post:
    return Post.objects.get(user=world.users[name])


def test_a_post_holds_from_its_first_to_its_last_day_in_shanghai(world: World) -> None:
    Post.objects.filter(user=world.users["head"]).update(valid_from=TODAY, valid_to=TODAY)
    midnight = NOW.replace(hour=0)

    def role(moment: datetime) -> str:
        return actor_of(world.users["head"], now=moment.astimezone(ZoneInfo("UTC"))).role

    assert role(midnight) == Role.STATION_HEAD
    assert role(midnight + DAY - timedelta(seconds=1)) == Role.STATION_HEAD
    assert role(midnight - timedelta(seconds=1)) == ""
    assert role(midnight + DAY) == ""


def test_a_post_ends_with_its_unit(world: World) -> None:
    world.station.valid_to = TODAY - DAY
    world.station.save()
    assert posts_of(world.users["head"], on=TODAY) == []
    assert len(posts_of(world.users["head"], on=TODAY - DAY)) == 1
    assert world.actor("head", now=NOW).role == ""
    assert world.actor("head", now=NOW - DAY).role == Role.STATION_HEAD


def test_nobody_without_a_post_sees_anything(world: World) -> None:
    Post.objects.filter(user=world.users["officer"]).delete()
    actor = world.actor("officer")

    assert (actor.kind, actor.role, actor.area, actor.unit_id) == (ActorKind.USER, "", None, None)
    assert actor.scope.ranges == ()
    assert actor.scope.unit_ids == frozenset()
    assert not actor.scope.is_everything
    assert not actor.has_role(Role.OFFICER)


def test_a_user_acts_in_the_post_they_chose_and_else_in_the_first(world: World) -> None:
    user = world.users["worker"]
    second = Post.objects.create(
        user=user, unit=world.sibling, role=Role.STATION_HEAD, valid_from=SINCE + DAY
    )

    assert actor_of(user, now=NOW).unit_id == world.unit_id("station")
    chosen = actor_of(user, post_id=second.pk, now=NOW)
    assert (chosen.unit_id, chosen.role) == (world.unit_id("sibling"), Role.STATION_HEAD)
    assert chosen.scope.ranges == (range_of(NEXT_TOWNSHIP),)


def test_a_post_of_somebody_else_cannot_be_chosen(world: World) -> None:
    foreign = only_post(world, "other_head").pk
    for post_id in (foreign, uuid7()):
        actor = actor_of(world.users["worker"], post_id=post_id, now=NOW)
        assert actor.unit_id == world.unit_id("station")
        strict = actor_of(world.users["worker"], post_id=post_id, now=NOW, is_strict=True)
        assert (strict.unit_id, strict.scope.ranges) == (None, ())


def test_a_withdrawn_post_falls_back_to_another_but_not_for_a_program(world: World) -> None:
    user = world.users["worker"]
    second = Post.objects.create(
        user=user, unit=world.sibling, role=Role.WORKER, valid_from=SINCE, valid_to=TODAY - DAY
    )
    assert actor_of(user, post_id=second.pk, now=NOW).unit_id == world.unit_id("station")
    assert actor_of(user, post_id=second.pk, now=NOW, is_strict=True).unit_id is None


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("dispatcher", (range_of(COUNTY),)),
        ("national_officer", ((0, 999_999_999_999),)),
        ("head", (range_of(TOWNSHIP),)),
        ("grid_worker", (range_of(VILLAGE),)),
    ],
)
def test_what_a_post_looks_after(
    world: World, name: str, ranges: tuple[tuple[int, int], ...]
) -> None:
    actor = world.actor(name, now=NOW)
    assert actor.scope.ranges == ranges
    assert actor.scope.unit_ids == {actor.unit_id}


def test_a_station_loses_a_service_area_with_its_last_day(world: World) -> None:
    ServiceArea.objects.filter(unit=world.station).update(valid_to=TODAY)
    assert world.actor("head", now=NOW).scope.ranges == (range_of(TOWNSHIP),)
    later = world.actor("head", now=NOW + DAY)
    assert later.scope.ranges == ()
    assert later.scope.unit_ids == {world.unit_id("station")}


def test_a_centre_answers_for_what_it_serves_wherever_it_sits(world: World) -> None:
    Unit.objects.filter(pk=world.unit_id("centre")).update(area_id=TOWNSHIP)
    assert world.actor("dispatcher", now=NOW).scope.ranges == (range_of(COUNTY),)
    ServiceArea.objects.filter(unit=world.centre).delete()
    assert world.actor("dispatcher", now=NOW).scope.ranges == (range_of(TOWNSHIP),)


def test_a_receipt_opens_its_subjects_and_a_visitor_opens_nothing() -> None:
    subject = uuid7()
    holder = receipt_holder([subject], areas=[VILLAGE], now=NOW)
    assert holder.subject_ids == {subject}
    assert holder.scope.ranges == ((VILLAGE, VILLAGE),)
    assert not holder.is_user
    anybody = visitor(now=NOW)
    assert (anybody.subject_ids, anybody.scope.ranges, anybody.role) == (frozenset(), (), "")


def test_only_a_user_holds_a_role() -> None:
    pretender = replace(visitor(), role=Role.OFFICER)
    assert not pretender.has_role(Role.OFFICER)


def test_the_system_acts_for_a_stated_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        system("")
    assert system("fold").scope.is_everything


def test_an_actor_at_another_moment_is_the_same_actor(world: World) -> None:
    actor = world.actor("head", now=NOW)
    later = actor.at(NOW + DAY)
    assert (later.today, replace(later, now=NOW)) == (TODAY + DAY, actor)


@pytest.mark.parametrize("who", ["user", "visitor", "receipt", "system"])
def test_the_database_is_told_who_acts(world: World, who: str) -> None:
    actors: dict[str, Actor] = {
        "user": world.actor("head"),
        "visitor": visitor(),
        "receipt": receipt_holder([], areas=[]),
        "system": system("fold"),
    }
    set_actor(actors[who])
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('linli.actor')")
        (told,) = cursor.fetchone()
    expected = {"user": str(world.users["head"].pk), "system": "system:fold"}
    assert told == expected.get(who, f"{who}:")


def test_a_key_stands_for_its_post_until_it_ends_or_is_revoked(world: World) -> None:
    post = only_post(world, "head")
    now = timezone.now()
    key = issue(post, name="importer", valid_until=now + DAY)

    assert post_of(key, now=now) == post
    assert post_of(key, now=now + DAY) is None
    token = post.tokens.get()
    assert key.encode() not in bytes(token.key_hash)
    token.revoked_at = now
    token.save()
    assert post_of(key, now=now) is None


@pytest.mark.parametrize("key", ["", "linli_", "linli_x", "Bearer", "é" * 40])
def test_a_wrong_key_stands_for_nobody(world: World, key: str) -> None:
    issue(only_post(world, "head"), name="importer", valid_until=timezone.now() + DAY)
    assert post_of(key, now=timezone.now()) is None


def test_the_key_of_an_inactive_user_stands_for_nobody(world: World) -> None:
    post = only_post(world, "head")
    key = issue(post, name="importer", valid_until=timezone.now() + DAY)
    post.user.is_active = False
    post.user.save()
    assert post_of(key, now=timezone.now()) is None


def test_two_keys_of_a_post_differ_and_only_one_is_revoked(world: World) -> None:
    post = only_post(world, "head")
    now = timezone.now()
    one, two = (issue(post, name=name, valid_until=now + DAY) for name in ("one", "two"))
    post.tokens.filter(name="one").update(revoked_at=now)
    assert one != two
    assert (post_of(one, now=now), post_of(two, now=now)) == (None, post)


def test_a_user_has_one_running_post_of_a_kind_at_a_unit(world: World) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.create(
            user=world.users["head"],
            unit=world.station,
            role=Role.STATION_HEAD,
            valid_from=date(2026, 1, 1),
        )
