from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linli.lib.checkdigits import (
    InvalidCode,
    citizen_id,
    credit_code,
    mask_citizen_id,
    mask_phone,
    mobile_or_landline,
)

FICTITIOUS = "000000190001010009"


def why(function: Callable[[str], str], value: str) -> str:
    with pytest.raises(InvalidCode) as refusal:
        function(value)
    assert value not in str(refusal.value) or not value
    return refusal.value.code


@pytest.mark.parametrize(
    "value",
    [
        "11010519491231002X",
        "440524188001010014",
        "34052419800101001X",
        FICTITIOUS,
        "810000199408230021",
        "820000199001010010",
        "830000199001010012",
    ],
)
def test_ids_are_accepted_whatever_their_area(value: str) -> None:
    assert citizen_id(value) == value


def test_an_id_is_normalised() -> None:
    assert citizen_id(" 110105 19491231-002x ") == "11010519491231002X"
    assert citizen_id("１１０１０５１９４９１２３１００２ｘ") == "11010519491231002X"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "length"),
        ("110105491231002", "length"),
        ("11010519491231002", "length"),
        ("11010519491231002XX", "length"),
        ("1101051949123100AX", "characters"),
        ("X10105194912310021", "characters"),
        ("11010519491231002Y", "characters"),
        ("①10105194912310021", "check"),
        ("110105194902300020", "date"),
        ("110105194913010020", "date"),
        ("110105000001010020", "date"),
        ("110105184912310020", "date"),
        ("110105194912310021", "check"),
        ("11010519491231003X", "check"),
    ],
)
def test_a_wrong_id_says_why(value: str, code: str) -> None:
    assert why(citizen_id, value) == code


def test_a_birth_after_today_is_refused_only_when_today_is_given() -> None:
    assert citizen_id("11010519491231002X", today=date(1949, 12, 31)) == "11010519491231002X"
    with pytest.raises(InvalidCode) as refusal:
        citizen_id("11010519491231002X", today=date(1949, 12, 30))
    assert refusal.value.code == "date"


@given(st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_wrong_character_of_an_id_is_noticed(at: int, character: str) -> None:
    wrong = FICTITIOUS[:at] + character + FICTITIOUS[at + 1 :]
    assume(wrong != FICTITIOUS)
    assert why(citizen_id, wrong) in {"characters", "date", "check"}


def test_a_masked_id_shows_three_and_two() -> None:
    assert mask_citizen_id("11010519491231002x") == "110*************2X"
    assert mask_citizen_id("110105491231002") == "110**********02"
    assert mask_citizen_id("1101") == "****"
    assert mask_citizen_id("") == ""


@given(st.text(max_size=30))
def test_a_mask_never_shows_more_than_five_characters(value: str) -> None:
    assert len(mask_citizen_id(value).replace("*", "")) <= 5


@pytest.mark.parametrize(
    "value", ["91350100M000100Y43", "91110000600037341L", "N2350503MF00000175"]
)
def test_credit_codes_are_accepted(value: str) -> None:
    assert credit_code(f" {value.lower()} ") == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y431", "length"),
        ("91350100I000100Y43", "characters"),
        ("B1350100M000100Y43", "characters"),
        ("9135O100M000100Y43", "characters"),
        ("91350100M000100Y44", "check"),
        ("91350100M000010Y43", "check"),
    ],
)
def test_a_wrong_credit_code_says_why(value: str, code: str) -> None:
    assert why(credit_code, value) == code


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("19912345678", "19912345678"),
        ("0595-22880000", "0595-22880000"),
        ("059522880000", "0595-22880000"),
        ("（0595）22880000", "0595-22880000"),
        ("+86 595 2288 0000", "0595-22880000"),
        ("010-65120000", "010-65120000"),
        ("02012345678", "020-12345678"),
        ("0991-2345678", "0991-2345678"),
        ("+852 9876 5432", "+85298765432"),
        ("00852 9876 5432", "+85298765432"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
    ],
)
def test_every_way_of_writing_a_number_gives_one_form(written: str, normal: str) -> None:
    assert mobile_or_landline(written) == normal
    assert mobile_or_landline(normal) == normal


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "length"),
        ("+", "unknown"),
        ("110", "length"),
        ("12345", "length"),
        ("22880000", "length"),
        ("1380013800", "length"),
        ("138001380000", "length"),
        ("0595-22880000-801", "length"),
        ("12800138000", "unknown"),
        ("01595228800", "unknown"),
        ("1380013800a", "characters"),
        ("13800138000;110", "characters"),
        ("98765432", "length"),
        ("+852 12", "length"),
        ("+86 110", "length"),
        ("+999 12345678", "unknown"),
    ],
)
def test_a_wrong_number_says_why(written: str, code: str) -> None:
    assert why(mobile_or_landline, written) == code


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13800138000", "138****8000"),
        ("0595-22880000", "0595-****0000"),
        ("0991-2345678", "0991-***5678"),
        ("+85298765432", "+852*****432"),
        ("somebody@example", "**************LE"),
        ("110", "***"),
        ("", ""),
    ],
)
def test_a_masked_number(number: str, masked: str) -> None:
    assert mask_phone(number) == masked
