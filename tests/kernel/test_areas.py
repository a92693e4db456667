from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections
from django.utils import translation

from linli.kernel.areas import load as loading
from linli.kernel.areas.load import AreaFileError, import_files
from linli.kernel.areas.models import Area, AreaVersion
from linli.kernel.areas.queries import (
    FOUND_AT_MOST,
    Place,
    children,
    exists,
    label,
    labels,
    path,
    path_labels,
    search,
)

pytestmark = pytest.mark.django_db
CITY, COUNTY = 350500000000, 350502000000
ROWS = """code,name
11,北京市
1101,市辖区
110101,东城区
110102,西城区
110101001,东华门街道
110101001001,多福巷社区居委会
41,河南省
4101,郑州市
4190,省直辖县级行政区划
419001,济源市
44,广东省
4419,东莞市
441900,市辖区
441900003,东城街道办事处
"""
BEIJING, DONGCHENG, HENAN, DONGGUAN = 110000000000, 110101000000, 410000000000, 441900000000
Load = Callable[[str], int]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def loaded(text: str) -> int:
        path = tmp_path / "areas.csv"
        path.write_text(text, encoding="utf-8")
        return import_files([path], using="default").areas

    return loaded


def names(places: list[Place]) -> list[str]:
    return [one.label for one in places]


def test_a_list_of_areas_is_loaded_once_and_known_areas_are_left_alone(load: Load) -> None:
    before = Area.objects.count()
    assert load(ROWS) == 13
    assert load(ROWS.replace("东城区", "另一区")) == 0
    assert Area.objects.count() == before + 13
    assert label(DONGCHENG) == "东城区"
    # The counterfeit county 441900 has the city's code: the city stands.
    assert (label(DONGGUAN), Area.objects.get(code=DONGGUAN).is_pseudo) == ("东莞市", False)
    version = AreaVersion.objects.get(area_id=110101001001)
    assert (version.parent_id, version.pinyin[:7]) == (110101001000, "duofuxi")


SHAPE = """
SELECT indexdef FROM pg_indexes WHERE tablename = 'areas_areaversion'
UNION SELECT conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint
WHERE conrelid = 'areas_areaversion'::regclass
"""


def shape() -> set[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(SHAPE)
        return {str(row) for (row,) in cursor.fetchall()}


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_long_list_is_loaded_beside_the_indexes_which_stand_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "areas.csv"
    path.write_text(ROWS, encoding="utf-8")
    before, during = shape(), []  # while loading, the primary key and its index stand
    lines = loading.version_lines
    monkeypatch.setattr(loading, "MANY", 10)
    monkeypatch.setattr(
        loading, "version_lines", lambda *new: during.append(len(shape())) or lines(*new)
    )

    assert import_files([path], using="owner").areas == 13

    assert (shape(), during) == (before, [2])
    assert len(before) > 9
    with pytest.raises(IntegrityError), connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE areas_areaversion SET parent_id = 1 WHERE zh = '东城区'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("number,name\n11,北京市\n", "first line"),
        ("", "first line"),
        ("code,name\n11,北京市\n1101x,市辖区\n", "line 3"),
        ("code,name\n11,北京市\n110,东城区\n", "line 3"),
        ("code,name\n11,北京市\n1101,\n", "line 3"),
        ("code,name\n11,北京市\n1101\n", "line 3"),
        ("code,name\n11,北京市\n0101,东城区\n", "line 3"),
        ("code,name\n11,北京市\n１１０１,全角区\n", "line 3"),
        ("code,name\n11,北京市\n1101," + "长" * 81 + "\n", "line 3"),
        ("code,name\n11,北京市\n1101,市\x00区\n", "line 3"),
        ("code,name\n11,北京市\n110101,东城区\n", "1101"),
        ("code,name\n11," + "长" * 200_000 + "\n", "line 2"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_stored(load: Load, text: str, place: str) -> None:
    before = Area.objects.count()
    with pytest.raises(AreaFileError, match=place) as raised:
        load(text)
    assert "areas.csv" in str(raised.value) or place == "1101"
    assert Area.objects.count() == before
    assert AreaVersion.objects.filter(zh="北京市").count() == 0


def test_a_file_in_another_encoding_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "gbk.csv"
    path.write_bytes("code,name\n11,北京市\n".encode("gbk"))
    with pytest.raises(AreaFileError, match=r"gbk\.csv.*UTF-8"):
        import_files([path], using="default")


def test_of_two_files_the_second_one_undoes_the_first(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("code,name\n11,北京市\n", encoding="utf-8-sig")
    bad.write_text("code,name\n12,\n", encoding="utf-8")
    with pytest.raises(AreaFileError, match=r"bad\.csv, line 2"):
        import_files([good, bad], using="default")
    assert not Area.objects.filter(code=BEIJING).exists()
    assert import_files([good], using="default").areas == 1


def test_pseudo_areas_are_skipped_on_the_way_down_and_up(load: Load) -> None:
    load(ROWS)

    assert names(children(BEIJING)) == ["东城区", "西城区"]
    assert [one.level for one in children(HENAN)] == [2, 3]
    assert names(children(HENAN)) == ["郑州市", "济源市"]
    assert names(children(DONGGUAN)) == ["东城街道办事处"]
    assert names(path(110101001001)) == [
        "中华人民共和国",
        "北京市",
        "东城区",
        "东华门街道",
        "多福巷社区居委会",
    ]
    assert not exists(110100000000, on=date(2026, 1, 1))
    assert names(search("市辖")) == []


def test_an_abolished_area_is_no_child_and_keeps_its_name(load: Load) -> None:
    load(ROWS)
    Area.objects.filter(code=DONGCHENG).update(valid_to=date(2025, 12, 31))

    assert names(children(BEIJING)) == ["西城区"]
    assert names(search("东城区")) == []
    assert label(DONGCHENG) == "东城区"
    assert exists(DONGCHENG, on=date(2025, 12, 31))
    assert not exists(DONGCHENG, on=date(2026, 1, 1))
    assert not exists(DONGCHENG, on=date(1949, 9, 30))
    assert not exists(999999999999, on=date(2026, 1, 1))


def test_a_renamed_area_goes_by_its_newest_name(load: Load) -> None:
    load(ROWS)
    AreaVersion.objects.filter(area_id=DONGCHENG).update(valid_to=date(2025, 12, 31))
    AreaVersion.objects.create(
        area_id=DONGCHENG,
        parent_id=BEIJING,
        zh="东新区",
        pinyin="dongxinqu",
        initials="dxq",
        en="Dongxin New Area",
        valid_from=date(2026, 1, 1),
    )

    assert label(DONGCHENG) == "东新区"
    assert names(children(BEIJING)) == ["西城区", "东新区"] or names(children(BEIJING)) == [
        "东新区",
        "西城区",
    ]
    assert names(search("东城区")) == []
    with translation.override("en"):
        assert label(DONGCHENG) == "Dongxin New Area"


def test_labels_take_one_query_and_an_unknown_code_is_shown_as_it_is(
    django_assert_num_queries: Callable[[int], object],
) -> None:
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        found = labels([CITY, COUNTY, 350502004000, 990000000000])
    assert found[COUNTY] == "鲤城区"
    assert 990000000000 not in found
    assert label(990000000000) == "990000000000"
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        assert labels([]) == {}


def test_a_path_in_words_begins_below_a_level() -> None:
    village = 350502004001
    with translation.override("zh-hans"):
        below_city = path_labels([village, COUNTY, CITY])
        whole = path_labels([village], below=0)[village]

    assert below_city[village].split(" · ")[0] == "鲤城区"
    assert len(below_city[village].split(" · ")) == 3
    assert below_city[COUNTY] == "鲤城区"
    assert below_city[CITY] == ""
    assert whole.startswith("福建省 · 泉州市 · 鲤城区 · ")


@pytest.mark.parametrize(
    "typed",
    ["鲤城", " 鲤城区 ", "lcq", "LCQ", "licheng", "LiCheng", "350502", "３５０５０２"],
)
def test_an_area_is_found_by_name_initials_pinyin_and_code(typed: str) -> None:
    assert COUNTY in [one.code for one in search(typed)]


def test_an_area_is_found_by_the_english_name_that_a_page_shows() -> None:
    with translation.override("en"):
        shown = label(COUNTY)
        assert (shown, [one.code for one in search(shown)]) == ("Licheng District", [COUNTY])


def test_the_larger_areas_come_first_and_never_too_many() -> None:
    found = search("3505")
    assert found[0].code == CITY
    assert [one.level for one in found] == sorted(one.level for one in found)
    assert len(found) == FOUND_AT_MOST
    assert {str(one.code)[:4] for one in found} == {"3505"}


def test_a_search_stays_inside_its_ranges() -> None:
    inside = ((350502004000, 350502004999),)
    assert search("鲤城", inside=inside) == []
    found = search("350502", inside=inside)
    assert found[0].code == 350502004000
    assert all(350502004000 <= one.code <= 350502004999 for one in found)


@pytest.mark.parametrize(
    "typed",
    ["", " ", "·", "%", "_", "\\", "%%%", "'", "\x00", "鲤\x00城", "፩", "፩፪፫", "9" * 13, "é" * 60],
)
def test_rubbish_finds_nothing_and_breaks_nothing(typed: str) -> None:
    assert search(typed) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
