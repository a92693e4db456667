import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.lib.names import SURNAMES, fold, initials, pinyin_key, search_tokens

NAMES = st.text(
    st.sampled_from("曾单于尉迟万俟李王伟国阿·• -Müé𠮷吕aZ1〇ب한'"), min_size=0, max_size=12
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("李长春", "li chang chun"),
        ("曾国藩", "zeng guo fan"),
        ("仇英", "qiu ying"),
        ("单雄信", "shan xiong xin"),
        ("解缙", "xie jin"),
        ("查良镛", "zha liang yong"),
        ("朴树", "piao shu"),
        ("任小红", "ren xiao hong"),
        ("华罗庚", "hua luo geng"),
        ("盖叫天", "ge jiao tian"),
        ("区志强", "ou zhi qiang"),
        ("翟让", "zhai rang"),
        ("覃小兰", "qin xiao lan"),
        ("尉迟恭", "yu chi gong"),
        ("尉遲恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("单于伟", "chan yu wei"),
        ("欧阳修", "ou yang xiu"),
        ("吕布", "lv bu"),
        ("曾", "zeng"),
        ("小曾", "xiao ceng"),
        ("曾单", "zeng dan"),
        ("买买提·艾力", "mai mai ti ai li"),
        ("解•力", "jie li"),
        ("阿 B", "a b"),
        ("John Smith", "john smith"),
        ("Müller", "muller"),
        ("ＪＯＨＮ", "john"),
        ("王2", "wang 2"),
        ("𠮷野", "zz20bb7 ye"),
        ("", ""),
        ("··", ""),
    ],
)
def test_keys(name: str, key: str) -> None:
    assert pinyin_key(name) == key


def test_a_place_is_not_read_as_a_surname() -> None:
    assert pinyin_key("乐山市", person=False) == "le shan shi"
    assert pinyin_key("解放街道", person=False) == "jie fang jie dao"
    assert pinyin_key("黑龙江省", person=False) == "hei long jiang sheng"
    assert initials("解放街道", person=False) == "jfjd"


def test_every_listed_surname_is_read_as_listed() -> None:
    for surname, reading in SURNAMES.items():
        assert pinyin_key(surname + "伟") == f"{reading} wei"
        assert len(reading.split()) == len(surname)


def test_names_sort_by_surname_and_unreadable_characters_come_last() -> None:
    names = ["𠮷野", "曾伟", "左伟", "陈伟", "仇伟", "阿依古丽", "Bob"]
    assert sorted(names, key=pinyin_key) == [
        "阿依古丽", "Bob", "陈伟", "仇伟", "曾伟", "左伟", "𠮷野",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("曾国藩", "zgf"),
        ("尉迟恭", "ycg"),
        ("买买提·艾力", "mmtal"),
        ("John Smith", "js"),
        ("", ""),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_the_tokens_of_a_name_are_its_suffixes_in_three_writings() -> None:
    assert search_tokens("曾国藩") == {
        *("曾国藩", "国藩", "藩"),
        *("zengguofan", "cengguofan", "guofan", "fan"),
        *("zgf", "cgf", "gf", "f"),
    }


def test_a_name_with_two_possible_surnames_is_found_by_each() -> None:
    tokens = search_tokens("单于伟")
    assert {"chanyuwei", "shanyuwei", "cyw", "syw"} <= tokens


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("曾国藩", "国藩"),
        ("曾国藩", "ZengGuo"),
        ("曾国藩", "guof"),
        ("曾国藩", "ZGF"),
        ("曾国藩", "ｚｇｆ"),
        ("曾国藩", "曾 国藩"),
        ("买买提·艾力", "买买提艾力"),
        ("买买提·艾力", "艾力"),
        ("买买提·艾力", "买买提•艾"),
        ("买买提·艾力", "aili"),
        ("吕布", "lü bu"),
        ("吕布", "lvbu"),
        ("曾", "zeng"),
        ("John Smith", "smi"),
        ("John Smith", "john s"),
        ("阿·B", "ab"),
        ("Müller", "muller"),
        ("Müller", "MÜL"),
    ],
)
def test_a_name_is_found_by_what_people_type(name: str, query: str) -> None:
    assert any(token.startswith(fold(query)) for token in search_tokens(name))


@pytest.mark.parametrize("query", ["王", "guozeng", "藩国", "zg f x"])
def test_a_name_is_not_found_by_something_else(query: str) -> None:
    assert not any(token.startswith(fold(query)) for token in search_tokens("曾国藩"))


@given(NAMES)
def test_any_part_of_a_name_finds_it(name: str) -> None:
    tokens, folded = search_tokens(name), fold(name)
    assert "" not in tokens
    for start in range(len(folded)):
        for end in range(start + 1, len(folded) + 1):
            assert any(token.startswith(folded[start:end]) for token in tokens)


@given(NAMES)
def test_keys_and_initials_are_plain_lower_case(name: str) -> None:
    key = pinyin_key(name)
    assert key.isascii()
    assert key == key.lower().strip()
    assert "  " not in key
    assert initials(name) == "".join(syllable[0] for syllable in key.split())


@given(NAMES)
def test_folding_is_final(name: str) -> None:
    assert fold(fold(name)) == fold(name)


@given(st.text(max_size=20))
def test_any_text_is_taken(text: str) -> None:
    assert pinyin_key(text).isascii()
    assert "" not in search_tokens(text)
