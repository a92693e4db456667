"""Two people change the same row: neither overwrites what they have not seen."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction

from linli.kernel.flow.versions import Overtaken, lock, stamp, swap
from linli.kernel.timeline.models import Event
from linli.people.actions import Details, change_person
from linli.people.models import Person

from ..conftest import acting
from ..people.hands import on_file
from ..world import VILLAGE, World, build_world

db = pytest.mark.django_db
SUBJECT = "people.person"


def changed(world: World, person: Person, by: str, seen: int | None, **given: Any) -> None:
    """A colleague with a copy of their own, as a page would have it."""
    with acting(world.actor(by)) as actor:
        copy = Person.objects.get(pk=person.pk)
        told: dict[str, Any] = {"name": copy.name, "area": copy.area_id} | given
        change_person(copy, actor=actor, details=Details(**told), seen=seen)


def now(person: Person) -> Person:
    return Person._base_manager.get(pk=person.pk)


@db
def test_a_change_counts_and_says_which_fields_it_touched(world: World) -> None:
    person = on_file(world)
    changed(world, person, "worker", 1, preferred_name="阿婆", sex="female")
    event = Event.objects.get(verb="people.changed")
    assert event.data == {"version": 2, "fields": "preferred_name sex"}
    assert now(person).version == 2


@db
def test_what_changes_nothing_is_no_change(world: World) -> None:
    person = on_file(world)
    changed(world, person, "worker", 1)
    assert now(person).version == 1
    assert not Event.objects.filter(verb="people.changed").exists()


@db
def test_the_later_one_is_told_who_changed_what_and_stores_nothing(world: World) -> None:
    person = on_file(world)
    changed(world, person, "head", 1, name="陈改名", sex="female")
    with pytest.raises(Overtaken) as lost:
        changed(world, person, "worker", 1, name="陈另名", sex="female")
    (one,) = lost.value.changes
    assert one.who == "Test head 测试station · 站长"
    # The sex was changed, too, and to the same: nothing is lost there.
    assert (lost.value.fields, lost.value.version) == (frozenset({"name"}), 2)
    assert now(person).name == "陈改名"


@db
def test_two_who_touch_different_fields_do_not_hold_each_other_up(world: World) -> None:
    person = on_file(world)
    changed(world, person, "head", 1, phone="13800138000")
    changed(world, person, "worker", 1, phone="13800138000", sex="female")
    held = now(person)
    assert (held.phone, held.sex, held.version) == ("13800138000", "female", 3)


@db
def test_a_page_that_shows_an_old_value_does_not_put_it_back(world: World) -> None:
    """Whoever changed one field sends all of them: the other's would be undone."""
    person = on_file(world, preferred_name="阿婆")
    changed(world, person, "head", 1, preferred_name="陈奶奶")
    with pytest.raises(Overtaken) as lost:
        changed(world, person, "worker", 1, preferred_name="阿婆", sex="female")
    assert lost.value.fields == frozenset({"preferred_name"})


@db
def test_several_changes_since_are_all_told_and_those_seen_are_not(world: World) -> None:
    person = on_file(world)
    changed(world, person, "head", 1, name="一")
    changed(world, person, "head", 2, name="二")
    changed(world, person, "second_worker", 3, name="三")
    with pytest.raises(Overtaken) as lost:
        changed(world, person, "worker", 2, name="四")
    assert [one.who.split()[1] for one in lost.value.changes] == ["head", "second_worker"]
    changed(world, person, "worker", 4, name="四")
    assert now(person).name == "四"


@db
def test_a_change_that_does_not_say_what_it_touched_may_have_touched_everything(
    world: World,
) -> None:
    person = on_file(world)
    Person._base_manager.filter(pk=person.pk).update(version=2)
    with acting(world.actor("head")) as actor:
        Event.objects.create(
            at=actor.now,
            actor_kind=actor.kind,
            user=actor.user_id,
            post=actor.post_id,
            verb="people.changed",
            subject_type=SUBJECT,
            subject_id=person.pk,
            data={"version": 2},
        )
    with pytest.raises(Overtaken) as lost:
        changed(world, person, "worker", 1, sex="female")
    assert lost.value.fields == frozenset({"sex"})


@db
def test_a_program_that_has_seen_nothing_asks_for_nothing(world: World) -> None:
    person = on_file(world)
    changed(world, person, "head", 1, name="陈改名")
    changed(world, person, "worker", None, name="陈另名")
    assert (now(person).name, now(person).version) == ("陈另名", 3)


@db
def test_the_end_of_a_line_is_the_same_however_it_was_sent(world: World) -> None:
    person = on_file(world)
    with transaction.atomic():
        lock(person)
        same = {"held": {"words": "a\nb"}, "wanted": {"words": "a\r\nb"}}
        assert swap(person, SUBJECT, seen=1, **same) == {}  # type: ignore[arg-type]


def test_the_fields_stand_in_one_order() -> None:
    assert stamp(3, {"b", "a"}) == {"version": 3, "fields": "a b"}


@pytest.mark.parametrize("field", ["name", "different"])
def test_of_many_at_the_same_moment_nobody_is_overwritten(fresh_database: None, field: str) -> None:
    with transaction.atomic():
        world = build_world()
        person = on_file(world)
    names = ["worker", "second_worker", "head", "worker", "head"]
    actors = [world.actor(name) for name in names]
    connections.close_all()
    gate = Barrier(len(actors), timeout=60)

    def one(at: int) -> bool:
        given = {"name": f"名{at}"} if field == "name" else {FIELDS[at]: VALUES[at]}
        told: dict[str, Any] = {"name": person.name, "area": VILLAGE} | given
        try:
            with transaction.atomic(), acting(actors[at]) as actor:
                copy = Person.objects.get(pk=person.pk)
                gate.wait(timeout=10)
                change_person(copy, actor=actor, details=Details(**told), seen=1)
        except Overtaken:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(len(actors)) as pool:
        won = list(pool.map(one, range(len(actors))))
    held = now(person)
    events = Event.objects.filter(verb="people.changed").order_by("id")
    assert held.version == 1 + sum(won) == 1 + events.count()
    if field == "name":
        assert sum(won) == 1
        assert held.name == f"名{won.index(True)}"
    else:
        kept = [getattr(held, name) == value for name, value in zip(FIELDS, VALUES, strict=True)]
        assert kept == won


FIELDS = ("preferred_name", "sex", "phone", "citizen_id", "address")
VALUES = ("阿婆", "female", "13800138000", "00000019500101001X", "测试路7号")
