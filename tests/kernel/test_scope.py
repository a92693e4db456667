from contextlib import ExitStack
from datetime import date

import pytest
from django.utils import timezone

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.scope import Scope, ScopeError, current, scope, unscoped
from linli.lib.areacodes import range_of
from linli.people.models import Household, Membership, Person

from ..world import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World


@pytest.fixture
def files(world: World) -> dict[str, Person]:
    """A person kept by each of three stations; the last lives where the first station serves."""
    set_actor(system("tests"))
    made = {}
    for unit, area in (
        ("station", VILLAGE),
        ("sibling", NEXT_VILLAGE),
        ("other_station", OTHER_VILLAGE),
        ("sharing", VILLAGE),
    ):
        made[unit] = Person(
            name=f"P {unit}",
            pinyin_key="p",
            area_id=area,
            unit_id=world.unit_id(unit),
            recorded_at=timezone.now(),
        )
        made[unit].save()
    return made


def seen() -> set[str]:
    return {one.name.removeprefix("P ") for one in Person.objects.all()}


def test_a_forgotten_scope_is_an_error_and_not_a_leak(files: dict[str, Person]) -> None:
    assert current() is None
    for ask in (
        Person.objects.count,
        lambda: Person.objects.filter(pk=files["station"].pk).exists(),
        Person.objects.none,
        lambda: Person.objects.update(name="x"),
        lambda: Person.objects.create(name="x"),
    ):
        with pytest.raises(ScopeError, match="no scope is open"):
            ask()


def test_an_empty_scope_shows_nothing(files: dict[str, Person]) -> None:
    with scope(Scope()):
        assert seen() == set()


def test_a_scope_shows_what_lies_in_its_ranges_or_belongs_to_its_units(
    world: World, files: dict[str, Person]
) -> None:
    with scope(Scope(ranges=(range_of(TOWNSHIP),))):
        assert seen() == {"station", "sharing"}
    with scope(Scope(unit_ids=frozenset({world.unit_id("other_station")}))):
        assert seen() == {"other_station"}
    both = Scope(
        ranges=(range_of(NEXT_VILLAGE),), unit_ids=frozenset({world.unit_id("other_station")})
    )
    with scope(both):
        assert seen() == {"sibling", "other_station"}


def test_a_scope_inside_another_replaces_it_and_gives_it_back(files: dict[str, Person]) -> None:
    with scope(Scope(ranges=(range_of(COUNTY),))):
        assert seen() == {"station", "sharing", "sibling"}
        with scope(Scope(ranges=(range_of(OTHER_VILLAGE),))):
            assert seen() == {"other_station"}
            with unscoped("a test"):
                assert len(seen()) == 4
            assert seen() == {"other_station"}
        with pytest.raises(ZeroDivisionError), scope(Scope()):
            _ = 1 / 0
        assert seen() == {"station", "sharing", "sibling"}
    assert current() is None


def test_looking_at_everything_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"), ExitStack() as stack:
        stack.enter_context(unscoped(""))
    assert current() is None


@pytest.mark.parametrize(
    ("area", "is_covered"),
    [
        (TOWNSHIP, True),
        (VILLAGE, True),
        (COUNTY, False),
        (NEXT_VILLAGE, False),
        (0, False),
    ],
)
def test_a_scope_covers_whole_areas_only(area: int, is_covered: bool) -> None:
    held = Scope(ranges=(range_of(OTHER_VILLAGE), range_of(TOWNSHIP)))
    assert held.covers(area) is is_covered
    assert Scope(is_everything=True).covers(area)
    assert not Scope().covers(area)


def test_two_ranges_that_only_touch_do_not_cover_the_area_above() -> None:
    county = range_of(COUNTY)
    middle = (county[0] + county[1]) // 2
    assert not Scope(ranges=((county[0], middle), (middle + 1, county[1]))).covers(COUNTY)


def test_reverse_relations_are_scoped_and_forward_ones_are_not(
    world: World, files: dict[str, Person]
) -> None:
    """Why objects of another room come through its queries: a forward key asks nobody."""
    hidden = files["other_station"]
    with unscoped("a test"):
        household = Household.objects.create(
            area_id=VILLAGE, unit_id=world.unit_id("station"), recorded_at=timezone.now()
        )
    membership = Membership.objects.create(
        household=household, person=hidden, relation="head", valid_from=date(2026, 1, 1)
    )

    with scope(Scope(ranges=(range_of(VILLAGE),))):
        fetched = Membership.objects.get(pk=membership.pk)
        assert not Person.objects.filter(pk=hidden.pk).exists()
        # The base manager of a forward key is unscoped: this is the trap.
        assert fetched.person == hidden
        assert Membership.objects.filter(person__in=Person.objects.all()).count() == 0
