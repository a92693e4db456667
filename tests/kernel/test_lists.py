from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from pytest_django import Settings
from python_calamine import CalamineWorkbook

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.tables.paging import PAGE_ROWS
from linli.kernel.terms.models import Term, TermList
from linli.kernel.timeline.models import Event
from linli.kernel.ui.lists import EXPORTED_AT_MOST, list_page
from linli.people.models import Person
from linli.site import urls

from ..world import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, SINCE, VILLAGE, World

RISKY = '=HYPERLINK("http://evil.example","x")'
TERMS = Table(
    name="terms",
    title="Terms & more",
    needs="people.view",
    rows=lambda actor: Term.objects.filter(list=TermList.RELATION),
    columns=(
        Column("code", "Code", lambda row, known: Cell(row.code)),
        Column("name", "Name", lambda row, known: Cell(row.en)),
        Column("place", "Place", lambda row, known: Cell("3.", value=row.position), "number"),
    ),
    sort="valid_from",
    row_url=lambda row: f"/terms/{row.code}/",
    filters=(
        Filter(
            "name",
            "Name",
            lambda actor: [("x", "X & co"), ("y", "Y")],
            lambda rows, value, actor: rows.filter(en=value),
        ),
    ),
    search=lambda rows, text, actor: rows.filter(code__contains=text),
    empty_title="No terms yet",
)
PERSONS = Table(
    name="persons",
    title="Persons",
    needs="people.view",
    rows=lambda actor: Person._base_manager.all(),
    columns=(Column("name", "Name", lambda row, known: Cell(row.name)),),
    sort="recorded_at",
    row_url=lambda row: "",
    day="born_on",
)


def terms_list(request: HttpRequest) -> HttpResponse:
    return list_page(request, TERMS)


def persons_list(request: HttpRequest) -> HttpResponse:
    return list_page(request, PERSONS)


urlpatterns = [path("t/terms", terms_list), path("t/persons", persons_list), *urls.urlpatterns]


@pytest.fixture
def browser(world: World, settings: Settings) -> Client:
    settings.ROOT_URLCONF = __name__
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.users["head"], backend="linli.kernel.accounts.backends.PhoneBackend")
    Term.objects.filter(list=TermList.RELATION).delete()
    return client


def add(count: int, en: str = "x", prefix: str = "t") -> None:
    Term.objects.bulk_create(
        Term(
            list=TermList.RELATION,
            code=f"{prefix}{at}",
            zh="某",
            en=en,
            valid_from=SINCE,
            position=at % 100,
        )
        for at in range(count)
    )


def shown(client: Client, query: str = "", where: str = "terms", **headers: str) -> Any:
    return client.get(f"/t/{where}{query}", headers=headers).context["table"]


def sheet(answer: HttpResponse) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    return book.get_sheet_by_index(0).to_python()


def codes(table: Any) -> list[str]:
    return [row["cells"][0]["text"] for row in table["rows"]]


def test_a_list_is_walked_by_its_own_links_in_both_directions(browser: Client) -> None:
    add(60)
    add(9, en="y", prefix="other")
    seen, url, pages = [], "?name=x", []
    while url:
        table = shown(browser, url)
        pages.append(codes(table))
        seen += pages[-1]
        assert "name=x" in table["export_url"]
        url = table["older_url"]
    assert [len(one) for one in pages] == [PAGE_ROWS, PAGE_ROWS, 10]
    assert (len(seen), len(set(seen))) == (60, 60)
    back = shown(browser, table["newer_url"])
    assert codes(back) == pages[1]
    assert codes(shown(browser, back["newer_url"])) == pages[0]
    assert table["total"] == "60 rows"


def test_a_filter_is_kept_in_the_address_and_taken_away_by_its_chip(browser: Client) -> None:
    add(3)
    add(2, en="y", prefix="other")
    table = shown(browser, "?name=y&q=other1")
    assert codes(table) == ["other1"]
    assert [one["label"] for one in table["chips"]] == ["Name: Y", "“other1”"]
    assert len(codes(shown(browser, table["chips"][1]["remove_url"]))) == 2
    assert codes(shown(browser, table["chips"][0]["remove_url"])) == ["other1"]


@pytest.mark.parametrize(
    "query",
    [
        "?name=unknown",
        "?name=x%00",
        "?q=%00",
        "?after=x&before=y",
        "?after=%00",
        "?export=pdf",
        "?name=&q=",
        "?nonsense=1",
        "?area=5&first=x&last=2026-02-31",
    ],
)
def test_what_an_address_asks_for_wrongly_is_left_out(browser: Client, query: str) -> None:
    add(3)
    assert len(codes(shown(browser, query))) == 3


@pytest.mark.parametrize(
    "query",
    ["?area=5", "?area=99999999999999", "?area=%C2%B3", "?area=00000000000000005", "?first=0"],
)
def test_an_area_or_day_that_is_none_narrows_nothing(
    world: World, browser: Client, query: str
) -> None:
    keep(world)
    assert len(codes(shown(browser, query, "persons"))) == 3


def keep(world: World) -> None:
    set_actor(system("tests"))
    for at, area in enumerate((VILLAGE, NEXT_VILLAGE, OTHER_VILLAGE)):
        Person(
            name=f"P{at}",
            pinyin_key="p",
            area_id=area,
            unit=world.station,
            recorded_at=timezone.now(),
            born_on=date(2026, 3, 1 + at),
        ).save()


def test_the_list_behind_a_number_has_the_area_and_the_days_of_the_number(
    world: World, browser: Client
) -> None:
    keep(world)
    assert codes(shown(browser, f"?area={COUNTY}", "persons")) == ["P1", "P0"]
    table = shown(browser, f"?area={COUNTY}&first=2026-03-02&last=2026-03-31", "persons")
    assert codes(table) == ["P1"]
    assert len(table["chips"]) == 3


def test_what_a_row_says_is_escaped_on_the_page(browser: Client) -> None:
    add(1, en="<script>alert(1)</script>")
    page = browser.get("/t/terms").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Terms &amp; more" in page


def test_htmx_gets_the_rows_and_a_browser_the_whole_page(browser: Client) -> None:
    add(1)
    part = browser.get("/t/terms", headers={"hx-request": "true"})
    whole = browser.get("/t/terms")
    boosted = browser.get("/t/terms", headers={"hx-request": "true", "hx-boosted": "true"})
    assert part.content.decode().strip().startswith('<div id="rows">')
    assert "<html" not in part.content.decode()
    assert "<html" in whole.content.decode()
    assert "<html" in boosted.content.decode()
    assert "HX-Request" in part["Vary"]


def test_an_empty_list_says_so(browser: Client) -> None:
    assert "No terms yet" in browser.get("/t/terms").content.decode()
    add(1)
    assert "No terms yet" not in browser.get("/t/terms?q=nothing").content.decode()


def test_an_export_holds_every_row_of_the_filter_and_runs_nothing(browser: Client) -> None:
    add(30)
    add(1, en=RISKY, prefix="risky")
    for at, text in enumerate(("+1", "-1", "@SUM(A1)", "\t=1", "＝1")):
        add(1, en=text, prefix=f"start{at}")
    answer = browser.get("/t/terms?export=xlsx&after=x")

    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer["Content-Disposition"].startswith('attachment; filename="linli-terms-20')
    assert answer["Cache-Control"] == "no-store, private"
    rows = {row[0]: row for row in sheet(answer)}
    assert len([one for one in rows if str(one).startswith(("t", "risky", "start"))]) == 36
    assert rows["risky0"][1] == "'" + RISKY
    assert [rows[f"start{at}0"][1][0] for at in range(5)] == ["'"] * 5
    # A number column holds the value and not the words of the page.
    assert rows["t7"][2] == 7.0


def test_an_export_says_who_made_it_and_of_what_and_is_on_record(browser: Client) -> None:
    add(3)
    add(2, en="y", prefix="other")
    answer = browser.get("/t/terms?export=xlsx&name=y")

    text = " ".join(str(cell) for row in sheet(answer) for cell in row)
    assert "Test head" in text
    assert "Name: Y" in text
    event = Event.objects.get(verb="ui.exported")
    assert event.data == {"list": "terms", "rows": 2}
    assert event.user is not None
    assert event.post is not None
    browser.get("/t/terms?name=y")
    assert Event.objects.filter(verb="ui.exported").count() == 1


def test_an_export_is_cut_at_its_limit_and_says_so(browser: Client) -> None:
    add(EXPORTED_AT_MOST + 1)
    rows = sheet(browser.get("/t/terms?export=xlsx"))
    assert len([row for row in rows if str(row[0]).startswith("t")]) == EXPORTED_AT_MOST
    assert any("10,000" in str(cell) for row in rows for cell in row)
    assert Event.objects.get(verb="ui.exported").data["rows"] == EXPORTED_AT_MOST
