from datetime import date, timedelta

import pytest
from django.db import connection

from linli.kernel.accounts.actors import set_actor, system, visitor
from linli.kernel.areas.models import AreaChange
from linli.kernel.areas.queries import children
from linli.kernel.stats.fold import fold
from linli.kernel.stats.once import span_kind
from linli.kernel.stats.read import (
    NotCounted,
    Question,
    by_area,
    by_day,
    by_dimension,
    distinct,
    question,
    total,
)

from ..world import COUNTY, NEXT_VILLAGE, OTHER_COUNTY, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .facts import (
    BEIJING,
    DAYS,
    DONGCHENG_VILLAGE,
    FUJIAN,
    HENAN,
    JIYUAN,
    JIYUAN_VILLAGE,
    NATION,
    QUANZHOU,
    SERVICES,
    ZHENGZHOU,
    ZHENGZHOU_VILLAGE,
    add_places,
    asked,
    fact,
    persons,
    served,
    store,
)

FIRST, LAST = DAYS[0], DAYS[-1]


def n(area: int = NATION) -> int:
    return total(asked(area)).n


@pytest.mark.parametrize("folded", [False, True])
def test_the_parts_of_an_area_are_counted_whatever_level_they_have(
    world: World, folded: bool
) -> None:
    """A county run by its province stands beside cities, behind a pseudo city."""
    add_places()
    places = (JIYUAN_VILLAGE, JIYUAN_VILLAGE, ZHENGZHOU_VILLAGE, HENAN, VILLAGE)
    store(*(fact(world, area_id=one) for one in (*places, DONGCHENG_VILLAGE)))
    if folded:
        fold()

    below = [one.code for one in children(HENAN)]
    assert below == [ZHENGZHOU, JIYUAN]
    found = {code: one.n for code, one in by_area(asked(HENAN), below).items()}
    assert found == {ZHENGZHOU: 1, JIYUAN: 2}
    assert n(HENAN) == 4
    districts = [one.code for one in children(BEIJING)]
    assert {code: one.n for code, one in by_area(asked(BEIJING), districts).items()} == {
        110101000000: 1
    }
    provinces = {code: one.n for code, one in by_area(asked(NATION), [HENAN, FUJIAN]).items()}
    assert provinces == {HENAN: 4, FUJIAN: 1}
    assert by_area(asked(HENAN), []) == {}


def test_an_area_and_a_day_count_to_their_edges_and_no_further(world: World) -> None:
    add_places((350502004000, 350502999999, 350503000000, 350501999999))
    inside = (COUNTY, 350502999999)
    outside = (350501999999, 350503000000)
    store(*(fact(world, area_id=one) for one in (*inside, *outside)))
    assert n(COUNTY) == 2
    day = timedelta(days=1)
    for first, last, expected in (
        (DAYS[1], DAYS[1], 2),
        (DAYS[1] - day, DAYS[1] - day, 0),
        (DAYS[1] + day, LAST, 0),
        (LAST, FIRST, 0),
    ):
        assert total(asked(COUNTY, first, last)).n == expected
        assert total(asked(NATION, first, last)).n == 2 * expected


def test_breakdowns_name_the_largest_first_and_months_by_their_first_day(world: World) -> None:
    store(
        *(fact(world, method="phone", occurred_on=DAYS[2]) for _at in range(3)),
        fact(world, method="visit", occurred_on=DAYS[1]),
        fact(world, method="group", occurred_on=DAYS[0]),
    )
    for area in (NATION, COUNTY):
        question = asked(area)
        assert list(by_dimension(question, "method")) == ["phone", "group", "visit"]
        assert {day: one.n for day, one in by_day(question).items()} == {
            DAYS[0]: 1,
            DAYS[1]: 1,
            DAYS[2]: 3,
        }
        months = by_day(question, months=True)
        assert {day.isoformat(): one.n for day, one in months.items()} == {
            "2025-12-01": 1,
            "2026-01-01": 4,
        }


def test_a_question_about_a_unit_counts_its_own_facts_only(world: World) -> None:
    store(
        fact(world),
        fact(world, unit_id=world.unit_id("sharing")),
        fact(world, unit_id=world.unit_id("sharing"), area_id=OTHER_VILLAGE),
    )
    fold()
    for area, expected in ((NATION, 2), (COUNTY, 1), (TOWNSHIP, 1), (OTHER_COUNTY, 1)):
        question = asked(area, unit=world.unit_id("sharing"))
        assert total(question).n == expected
        assert by_dimension(question, "method")["visit"].n == expected
    whole = asked(QUANZHOU, unit=world.unit_id("sharing"))
    assert {code: one.n for code, one in by_area(whole, [COUNTY, OTHER_COUNTY]).items()} == {
        COUNTY: 1,
        OTHER_COUNTY: 1,
    }


@pytest.mark.parametrize(
    ("who", "area", "whose"),
    [
        ("officer", COUNTY, None),
        ("officer", VILLAGE, None),
        ("dispatcher", COUNTY, None),
        ("national_officer", NATION, None),
        ("head", COUNTY, "station"),
        ("worker", NATION, "station"),
        ("officer", OTHER_COUNTY, "refused"),
        ("officer", QUANZHOU, "refused"),
        ("officer", NATION, "refused"),
        ("city_officer", FUJIAN, "refused"),
        ("dispatcher", OTHER_VILLAGE, "refused"),
        ("grid_worker", VILLAGE, "refused"),
        ("administrator", COUNTY, "refused"),
        ("officer", 5, "refused"),
        ("head", 350502, "refused"),
        ("national_officer", 10**12, "refused"),
        ("national_officer", -1, "refused"),
    ],
)
def test_who_may_count_what(world: World, who: str, area: int, whose: str | None) -> None:
    def ask() -> Question:
        return question(world.actor(who), SERVICES, area=area, first=FIRST, last=LAST)

    if whose == "refused":
        with pytest.raises(NotCounted):
            ask()
    else:
        assert ask().unit == (world.unit_id(whose) if whose else None)


def test_neither_a_visitor_nor_a_user_without_a_post_counts_anything(world: World) -> None:
    world.users["officer"].posts.all().delete()
    for actor in (visitor(), world.actor("officer")):
        with pytest.raises(NotCounted):
            question(actor, SERVICES, area=COUNTY, first=FIRST, last=LAST)


def test_different_persons_are_counted_once_each(world: World) -> None:
    set_actor(system("tests"))
    known = persons(world, 3)
    facts = [fact(world), fact(world), fact(world, area_id=OTHER_VILLAGE)]
    store(*facts)
    links = ((0, 0), (0, 1), (1, 0), (2, 0), (2, 2))
    served(*((facts[service], known[person]) for service, person in links))
    assert [distinct(asked(one), "persons") for one in (NATION, COUNTY, OTHER_COUNTY)] == [3, 2, 2]
    assert distinct(asked(NATION, DAYS[2], DAYS[2]), "persons") == 0


def test_a_merged_county_is_counted_where_it_went_as_plain_sql_does(world: World) -> None:
    store(
        fact(world),
        fact(world, area_id=NEXT_VILLAGE, minutes=5),
        fact(world, area_id=OTHER_VILLAGE),
    )
    fold()
    AreaChange.objects.create(kind="merge", before_id=COUNTY, after_id=OTHER_COUNTY, on_day=DAYS[0])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(minutes) FROM services_service WHERE"
            " area_id BETWEEN 350503000000 AND 350503999999"
            " OR area_id BETWEEN 350502000000 AND 350502999999"
        )
        number, minutes = cursor.fetchone()

    assert (total(asked(OTHER_COUNTY)).n, total(asked(OTHER_COUNTY)).sums[1]) == (number, minutes)
    assert n(COUNTY) == 0
    assert n(QUANZHOU) == number == 3
    found = by_area(asked(QUANZHOU), [COUNTY, OTHER_COUNTY])
    assert {code: one.n for code, one in found.items()} == {OTHER_COUNTY: 3}
    assert by_dimension(asked(OTHER_COUNTY), "method")["visit"].n == 3


def test_a_township_that_changed_city_is_counted_in_the_new_one_only(world: World) -> None:
    add_places()
    store(fact(world), fact(world, area_id=NEXT_VILLAGE), fact(world, area_id=350203001001))
    fold()
    add_places((350203099000,))
    AreaChange.objects.create(
        kind="recode", before_id=TOWNSHIP, after_id=350203099000, on_day=DAYS[0]
    )
    cities = [QUANZHOU, 350200000000]
    assert [n(one) for one in (FUJIAN, *cities)] == [3, 1, 2]
    found = by_area(asked(FUJIAN), cities)
    assert {code: one.n for code, one in found.items()} == {QUANZHOU: 1, 350200000000: 2}


@pytest.mark.parametrize(
    ("first", "last", "kind"),
    [
        ("2026-02-01", "2026-02-28", "month"),
        ("2026-02-01", "2026-02-27", ""),
        ("2026-02-02", "2026-02-28", ""),
        ("2026-04-01", "2026-06-30", "quarter"),
        ("2026-05-01", "2026-07-31", ""),
        ("2026-01-01", "2026-12-31", "year"),
        ("2026-02-01", "2027-01-31", ""),
        ("2026-01-01", "2026-06-30", ""),
    ],
)
def test_a_calendar_period_is_told_from_other_days(first: str, last: str, kind: str) -> None:
    assert span_kind(date.fromisoformat(first), date.fromisoformat(last)) == kind
