import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from linli.lib import xlsx
from linli.lib.xlsx import Sheet, SheetColumn, TooManyRowsError, safe_text, write_workbook

COLUMNS = (
    SheetColumn("姓名", 12),
    SheetColumn("次数", 8, "number"),
    SheetColumn("日期", 12, "date"),
    SheetColumn("时间", 18, "datetime"),
)


def read(blob: bytes, sheet: int = 0) -> list[list[object]]:
    page = CalamineWorkbook.from_filelike(BytesIO(blob)).get_sheet_by_index(sheet)
    return [list(row) for row in page.to_python(skip_empty_area=False)]


def part(blob: bytes, name: str = "xl/worksheets/sheet1.xml") -> str:
    with zipfile.ZipFile(BytesIO(blob)) as archive:
        return archive.read(name).decode()


def one_column(*values: object, kind: xlsx.Kind = "text") -> bytes:
    return write_workbook([Sheet("t", [SheetColumn("c", kind=kind)], [[v] for v in values])])


def titles(*wanted: str) -> list[str]:
    blob = write_workbook([Sheet(title, [SheetColumn("c")], []) for title in wanted])
    return CalamineWorkbook.from_filelike(BytesIO(blob)).sheet_names


def test_a_table_is_read_back_as_it_was_written() -> None:
    moment = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    rows: list[list[object]] = [
        ["王小明", 3, date(2026, 3, 1), moment],
        [None, None, None, None],
        ["李", 2.5, moment, None],
    ]
    got = read(write_workbook([Sheet("台账", COLUMNS, rows)]))
    assert got == [
        ["姓名", "次数", "日期", "时间"],
        ["王小明", 3.0, date(2026, 3, 1), datetime(2026, 3, 2, 0, 30)],  # noqa: DTZ001
        ["", "", "", ""],
        ["李", 2.5, date(2026, 3, 2), ""],
    ]


def test_the_heading_is_bold_frozen_and_filtered() -> None:
    blob = write_workbook([Sheet("t", COLUMNS, [["a", 1, None, None]] * 3)])
    page, styles = part(blob), part(blob, "xl/styles.xml")
    assert '<autoFilter ref="A1:D4"/>' in page
    assert 'topLeftCell="A2"' in page
    assert 'state="frozen"' in page
    assert 'r="A1" s="1"' in page
    assert "<b/>" in styles
    assert '<col min="1" max="1" width="12' in page


def test_notes_stand_above_the_heading() -> None:
    notes = ["Exported by post A-1", "=1+1"]
    blob = write_workbook([Sheet("t", [SheetColumn("c")], [["x"]], notes)])
    assert read(blob) == [["Exported by post A-1"], ["'=1+1"], [""], ["c"], ["x"]]
    assert '<autoFilter ref="A4:A5"/>' in part(blob)
    assert 'topLeftCell="A5"' in part(blob)


@pytest.mark.parametrize(
    "evil",
    [
        "=HYPERLINK(\"http://evil.example\",\"x\")",
        "+1",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "{=1}",
        "\uff1d1+1",
        "=cmd|' /C calc'!A0",
    ],
)  # fmt: skip
def test_no_text_becomes_a_formula(evil: str) -> None:
    blob = one_column(evil)
    page = part(blob)
    assert "<f>" not in page
    assert "<f " not in page
    shown = str(read(blob)[1][0])
    assert shown[0] not in "=+-@\t\r\n\uff1d"
    assert evil.strip() in shown


@pytest.mark.parametrize(
    "text", ["http://example.org/", "mailto:a@example.org", "internal:t!A1", "0012", "3.14", "1E5"]
)
def test_no_text_becomes_a_link_or_a_number(text: str) -> None:
    blob = one_column(text)
    assert read(blob)[1] == [text]
    assert "<hyperlink" not in part(blob)
    assert not re.search(r"<v>", part(blob))


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_gives_a_file_that_opens(text: str) -> None:
    blob = one_column(text, "end")
    assert read(blob)[2] == ["end"]
    assert "<f>" not in part(blob)


@given(st.text(max_size=20))
def test_safe_text_never_begins_like_a_formula(text: str) -> None:
    safe = safe_text(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
    assert safe.encode().decode() == safe
    assert safe in {text, f"'{text}"} or "\ufffd" in safe


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (7, 7.0),
        (-7, -7.0),
        (Decimal("12.34"), 12.34),
        (True, "True"),
        (350503001002, 350503001002.0),
        (110105194912310021, "110105194912310021"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("NaN"), "NaN"),
        ("n/a", "n/a"),
        ("-5", "'-5"),
    ],
)
def test_numbers_are_numbers_only_when_they_stay_exact(value: object, shown: object) -> None:
    assert read(one_column(value, kind="number"))[1] == [shown]


def test_numbers_in_a_text_column_stay_text() -> None:
    id = UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    got = read(one_column(7, 13800138000, id, date(2026, 3, 1), Decimal("1.50")))
    assert [row[0] for row in got[1:]] == ["7", "13800138000", str(id), "2026-03-01", "1.50"]


def test_a_datetime_in_a_text_column_is_local_too() -> None:
    assert read(one_column(datetime(2026, 3, 1, 16, 30, tzinfo=UTC)))[1] == ["2026-03-02 00:30"]


def test_dates_before_spreadsheets_began_are_text() -> None:
    got = read(one_column(date(1898, 7, 1), date(1901, 1, 1), kind="date"))
    assert got[1:] == [["1898-07-01"], [date(1901, 1, 1)]]


def test_a_very_long_text_is_cut_visibly() -> None:
    [text] = read(one_column("好" * 40_000))[1]
    assert isinstance(text, str)
    assert len(text) == 32_767
    assert text.endswith("好…")


def test_a_lone_surrogate_does_not_break_the_file() -> None:
    assert read(one_column("a\ud800b"))[1] == ["a\ufffdb"]


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        one_column(datetime(2026, 3, 1), kind="datetime")  # noqa: DTZ001  (the villain)


@pytest.mark.parametrize("row", [[], ["a", "b"]])
def test_a_row_of_the_wrong_length_is_refused(row: list[str]) -> None:
    with pytest.raises(ValueError, match="zip"):
        write_workbook([Sheet("t", [SheetColumn("c")], [row])])


def test_a_workbook_without_sheets_or_a_sheet_without_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a sheet"):
        write_workbook([])
    with pytest.raises(ValueError, match="no columns"):
        write_workbook([Sheet("t", [], [])])


def test_titles_are_made_acceptable_and_unique() -> None:
    assert titles("a/b:c[1]*?", "'x'", "", "History", "邻" * 40) == [
        "a b c 1", "x", "Sheet", "History_", "邻" * 31,
    ]  # fmt: skip
    assert titles("T", "t", "t", "长" * 31, "长" * 31) == [
        "T", "t (2)", "t (3)", "长" * 31, "长" * 27 + " (2)",
    ]  # fmt: skip
    assert titles("𠮷" * 20) == ["𠮷" * 15]


@settings(max_examples=60)
@given(
    st.lists(st.text(st.sampled_from("aA'[]:*?/\\ 邻𠮷\n"), max_size=40), min_size=1, max_size=4)
)
def test_any_titles_give_a_file_that_opens(wanted: list[str]) -> None:
    got = titles(*wanted)
    assert len({title.lower() for title in got}) == len(wanted)


def test_a_table_beyond_the_limit_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 5)
    fits = Sheet("fits", [SheetColumn("c")], [["x"]] * 4)
    assert len(read(write_workbook([fits]))) == 5
    with pytest.raises(TooManyRowsError, match="'long' has more than the 5 rows"):
        write_workbook([fits, Sheet("long", [SheetColumn("c")], iter([["x"]] * 5))])


def test_nothing_is_left_on_disk_when_the_rows_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def rows() -> Iterator[Sequence[object]]:
        yield ["secret"]
        assert list(tmp_path.iterdir())
        raise RuntimeError("the database went away")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(RuntimeError, match="went away"):
        write_workbook([Sheet("t", [SheetColumn("c")], rows())])
    assert list(tmp_path.iterdir()) == []
