"""The main job in a real browser, in both languages, each person at their own machine."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, expect

from linli.dispatch.models import Order, Verdict
from linli.intake.models import Request
from linli.kernel.scope import unscoped

from ..world import TOWNSHIP
from .conftest import PHONE, House

NEED = "care"
WORDS = "老人独居，家里的灯坏了三天，够不着。"
PLACES = {"zh": ("鲤城区", "开元街道"), "en": ("Licheng District", "Kaiyuan Subdistrict")}
LEVELS = (
    "township_officer",
    "officer",
    "city_officer",
    "province_officer",
    "national_officer",
)


def in_own_language(house: House, page: Page) -> None:
    """The page speaks the language of the browser, and its words are there."""
    expect(page.locator("html")).to_have_attribute("lang", re.compile(house.language[:2]))
    han = re.search(r"[\u4e00-\u9fff]", page.locator("h1").first.inner_text())
    assert (han is not None) == house.language.startswith("zh")


def ask(house: House, words: str = WORDS) -> tuple[Page, str]:
    """A resident without JavaScript asks for help; their page and receipt number."""
    page = house.visitor()
    page.goto("/")
    in_own_language(house, page)
    page.click(f"a[href*='need={NEED}']")
    for name in PLACES[house.language[:2]]:
        page.get_by_role("link", name=re.compile(name)).first.click()
    # A township will do; the village may be named, too.
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
        done(page, form.first)
    else:
        page.locator(f"main a[href$='/{verb}/']").first.click()
        page.wait_for_url(f"**/{verb}/")


def send(page: Page) -> None:
    """Send the form of the page; it is taken, not given back with errors."""
    done(page, page.locator("main form button.btn--primary"))


def done(page: Page, button: Locator) -> None:
    """Press a button that changes something: the answer leads on to a page that opens."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
        button.click()
    assert answered.value.status in {302, 303}, (answered.value.url, answered.value.status)
    page.wait_for_load_state()


def station_at(page: Page, house: House, name: str) -> None:
    """Choose a station on the dispatch form."""
    page.locator(f"label:has(input[value='{house.world.unit_id(name)}'])").first.click()


def held(order: str) -> Order:
    """The order of a page as the database has it."""
    with unscoped("test"):
        return Order.objects.get(pk=order.rstrip("/").rpartition("/")[2])


def test_a_resident_is_helped_and_every_level_sees_it(  # noqa: PLR0915 - one story, told once
    house: House,
) -> None:
    resident, _number = ask(house)
    officers = {name: house.staff(name) for name in LEVELS}
    before = {name: digits(page) for name, page in officers.items()}

    dispatcher = house.staff("dispatcher")
    in_own_language(house, dispatcher)
    dispatcher.goto("/desk/intake/")
    dispatcher.locator("tr[data-nav-row] a").first.click()
    expect(dispatcher.locator("main")).to_contain_text(WORDS)
    expect(dispatcher.locator("main")).to_contain_text(PLACES[house.language[:2]][1])
    press(dispatcher, "accept")
    station_at(dispatcher, house, "station")
    send(dispatcher)
    dispatcher.wait_for_url(re.compile(r"/desk/dispatch/[0-9a-f-]{36}/"))
    order = dispatcher.url
    assert (held(order).area_id, held(order).state) == (TOWNSHIP, "dispatched")

    head = house.staff("head")
    head.goto(order)
    expect(head.locator("main")).to_contain_text(WORDS)
    press(head, "return")
    head.locator("label:has(input[name=reason])").first.click()
    send(head)
    assert (held(order).state, held(order).bounces) == ("pending", 1)
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
    assert held(order).worker_id == house.world.users["worker"].pk
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
    assert held(order).state == "done"

    resident.goto("/follow/status/")
    resident.click("a[href*='value=helped']")
    send(resident)
    resident.wait_for_url("**/follow/status/")
    with unscoped("test"):
        said = Verdict.objects.values_list("value", "unit_id", "order_id").get()
    # Without a name is how the form begins: no way leads back to the order.
    assert said == ("helped", house.world.unit_id("station"), None)
    expect(resident.locator("a[href$='/follow/reopen/']")).to_be_visible()
    expect(resident.locator("a[href*='value=helped']")).to_have_count(0)

    resident.click("a[href$='/follow/reopen/']")
    resident.fill("textarea[name=words]", "第二天又坏了。")
    send(resident)
    assert (held(order).state, held(order).reopened) == ("pending", 1)
    dispatcher.goto("/desk/")
    duty = dispatcher.locator(f".duties li:has(a[href*='{held(order).pk}'])")
    expect(duty.locator("a[href$='/dispatch/']")).to_be_visible()
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
    send(elsewhere)
    with unscoped("test"):
        assert Request.objects.get().state == "registered"
    dispatcher.goto("/desk/intake/")
    dispatcher.locator("tr[data-nav-row] a").first.click()
    expect(dispatcher.locator("main")).to_contain_text("窗口说不归他们管。")


def fits(page: Page, path: str) -> None:
    """The page itself opens, and nothing of it is wider than a small phone."""
    answer = page.goto(path)
    assert answer is not None
    assert (answer.status, urlsplit(page.url).path) == (200, urlsplit(path).path)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{path} is {wide} px wide"


def test_a_page_fits_a_small_phone(house: House) -> None:
    """No page of the chain scrolls sideways at 360 px."""
    resident, _number = ask(house)
    for path in (
        "/",
        "/stations/",
        "/follow/",
        "/follow/status/",
        "/follow/add/",
        "/follow/withdraw/",
        f"/ask/where/?need={NEED}",
        f"/ask/what/?need={NEED}&at={TOWNSHIP}",
    ):
        fits(resident, path)
    dispatcher = house.staff("dispatcher", size=PHONE)
    dispatcher.goto("/desk/intake/")
    dispatcher.locator("tr[data-nav-row] a").first.click()
    request = dispatcher.url
    press(dispatcher, "accept")
    station_at(dispatcher, house, "station")
    send(dispatcher)
    order = dispatcher.url
    worker, officer = (house.staff(name, size=PHONE) for name in ("worker", "officer"))
    worker.goto(order)
    press(worker, "accept")
    for path in ("/desk/", "/desk/intake/", request, "/desk/dispatch/board/", order):
        fits(dispatcher, path)
    for path in ("/desk/", "/desk/dispatch/", order, f"{order}serve/", "/desk/people/new/"):
        fits(worker, path)
    for path in ("/desk/", "/desk/statistics/", "/desk/directory/"):
        fits(officer, path)
