"""After any history of files every fact is where it belongs; faults that are planted are found."""

from typing import Any

import pytest
from django.db import IntegrityError
from hypothesis import HealthCheck, Phase, given, settings

from linli.kernel.flow import follow
from linli.people import follow as files
from linli.people.actions import merging
from linli.people.models import Person

from ..world import World
from .histories import Step, live, steps


# Shrinking a history takes minutes; the drill does it.
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(history=steps(8))
def test_after_any_history_every_fact_is_where_it_belongs(
    world: World, history: list[Step]
) -> None:
    live(world, history, is_thorough=False)


# Somebody is served and ordered for, two files become one, and two again.
STORY: list[Step] = [
    ("serve", 0, 0, 0),
    ("serve", 1, 0, 0),
    ("order", 0, 0, 0),
    ("category", 0, 1, 0),
    ("category", 1, 3, 0),
    ("merge", 0, 0, 1),
    ("serve", 0, 0, 0),
    ("undo", 0, 0, 0),
    ("merge", 2, 0, 2),
    ("move", 0, 2, 0),
    ("answer", 0, 1, 0),
    ("end order", 0, 0, 0),
]


def test_the_story_itself_is_sound(world: World) -> None:
    live(world, STORY)


def forget_a_link(rows: Any, **given: Any) -> int:
    """An undo that forgets the facts of services."""
    return 0 if "Recipient" in rows.model.__name__ else follow_part(rows, **given)


def join_by_hand(rows: Any, *, kept: Any, absorbed: Any, column: str = "person_id") -> int:
    """A merge that does not remember under which file a fact was recorded."""
    return int(rows.filter(**{column: absorbed}).update(**{column: kept}))


def leave_the_facts(event: Any) -> None:
    """A merge that nobody tells the services of: their persons are counted twice."""


def settle_nothing(person_id: Any) -> None:
    """Categories and households are left with a file that nobody reads."""


def forget_who_reads(person: Person) -> None:
    """Who may open a file is written down, and not where the scope looks."""


follow_part = follow.part


@pytest.mark.parametrize("fault", [forget_a_link, join_by_hand, forget_who_reads])
def test_a_planted_fault_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    if fault is forget_a_link:
        monkeypatch.setattr(follow, "part", fault)
    elif fault is join_by_hand:
        monkeypatch.setattr(follow, "join", fault)
    else:
        monkeypatch.setattr(merging, "note_stations", fault)
    # The database itself refuses a link that is there twice.
    with pytest.raises((AssertionError, IntegrityError)):
        live(world, STORY)


def test_a_merge_that_does_not_tell_the_services_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "publish", leave_the_facts)
    with pytest.raises(AssertionError, match="wrong file"):
        live(world, STORY)


def test_categories_that_are_left_behind_are_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "settle", settle_nothing)
    with pytest.raises(AssertionError, match="left behind"):
        live(world, STORY)
