"""The main job without a mouse, and the keys of the desk: what they do, and when nothing."""

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from ..dispatch.orders import opened
from .conftest import DESK, House

FOCUS = "document.activeElement"
MOST_STOPS = 90
# Somebody who sees must see where they are (WCAG 2.4.7).
FRAME = """() => {
  const here = document.activeElement;
  const beside = /checkbox|radio/.test(here.type) && here.nextElementSibling;
  return [here, beside || here].some((one) => getComputedStyle(one).outlineStyle !== "none");
}"""


def tab_to(page: Page, selector: str) -> None:
    """Go by Tab to what a selector means, seeing all the way where one is."""
    for _each in range(MOST_STOPS):
        page.keyboard.press("Tab")
        assert page.evaluate(FRAME), page.evaluate(f"{FOCUS}.outerHTML")
        if page.evaluate(f"(selector) => {FOCUS}.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab on {page.url}")


def press(page: Page, selector: str, *, leads_to: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")
    page.wait_for_url(leads_to)


def send(page: Page, *, leads_to: str) -> None:
    press(page, "main form .btn--primary", leads_to=leads_to)


def test_a_resident_asks_by_keyboard(house: House) -> None:
    page = house.visitor(script=True)
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{FOCUS}.className") == "skip"
    page.keyboard.press("Enter")
    press(page, "a[href*='need=care']", leads_to="**/ask/where/**")
    press(page, ".places a[href*='350502']", leads_to="**at=350502*")
    press(page, ".places a[href*='350502004']", leads_to="**at=350502004*")
    press(page, "a[href*='/ask/what/']", leads_to="**/ask/what/**")
    tab_to(page, "input[name=for_whom]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "textarea[name=words]")
    page.keyboard.insert_text("家里的灯坏了，够不着。")
    send(page, leads_to="**/ask/reach/")
    tab_to(page, "input[name=phone]")
    page.keyboard.insert_text("13900000000")
    send(page, leads_to="**/ask/receipt/")
    press(page, "main .btn--primary", leads_to="**/follow/status/")


def test_an_order_is_done_by_keyboard(house: House) -> None:
    with transaction.atomic():
        opened(house.world)
    head = house.staff("head")
    head.keyboard.press("g")
    head.keyboard.press("o")
    head.wait_for_url("**/desk/dispatch/board/")
    head.keyboard.press("j")
    head.keyboard.press("Enter")
    head.wait_for_url("**/desk/dispatch/*-*/")
    head.keyboard.press("1")
    assert head.evaluate(f"{FOCUS}.value") == "accept"
    worker = house.staff("worker")
    worker.goto(head.url)
    worker.keyboard.press("1")
    worker.keyboard.press("Enter")
    expect(worker.locator(".head a[href$='/serve/']")).to_be_visible()
    worker.keyboard.press("1")
    worker.keyboard.press("Enter")
    worker.wait_for_url("**/serve/")
    tab_to(worker, "textarea[name=facts]")
    worker.keyboard.insert_text("换好了灯泡。")
    worker.keyboard.press("j")
    assert worker.input_value("textarea[name=facts]") == "换好了灯泡。j"


def test_the_sheet_of_keys_opens_and_closes(house: House) -> None:
    page = house.staff("dispatcher")
    page.keyboard.press("?")
    sheet = page.locator("dialog.sheet")
    expect(sheet).to_be_visible()
    expect(sheet.locator("kbd", has_text="Ctrl")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.keyboard.press("/")
    assert page.evaluate(f"{FOCUS}.id") == "top-search"
    page.keyboard.type("gp?")
    assert page.input_value("#top-search") == "gp?"
    assert page.url.endswith("/desk/")


def test_keys_of_one_letter_can_be_switched_off(house: House) -> None:
    page = house.staff("dispatcher")
    page.goto("/desk/keys/")
    tab_to(page, "button[name=keys][value=off]")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.keyboard.press("Control+k")
    assert page.evaluate(f"{FOCUS}.id") == "top-search"
    assert (page.url.endswith("/desk/keys/"), page.locator("dialog").count()) == (True, 0)


def test_without_a_frame_around_the_focus_the_walk_fails(house: House) -> None:
    page = house.visitor(script=True, size=DESK)
    page.goto("/privacy/")
    page.evaluate(
        "document.querySelectorAll('a').forEach((one) => { one.style.outline = 'none'; })"
    )
    with pytest.raises(AssertionError, match="href"):
        tab_to(page, ".portal__foot a")
