import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.portal.forms import (
    WORDS_AT_MOST,
    AskForm,
    PlaceForm,
    ReachForm,
    ReceiptForm,
    VerdictForm,
    WithdrawForm,
)

TYPED = {"for_whom": "self", "words": "x", "urgency": "week"}


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=60))
def test_any_address_is_read_without_an_error(need: str, at: str, q: str) -> None:
    told = PlaceForm({"need": need, "at": at, "q": q}).told()
    assert set(told) == {"need", "at", "q"}
    assert told["at"] is None or told["at"] >= 0
    assert told["q"] is None or len(told["q"]) <= 40


def test_a_field_that_cannot_be_read_does_not_spoil_the_others() -> None:
    told = PlaceForm({"need": "no slug!", "at": "350502004001", "q": ""}).told()
    assert told == {"need": None, "at": 350502004001, "q": ""}


@pytest.mark.parametrize("words", ["", "   ", "\n"])
def test_some_words_are_needed(words: str) -> None:
    form = AskForm(TYPED | {"words": words})
    assert list(form.errors) == ["words"]


def test_words_end_somewhere() -> None:
    assert AskForm(TYPED | {"words": "长" * WORDS_AT_MOST}).is_valid()
    assert not AskForm(TYPED | {"words": "长" * (WORDS_AT_MOST + 1)}).is_valid()


def test_everything_about_reaching_somebody_may_stay_empty() -> None:
    form = ReachForm({})
    assert form.is_valid()
    assert form.cleaned_data == {"name": "", "phone": "", "where": ""}


def test_a_phone_number_is_kept_in_digits() -> None:
    form = ReachForm({"phone": "139 0000 0000"})
    assert form.is_valid()
    assert form.cleaned_data["phone"] == "13900000000"


def test_without_a_name_there_is_no_field_for_one() -> None:
    assert list(ReachForm(is_anonymous=True).fields) == ["phone", "where"]


def test_number_and_pin_are_both_needed() -> None:
    assert list(ReceiptForm({}).errors) == ["number", "pin"]


def test_the_default_keeps_no_name() -> None:
    assert VerdictForm().fields["naming"].initial == "without"
    assert not VerdictForm({"value": "helped", "naming": "maybe"}).is_valid()


def test_why_is_asked_only_when_somebody_works_on_it() -> None:
    assert list(WithdrawForm(is_taken_on=False).fields) == []
    assert WithdrawForm({}, is_taken_on=True).is_valid()
