"""The main job in a real browser, in both languages, each person at their own machine."""

import re

from playwright.sync_api import Page, expect

from .conftest import PHONE, House

NEED = "care"
WORDS = "老人独居，家里的灯坏了三天，够不着。"
LEVELS = (
    "township_officer",
    "officer",
    "city_officer",
    "province_officer",
    "national_officer",
)


def ask(house: House, words: str = WORDS) -> tuple[Page, str]:
    """A resident without JavaScript asks for help; their page and receipt number."""
    page = house.visitor()
    page.goto("/")
    page.click(f"a[href*='need={NEED}']")
    for part in (
        ("鲤城区", "开元街道")
        if house.language.startswith("zh")
        else (
            "Licheng District",
            "Kaiyuan Subdistrict",
        )
    ):
        link = page.get_by_role("link", name=re.compile(part))
        if link.count():
            link.first.click()
    if "/ask/what/" not in page.url:
        page.locator("a[href*='/ask/what/']").first.click()
    page.locator("label:has(input[name=for_whom][value=other])").click()
    page.fill("textarea[name=words]", words)
    page.click("main form button.btn--primary")
    page.fill("input[name=phone]", "13900000000")
    page.click("main form button.btn--primary")
    page.wait_for_url("**/ask/receipt/")
    number = "".join(page.locator("dd.receipt__code").first.locator("span").all_inner_texts())
    return page, number


def digits(page: Page) -> int:
    page.goto("/desk/statistics/?measure=services")
    found = re.match(r"[\d,]+", page.locator(".stat__number").first.inner_text())
    assert found is not None
    return int(found[0].replace(",", ""))


def press(page: Page, verb: str) -> None:
    """Press or open a verb of the order page, whatever its words."""
    form = page.locator(f"main form[action$='/{verb}/'] button")
    if form.count():
        form.first.click()
    else:
        page.locator(f"main a[href$='/{verb}/']").first.click()


def send(page: Page) -> None:
    page.click("main form button.btn--primary")


def station_at(page: Page, house: House, name: str) -> None:
    """Choose a station on the dispatch form."""
    page.locator(f"label:has(input[value='{house.world.unit_id(name)}'])").first.click()


def test_a_resident_is_helped_and_every_level_sees_it(  # noqa: PLR0915 - one story, told once
    house: House,
) -> None:
    resident, _number = ask(house)
    officers = {name: house.staff(name) for name in LEVELS}
    before = {name: digits(page) for name, page in officers.items()}

    dispatcher = house.staff("dispatcher")
    dispatcher.goto("/desk/intake/")
    dispatcher.locator("tr[data-nav-row] a").first.click()
    expect(dispatcher.locator("main")).to_contain_text(WORDS)
    press(dispatcher, "accept")
    station_at(dispatcher, house, "station")
    send(dispatcher)
    dispatcher.wait_for_url(re.compile(r"/desk/dispatch/[0-9a-f-]{36}/"))
    order = dispatcher.url

    head = house.staff("head")
    head.goto(order)
    expect(head.locator("main")).to_contain_text(WORDS)
    press(head, "return")
    head.locator("label:has(input[name=reason])").first.click()
    send(head)
    sibling = house.staff("sibling_head")
    assert sibling.goto(order).status == 404  # type: ignore[union-attr]
    (hidden,) = house.problems
    assert "404" in hidden
    house.problems.clear()

    dispatcher.goto(order)
    press(dispatcher, "dispatch")
    station_at(dispatcher, house, "station")
    send(dispatcher)

    worker = house.staff("worker", size=PHONE)
    worker.goto(order)
    press(worker, "accept")
    press(worker, "serve")
    worker.select_option("select[name=content]", "daily_care")
    worker.fill("input[name=anonymous]", "1")
    worker.fill("textarea[name=facts]", "换好了灯泡，老人能看见了。")
    send(worker)
    worker.wait_for_url(order)

    after = {name: digits(page) for name, page in officers.items()}
    assert after == {name: count + 1 for name, count in before.items()}

    press(worker, "finish")
    worker.locator("label:has(input[name=result])").first.click()
    send(worker)

    resident.goto("/follow/status/")
    resident.click("a[href*='value=helped']")
    resident.click("main form button.btn--primary")
    resident.goto("/follow/status/")
    assert resident.locator("a[href*='value=helped']").count() == 0

    dispatcher.goto(order)
    resident.click("a[href$='/follow/reopen/']")
    resident.fill("textarea[name=words]", "第二天又坏了。")
    resident.click("main form button.btn--primary")
    dispatcher.goto("/desk/")
    expect(dispatcher.locator(".duties")).to_contain_text(re.compile(r"[A-Z0-9]{4}"))
    dispatcher.goto(order)
    expect(dispatcher.locator("main")).to_contain_text("第二天又坏了。")


def test_an_informed_request_is_opened_again_by_its_resident(house: House) -> None:
    resident, number = ask(house)
    dispatcher = house.staff("dispatcher")
    dispatcher.goto("/desk/intake/")
    dispatcher.locator("tr[data-nav-row] a").first.click()
    press(dispatcher, "inform")
    dispatcher.fill("textarea[name=reply]", "请带身份证到社区窗口办理。")
    send(dispatcher)

    elsewhere = house.visitor()
    elsewhere.goto("/follow/")
    pin = resident.locator("dd.receipt__code").nth(1).inner_text()
    elsewhere.fill("input[name=number]", number.lower())
    elsewhere.fill("input[name=pin]", pin)
    elsewhere.click("main form button.btn--primary")
    elsewhere.wait_for_url("**/follow/status/")
    expect(elsewhere.locator("main")).to_contain_text("请带身份证到社区窗口办理。")
    elsewhere.click("a[href$='/follow/reopen/']")
    elsewhere.fill("textarea[name=words]", "窗口说不归他们管。")
    elsewhere.click("main form button.btn--primary")
    dispatcher.reload()
    expect(dispatcher.locator("main")).to_contain_text("窗口说不归他们管。")


def test_a_page_fits_a_small_phone(house: House) -> None:
    """No page of the chain scrolls sideways at 360 px."""
    resident, _number = ask(house)
    pages = {"/": resident, "/stations/": resident, "/follow/status/": resident}
    head = house.staff("head", size=PHONE)
    pages |= dict.fromkeys(
        ("/desk/", "/desk/dispatch/board/", "/desk/dispatch/", "/desk/statistics/"), head
    )
    for path, page in pages.items():
        page.goto(path)
        probe = house.visitor(script=True)
        probe.goto(page.url) if page is resident else None
        target = probe if page is resident else page
        wide = target.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{path} is {wide} px wide"
