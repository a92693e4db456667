"""Yearly reorganisations: looked at, put into force as a whole, taken back, never half."""

from datetime import date

import pytest
from django.utils import timezone, translation

from linli.kernel.areas.changes import Refused
from linli.kernel.areas.models import Area, AreaChange, AreaVersion, ChangeKind, Reorganisation
from linli.kernel.areas.queries import children, label, path, path_labels
from linli.kernel.areas.yearly import CERTAIN, GUESS, OPEN, Comparison
from linli.kernel.reorganise import actions, queries
from linli.kernel.stats.read import Question, by_area, not_attributed, total
from linli.kernel.stats.verify import verify
from linli.kernel.timeline.models import Event

from ..conftest import acting
from ..people.hands import on_file
from ..world import (
    CITY,
    COUNTY,
    NEXT_TOWNSHIP,
    NEXT_VILLAGE,
    OTHER_COUNTY,
    SINCE,
    TOWNSHIP,
    VILLAGE,
    World,
)
from .facts import SERVICES, fact, store

pytestmark = pytest.mark.django_db
HEAD = "kind,before,after,day,name\n"
DAY, BEFORE = date(2025, 7, 1), date(2025, 6, 30)
NEW_TOWNSHIP = 350502099000


def proposed(world: World, text: str, name: str = "administrator") -> Reorganisation:
    with acting(world.actor(name)) as actor:
        return actions.propose(actor=actor, text=text, source="list.csv", day=DAY)


def in_force(
    world: World, text: str, answers: dict[int, int | None] | None = None
) -> Reorganisation:
    held = proposed(world, text)
    with acting(world.actor("administrator")) as actor:
        actions.put_into_force(held, actor=actor, answers=answers or {})
    return held


def everything() -> list[object]:
    """The tree as it stands, to the last row."""
    return [
        sorted(Area.objects.values_list("code", "valid_from", "valid_to"), key=str),
        sorted(AreaVersion.objects.values_list("id", "zh", "parent", "valid_to"), key=str),
        sorted(AreaChange.objects.values_list("before", "after", "kind", "on_day"), key=str),
    ]


MERGE = f"{HEAD}merge,{NEXT_TOWNSHIP},{TOWNSHIP},{DAY},\n"


def test_looking_at_a_list_changes_nothing_and_is_on_record(world: World) -> None:
    before = everything()
    held = proposed(world, MERGE)
    assert everything() == before
    assert (held.area, held.applied_at) == (COUNTY, None)
    assert Event.objects.filter(verb="reorganise.proposed", subject_id=held.pk).count() == 1


def test_villages_of_a_merged_township_are_named_under_where_it_went(world: World) -> None:
    in_force(world, MERGE)
    assert NEXT_VILLAGE in {one.code for one in children(TOWNSHIP)}
    assert NEXT_VILLAGE not in {one.code for one in children(TOWNSHIP, on=BEFORE)}
    assert [one.code for one in path(NEXT_VILLAGE)][-3:] == [COUNTY, TOWNSHIP, NEXT_VILLAGE]
    assert path_labels([NEXT_VILLAGE])[NEXT_VILLAGE].split(" · ")[1] == label(TOWNSHIP)


def test_taking_back_leaves_everything_as_it_was_but_the_record(world: World) -> None:
    before = everything()
    text = (
        f"{MERGE}split,{TOWNSHIP},{NEW_TOWNSHIP},{DAY},新街道\nrename,{COUNTY},,{DAY},鲤城新区\n"
        f"reparent,{VILLAGE},350502006000,{DAY},\n"
    )
    held = in_force(world, text)
    assert label(NEW_TOWNSHIP) == "新街道"
    with acting(world.actor("administrator")) as actor:
        actions.undo(held, actor=actor)
    assert everything() == before
    held.refresh_from_db()
    assert held.taken_back_at is not None
    assert len(held.lines) == 4
    verbs = Event.objects.filter(subject_id=held.pk).values_list("verb", flat=True)
    assert sorted(verbs) == ["reorganise.applied", "reorganise.proposed", "reorganise.taken_back"]


def test_what_has_facts_under_its_new_codes_is_not_taken_back(world: World) -> None:
    held = in_force(world, f"{HEAD}recode,{TOWNSHIP},{NEW_TOWNSHIP},{DAY},新街道\n")
    with acting(world.actor("worker")):
        store(fact(world, area_id=NEW_TOWNSHIP, occurred_on=DAY))
    now = everything()
    refused = pytest.raises(Refused, match="already stand under its new codes")
    with acting(world.actor("administrator")) as actor, translation.override("en"), refused:
        actions.undo(held, actor=actor)
    assert everything() == now


def test_the_last_one_is_taken_back_first(world: World) -> None:
    first = in_force(world, MERGE)
    in_force(world, f"{HEAD}rename,{COUNTY},,2025-08-01,鲤城新区\n")
    refused = pytest.raises(Refused, match="take that one back first")
    with acting(world.actor("administrator")) as actor, translation.override("en"), refused:
        actions.undo(first, actor=actor)


def test_a_list_is_put_into_force_once_and_as_a_whole(world: World) -> None:
    in_force(world, MERGE)
    now = everything()
    with pytest.raises(actions.NothingNew):
        proposed(world, MERGE)
    with pytest.raises(Refused), translation.override("en"):
        proposed(
            world, f"{HEAD}rename,{COUNTY},,{DAY},新区\nmerge,{TOWNSHIP},350502999000,{DAY},\n"
        )
    assert everything() == now


def test_what_has_changed_since_it_was_looked_at_is_refused_as_a_whole(world: World) -> None:
    first = proposed(world, MERGE)
    second = proposed(
        world,
        f"{MERGE}rename,{COUNTY},,{DAY},新区\n".replace(
            f"{NEXT_TOWNSHIP},{TOWNSHIP}", f"{NEXT_TOWNSHIP},350502006000"
        ),
    )
    with acting(world.actor("administrator")) as actor, translation.override("en"):
        actions.put_into_force(first, actor=actor, answers={})
        now = everything()
        with pytest.raises(Refused, match="gone before"):
            actions.put_into_force(second, actor=actor, answers={})
    assert everything() == now


def test_areas_of_others_are_not_changed(world: World) -> None:
    with pytest.raises(Refused):
        proposed(world, f"{HEAD}merge,{OTHER_COUNTY},{COUNTY},{DAY},\n")
    with pytest.raises(Refused):
        proposed(world, MERGE, "officer")
    held = proposed(world, MERGE)
    with acting(world.actor("dispatcher")) as actor:
        assert queries.reorganisation(actor, held.pk) is None
        with pytest.raises(Refused):
            actions.put_into_force(held, actor=actor, answers={})


def listing(*without: int, **named: str) -> str:
    """The county's full list, without some areas and with others called otherwise."""
    rows = AreaVersion.objects.filter(area__gte=COUNTY, area__lt=COUNTY + 10**6)
    lines = [
        f"{code:012d},{named.get(f'a{code}', zh)}"
        for code, zh in rows.order_by("area").values_list("area_id", "zh")
        if code not in without
    ]
    return "code,name\n" + "\n".join(lines) + "\n"


def test_a_full_list_tells_what_it_can_and_asks_the_rest(world: World) -> None:
    name = label(VILLAGE)
    text = listing(VILLAGE, NEXT_VILLAGE, **{f"a{TOWNSHIP}": "新名街道"})
    held = proposed(world, text + f"350502004099,{name}\n350502005098,全新社区\n")
    told = {line["before"]: line for line in held.lines}
    assert (told[TOWNSHIP]["kind"], told[TOWNSHIP]["certainty"]) == ("rename", CERTAIN)
    assert (told[VILLAGE]["after"], told[VILLAGE]["certainty"]) == (350502004099, CERTAIN)
    assert (told[NEXT_VILLAGE]["kind"], told[NEXT_VILLAGE]["certainty"]) == ("merge", OPEN)
    assert told[NEXT_TOWNSHIP]["certainty"] == GUESS
    assert NEXT_TOWNSHIP in told[NEXT_VILLAGE]["others"]
    at = next(i for i, line in enumerate(held.lines) if line["certainty"] == OPEN)
    with acting(world.actor("administrator")) as actor, translation.override("en"):
        with pytest.raises(Refused, match="say what became of"):
            actions.put_into_force(held, actor=actor, answers={})
        with pytest.raises(Refused, match="none of the answers"):
            actions.put_into_force(held, actor=actor, answers={at: OTHER_COUNTY})
        actions.put_into_force(held, actor=actor, answers={at: NEXT_TOWNSHIP})
    assert label(TOWNSHIP) == "新名街道"
    assert not {VILLAGE, NEXT_VILLAGE} & {one.code for one in children(TOWNSHIP)}


def test_the_list_in_force_changes_nothing(world: World) -> None:
    with pytest.raises(actions.NothingNew):
        proposed(world, listing())


def test_a_new_prefix_takes_every_area_along() -> None:
    old = {COUNTY: ("旧县", CITY), TOWNSHIP: ("一镇", COUNTY), VILLAGE: ("一村", TOWNSHIP)}
    moved = {350599000000: "旧县", 350599004000: "一镇", 350599004001: "一村"}
    found = Comparison(old, moved).proposals()
    assert [(one.before, one.after, one.kind, one.certainty) for one in found] == [
        (before, after, ChangeKind.RECODE, CERTAIN)
        for before, after in zip(old, moved, strict=True)
    ]


def test_two_villages_of_one_name_are_never_guessed_apart() -> None:
    old = {COUNTY: ("县", CITY), TOWNSHIP: ("镇", COUNTY), VILLAGE: ("新村", TOWNSHIP)}
    listed = {COUNTY: "县", TOWNSHIP: "镇", VILLAGE + 5: "新村", VILLAGE + 6: "新村"}
    (one,) = (each for each in Comparison(old, listed).proposals() if each.before == VILLAGE)
    assert one.certainty == OPEN


def test_what_stands_under_an_area_is_counted(world: World) -> None:
    on_file(world, "worker", area=VILLAGE, name="陈某")
    (found,) = queries.touched([TOWNSHIP])
    assert (found["people.Person"], found["units.Unit"], found["accounts.Post"]) == (
        1,
        4,
        sum(
            1
            for unit in ("station", "sharing", "township_department", "village")
            for name in world.users
            if world.users[name].posts.filter(unit=world.units[unit])
        ),
    )


def test_a_divided_area_is_counted_under_both_geographies(world: World) -> None:
    in_force(world, f"{HEAD}split,{TOWNSHIP},{NEW_TOWNSHIP},{DAY},新街道\n")
    with acting(world.actor("worker")):
        for area, day in (
            (TOWNSHIP, BEFORE),
            (TOWNSHIP, DAY),
            (NEW_TOWNSHIP, DAY),
            (VILLAGE, BEFORE),
        ):
            store(fact(world, area_id=area, occurred_on=day))
    today = Question(SERVICES, COUNTY, SINCE, date(2025, 12, 31))
    parts = by_area(today, [TOWNSHIP, NEW_TOWNSHIP])
    assert {code: one.n for code, one in parts.items()} == {TOWNSHIP: 2, NEW_TOWNSHIP: 1}
    assert (total(today).n, not_attributed(total(today), parts.values()).n) == (4, 1)
    then = Question(SERVICES, COUNTY, SINCE, date(2025, 12, 31), as_of=BEFORE)
    before = by_area(then, [TOWNSHIP])
    assert before[TOWNSHIP].n == total(then).n == 4
    assert verify() == []
    assert not today.at(TOWNSHIP).is_listed
    assert timezone.localdate() > DAY
