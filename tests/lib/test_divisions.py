import csv
from collections.abc import Iterator

import pytest
from pypinyin import Style, lazy_pinyin

from linli.kernel.areas.load import _packaged
from linli.lib.areacodes import NATION, ancestors, kind_of, level_of
from linli.lib.divisions import (
    AREA_COLUMNS,
    FIRST,
    VERSION_COLUMNS,
    AreaFileError,
    Division,
    area_lines,
    entries,
    new_divisions,
    read_name,
    version_lines,
)
from linli.lib.names import pinyin_key

FUJIAN, QUANZHOU = 350000000000, 350500000000


@pytest.mark.parametrize(
    ("name", "pinyin", "initials", "en"),
    [
        ("鲤城区", "lichengqu", "lcq", "Licheng District"),
        ("乐山市", "leshanshi", "lss", "Leshan City"),
        ("西街社区居民委员会", "xijieshequjuminweiyuanhui", "xjsqjmwyh", "Xijie Community"),
        ("达斡尔族旗", "dawoerzuqi", "dwezq", "Dawoerzu Banner"),
        ("广西壮族自治区", "guangxizhuangzuzizhiqu", "gxzzzzq", "Guangxi Zhuang Autonomous Region"),
        ("吕家庄村委会", "lvjiazhuangcunweihui", "ljzcwh", "Lvjiazhuang Village"),
        ("县", "xian", "x", "Xian"),
    ],
)
def test_a_name_is_read_as_a_place(name: str, pinyin: str, initials: str, en: str) -> None:
    reading = read_name(name)
    assert (reading.pinyin, reading.initials, reading.en) == (pinyin, initials, en)


def some() -> Iterator[Division]:
    """Every thousandth division of the published list."""
    for at, one in enumerate(_packaged()):
        if at % 1_000 == 0:
            yield one


def test_reading_word_by_word_is_reading_the_whole() -> None:
    """Names are cut into the dictionary's words, which are looked up once."""
    names = {name for _, name, _ in some()}
    assert len(names) > 500
    for name in names | {"重庆市", "长春路", "单县", "六安市", "乐亭县", "厦门大厦", "行行重行行"}:
        if name.isalpha() and not any("a" <= one.lower() <= "z" for one in name):
            whole = " ".join(lazy_pinyin(name, style=Style.NORMAL)).replace("ü", "v")
            assert pinyin_key(name, person=False) == whole, name


def test_lines_say_what_the_codes_and_names_say() -> None:
    new = new_divisions(
        [
            (QUANZHOU, "泉州\\市\t", False),
            (FUJIAN, "福建省", False),
            (350500000000, "市辖区", True),
        ]
    )
    areas = list(csv.DictReader(_titled(AREA_COLUMNS, area_lines(new)), delimiter="\t"))
    versions = list(csv.DictReader(_titled(VERSION_COLUMNS, version_lines(new)), delimiter="\t"))

    assert [int(one["code"]) for one in areas] == [NATION, FUJIAN, QUANZHOU]
    for one in areas:
        code = int(one["code"])
        assert (int(one["level"]), one["kind"]) == (level_of(code), kind_of(code))
        assert one["is_pseudo"] == "f"
    assert [one["parent_id"] for one in versions] == ["\\N", "000000000000", "350000000000"]
    assert [one["id"] for one in versions] == [f"{FIRST}{one['area_id']}" for one in versions]
    assert versions[0]["en"] == "China"
    assert versions[2]["zh"] == "泉州\\\\市\\t"


def _titled(columns: str, lines: Iterator[str]) -> list[str]:
    return [columns.replace(", ", "\t") + "\n", *lines]


def test_what_is_known_is_left_out_and_may_hold_what_is_new() -> None:
    assert new_divisions([(QUANZHOU, "泉州市", False)], known=[NATION, FUJIAN, QUANZHOU]) == []
    new = new_divisions([(QUANZHOU, "泉州市", False)], known=[NATION, FUJIAN])
    assert [code for code, _, _ in new] == [QUANZHOU]
    with pytest.raises(AreaFileError, match="350500000000 泉州市"):
        new_divisions([(QUANZHOU, "泉州市", False)], known=[NATION])


def test_entries_know_their_columns_by_name() -> None:
    text = ["provinceCode,name,code\n", "x, 福建省 ,35\n", "\n", "x,市辖区,3101\n"]
    assert list(entries(text, "x.csv")) == [
        (FUJIAN, "福建省", False),
        (310100000000, "市辖区", True),
    ]


def test_the_packed_list_is_whole() -> None:
    found = list(_packaged())
    codes = {code for code, _, _ in found}
    assert len(found) > 665_000
    assert all(codes.issuperset(ancestors(code)[1:]) for code in list(codes)[::500])
    assert sum(level_of(code) == 1 for code in codes) == 31
