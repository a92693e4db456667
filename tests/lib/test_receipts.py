from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linli.lib.receipts import (
    ALPHABET,
    InvalidNumber,
    grouped,
    is_trivial_pin,
    new_number,
    new_pin,
    normalise,
)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311  (repeatable on purpose)


NUMBERS = st.builds(
    lambda prefix, length, seed: new_number(prefix, length, seeded(seed)),
    st.text(ALPHABET, max_size=4),
    st.integers(5, 12),
    st.integers(),
)


def why(text: str, length: int | None = None) -> str:
    with pytest.raises(InvalidNumber) as refusal:
        normalise(text, length=length)
    return refusal.value.code


def test_the_alphabet_has_no_letter_that_looks_like_another() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


@given(NUMBERS)
def test_a_new_number_is_its_own_normal_form(number: str) -> None:
    assert set(number) <= set(ALPHABET)
    assert normalise(number) == number
    assert normalise(grouped(number)) == number


def test_a_number_has_prefix_random_part_and_check_character() -> None:
    number = new_number("R7", 8)
    assert number.startswith("R7")
    assert len(number) == 11
    assert len({new_number() for _ in range(1000)}) == 1000


def test_a_seeded_number_is_repeated() -> None:
    assert new_number("C", 8, seeded(5)) == new_number("C", 8, seeded(5))


@given(NUMBERS, st.data())
def test_every_single_wrong_character_is_detected(number: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from(sorted(set(ALPHABET) - {number[at]})))
    assert why(number[:at] + wrong + number[at + 1 :]) == "check"


@given(NUMBERS, st.data())
def test_every_exchange_of_neighbours_is_detected(number: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(number) - 2))
    assume(number[at] != number[at + 1])
    exchanged = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert why(exchanged) == "check"


def test_all_errors_of_one_number_are_detected_without_exception() -> None:
    number = new_number("S", 8, seeded(11))
    wrong = {
        number[:at] + other + number[at + 1 :]
        for at in range(len(number))
        for other in ALPHABET
        if other != number[at]
    }
    assert len(wrong) == 10 * 31
    assert {why(one) for one in wrong} == {"check"}


@given(NUMBERS)
def test_what_people_type_instead_is_put_right(number: str) -> None:
    typed = number.lower().replace("0", "o").replace("1", "l")
    assert normalise(f"  {grouped(typed)} ") == number
    assert normalise(number.replace("0", "O").replace("1", "I")) == number
    wide = "".join(chr(ord(character) + 0xFEE0) for character in number)
    assert normalise(wide) == number
    assert normalise(grouped(number).replace("-", "–")) == number


@pytest.mark.parametrize("text", ["7K3U9M2FX", "7K3Q*9M2F", "邻里7K3Q9M2F", "7K3Q9M2é"])
def test_foreign_characters_are_refused(text: str) -> None:
    assert why(text) == "characters"


@pytest.mark.parametrize("text", ["", "7K3Q", "0" * 25])
def test_impossible_lengths_are_refused(text: str) -> None:
    assert why(text) == "length"


def test_an_expected_length_refuses_a_lost_character() -> None:
    number = new_number(length=8)
    assert normalise(number, length=9) == number
    assert why(number[:-1], length=9) == "length"


def test_numbers_are_grouped_by_four() -> None:
    assert grouped("7K3Q9M2FX") == "7K3Q-9M2F-X"
    assert grouped("7K3Q9M2F") == "7K3Q-9M2F"
    assert grouped("") == ""


@pytest.mark.parametrize(("prefix", "length"), [("LL", 8), ("s", 8), ("", 0), ("", 4), ("", 24)])
def test_a_number_that_could_not_be_read_back_is_not_made(prefix: str, length: int) -> None:
    with pytest.raises(ValueError, match=r"prefix|characters"):
        new_number(prefix, length)


def test_pins_have_six_digits_and_are_never_trivial() -> None:
    pins = [new_pin() for _ in range(2000)]
    assert all(len(pin) == 6 and pin.isdecimal() and pin.isascii() for pin in pins)
    assert not any(is_trivial_pin(pin) for pin in pins)
    assert any(pin.startswith("0") for pin in pins)


@pytest.mark.parametrize(
    "pin",
    [
        "000000",
        "999999",
        "123456",
        "654321",
        "012345",
        "890123",
        "864208",
        "121212",
        "100000",
        "123123",
        "112233",
        "123321",
    ],
)
def test_trivial_pins_are_known(pin: str) -> None:
    assert is_trivial_pin(pin)


def test_few_pins_are_lost_to_the_rule() -> None:
    assert sum(is_trivial_pin(f"{pin:06d}") for pin in range(0, 10**6, 7)) < 1500
