from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation

from linli.kernel.areas.models import Area, AreaVersion
from linli.kernel.areas.queries import FOUND_AT_MOST, label, path_labels
from linli.kernel.forms.fields import AreaField, CitizenIdField, PhoneField, TermField
from linli.kernel.forms.places import PlaceField
from linli.kernel.scope import Scope
from linli.kernel.terms.models import Term, TermList
from linli.kernel.terms.queries import forget
from linli.lib.areacodes import kind_of, level_of, range_of

from ..world import COUNTY, NEXT_VILLAGE, OTHER_COUNTY, SINCE, TOWNSHIP, VILLAGE

pytestmark = pytest.mark.django_db
CITY = 350500000000


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def sentence(field: forms.Field, value: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        field.clean(value)
    return " ".join(raised.value.messages)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800138000", "13800138000"),
        (" 138 0013 8000 ", "13800138000"),
        ("+86-138-0013-8000", "13800138000"),
        ("０５９５－２２８８００００", "0595-22880000"),
        ("+852 9876 5432", "+85298765432"),
        ("", ""),
    ],
)
def test_a_phone_is_kept_in_its_one_form(typed: str, kept: str) -> None:
    assert PhoneField(required=False).clean(typed) == kept


@pytest.mark.parametrize(
    "typed", ["1380013800", "110", "call me", "13800138000x1", "😀", "０" * 20]
)
def test_what_is_no_phone_is_answered_with_what_to_write(typed: str) -> None:
    assert sentence(PhoneField(required=False), typed) == (
        "This is not a phone number. Write 11 digits, or area code and number."
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("11010119900307", "has 18 characters"),
        ("11010119900307803A", "has digits, and at the end"),
        ("110101199002308031", "birth date inside this number does not exist"),
        ("110101199003078031", "one of them is mistyped"),
    ],
)
def test_a_mistyped_citizen_id_is_told_what_is_wrong(typed: str, words: str) -> None:
    told = sentence(CitizenIdField(), typed)
    assert words in told
    assert typed not in told


def test_a_citizen_id_is_optional_and_kept_in_capitals() -> None:
    assert CitizenIdField().clean("") == ""
    assert CitizenIdField().clean(" 110105 19491231 002x ") == "11010519491231002X"


def test_every_sentence_about_a_citizen_id_is_there() -> None:
    from linli.lib.checkdigits import citizen_id

    assert citizen_id.__doc__ is not None
    for code in ("length", "characters", "date", "check"):
        assert f'"{code}"' in citizen_id.__doc__
        assert CitizenIdField.default_error_messages[code]


class TestTerms:
    @pytest.fixture(autouse=True)
    def _kept_no_longer(self) -> Iterator[None]:
        forget()
        yield
        forget()

    def test_a_term_is_offered_while_it_is_in_force(self) -> None:
        Term.objects.create(
            list=TermList.NEED,
            code="fire",
            zh="火灾",
            en="Fire",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 1, 31),
        )
        forget()
        day = [date(2026, 1, 31)]
        field = TermField(TermList.NEED, on=lambda: day[0], blank="Choose one")

        assert next(iter(field.choices)) == ("", "Choose one")
        assert field.clean("fire") == "fire"
        with translation.override("zh-hans"):
            assert ("fire", "火灾") in list(field.choices)
        day[0] = date(2026, 2, 1)
        assert "not one of the available choices" in sentence(field, "fire")
        assert "required" in sentence(field, "")
        assert "not one of" in sentence(field, "never-heard-of")


def named(*codes: int, name: str = "同名冯村委会", en: str = "Tongmingfeng Village") -> None:
    """New villages of one name."""
    Area.objects.bulk_create(
        Area(code=code, level=level_of(code), kind=kind_of(code), valid_from=SINCE)
        for code in codes
    )
    AreaVersion.objects.bulk_create(
        AreaVersion(
            area_id=code,
            parent_id=code // 1000 * 1000,
            zh=name,
            pinyin="tongmingfengcunweihui",
            initials="tmfcwh",
            en=en,
            valid_from=SINCE,
        )
        for code in codes
    )


FIRST, SECOND = 350502004901, 350503001901


@pytest.mark.parametrize(
    "typed", ["同名冯村委会", "tmfcwh", "tongmingf", "同名冯村", "350502004901"]
)
def test_a_name_that_fits_one_area_is_that_area(typed: str) -> None:
    named(FIRST)
    assert AreaField().clean(typed) == FIRST


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_name_that_fits_several_is_answered_with_names_that_each_fit_one(language: str) -> None:
    named(FIRST, SECOND)
    with translation.override(language):
        told = sentence(AreaField(), label(FIRST))
        offered = told.partition(": " if language == "en" else "：")[2] or told
        names = [one.strip() for one in offered.split(" / ")]
        assert len(names) == 2
        assert {AreaField().clean(one) for one in names} == {FIRST, SECOND}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_of_very_many_of_one_name_the_full_name_finds_each(language: str) -> None:
    others = [350502004901 + at for at in range(FOUND_AT_MOST + 5)]
    named(*others, SECOND)
    with translation.override(language):
        full = path_labels([SECOND], below=1)[SECOND]
        assert AreaField().clean(full) == SECOND
        assert AreaField(inside=(range_of(OTHER_COUNTY),)).clean(label(SECOND)) == SECOND


def test_an_area_outside_is_as_unknown_as_one_that_does_not_exist() -> None:
    named(FIRST, SECOND)
    inside = AreaField(inside=(range_of(COUNTY),))
    assert inside.clean("同名冯村委会") == FIRST
    for typed in (
        f"{SECOND}",
        "鲤城区 · 没有这个村",
        "没有这个村",
        "丰泽区 · 同名冯村委会",
        "·",
        "· ·",
    ):
        assert sentence(inside, typed) == "No area of this name was found here."


def test_an_area_that_is_too_large_is_asked_to_be_smaller() -> None:
    for typed in ("鲤城区", "350502", "licheng district", "泉州市"):
        assert "choose a smaller area" in sentence(AreaField(), typed)
    assert AreaField(at_least=3).clean("鲤城区") == COUNTY


@pytest.mark.parametrize("code", ["350502004", "350502004000"])
def test_a_township_is_found_by_its_code_in_either_length(code: str) -> None:
    assert AreaField().clean(code) == TOWNSHIP


def test_a_pseudo_or_abolished_area_is_unknown() -> None:
    named(FIRST)
    Area.objects.filter(code=FIRST).update(valid_to=date(2025, 12, 31))
    assert sentence(AreaField(), "同名冯村委会") == "No area of this name was found here."


def test_an_area_is_shown_by_its_name_and_rubbish_as_it_was_typed() -> None:
    field = AreaField()
    assert field.prepare_value(COUNTY) == "Licheng District"
    assert field.prepare_value("350502000000") == "Licheng District"
    for typed in ("鲤城", "", None, "፩" * 12, "９" * 11):
        assert field.prepare_value(typed) == typed


def test_an_empty_area_is_none_and_a_required_one_is_asked_for() -> None:
    assert AreaField(required=False).clean(" ") is None
    assert "required" in sentence(AreaField(), "")
    assert "Null characters" in sentence(AreaField(), "鲤\x00城")


def codes(field: PlaceField) -> list[int]:
    found = []
    for value, shown in field.choices:
        found += [one for one, _name in shown] if isinstance(shown, list) else [value]
    return found


def test_a_place_is_chosen_from_the_townships_and_villages_of_a_post() -> None:
    field = PlaceField(scope=Scope((range_of(TOWNSHIP),)))
    offered = codes(field)

    assert offered[0] == TOWNSHIP
    assert VILLAGE in offered
    assert NEXT_VILLAGE not in offered
    assert field.clean(str(VILLAGE)) == VILLAGE
    for typed in (str(NEXT_VILLAGE), "0", "x", str(COUNTY)):
        assert "available choices" in sentence(field, typed)


def test_the_place_a_record_has_is_offered_wherever_it_lies() -> None:
    field = PlaceField(scope=Scope((range_of(TOWNSHIP),)), keep=NEXT_VILLAGE)
    assert codes(field)[0] == NEXT_VILLAGE
    assert field.clean(str(NEXT_VILLAGE)) == NEXT_VILLAGE
    assert codes(PlaceField(scope=Scope((range_of(TOWNSHIP),)), keep=VILLAGE)).count(VILLAGE) == 1


def test_two_service_areas_are_two_groups_and_none_offers_nothing() -> None:
    both = (range_of(TOWNSHIP), range_of(350502005000))
    field = PlaceField(scope=Scope(both))
    assert [name for name, _places in field.choices] == [label(one) for one, _end in both]
    assert {VILLAGE, NEXT_VILLAGE} <= set(codes(field))
    assert codes(PlaceField(scope=Scope(()))) == []
    assert PlaceField(scope=Scope(()), required=False).clean("") is None
    # A range that is no area of its own has no name to offer.
    assert codes(PlaceField(scope=Scope(((TOWNSHIP, TOWNSHIP + 5),)))) == []
