"""Places and days as people write them in cells."""

from collections.abc import Iterable

import pytest
from django.forms import ValidationError

from linli.kernel.forms.cells import AreaCell
from linli.kernel.sheets.values import address, day, masked, same, words
from linli.lib.areacodes import range_of

from ..world import CITY, COUNTY, OTHER_VILLAGE, TOWNSHIP, VILLAGE

pytestmark = pytest.mark.django_db
PROVINCE = 350000000000


def cell(*areas: int) -> AreaCell:
    return AreaCell(inside=[range_of(one) for one in areas])


def names(code: int) -> tuple[str, ...]:
    from linli.kernel.areas.queries import names_inside

    return names_inside([range_of(code)], at_least=4)[code][0]


def written(code: int) -> Iterable[str]:
    *above, last = names(code)
    yield f"{code:012d}"
    yield f"{last} {code:012d}"
    yield "".join([*above, last])
    yield f"{above[-1]} · {last}"
    yield f" {above[-1]}{last} "


def test_a_village_is_known_however_it_is_written() -> None:
    place = cell(COUNTY)
    for text in written(VILLAGE):
        assert place.clean(text) == VILLAGE, text
    assert place.clean("350502004") == TOWNSHIP


def test_what_lies_elsewhere_or_nowhere_is_not_found() -> None:
    place = cell(TOWNSHIP)
    for text in (f"{OTHER_VILLAGE}", "没有的社区", "350502004999", "1"):
        with pytest.raises(ValidationError):
            place.clean(text)


def test_of_a_province_villages_are_known_by_code_and_townships_by_name() -> None:
    place = cell(PROVINCE)
    assert place.clean(f"{VILLAGE}") == VILLAGE
    assert place.clean("".join(names(TOWNSHIP))) == TOWNSHIP
    with pytest.raises(ValidationError):
        place.clean("".join(names(VILLAGE)))
    assert cell(CITY).clean("".join(names(VILLAGE))) == VILLAGE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1950.1.2", "1950-01-02"),
        ("1950年1月2日", "1950-01-02"),
        ("1950/01/02 00:00:00", "1950-01-02"),
        ("19500102", "1950-01-02"),
        ("１９５０-１-２", "1950-01-02"),
        ("1950-1", "1950-1"),
        ("18264", "18264"),
        ("去年", "去年"),
    ],
)
def test_a_day_is_read_in_the_usual_ways_and_never_guessed(text: str, told: str) -> None:
    assert day(text) == told


def test_headings_are_compared_without_their_trimmings() -> None:
    assert same("*身份证 号码（必填）：") == same("身份证号码")
    assert same("（1）") == same("(1)") != same("（2）")


def test_first_values_are_masked() -> None:
    assert masked("00000019500101001X", is_private=False) == "000****1X"
    assert masked("测试甲", is_private=True) == "测**"
    assert masked("低保", is_private=False) == "低保"


def test_cells_and_words_are_called_as_in_a_sheet() -> None:
    assert [address(at, 17) for at in (0, 25, 26, 701, 702)] == [
        "A17",
        "Z17",
        "AA17",
        "ZZ17",
        "AAA17",
    ]
    assert words("低保、独居; 高龄，低保") == ["低保", "独居", "高龄"]
