import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.lib.areacodes import (
    NATION,
    ancestors,
    at_level,
    city_of,
    county_of,
    expand,
    is_pseudo,
    kind_of,
    level_of,
    range_of,
    repeats_parent,
    span_of,
)

VILLAGE = 350503001002
DONGGUAN = 441900000000
DONGCHENG_STREET = 441900003000

# Any code, zero segments in the middle included.
CODES = st.builds(
    lambda province, city, county, township, village: (
        province * 10**10 + city * 10**8 + county * 10**6 + township * 1000 + village
    ),
    st.integers(11, 82),
    st.one_of(st.just(0), st.integers(0, 99)),
    st.one_of(st.just(0), st.integers(0, 99)),
    st.one_of(st.just(0), st.integers(0, 999)),
    st.one_of(st.just(0), st.integers(0, 999)),
)


@pytest.mark.parametrize(
    ("code", "level", "span"),
    [
        (NATION, 0, 10**12),
        (350000000000, 1, 10**10),
        (350500000000, 2, 10**8),
        (350503000000, 3, 10**6),
        (350503001000, 4, 1000),
        (VILLAGE, 5, 1),
        (350510000000, 3, 10**6),
        (350503100000, 4, 1000),
        (110000000000, 1, 10**10),
        (DONGGUAN, 2, 10**8),
        (DONGCHENG_STREET, 4, 1000),
        (441900003001, 5, 1),
    ],
)
def test_level_and_span_are_read_from_whole_segments(code: int, level: int, span: int) -> None:
    assert level_of(code) == level
    assert span_of(code) == span


@pytest.mark.parametrize("wrong", [3505, 350503001, -1, 10**12, 99_999_999_999])
def test_a_short_or_impossible_code_is_refused(wrong: int) -> None:
    for question in (level_of, span_of, range_of, ancestors, city_of, county_of, kind_of):
        with pytest.raises(ValueError, match="12-digit"):
            question(wrong)


def test_ranges_are_inclusive() -> None:
    assert range_of(NATION) == (0, 999_999_999_999)
    assert range_of(350500000000) == (350500000000, 350599999999)
    assert range_of(VILLAGE) == (VILLAGE, VILLAGE)


def test_ancestors_run_from_the_nation_down_without_the_area_itself() -> None:
    assert ancestors(NATION) == []
    assert ancestors(350000000000) == [NATION]
    assert ancestors(VILLAGE) == [
        NATION,
        350000000000,
        350500000000,
        350503000000,
        350503001000,
    ]


def test_a_street_of_a_city_without_counties_hangs_on_the_city() -> None:
    assert ancestors(DONGCHENG_STREET) == [NATION, 440000000000, DONGGUAN]
    assert ancestors(441900003001) == [NATION, 440000000000, DONGGUAN, DONGCHENG_STREET]
    assert county_of(DONGCHENG_STREET) == DONGGUAN == city_of(DONGCHENG_STREET)


@given(CODES)
def test_the_range_of_every_ancestor_contains_that_of_the_area(code: int) -> None:
    first, last = range_of(code)
    chain = ancestors(code)
    assert chain[0] == NATION
    assert [level_of(one) for one in chain] == sorted({level_of(one) for one in chain})
    for above in chain:
        low, high = range_of(above)
        assert low <= first <= last <= high
        assert at_level(code, level_of(above)) == above
        assert level_of(above) < level_of(code)


@given(CODES, CODES)
def test_two_ranges_are_nested_or_disjoint(one: int, other: int) -> None:
    (_, high), (first, last) = sorted((range_of(one), range_of(other)))
    assert last <= high or first > high
    assert (one in ancestors(other)) == (
        one != other and range_of(one)[0] <= other <= range_of(one)[1]
    )


@given(CODES, st.integers(0, 5))
def test_at_level_truncates_and_never_refines(code: int, level: int) -> None:
    above = at_level(code, level)
    assert level_of(above) <= min(level, level_of(code))
    assert range_of(above)[0] <= code <= range_of(above)[1]
    assert level < level_of(code) or above == code


def test_short_codes_are_expanded() -> None:
    assert expand("0") == NATION
    assert expand("35") == 350000000000
    assert expand("3505") == 350500000000
    assert expand("350503") == 350503000000
    assert expand("350503001") == 350503001000
    assert expand("350503001002") == VILLAGE


@pytest.mark.parametrize(
    "wrong", ["", "3", "350", "35050", "0505", "35O5", " 3505", "３５", "350503001002000"]
)
def test_malformed_short_codes_are_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong or "''"):
        expand(wrong)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (NATION, "nation"),
        (350000000000, "province"),
        (350500000000, "city"),
        (350503000000, "county"),
        (350503001000, "street"),
        (350503099000, "street"),
        (350503100000, "town"),
        (350503200000, "township"),
        (350503399000, "township"),
        (350503400000, "quasi"),
        (350503599000, "quasi"),
        (350503600000, "other"),
        (350503001001, "residents_committee"),
        (350503001199, "residents_committee"),
        (350503001200, "village_committee"),
        (350503001400, "quasi"),
        (350503001999, "other"),
    ],
)
def test_kinds_follow_the_number_ranges(code: int, kind: str) -> None:
    assert kind_of(code) == kind


@pytest.mark.parametrize("short", ["441900", "442000", "460400", "350527000", "350527000000"])
def test_list_entries_with_their_parents_code_are_recognised(short: str) -> None:
    assert repeats_parent(short)


@pytest.mark.parametrize("short", ["0", "44", "4419", "441901", "441900003", "441900003001"])
def test_ordinary_list_entries_do_not_repeat_their_parent(short: str) -> None:
    assert not repeats_parent(short)


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("1101", "市辖区"),
        ("1201", "市辖区"),
        ("3101", "市辖区"),
        ("5001", "市辖区"),
        ("5002", "县"),
        ("4190", "省直辖县级行政区划"),
        ("4290", "省直辖县级行政区划"),
        ("4690", "省直辖县级行政区划"),
        ("6590", "自治区直辖县级行政区划"),
        ("350501", "市辖区"),
    ],
)
def test_entries_that_only_fill_a_level_are_pseudo(short: str, name: str) -> None:
    assert is_pseudo(expand(short), name)
    assert is_pseudo(int(short), name)


def test_a_pseudo_county_is_pseudo_but_the_city_with_the_same_code_is_not() -> None:
    assert is_pseudo(441900, "东莞市")
    assert not is_pseudo(DONGGUAN, "东莞市")
    assert not is_pseudo(4419, "东莞市")
    assert not is_pseudo(NATION, "中华人民共和国")


def test_real_places_are_not_pseudo() -> None:
    assert not is_pseudo(350503000000, "丰泽区")
    assert not is_pseudo(350525000000, "永春县")
    assert not is_pseudo(350503001001, "县")
