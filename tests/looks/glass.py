"""A browser that is shown sheets, and what it is asked about them."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, Page, Route
from pypdf import PdfReader

from tools.npm import modules

HOST = "http://town.test"
WIDTHS = {"phone": (360, 740), "desk": (1280, 800)}
# 1280 px at 400 %, where nothing may have to be moved sideways (WCAG 1.4.10).
NARROWEST = (320, 256)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """(options) => axe.run(document, options).then((answer) => answer.violations.map((one) => [
  one.id, one.nodes.map((node) => node.target.join(" ")).slice(0, 5),
  one.nodes[0].failureSummary,
]))"""
# How much wider than the window the page is, and which boxes on it have to be moved sideways.
SIDEWAYS = """() => {
  const wide = [];
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (over > 0) { wide.push(["page", over]); }
  document.querySelectorAll("main *, header *, nav *").forEach((one) => {
    const style = getComputedStyle(one);
    if (/auto|scroll/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1
        && !one.closest("[data-wide]") && one.offsetParent) {
      wide.push([one.className || one.tagName, one.scrollWidth - one.clientWidth]);
    }
  });
  return wide;
}"""
# What is pressed and is smaller than it should be; links inside a sentence may be (WCAG 2.5.8).
SMALL = """(least) => Array.from(document.querySelectorAll(
    "button, a.btn, summary, .choice, select, input, a.chip"))
  .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && !one.closest(".vh")
    && !/checkbox|radio|hidden/.test(one.type) && getComputedStyle(one).clip === "auto")
  .filter((one) => one.getBoundingClientRect().height < least - 0.5)
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])"""

# What can be gone to by keyboard and cannot be seen then: without a frame, or under something that
# stands still (WCAG 2.4.7, 2.4.11).
HIDDEN = """() => Array.from(document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']"))
  .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.tabIndex >= 0
    && !one.disabled && one.type !== "hidden")
  .map((one) => {
    one.focus({ focusVisible: true });
    if (document.activeElement !== one) { return null; }
    const beside = /checkbox|radio/.test(one.type) && one.nextElementSibling;
    const shown = beside || one;
    const styles = [one, shown].map((each) => getComputedStyle(each));
    const box = one.getBoundingClientRect();
    if (!styles.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
        && !one.classList.contains("filters__open")) {
      return ["no outline", one.outerHTML.slice(0, 80)];
    }
    const spots = [[.5, .5], [.1, .1], [.9, .9], [.1, .9], [.9, .1]].map(([x, y]) => {
      const left = Math.min(Math.max(box.left + box.width * x, 0), innerWidth - 1);
      return document.elementFromPoint(left, box.top + box.height * y);
    });
    const seen = spots.some((spot) => spot && (one.contains(spot) || spot.contains(one)
      || (one.labels && Array.from(one.labels).some((label) => label.contains(spot)))));
    const isShown = seen || getComputedStyle(one).clip !== "auto";
    return isShown ? null : ["covered", one.outerHTML.slice(0, 80)];
  }).filter(Boolean)"""

# What is printed of an A4 sheet between its margins, in CSS pixels.
PAPER = 680
CUT = """() => Array.from(document.querySelectorAll("main *"))
  .filter((one) => one.checkVisibility() && !one.closest(".vh, svg"))
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 80))"""


@dataclass
class Glass:
    """One window of a browser; what it asks for stands in `shown` or among the static files."""

    page: Page
    shown: str = ""
    axe: str = field(default_factory=lambda: (modules("axe") / "axe-core/axe.min.js").read_text())

    def show(self, text: str, *, size: tuple[int, int], dark: bool = False) -> None:
        """Open a page in a window of a size."""
        self.shown = text
        self.page.set_viewport_size({"width": size[0], "height": size[1]})
        self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        self.page.goto(HOST)

    def resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def enlarge(self, *, is_large: bool = True) -> None:
        """As somebody sees the page who has chosen large text."""
        value = "elder" if is_large else ""
        self.page.evaluate("(value) => { document.documentElement.dataset.size = value; }", value)

    def darken(self) -> None:
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")

    def violations(self, *rules: str) -> list[Any]:
        """What axe finds: by all its rules, or by the named ones."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(self.axe)
        only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
        options = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
        return list(self.page.evaluate(RUN, options))

    def sideways(self) -> list[Any]:
        return list(self.page.evaluate(SIDEWAYS))

    def hidden(self) -> list[Any]:
        found = list(self.page.evaluate(HIDDEN))
        self.page.evaluate("window.scrollTo(0, 0)")
        return found

    def small(self, least: float) -> list[Any]:
        return list(self.page.evaluate(SMALL, least))

    def paper(self) -> PdfReader:
        """The page as it comes out of a printer."""
        return PdfReader(BytesIO(self.page.pdf(prefer_css_page_size=True, print_background=False)))

    def cut(self) -> list[Any]:
        """What does not fit on the width of the paper."""
        self.page.set_viewport_size({"width": PAPER, "height": 1000})
        self.page.emulate_media(media="print", reduced_motion="reduce")
        found = list(self.page.evaluate(CUT))
        self.page.emulate_media(media="null")
        return found

    def answer(self, route: Route) -> None:
        """The page, a static file, or nothing."""
        path = route.request.url.removeprefix(HOST)
        static = Path(settings.STATIC_ROOT) / path.removeprefix(settings.STATIC_URL)
        if path in {"", "/"}:
            route.fulfill(body=self.shown, content_type="text/html; charset=utf-8")
        elif path.startswith(settings.STATIC_URL) and static.is_file():
            kind = mimetypes.guess_type(static.name)[0] or "text/plain"
            route.fulfill(body=static.read_bytes(), content_type=kind)
        else:
            route.fulfill(status=204)


@contextmanager
def glass(browser: Browser) -> Iterator[Glass]:
    context = browser.new_context(base_url=HOST)
    made = Glass(context.new_page())
    context.route("**/*", made.answer)
    yield made
    context.close()
