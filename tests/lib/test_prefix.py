import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.lib.postgres.prefix import after

LAST = chr(0x10FFFF)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXTS, st.text(st.characters(exclude_categories=["Cs"])), TEXTS)
def test_the_bounds_hold_what_begins_with_a_text_and_nothing_else(
    prefix: str, rest: str, other: str
) -> None:
    if set(prefix) == {LAST}:
        return
    low, high = prefix.encode(), after(prefix).encode()
    assert low <= (prefix + rest).encode() < high
    assert (low <= other.encode() < high) == other.startswith(prefix)


@pytest.mark.parametrize("text", ["", LAST, LAST * 3])
def test_nothing_lies_above_the_last_text(text: str) -> None:
    with pytest.raises(ValueError, match="nothing lies above"):
        after(text)


def test_the_gap_of_the_surrogates_is_stepped_over() -> None:
    assert after("a\ud7ff") == "a\ue000"
