"""A station head brings in sixty people from a sheet of their own, and takes them back."""

from pathlib import Path

from django.db import connection
from playwright.sync_api import Page, expect

from linli.kernel.scope import unscoped
from linli.kernel.sheets.enums import BUSY, ImportState
from linli.kernel.sheets.models import Import
from linli.kernel.sheets.reading import read
from linli.people.models import Person

from ..sheets.hands import JOBS, person_row, workbook
from .conftest import House

PEOPLE, WRONG = 60, {20: {"phone": "12345"}, 40: {"category": "本地困难户"}, 41: {"name": ""}}


def do_the_work() -> None:
    """What the worker would do meanwhile, to its end."""
    with unscoped("tests"):
        batch = Import.objects.latest("uploaded_at")
        while batch.state in BUSY:
            JOBS[ImportState(batch.state)](str(batch.pk))
            batch.refresh_from_db()
    connection.close()


def sent(page: Page) -> None:
    """Send the form of the page, and have done what it asks for."""
    page.click("form#typed button.btn--primary")
    page.wait_for_url("**/desk/imports/*-*/")
    do_the_work()


def test_a_sheet_is_mended_imported_and_taken_back(house: House, tmp_path: Path) -> None:
    rows = [person_row(one, **WRONG.get(one, {})) for one in range(1, PEOPLE + 1)]
    sheet = tmp_path / "sheet.xlsx"
    sheet.write_bytes(workbook(rows))
    page = house.staff("head")
    page.goto("/desk/imports/")
    page.locator("main a[href='/desk/imports/new/']").first.click()
    page.check("input[name=kind][value=people]")
    page.set_input_files("input[name=file]", str(sheet))
    sent(page)

    # The page has kept itself up to date.
    page.locator("#import a[href$='/mapping/']").click()
    expect(page.locator("main")).not_to_contain_text("13800000001")
    page.select_option("select[name=fixed_basis]", "statutory_duty")
    sent(page)
    expect(page.locator("#import form[action$='/run/'] button")).to_contain_text("57")
    expect(page.locator("#import")).to_contain_text("E21")
    with page.expect_download() as download:
        page.locator("#import a[href$='/marked/']").click()
    marked = tmp_path / "marked.xlsx"
    download.value.save_as(marked)
    assert len(read(marked.read_bytes())[0]["rows"]) == PEOPLE + 1

    page.locator("#import a[href$='/mapping/']").click()
    page.locator("select[name^=word_categories]").select_option("dibao")
    sent(page)
    page.locator("#import form[action$='/run/'] button").click()
    do_the_work()
    expect(page.locator("#import form[action$='/undo/'] button")).to_be_visible()
    page.goto("/desk/people/")
    expect(page.locator("#rows .list-head strong")).to_contain_text("58")
    with unscoped("tests"):
        assert Person.objects.count() == PEOPLE - 2
    connection.close()

    page.goto("/desk/imports/")
    page.locator("tr[data-nav-row] a").first.click()
    page.locator("#import form[action$='/undo/'] button").click()
    do_the_work()
    page.goto("/desk/people/")
    expect(page.locator("tr[data-nav-row]")).to_have_count(0)
