"""A resident changes language or type size on the way: without JavaScript, and nothing is lost."""

from playwright.sync_api import expect

from linli.intake.models import Request
from linli.kernel.scope import unscoped

from ..world import VILLAGE
from .conftest import House

WORDS = "灯泡坏了，老人一个人在家"


def test_language_and_type_size_change_around_what_was_typed(house: House) -> None:
    page = house.visitor()
    page.goto(f"/ask/what/?need=care&at={VILLAGE}")
    page.fill("textarea[name=words]", WORDS)
    page.locator("label:has(input[name=for_whom][value=other])").click()
    before = page.locator("html").get_attribute("lang")

    page.locator("button[name=language]").click()
    assert page.locator("html").get_attribute("lang") != before
    expect(page.locator("textarea[name=words]")).to_have_value(WORDS)
    page.locator("button[name=size]").click()
    assert page.locator("html").get_attribute("data-size") == "elder"
    expect(page.locator("textarea[name=words]")).to_have_value(WORDS)
    expect(page.locator("input[name=for_whom][value=other]")).to_be_checked()

    page.click("main form button.btn--primary")
    page.wait_for_url("**/ask/reach/")
    page.fill("input[name=phone]", "13900000000")
    # Enter sends the request; it does not change the type size.
    page.press("input[name=phone]", "Enter")
    page.wait_for_url("**/ask/receipt/")
    assert page.locator("html").get_attribute("data-size") == "elder"
    with unscoped("test"):
        (made,) = Request.objects.all()
    assert (made.words, made.phone) == (WORDS, "13900000000")
