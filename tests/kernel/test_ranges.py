from datetime import date

import pytest
from django.db import connection, transaction
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.kernel.areas.models import Area, AreaChange, ChangeKind
from linli.kernel.areas.moves import SPAN, Ranges, moves, together, without
from linli.kernel.areas.queries import holders, ranges
from linli.kernel.scope import scope_of
from linli.lib.areacodes import ancestors, kind_of, level_of, range_of, span_of

pytestmark = pytest.mark.django_db
DAY = date(2025, 7, 1)
MERGE, RECODE, SPLIT = ChangeKind.MERGE, ChangeKind.RECODE, ChangeKind.SPLIT
CITY = 350500000000
LICHENG, FENGZE, JINJIANG = 350502000000, 350503000000, 350582000000
TOWN, OTHER_TOWN = 350502004000, 350503004000
VILLAGE = 350502004001


def change(kind: ChangeKind, before: int, after: int, on: date = DAY) -> None:
    for code in (before, after):
        Area.objects.get_or_create(
            code=code,
            defaults={"level": level_of(code), "kind": kind_of(code), "valid_from": DAY},
        )
    AreaChange.objects.create(kind=kind, before_id=before, after_id=after, on_day=on)


def counts(held: Ranges, code: int) -> bool:
    return held.counts(code)


def test_without_changes_an_area_is_the_range_of_its_code() -> None:
    for code in (0, 350000000000, CITY, LICHENG, TOWN, VILLAGE):
        assert ranges(code) == Ranges((range_of(code),))
        assert ranges(code).is_plain
        assert not moves().touch(code)


def test_a_merged_area_counts_where_it_has_gone_and_nowhere_twice() -> None:
    change(MERGE, LICHENG, FENGZE)

    assert counts(ranges(FENGZE), VILLAGE)
    assert not counts(ranges(LICHENG), VILLAGE)
    assert counts(ranges(CITY), VILLAGE)
    assert ranges(CITY).is_plain
    assert [moves().touch(one) for one in (CITY, LICHENG, FENGZE)] == [True, True, True]
    assert not moves().touch(JINJIANG)


def test_before_the_day_of_a_change_the_old_geography_holds() -> None:
    change(MERGE, LICHENG, FENGZE)

    the_day_before = date(2025, 6, 30)
    assert not counts(ranges(FENGZE, geography=the_day_before), VILLAGE)
    assert counts(ranges(LICHENG, geography=the_day_before), VILLAGE)
    assert counts(ranges(FENGZE, geography=DAY), VILLAGE)


def test_a_township_with_a_new_code_in_another_county_takes_its_past_along() -> None:
    change(RECODE, TOWN, 350503099000)

    assert counts(ranges(FENGZE), VILLAGE)
    assert counts(ranges(350503099000), VILLAGE)
    assert not counts(ranges(LICHENG), VILLAGE)
    assert ranges(LICHENG).left == (range_of(TOWN),)
    assert counts(ranges(LICHENG), 350502005001)
    # What happened to the areas above changes nothing for the township that is asked itself.
    change(MERGE, FENGZE, JINJIANG)
    assert counts(ranges(350503099000), VILLAGE)
    assert counts(ranges(JINJIANG), VILLAGE)
    assert not counts(ranges(FENGZE), VILLAGE)


def test_what_left_an_area_before_it_was_merged_does_not_come_along() -> None:
    change(RECODE, VILLAGE, 350582001099, on=date(2024, 1, 1))
    change(MERGE, LICHENG, FENGZE)

    assert counts(ranges(JINJIANG), VILLAGE)
    assert not counts(ranges(FENGZE), VILLAGE)
    assert counts(ranges(FENGZE), 350502004002)


def test_what_stayed_when_its_township_went_is_still_counted() -> None:
    change(RECODE, VILLAGE, 350502005099, on=date(2024, 1, 1))
    change(MERGE, TOWN, OTHER_TOWN)

    assert counts(ranges(LICHENG), VILLAGE)
    assert not counts(ranges(LICHENG), 350502004002)
    assert not counts(ranges(LICHENG), 350502004000)
    assert not counts(ranges(FENGZE), VILLAGE)


def test_a_chain_of_changes_is_followed_to_its_end() -> None:
    change(RECODE, TOWN, 350503099000, on=date(2023, 1, 1))
    change(MERGE, 350503099000, 350582099000, on=date(2024, 1, 1))
    change(MERGE, JINJIANG, 350583000000, on=DAY)

    for on, holder in ((2022, LICHENG), (2023, FENGZE), (2024, JINJIANG), (2025, 350583000000)):
        at = date(on, 12, 31)
        held = [
            one
            for one in (LICHENG, FENGZE, JINJIANG, 350583000000)
            if counts(ranges(one, geography=at), VILLAGE)
        ]
        assert held == [holder], on


def test_of_two_lines_about_an_area_the_later_day_decides() -> None:
    change(MERGE, TOWN, 350582099000, on=date(2024, 1, 1))
    change(MERGE, TOWN, OTHER_TOWN, on=date(2023, 1, 1))

    assert [counts(ranges(one), VILLAGE) for one in (FENGZE, JINJIANG)] == [False, True]
    at = date(2023, 12, 31)
    held = [counts(ranges(one, geography=at), VILLAGE) for one in (FENGZE, JINJIANG)]
    assert held == [True, False]


def test_what_left_and_came_back_was_never_away() -> None:
    change(RECODE, TOWN, 350503099000, on=date(2023, 1, 1))
    change(RECODE, 350503099000, 350502098000, on=date(2024, 1, 1))

    assert counts(ranges(LICHENG), VILLAGE)
    assert counts(ranges(LICHENG), 350503099001)
    assert not counts(ranges(FENGZE), 350503099001)


def test_a_split_is_not_attributable_and_moves_nothing() -> None:
    change(SPLIT, LICHENG, FENGZE)

    assert ranges(FENGZE) == Ranges((range_of(FENGZE),), (), (range_of(LICHENG),))
    assert counts(ranges(LICHENG), VILLAGE)
    assert ranges(LICHENG).not_attributable == ()
    assert ranges(CITY).not_attributable == ()
    change(MERGE, FENGZE, JINJIANG)
    assert ranges(JINJIANG).not_attributable == (range_of(LICHENG),)


def test_a_rename_and_two_changes_in_a_circle_change_nothing() -> None:
    change(ChangeKind.RENAME, LICHENG, LICHENG)
    assert ranges(LICHENG).is_plain
    change(RECODE, TOWN, OTHER_TOWN)
    change(RECODE, OTHER_TOWN, TOWN)
    assert counts(ranges(LICHENG), VILLAGE)


COUNTIES = (350502000000, 350503000000, 350504000000)
PLACES = [
    county + town * 1000 + village
    for county in COUNTIES
    for town in (0, 1, 2)
    for village in ((0, 1, 2) if town else (0,))
]


def resting_place(code: int, moved: dict[int, int]) -> int:
    while True:
        step = next((one for one in [code, *reversed(ancestors(code))] if one in moved), None)
        if step is None:
            return code
        code = moved[step]


histories = given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(PLACES)).filter(
            # A later code takes over an earlier one, so that nothing goes in circles.
            lambda pair: range_of(pair[0])[1] < pair[1]
        ),
        max_size=6,
        unique_by=lambda pair: pair[0],
    )
)
often = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@often
@histories
def test_every_code_counts_in_exactly_one_county(pairs: list[tuple[int, int]]) -> None:
    moved = dict(pairs)
    with transaction.atomic():
        for before, after in pairs:
            change(MERGE, before, after)
        held = {county: ranges(county) for county in COUNTIES}
        transaction.set_rollback(True)

    for code in PLACES:
        rests = resting_place(code, moved)
        expected = [one for one in COUNTIES if range_of(one)[0] <= rests <= range_of(one)[1]]
        assert [one for one in COUNTIES if counts(held[one], code)] == expected, code


@often
@histories
def test_an_area_holds_just_the_places_that_count_in_it(pairs: list[tuple[int, int]]) -> None:
    with transaction.atomic():
        for before, after in pairs:
            change(MERGE, before, after)
        held = {area: ranges(area) for area in PLACES}
        found = {code: set(holders(code)) for code in PLACES}
        transaction.set_rollback(True)

    for code in PLACES:
        assert {one for one in PLACES if counts(held[one], code)} == found[code] & set(PLACES), code


@often
@histories
def test_who_looks_after_several_areas_sees_what_counts_in_one_of_them(
    pairs: list[tuple[int, int]],
) -> None:
    with transaction.atomic():
        for before, after in pairs:
            change(MERGE, before, after)
        log = moves()
        areas = [PLACES[1], COUNTIES[1], PLACES[-1]]
        seen = scope_of(areas, moved=areas)
        transaction.set_rollback(True)

    for code in PLACES:
        is_ours = any(counts(log.ranges(area), code) for area in areas)
        assert Ranges(seen.ranges, seen.left).counts(code) == is_ours, code


def test_of_two_areas_the_one_may_have_what_left_the_other() -> None:
    first, second = Ranges(((1, 9),), ((4, 5),)), Ranges(((11, 19), (4, 4)))
    both = together([first, second])
    assert both == Ranges(((1, 9), (11, 19)), ((5, 5),))


def test_holes_in_ranges() -> None:
    assert without([(1, 9), (20, 29)], [(3, 4), (9, 21), (40, 50)]) == [(1, 2), (5, 8), (22, 29)]
    assert without([(1, 9)], [(0, 10)]) == []
    assert without([(1, 9)], []) == [(1, 9)]


def test_a_condition_without_changes_is_one_range() -> None:
    low, high = range_of(TOWN)
    assert ranges(TOWN).condition("area_id") == Q(area_id__gte=low, area_id__lte=high)


@pytest.mark.parametrize("code", [0, 350000000000, CITY, LICHENG, TOWN, VILLAGE])
def test_the_database_knows_how_many_codes_an_area_has(code: int) -> None:
    with connection.cursor() as cursor:
        statement = SPAN.format(code="code")
        cursor.execute(f"SELECT {statement} FROM (SELECT %s::bigint AS code) AS one", [code])
        assert cursor.fetchone() == (span_of(code),)
