"""Two files of one person become one, and two again, in whatever order; nothing is lost."""

from typing import Any

import pytest

from linli.dispatch import actions as dispatch
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.queries import duties
from linli.kernel.stats.verify import verify
from linli.people import actions, follow, queries
from linli.people.enums import DuplicateState
from linli.people.models import Duplicate, Merge, Person, PersonCategory, Serving
from linli.services.actions import correct_service
from linli.services.models import Recipient, Service

from ..conftest import acting
from ..dispatch.orders import opened
from ..services.hands import account, recorded
from ..world import VILLAGE, World
from .hands import CITIZEN_ID, OTHER_ID, on_file


def question(world: World, one: Person, other: Person, by: str = "worker") -> Duplicate:
    """The station asks about two files; where it may not see the other, the county's job does."""
    first, second = sorted((one.pk, other.pk))
    with acting(world.actor("dispatcher")) as actor:
        centre = world.units["centre"]
        made = Duplicate.objects.create(
            one_id=first,
            other_id=second,
            signal="asked",
            centre=centre,
            unit=centre,
            area_id=one.area_id,
            asked_at=actor.now,
        )
        actions.duplicates.DUPLICATE.begin(made, actor=actor, until=actions.duplicates.due(actor))
    return made


def merged(world: World, kept: Person, other: Person, **given: Any) -> Duplicate:
    asked = question(world, kept, other)
    join(world, asked, kept, **given)
    return asked


def join(world: World, asked: Duplicate, kept: Person, **given: Any) -> Merge:
    with acting(world.actor("dispatcher")) as actor:
        station = given.pop("station_id", None) or as_is(kept).unit_id
        return actions.join_files(asked, actor=actor, kept_id=kept.pk, station_id=station, **given)


def undo(world: World, asked: Duplicate) -> None:
    with acting(world.actor("dispatcher")) as actor:
        actions.undo_merge(asked, actor=actor)


def as_is(person: Person) -> Person:
    return Person._base_manager.get(pk=person.pk)


def named(person: Person) -> set[Any]:
    return set(Recipient.objects.filter(person=person).values_list("service_id", flat=True))


def test_facts_follow_the_kept_file_and_come_back(world: World) -> None:
    kept, other = on_file(world), on_file(world, name="陈测验")
    before = recorded(world, person_ids=(other.pk,))
    order = opened(world)
    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.name_person(order, actor=actor, person_id=other.pk)
    asked = merged(world, kept, other)
    assert as_is(other).merged_into_id == kept.pk
    assert named(kept) == {before.pk} and named(other) == set()
    order.refresh_from_db(from_queryset=type(order)._base_manager.all())
    assert order.person_id == kept.pk
    since = recorded(world, person_ids=(kept.pk,))
    assert verify() == []
    undo(world, asked)
    assert named(kept) == {since.pk} and named(other) == {before.pk}
    order.refresh_from_db(from_queryset=type(order)._base_manager.all())
    assert order.person_id == other.pk
    assert as_is(other).merged_into_id is None
    assert verify() == []


def test_a_service_that_named_both_names_both_again(world: World) -> None:
    kept, other = on_file(world), on_file(world)
    both = recorded(world, person_ids=(kept.pk, other.pk), anonymous=0)
    asked = merged(world, kept, other)
    with acting(world.actor("worker")) as actor:
        held = Service.objects.get(pk=both.pk)
        told = account(person_ids=(kept.pk,), anonymous=2, minutes=55)
        correct_service(held, actor=actor, account=told)
        assert (held.person_times, held.minutes) == (4, 55)
    assert Recipient.objects.filter(person=kept).count() == 2
    undo(world, asked)
    assert named(kept) == named(other) == {both.pk}
    assert verify() == []


def test_a_chain_is_taken_apart_in_the_middle(world: World) -> None:
    first, second, third = (on_file(world, name=name) for name in ("陈一", "陈二", "陈三"))
    services = [recorded(world, person_ids=(one.pk,)) for one in (first, second, third)]
    lower = merged(world, second, first)
    merged(world, third, second)
    assert named(third) == {one.pk for one in services}
    undo(world, lower)
    assert named(first) == {services[0].pk}
    assert named(third) == {services[1].pk, services[2].pk}
    assert follow.survivor(second.pk) == third.pk and follow.survivor(first.pk) == first.pk
    assert verify() == []


def test_what_is_right_is_taken_over_and_given_back(world: World) -> None:
    kept = on_file(world, citizen_id=CITIZEN_ID, phone="13800138000")
    other = on_file(world, citizen_id=OTHER_ID, phone="13900139000")
    asked = merged(world, kept, other, taken=("citizen_id", "phone"))
    assert as_is(kept).citizen_id == OTHER_ID
    # The number that stands on neither file now may still come back: nobody else gets it.
    with pytest.raises(actions.KnownElsewhere):
        on_file(world, name="王测试", citizen_id=OTHER_ID)
    with acting(world.actor("worker")) as actor:
        held = queries.person(actor, kept.pk)
        assert held is not None
        details = actions.Details(name="陈测试", area=VILLAGE, phone="13700137000")
        actions.change_person(held, actor=actor, details=details)
    undo(world, asked)
    # Changed since, so it stays as it was changed.
    assert as_is(kept).phone == "13700137000"
    assert as_is(other).citizen_id == OTHER_ID


def test_a_number_that_went_on_holds_up_the_undoing(world: World) -> None:
    first, second, third = (on_file(world, name=name) for name in ("陈一", "陈二", "陈三"))
    with acting(world.actor("worker")) as actor:
        actions.change_person(
            first,
            actor=actor,
            details=actions.Details(name="陈一", area=VILLAGE, citizen_id=CITIZEN_ID),
        )
    lower = merged(world, second, first, taken=("citizen_id",))
    merged(world, third, second, taken=("citizen_id",))
    with pytest.raises(actions.NumberTaken):
        undo(world, lower)
    assert follow.survivor(first.pk) == third.pk


def test_a_category_applies_once_at_a_time(world: World) -> None:
    kept, other = on_file(world), on_file(world)
    with acting(world.actor("worker")) as actor:
        for one in (kept, other):
            actions.add_category(
                one, actor=actor, code="older_alone", source=one.name, valid_from=actor.today
            )
        actions.add_category(
            other, actor=actor, code="low_income", source="x", valid_from=actor.today
        )
        actions.join_household(kept, actor=actor, relation="self")
        actions.join_household(other, actor=actor, relation="self")
    asked = merged(world, kept, other)
    held = PersonCategory.objects.filter(person=kept, valid_to__isnull=True)
    assert sorted(held.values_list("code", flat=True)) == ["low_income", "older_alone"]
    assert kept.memberships.filter(valid_to__isnull=True).count() == 1
    with acting(world.actor("worker")) as actor:
        actions.end_category(held.get(code="older_alone"), actor=actor, valid_to=actor.today)
    undo(world, asked)
    assert set(held.values_list("code", flat=True)) == set()
    theirs = PersonCategory.objects.filter(person=other, valid_to__isnull=True)
    assert sorted(theirs.values_list("code", flat=True)) == ["low_income", "older_alone"]
    assert other.memberships.filter(valid_to__isnull=True).count() == 1


def test_the_kept_file_is_found_under_both_names(world: World) -> None:
    kept, other = on_file(world, name="陈测试"), on_file(world, name="林另名")
    asked = merged(world, kept, other)
    with acting(world.actor("worker")) as actor:
        assert [one.pk for one in queries.search(actor, "林另名")] == [kept.pk]
        assert queries.person(actor, other.pk) is None
    undo(world, asked)
    with acting(world.actor("worker")) as actor:
        assert [one.pk for one in queries.search(actor, "林另名")] == [other.pk]


def test_the_centre_says_which_station_keeps_the_file(world: World) -> None:
    kept, other = on_file(world), on_file(world, by="sharing_worker")
    sharing = world.unit_id("sharing")
    asked = merged(world, kept, other, station_id=sharing, serve_both=True)
    assert as_is(kept).unit_id == sharing
    with acting(world.actor("worker")) as actor:
        held = queries.person(actor, kept.pk)
        assert held is not None and held.may_reveal and not held.may_change  # type: ignore[attr-defined]
        assert not queries.kept(actor).filter(pk=kept.pk).exists()
    undo(world, asked)
    assert as_is(kept).unit_id == world.unit_id("station") and as_is(kept).also is None
    assert as_is(other).unit_id == sharing
    assert not Serving.objects.filter(valid_to__isnull=True).exists()


def test_of_two_who_merge_at_once_one_wins(world: World) -> None:
    first, second, third = (on_file(world, name=name) for name in ("陈一", "陈二", "陈三"))
    one, two = question(world, first, second), question(world, first, second if False else third)
    same = Duplicate._base_manager.get(pk=one.pk)
    join(world, one, first)
    with pytest.raises(Stale):
        join(world, same, second)
    # Another question about the merged file is about the one that is read for it.
    with pytest.raises(Stale):
        join(world, two, second)
    join(world, two, third)
    assert follow.survivor(second.pk) == third.pk


def test_a_question_that_another_decision_answers_closes_and_opens_with_it(world: World) -> None:
    first, second, third = (on_file(world, name=name) for name in ("陈一", "陈二", "陈三"))
    merged(world, first, second)
    last, open_one = question(world, second, third), question(world, first, third)
    join(world, last, first)
    assert Duplicate._base_manager.get(pk=open_one.pk).state == DuplicateState.SAME
    undo(world, last)
    assert Duplicate._base_manager.get(pk=open_one.pk).state == DuplicateState.ASKED


def test_only_the_centre_decides(world: World) -> None:
    kept, other = on_file(world), on_file(world)
    asked = question(world, kept, other)
    for name in ("worker", "head", "other_dispatcher", "officer"):
        with acting(world.actor(name)) as actor, pytest.raises(Refused):
            actions.join_files(asked, actor=actor, kept_id=kept.pk, station_id=kept.unit_id)
    with acting(world.actor("dispatcher")) as actor:
        assert [one.verb for one in duties(actor)] == ["decide"]
