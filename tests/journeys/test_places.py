"""Names of areas are offered while one types: with keys, with the mouse, and not needed at all."""

from playwright.sync_api import Page, expect

from linli.intake.models import Request
from linli.kernel.scope import unscoped

from ..world import TOWNSHIP, VILLAGE
from .conftest import House

NEW = "/desk/intake/new/"
LIST = "ul[role=listbox]"
OPTION = f"{LIST} > [role=option]"


def options(page: Page) -> list[str]:
    return page.locator(OPTION).all_inner_texts()


def filled(page: Page) -> None:
    """Everything of a request but its place."""
    page.fill("textarea[name=words]", "灯泡坏了")
    page.select_option("select[name=need]", "care")


def places() -> list[int]:
    with unscoped("test"):
        return list(Request.objects.values_list("area_id", flat=True))


def test_a_place_is_found_and_chosen_with_keys_alone(house: House) -> None:
    page = house.staff("worker")
    page.goto(NEW)
    filled(page)
    field = page.locator("input[name=area]")
    field.focus()
    expect(field).to_have_attribute("role", "combobox")
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("kaiyuan")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator(LIST)).to_be_visible()
    assert page.locator(LIST).get_attribute("id") == field.get_attribute("aria-controls")
    status = page.locator("input[name=area] ~ [role=status]")
    expect(status).to_contain_text(str(len(options(page))))

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    marked = page.locator(f"{OPTION}[aria-selected=true]")
    expect(marked).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", marked.get_attribute("id") or "?")
    expect(field).to_be_focused()
    chosen = marked.inner_text()
    page.keyboard.press("Enter")
    # Enter has chosen, and has not sent the form.
    assert page.url.endswith(NEW)
    expect(field).to_have_value(chosen)
    expect(field).to_have_attribute("aria-expanded", "false")
    assert options(page) == []

    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/intake/receipt/")
    assert places() == [TOWNSHIP]


def test_escape_closes_the_list_and_keeps_what_was_typed(house: House) -> None:
    page = house.staff("worker")
    page.goto(NEW)
    field = page.locator("input[name=area]")
    field.press_sequentially("kaiyuan")
    expect(page.locator(LIST)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(LIST)).to_be_hidden()
    expect(field).to_have_value("kaiyuan")
    expect(field).to_be_focused()
    # Down opens it again, and leaving the field closes it.
    page.keyboard.press("ArrowDown")
    expect(page.locator(LIST)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(LIST)).to_be_hidden()
    expect(field).to_have_value("kaiyuan")


def test_a_place_is_chosen_with_a_finger_and_only_places_of_ones_own_county_are_offered(
    house: House,
) -> None:
    page = house.staff("worker", size={"width": 360, "height": 740})
    page.goto(NEW)
    filled(page)
    field = page.locator("input[name=area]")
    field.press_sequentially("x")
    first = page.locator(OPTION).first
    expect(first).to_be_visible()
    box = first.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    chosen = first.inner_text()
    first.click()
    expect(field).to_have_value(chosen)
    page.locator("main form[data-guard] button.btn--primary").click()
    page.wait_for_url("**/desk/intake/receipt/")
    assert 350502000000 <= places()[0] <= 350502999999


def test_nothing_found_is_said_and_nothing_is_lost(house: House) -> None:
    page = house.staff("worker")
    page.goto(NEW)
    field = page.locator("input[name=area]")
    field.press_sequentially("zzzz")
    status = page.locator("input[name=area] ~ [role=status]")
    expect(status).not_to_be_empty()
    expect(page.locator(LIST)).to_be_hidden()
    expect(field).to_have_value("zzzz")


def test_without_javascript_a_name_is_enough(house: House) -> None:
    with_script = house.staff("worker")
    page = house.browser.new_context(
        base_url=house.running.url,
        java_script_enabled=False,
        storage_state=with_script.context.storage_state(),
        locale=house.language,
    ).new_page()
    house.contexts.append(page.context)
    page.goto(NEW)
    filled(page)
    field = page.locator("input[name=area]")
    assert field.get_attribute("role") is None
    field.fill(f"{VILLAGE}")
    page.locator("main form[data-guard] button.btn--primary").click()
    page.wait_for_url("**/desk/intake/receipt/")
    assert places() == [VILLAGE]
