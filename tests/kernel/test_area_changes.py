"""Lists of changes: what they say is logged, and what is no more or called otherwise is so then."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import translation

from linli.kernel.areas.load import AreaFileError, Imported, import_files
from linli.kernel.areas.models import Area, AreaChange, AreaVersion
from linli.kernel.areas.queries import exists, holders, label, ranges, search
from linli.site.cli import main

from ..world import COUNTY, NEXT_TOWNSHIP, OTHER_COUNTY, TOWNSHIP, VILLAGE

pytestmark = pytest.mark.django_db
HEAD = "kind,before,after,day,name\n"
DAY, BEFORE = date(2025, 7, 1), date(2025, 6, 30)
Load = Callable[..., Imported]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def loaded(*texts: str, since: str = "1949-10-01") -> Imported:
        paths = [tmp_path / f"list{at}.csv" for at, _text in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        return import_files(paths, since=date.fromisoformat(since), using="default")

    return loaded


def test_a_merged_area_ends_and_counts_where_it_went(load: Load) -> None:
    told = f"{HEAD}merge,{NEXT_TOWNSHIP},{TOWNSHIP},{DAY},\n"
    assert load(told) == Imported(0, 1, [])
    assert exists(NEXT_TOWNSHIP, on=BEFORE)
    assert not exists(NEXT_TOWNSHIP, on=DAY)
    assert NEXT_TOWNSHIP not in {one.code for one in search(str(NEXT_TOWNSHIP))}
    assert ranges(TOWNSHIP).counts(NEXT_TOWNSHIP)
    assert TOWNSHIP in holders(NEXT_TOWNSHIP)
    assert load(told) == Imported(0, 0, [])
    assert AreaChange.objects.filter(kind="merge").count() == 1


def test_a_renamed_area_keeps_its_old_name_for_its_time(load: Load) -> None:
    assert load(f"{HEAD}rename,{COUNTY},,{DAY},鲤城新区\n").changes == 1
    with translation.override("zh-hans"):
        assert label(COUNTY) == "鲤城新区"
    assert [one.code for one in search("lichengxinqu")] == [COUNTY]
    held = AreaVersion.objects.filter(area_id=COUNTY).order_by("valid_from")
    assert [(one.zh, one.valid_to) for one in held] == [("鲤城区", BEFORE), ("鲤城新区", None)]


def test_a_new_area_and_what_became_of_the_old_come_together(load: Load) -> None:
    new = 350502099000
    areas = f"code,name\n{new},新街道\n{COUNTY},鲤城新区\n"
    assert load(f"{HEAD}recode,{TOWNSHIP},{new},{DAY},\n", areas, since=str(DAY)) == Imported(
        1, 1, [COUNTY]
    )
    assert Area.objects.get(pk=new).valid_from == DAY
    assert new in holders(VILLAGE)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("merge,350502001000,350502001000,2025-07-01,", "of two"),
        ("rename,350502001000,350502002000,2025-07-01,新名", "of one"),
        ("rename,350502001000,,2025-07-01,", "new name"),
        ("rename,350502001000,,1900-07-01,新名", "began on"),
        ("merge,350502001000,350502002000,0001-01-01,", "began on"),
        ("merge,350502001000,350502002000,9998-01-01,", "still to come"),
        ("merge,350502001000,359999001000,2025-07-01,", "not known"),
        ("merge,0,350502001000,2025-07-01,", "of two"),
        ("eat,350502001000,350502002000,2025-07-01,", "no change"),
        ("merge,350502001000,350502002000,July,", "no change"),
        ("merge,3505020010001,350502002000,2025-07-01,", "no change"),
    ],
)
def test_a_bad_line_is_named_and_no_change_is_stored(load: Load, line: str, why: str) -> None:
    good = f"split,{COUNTY},{OTHER_COUNTY},2020-01-01,\n"
    with pytest.raises(AreaFileError, match=rf"list0\.csv, line 3: .*{why}"):
        load(f"{HEAD}{good}{line}\n")
    assert AreaChange.objects.count() == 0


def test_what_a_change_has_renamed_is_not_called_otherwise(load: Load) -> None:
    areas = f"code,name\n{COUNTY},鲤城新区\n"
    assert load(areas, f"{HEAD}rename,{COUNTY},,{DAY},鲤城新区\n") == Imported(0, 1, [])


def test_what_has_ended_gets_no_new_name(load: Load) -> None:
    load(f"{HEAD}merge,{NEXT_TOWNSHIP},{TOWNSHIP},{DAY},\n")
    with pytest.raises(AreaFileError, match="gone before"):
        load(f"{HEAD}rename,{NEXT_TOWNSHIP},,{BEFORE},新名\n")


def test_an_area_goes_once(load: Load) -> None:
    load(f"{HEAD}merge,{NEXT_TOWNSHIP},{TOWNSHIP},{DAY},\n")
    with pytest.raises(AreaFileError, match="gone before"):
        load(f"{HEAD}merge,{NEXT_TOWNSHIP},{OTHER_COUNTY},{DAY},\n")


def test_at_the_terminal_a_bad_file_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "areas.csv"
    path.write_bytes("code,name\n11,北京市\n".encode("gb18030"))
    done = CliRunner().invoke(main, ["areas", "import", str(path)])
    assert done.exit_code == 1
    assert done.output == "Error: areas.csv: the file is not UTF-8. Nothing was stored.\n"
