"""Dated moves: where a person lives and who keeps the file, from a day on; facts stay where they
happened."""

from datetime import timedelta
from typing import Any

import pytest

from linli.dispatch import actions as dispatch
from linli.kernel.accounts.actors import system
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.queries import duties
from linli.kernel.stats.verify import verify
from linli.people import actions, queries
from linli.people.enums import MoveState
from linli.people.models import FormerPlace, Household, Moving, Person
from linli.services.models import Service

from ..conftest import acting
from ..dispatch.orders import account, opened
from ..services.hands import recorded
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .hands import ADDRESS, on_file


def moves(
    world: World, person: Person, to: str = "sibling", *, by: str = "worker", **given: Any
) -> Moving:
    area = {"sibling": NEXT_VILLAGE, "other_station": OTHER_VILLAGE}.get(to, VILLAGE)
    with acting(world.actor(by)) as actor:
        told = {"area": area, "moved_on": actor.today, "station_id": world.unit_id(to)}
        return actions.propose_move(as_is(person), actor=actor, **(told | given))


def accepts(world: World, moving: Moving, by: str = "sibling_head", **given: Any) -> None:
    told = {"basis": "consent", "form": "signed"} | given
    with acting(world.actor(by)) as actor:
        actions.accept_move(moving, actor=actor, **told)


def as_is(person: Person) -> Person:
    return Person._base_manager.get(pk=person.pk)


def sees(world: World, name: str, person: Person) -> bool:
    with acting(world.actor(name)) as actor:
        return queries.person(actor, person.pk) is not None


def test_another_station_keeps_the_file_from_the_day_on(world: World) -> None:
    person = on_file(world, address=ADDRESS)
    service = recorded(world, person_ids=(person.pk,))
    moving = moves(world, person, words="搬到儿子家")
    assert sees(world, "worker", person) and not sees(world, "sibling_worker", person)
    with acting(world.actor("sibling_head")) as actor:
        assert [one.verb for one in duties(actor)] == ["accept"]
    accepts(world, moving)
    assert sees(world, "sibling_worker", person) and not sees(world, "worker", person)
    held = as_is(person)
    assert (held.area_id, held.unit_id) == (NEXT_VILLAGE, world.unit_id("sibling"))
    assert held.bases.filter(code="consent", recorded_by=world.users["sibling_head"]).exists()
    (former,) = FormerPlace.objects.filter(person=person)
    assert (former.area_id, former.address) == (VILLAGE, ADDRESS)
    # What happened stays where it happened.
    assert Service._base_manager.get(pk=service.pk).area_id == VILLAGE
    assert verify() == []


def test_who_still_has_an_order_reads_on_until_it_has_ended(world: World) -> None:
    person, order = on_file(world), opened(world)
    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.name_person(order, actor=actor, person_id=person.pk)
    accepts(world, moves(world, person))
    with acting(world.actor("worker")) as actor:
        held = queries.person(actor, person.pk)
        assert held is not None
        assert not held.may_change and not held.may_reveal  # type: ignore[attr-defined]
        dispatch.serve_order(order, actor=actor, account=account(person_ids=(person.pk,)))
        dispatch.finish_order(order, actor=actor, result="solved", words="好了")
    with acting(world.actor("dispatcher")) as actor:
        dispatch.follow_up_order(order, actor=actor, contact="reached")
        dispatch.close_order(order, actor=actor)
    assert not sees(world, "worker", person)
    assert as_is(person).also is None
    assert verify() == []


def test_an_order_given_to_another_station_ends_the_reading(world: World) -> None:
    person, order = on_file(world), opened(world)
    with acting(world.actor("worker")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.name_person(order, actor=actor, person_id=person.pk)
    accepts(world, moves(world, person))
    assert sees(world, "worker", person)
    with acting(world.actor("dispatcher")) as actor:
        dispatch.transfer_order(
            order, actor=actor, station_id=world.unit_id("sibling"), words="随人走"
        )
    assert not sees(world, "worker", person)


def test_a_village_of_the_same_station_needs_nobody_else(world: World) -> None:
    person = on_file(world, area=TOWNSHIP)
    moving = moves(world, person, "station")
    assert moving.state == MoveState.DONE
    assert as_is(person).area_id == VILLAGE
    with pytest.raises(Refused):
        moves(world, person, "station", area=NEXT_VILLAGE)


def test_a_move_to_another_county(world: World) -> None:
    person = on_file(world)
    accepts(world, moves(world, person, "other_station"), by="other_head")
    assert sees(world, "other_worker", person) and sees(world, "other_dispatcher", person)
    assert not sees(world, "dispatcher", person) and not sees(world, "head", person)


def test_a_move_that_is_still_to_come_waits_for_its_day(world: World) -> None:
    person = on_file(world)
    with acting(world.actor("worker")) as actor:
        day = actor.today + timedelta(days=5)
    moving = moves(world, person, moved_on=day)
    accepts(world, moving)
    assert moving.state == MoveState.AGREED and sees(world, "worker", person)
    with acting(system("tests")) as actor:
        assert actions.arrive_due(actor=actor) == 0
        assert actions.arrive_due(actor=actor.at(actor.now + timedelta(days=5))) == 1
    assert sees(world, "sibling_worker", person) and not sees(world, "worker", person)


def test_a_move_can_be_refused_or_withdrawn(world: World) -> None:
    person = on_file(world)
    moving = moves(world, person)
    for name in ("sibling_worker", "worker", "sharing_head", "dispatcher"):
        with acting(world.actor(name)) as actor, pytest.raises(Refused):
            actions.accept_move(moving, actor=actor, basis="statutory_duty")
    with acting(world.actor("sibling_head")) as actor:
        actions.refuse_move(moving, actor=actor, words="住在隔壁镇")
    again = moves(world, person)
    with acting(world.actor("worker")) as actor:
        held = Moving.objects.get(pk=again.pk)
        actions.withdraw_move(held, actor=actor)
    with acting(world.actor("sibling_head")) as actor, pytest.raises(Stale):
        actions.accept_move(again, actor=actor, basis="statutory_duty")
    assert sees(world, "worker", person) and as_is(person).area_id == VILLAGE


def test_a_person_moves_once_at_a_time(world: World) -> None:
    person = on_file(world)
    moves(world, person)
    with pytest.raises(actions.MoveUnderWay):
        moves(world, person, "other_station")


def test_days_that_cannot_be(world: World) -> None:
    person = on_file(world)
    with acting(world.actor("worker")) as actor:
        today = actor.today
    moves(world, person, "station")
    for day in (today - timedelta(days=1), today + timedelta(days=93)):
        with pytest.raises(actions.NotThen):
            moves(world, person, moved_on=day)


def test_a_household_moves_together(world: World) -> None:
    first, second, stays = (on_file(world, name=name) for name in ("陈一", "陈二", "陈三"))
    with acting(world.actor("worker")) as actor:
        home = actions.join_household(first, actor=actor, relation="self")
        actions.join_household(second, actor=actor, relation="spouse", household=home)
        actions.join_household(stays, actor=actor, relation="child", household=home)
        actions.close_file(stays, actor=actor, why="abroad", closed_on=actor.today)
    accepts(world, moves(world, first, with_household=True))
    assert sees(world, "sibling_worker", second) and not sees(world, "worker", second)
    assert as_is(stays).unit_id == world.unit_id("station")
    assert Household._base_manager.get(pk=home.pk).unit_id == world.unit_id("sibling")
    assert second.memberships.filter(household=home, valid_to__isnull=True).exists()


def test_who_moves_alone_leaves_the_household(world: World) -> None:
    person = on_file(world)
    with acting(world.actor("worker")) as actor:
        actions.join_household(person, actor=actor, relation="self")
    accepts(world, moves(world, person))
    assert not person.memberships.filter(valid_to__isnull=True).exists()


def test_a_closed_file_is_kept_and_can_be_opened_again(world: World) -> None:
    person = on_file(world)
    with acting(world.actor("worker")) as actor:
        actions.close_file(person, actor=actor, why="died", closed_on=actor.today)
    assert sees(world, "worker", person) and as_is(person).closed_why == "died"
    with pytest.raises(Stale):
        moves(world, person)
    with acting(world.actor("worker")) as actor:
        actions.reopen_file(person, actor=actor)
    moves(world, person)
