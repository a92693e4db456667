"""A new colleague in a real browser, and what the next one at the same computer can see."""

import re

from playwright.sync_api import Page, expect

from ..world import PASSWORD
from .conftest import ARGUMENTS, CHROMIUM, House

NEW = "staple battery horse"
SETTLED_MS = 800
SIGN_IN = re.compile(r"/sign-in/|/$")


def sign_in(page: Page, login: str, password: str) -> None:
    page.goto("/sign-in/")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")


def sign_out(page: Page) -> None:
    page.locator("header details.menu summary").last.click()
    page.locator("form[action='/sign-out/'] button").click()
    page.wait_for_url(SIGN_IN)


def back(page: Page) -> None:
    """One step back, and time for htmx to ask for the whole page again."""
    page.evaluate("history.back()")
    page.wait_for_timeout(SETTLED_MS)
    page.wait_for_load_state()


def test_a_colleague_is_registered_and_chooses_a_password(house: House) -> None:
    page = house.staff("administrator")
    page.click("nav.rail a[href='/desk/accounts/']")
    page.locator("main a[href='/desk/accounts/new/']").click()
    page.fill("input[name=name]", "Li New")
    page.fill("input[name=username]", "li.new")
    page.select_option("select[name=role]", "worker")
    chinese = house.language.startswith("zh")
    page.fill("input[name=unit]", "测试station" if chinese else "Test station")
    page.click("main form button.btn--primary")
    password = page.locator(".secret").inner_text()
    page.locator("main .form__end a").click()
    expect(page.locator("main h1")).to_have_text("Li New")
    expect(page.locator("body")).not_to_contain_text(password)

    theirs = house.visitor(script=True)
    sign_in(theirs, "li.new", password)
    theirs.wait_for_url("**/desk/accounts/password/**")
    theirs.goto("/desk/people/")
    theirs.wait_for_url("**/desk/accounts/password/**")
    theirs.fill("input[name=current_password]", password)
    theirs.fill("input[name=new_password]", NEW)
    theirs.fill("input[name=new_password_again]", NEW)
    theirs.click("main form button.btn--primary")
    theirs.wait_for_url("**/desk/people/")

    security = house.staff("security")
    security.goto(page.url)
    page = security
    page.locator("main a[href$='/deactivate/']").click()
    page.click("main form button.btn--primary")
    theirs.goto("/desk/people/")
    theirs.wait_for_url("**/sign-in/**")


def test_back_after_signing_out_shows_nothing(house: House) -> None:
    """Neither the browser's cache nor what htmx keeps of a page gives it back."""
    page = house.staff("administrator")
    page.goto("/desk/accounts/")
    # A filter that htmx swaps in, with its own entry in the browser's history.
    page.fill("#filter_q", "second")
    page.wait_for_url("**q=second**")
    expect(page.locator("tr[data-nav-row]")).to_have_count(1)
    page.locator("tr[data-nav-row] a").first.click()
    page.wait_for_url(re.compile(r"/desk/accounts/[0-9a-f-]{36}/"))

    # Signed in, Back gives whole pages and not pieces of them.
    back(page)
    assert "q=second" in page.url
    expect(page.locator("nav.rail")).to_be_visible()
    expect(page.locator("tr[data-nav-row]")).to_have_count(1)
    # The filter stands in the history once for typing and mostly once more for leaving the field.
    for _step in range(2):
        if "q=second" in page.url:
            back(page)
            expect(page.locator("nav.rail")).to_be_visible()
    assert page.url.endswith("/desk/accounts/")
    expect(page.locator("tr[data-nav-row]")).to_have_count(14)
    # htmx keeps the address it was at, and no page.
    assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") in (
        [],
        ["htmx-current-path-for-history"],
    )

    page.goto("/desk/accounts/?q=second")
    sign_out(page)
    for _step in range(4):
        back(page)
        expect(page.locator("body")).not_to_contain_text("Test second_worker")
        expect(page.locator("nav.rail")).to_have_count(0)


def test_what_a_browser_keeps_of_whole_pages_is_not_kept_of_ours(house: House) -> None:
    """The tests' browser keeps no page for going back; people's browsers do."""
    keeping = house.browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=ARGUMENTS,
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = keeping.new_page(base_url=house.running.url, locale=house.language)
    page.goto("/desk/")
    sign_in(page, "administrator", PASSWORD)
    page.wait_for_url("**/desk/")
    page.goto(f"/desk/accounts/{house.world.users['second_worker'].pk}/")
    expect(page.locator("main h1")).to_have_text("Test second_worker")
    sign_out(page)
    page.evaluate("history.back()")
    page.wait_for_timeout(SETTLED_MS)
    shown = page.locator("body").inner_text()
    keeping.close()
    assert "Test second_worker" not in shown


def test_back_after_a_receipt_is_closed_shows_nothing(house: House) -> None:
    from .test_first_chain import WORDS, ask

    page, _number = ask(house)
    page.goto("/follow/status/")
    expect(page.locator("main")).to_contain_text(WORDS)
    page.locator("form[action='/follow/close/'] button").first.click()
    page.wait_for_load_state()
    for _step in range(3):
        back(page)
        expect(page.locator("body")).not_to_contain_text(WORDS)


def test_a_stranger_cannot_guess_on(house: House) -> None:
    page = house.visitor()
    for _try in range(5):
        sign_in(page, "head", "wrong")
    sign_in(page, "head", PASSWORD)
    assert "/sign-in/" in page.url
