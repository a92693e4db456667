from collections.abc import Iterator
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from linli.kernel.terms.models import Term, TermList
from linli.kernel.terms.queries import choices, forget, in_force, label, terms

from ..world import COUNTY, OTHER_COUNTY, VILLAGE

pytestmark = pytest.mark.django_db
NEED = TermList.NEED
DAY = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _kept_no_longer() -> Iterator[None]:
    forget()
    yield
    forget()


def add(code: str, *, zh: str = "某", en: str = "Some", **given: object) -> Term:
    made = Term.objects.create(
        **({"list": NEED, "code": code, "zh": zh, "en": en, "valid_from": date(2020, 1, 1)} | given)
    )
    forget()
    return made


def codes(on: date = DAY, area: int | None = None) -> set[str]:
    return {one.code for one in terms(NEED, on=on, area=area)}


def test_a_term_is_in_force_from_its_first_to_its_last_day() -> None:
    add("fire", valid_from=date(2026, 2, 1), valid_to=date(2026, 3, 31))

    offered = [day for day in range(1, 31) if "fire" in codes(date(2026, 4, day))]
    assert offered == []
    assert "fire" not in codes(date(2026, 1, 31))
    assert "fire" in codes(date(2026, 2, 1))
    assert "fire" in codes(date(2026, 3, 31))
    assert set(Term.objects.filter(in_force(NEED, date(2026, 4, 1)))) == set(
        terms(NEED, on=date(2026, 4, 1))
    )


def test_a_term_of_a_county_is_offered_in_it_and_below_and_nowhere_else() -> None:
    add("fishing", area=COUNTY)

    assert "fishing" in codes(area=COUNTY)
    assert "fishing" in codes(area=VILLAGE)
    assert "fishing" not in codes(area=OTHER_COUNTY)
    assert "fishing" not in codes(area=350500000000)
    assert "fishing" not in codes()


def test_labels_follow_the_language_and_outlive_their_term() -> None:
    add("fire", zh="火灾", en="Fire", valid_to=date(2021, 1, 1))

    with translation.override("zh-hans"):
        assert label(NEED, "fire") == "火灾"
    with translation.override("en"):
        assert label(NEED, "fire") == "Fire"
        assert label(NEED, "never-heard-of") == "never-heard-of"
        assert ("fire", "Fire") not in choices(NEED, on=DAY)
        assert ("fire", "Fire") in choices(NEED, on=date(2020, 6, 1))


@pytest.mark.parametrize("first", [True, False])
def test_a_renamed_term_is_called_by_its_newest_name(first: bool) -> None:
    old = {"valid_from": date(2020, 1, 1), "valid_to": date(2025, 12, 31), "en": "Old name"}
    new = {"valid_from": date(2026, 1, 1), "en": "New name"}
    for given in (old, new) if first else (new, old):
        add("renamed", **given)

    with translation.override("en"):
        assert label(NEED, "renamed") == "New name"
        assert choices(NEED, on=date(2025, 1, 1)).count(("renamed", "Old name")) == 1
        assert choices(NEED, on=DAY).count(("renamed", "New name")) == 1
        assert ("renamed", "Old name") not in choices(NEED, on=DAY)


def test_the_same_code_of_another_list_is_another_term() -> None:
    add("solved", list=TermList.RESULT, en="Solved indeed")
    with translation.override("en"):
        assert label(NEED, "solved") == "solved"


def test_the_table_refuses_a_second_start_and_an_end_before_the_start() -> None:
    add("fire")
    with pytest.raises(IntegrityError), transaction.atomic():
        add("fire")
    with pytest.raises(IntegrityError), transaction.atomic():
        add("flood", valid_to=date(2019, 12, 31))


def test_the_groups_that_the_law_names_can_be_recorded() -> None:
    held = {one.zh: one.en for one in terms(TermList.PERSON_CATEGORY, on=date(2026, 1, 1))}
    assert {"流浪乞讨人员", "孤寡老年人", "特困人员", "孤儿"} <= held.keys()
    # Both the bereaved and those whose child is disabled.
    assert held["计划生育特殊家庭"] == "Family whose only child died or is disabled"
    # Medical and correctional data are not kept by default.
    assert not {"精神障碍患者", "社区矫正对象"} & held.keys()
