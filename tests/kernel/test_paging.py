import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import translation

from linli.kernel.areas.models import AreaVersion
from linli.kernel.tables.paging import COUNTED_AT_MOST, PAGE_ROWS, Page, page_of, total_text
from linli.kernel.terms.models import Term, TermList
from linli.kernel.timeline.models import Event

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def terms(count: int) -> QuerySet[Term]:
    """Rows of which many begin on the same day."""
    Term.objects.bulk_create(
        Term(
            list=TermList.RELATION,
            code=f"t{at}",
            zh="某",
            en="x",
            valid_from=DAY + timedelta(days=at * at % 3),
        )
        for at in range(count)
    )
    return Term.objects.filter(list=TermList.RELATION, code__startswith="t", en="x")


def walk(rows: QuerySet[Any], sort: str, *, ascending: bool) -> list[Page]:
    """Every page from the first one on."""
    pages = [page_of(rows, sort=sort, ascending=ascending)]
    while pages[-1].older:
        pages.append(page_of(rows, sort=sort, after=pages[-1].older, ascending=ascending))
        assert len(pages) < 100
    return pages


def walk_back(rows: QuerySet[Any], sort: str, last: Page, *, ascending: bool) -> list[Page]:
    pages = [last]
    while pages[0].newer:
        pages.insert(0, page_of(rows, sort=sort, before=pages[0].newer, ascending=ascending))
        assert len(pages) < 100
    return pages


def keys(pages: list[Page]) -> list[Any]:
    return [row.pk for page in pages for row in page.rows]


@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize("count", [0, 1, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS, 67])
def test_both_ways_give_every_row_exactly_once(count: int, ascending: bool) -> None:
    rows = terms(count)
    sign = "" if ascending else "-"
    expected = list(rows.order_by(f"{sign}valid_from", f"{sign}pk").values_list("pk", flat=True))

    forward = walk(rows, "valid_from", ascending=ascending)
    assert keys(forward) == expected
    assert all(len(page.rows) == PAGE_ROWS for page in forward[:-1])
    assert forward[0].newer == ""
    backward = walk_back(rows, "valid_from", forward[-1], ascending=ascending)
    assert keys(backward) == expected
    assert [page.newer == "" for page in backward] == [True] + [False] * (len(backward) - 1)


def test_rows_that_come_and_go_move_no_other_row_to_another_page() -> None:
    rows = terms(60)
    first = page_of(rows, sort="valid_from")
    expected = keys(walk(rows, "valid_from", ascending=False))[PAGE_ROWS : 2 * PAGE_ROWS]
    Term.objects.create(
        list=TermList.RELATION, code="t-new", zh="某", en="x", valid_from=DAY + timedelta(days=9)
    )
    first.rows[0].delete()

    assert keys([page_of(rows, sort="valid_from", after=first.older)]) == expected


def test_the_row_of_a_cursor_may_be_gone() -> None:
    rows = terms(60)
    first = page_of(rows, sort="valid_from")
    expected = keys([page_of(rows, sort="valid_from", after=first.older)])
    first.rows[-1].delete()
    assert keys([page_of(rows, sort="valid_from", after=first.older)]) == expected


def test_moments_are_kept_to_the_microsecond() -> None:
    Event.objects.bulk_create(
        Event(
            at=NOW + timedelta(microseconds=at // 3),
            actor_kind="system",
            verb="ui.exported",
            subject_type="paging",
        )
        for at in range(80)
    )
    rows = Event.objects.filter(subject_type="paging")
    pages = walk(rows, "at", ascending=False)
    assert len(set(keys(pages))) == 80
    assert keys(walk_back(rows, "at", pages[-1], ascending=False)) == keys(pages)


def test_text_is_a_sort_key_too() -> None:
    rows = AreaVersion.objects.filter(area_id__gte=350502000000, area_id__lte=350502999999)
    assert rows.count() > PAGE_ROWS
    pages = walk(rows, "pinyin", ascending=True)
    assert len(set(keys(pages))) == len(keys(pages)) == rows.count()


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


KEY = "01890a5d-ac96-774b-bcce-b302099a8057"
RUBBISH = [
    "x",
    "é",
    "====",
    "\x00",
    "AAAA",
    "a" * 5000,
    cursor([]),
    cursor({}),
    cursor(None),
    cursor("2026-03-01"),
    cursor(["2026-03-01"]),
    cursor(["2026-03-01", KEY, 1]),
    cursor(["2026-03-01", "not a key"]),
    cursor(["2026-03-01", 7]),
    cursor([None, KEY]),
    cursor([["2026-03-01"], KEY]),
    cursor([{"a": 1}, KEY]),
    cursor(["2026-02-31", KEY]),
    cursor(["2026-03-01T10:00:00", KEY]),
    cursor(["a\x00b", KEY]),
    cursor([float("inf"), KEY]),
    cursor([float("nan"), KEY]),
    cursor([10**400, KEY]),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
]
LISTS = [(Term, "valid_from"), (Event, "at"), (AreaVersion, "pinyin"), (Term, "position")]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda text: repr(text[:16]))
def test_a_cursor_that_is_not_ours_breaks_nothing(rubbish: str) -> None:
    for model, sort in LISTS:
        rows = model.objects.all()
        for given in ({"after": rubbish}, {"before": rubbish}):
            page = page_of(rows, sort=sort, **given)
            assert len(page.rows) <= PAGE_ROWS
    first = page_of(Term.objects.all(), sort="valid_from")
    if rubbish not in {cursor([10**400, KEY])}:
        assert keys([page_of(Term.objects.all(), sort="valid_from", after=rubbish)]) == keys(
            [first]
        )


def test_a_cursor_of_another_list_is_no_way_around_its_filter() -> None:
    rows = terms(60)
    older = page_of(Term.objects.all(), sort="valid_from").older
    found = page_of(rows.filter(code="t1"), sort="valid_from", after=older)
    assert {row.code for row in found.rows} <= {"t1"}


@pytest.mark.parametrize(
    ("count", "english"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234, "1,234 rows")]
)
def test_a_total_in_words(count: int, english: str) -> None:
    rows = terms(count)
    with translation.override("en"):
        assert total_text(rows) == english
    with translation.override("zh-hans"):
        assert english.partition(" ")[0] in total_text(rows)
        assert "row" not in total_text(rows)


def test_more_than_ten_thousand_rows_are_not_counted_further() -> None:
    rows = terms(COUNTED_AT_MOST + 1)
    with translation.override("en"):
        assert total_text(rows) == "more than 10,000"
        assert total_text(rows.exclude(code="t0")) == "10,000 rows"


def test_ordering_of_the_rows_given_does_not_matter() -> None:
    rows = terms(30)
    assert keys(walk(rows.order_by("code"), "valid_from", ascending=False)) == keys(
        walk(rows, "valid_from", ascending=False)
    )
