"""Every page on a phone and a desk, light and dark, in large and in small: axe finds nothing, and
nothing has to be moved sideways."""

from collections.abc import Iterator
from unicodedata import normalize

import pytest

from ..house.source import templates
from ..house.urls import pages
from ..oracle.rows import Town
from .glass import NARROWEST, WIDTHS, Glass, glass
from .sheets import Sheet, Shelf, gather

PHONE_TARGET, LARGE_TARGET = 44, 56
# No page of its own can be seen at these, whoever asks: a press, a redirect, a piece, a picture.
NO_PAGE = {
    "healthz", "icon", "metrics", "ui:preferences", "ui:switch_post", "ui:area_search",
    "accounts:new_codes", "accounts:connect", "accounts:decline_post", "accounts:disconnect",
    "accounts:end_own_sessions",
    "accounts:remove_factor", "accounts:send_again", "areas:apply", "areas:take_back", "audit:find",
    "dingtalk_callback", "feishu_callback", "weixin_callback", "openid_connect_callback", "passkey",
    "with_provider", "start_over", "imports:cancel", "imports:marked", "imports:pause",
    "imports:resume", "imports:run", "imports:stop", "imports:template", "imports:undo",
    "people:accept", "people:part", "people:refuse", "people:reopen", "people:withdraw_move",
    "accounts:activate", "intake:withdraw", "dispatch:accept", "dispatch:close", "dispatch:urge",
    "people:leave_household", "people:pick", "portal:withdraw", "portal:urge", "portal:close",
}  # fmt: skip
# Answers to a form or with more behind the address: they are among the sheets by name.
BY_HAND = {
    "people:find",
    "people:reveal",
    "intake:find",
    "accounts:add_app",
    "accounts:add_passkey",
    "mfa_authenticate",
} | {f"portal:{one}" for one in ("what", "reach", "receipt")}
# Pieces that stand on no page: options of a list, and what Django makes of a form by itself.
NO_PIECE = {"ui/_area_options.html", "django/forms/div.html", "django/forms/field.html"}
# A board is read across (WCAG 1.4.10 lets it be); at 400 % and in large text its lanes stand below
# each other.
ACROSS = "board"


@pytest.fixture(scope="module")
def shelf(town: Town, quiet: None) -> Shelf:
    return gather(town)


# The browser after the sheets: as long as it runs, nothing can be asked of the database.
@pytest.fixture(scope="module")
def window(shelf: Shelf, request: pytest.FixtureRequest) -> Iterator[Glass]:
    with glass(request.getfixturevalue("browser")) as made:
        yield made


def unlisted(shelf: Shelf, names: set[str]) -> list[str]:
    """Addresses nobody got a page from, and that are not known to have none."""
    return sorted(names & shelf.bare.keys() - NO_PAGE - BY_HAND)


def unseen(shelf: Shelf, names: set[str]) -> list[str]:
    return sorted(names - shelf.seen - NO_PIECE)


def faults(window: Glass, sheet: Sheet) -> list[str]:
    """What is wrong with a page, at every width and in every dress."""
    found: list[object] = []
    window.show(sheet.texts["zh-hans"], size=WIDTHS["phone"])
    found += window.violations()
    found += [one for one in window.sideways() if ACROSS not in one[0]]
    found += window.small(PHONE_TARGET)
    found += window.hidden()
    window.darken()
    found += window.violations("color-contrast")
    window.show(sheet.texts["en"], size=WIDTHS["desk"])
    if " " not in sheet.name:
        # The others are pages that were looked at here already, with other rows.
        found += window.violations()
    found += [one for one in window.sideways() if ACROSS not in one[0]]
    window.resize(NARROWEST)
    found += window.sideways()
    window.enlarge()
    found += window.small(LARGE_TARGET)
    window.resize(WIDTHS["phone"])
    found += window.sideways()
    window.resize(WIDTHS["desk"])
    found += window.sideways()
    return [f"{sheet}: {one}" for one in found]


def test_every_address_and_every_template_is_looked_at(shelf: Shelf) -> None:
    assert unlisted(shelf, {one.name for one in pages()}) == []
    assert unseen(shelf, {one.name for one in templates()}) == []
    assert {one.name for one in shelf.sheets} >= BY_HAND


def test_an_address_or_a_template_that_is_not_looked_at_is_found(shelf: Shelf) -> None:
    shelf = Shelf(shelf.town, {}, shelf.sheets, {**shelf.bare, "portal:new": "404"})
    assert unlisted(shelf, {"portal:new", "site:home"}) == ["portal:new"]
    assert unseen(shelf, {"ui/base.html", "portal/new.html"}) == ["portal/new.html"]


def test_no_page_has_a_fault(shelf: Shelf, window: Glass) -> None:
    assert [one for sheet in shelf.sheets for one in faults(window, sheet)] == []


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        ("<img src='/static/ui/favicon.svg'>", "image-alt"),
        ("<p style='color: #9aa'>pale</p>", "color-contrast"),
        ("<input name='x'>", "label"),
        ("<div style='width: 1300px'>wide</div>", "'page', "),
        ("<button style='height: 20px; font-size: 8px'>small</button>", "small"),
        ("<a href='/' style='outline: none !important'>where am I?</a>", "no outline"),
    ],
)
def test_a_planted_fault_is_found(shelf: Shelf, window: Glass, planted: str, told: str) -> None:
    sheet = next(one for one in shelf.sheets if one.name == "portal:privacy")
    texts = {
        language: text.replace("</main>", f"{planted}</main>")
        for language, text in sheet.texts.items()
    }
    assert any(told in one for one in faults(window, Sheet("planted", "anonymous", texts)))


A4 = (595, 842)
# What is printed, at most how many sheets that takes, and what must stand on them.
PRINTED = {
    "portal:receipt": (1, "Receipt number"),
    "dispatch:order": (3, "What has happened"),
    "people:person": (3, "Who opened this file"),
    "services:list": (3, "Services"),
    "dispatch:list": (4, "Orders"),
    "site:statistics": (4, "By area"),
    "dispatch:board": (8, "Board"),
}


def bare(text: str) -> str:
    """A text without its blanks: lines break elsewhere on paper, and some characters are drawn as
    others that look the same."""
    return "".join(normalize("NFKC", text).split())


def on_paper(window: Glass, text: str) -> list[str]:
    """Every sheet of a page, as one reads it."""
    window.show(text, size=WIDTHS["desk"], dark=True)
    made = window.paper()
    for sheet in made.pages:
        box = sheet.mediabox
        assert (round(float(box.width)), round(float(box.height))) == A4
    return [bare(sheet.extract_text()) for sheet in made.pages]


@pytest.mark.parametrize("name", PRINTED)
def test_a_page_is_printed_whole_and_without_its_frame(
    shelf: Shelf, window: Glass, name: str
) -> None:
    text = next(one.texts["en"] for one in shelf.sheets if one.name == name)
    most, told = PRINTED[name]

    sheets = on_paper(window, text)

    assert 0 < len(sheets) <= most
    assert bare(told) in "".join(sheets)
    assert "Linli,asof20" in sheets[0]
    assert all("邻里Linli" in one for one in sheets)
    assert all(f"{at}/{len(sheets)}" in one for at, one in enumerate(sheets, 1))
    assert not any(bare(one) in "".join(sheets) for one in ("Skip to the content", "Sign out"))
    heads = window.page.locator("main .table tbody th:visible").all_text_contents()
    assert [one for one in heads if bare(one) not in "".join(sheets)] == []
    assert window.cut() == []


def test_a_table_that_is_cut_off_on_paper_is_found(shelf: Shelf, window: Glass) -> None:
    text = next(one.texts["en"] for one in shelf.sheets if one.name == "services:list")
    wide = "<table style='width: 900px'><tr><td>too wide</td></tr></table>"
    window.show(text.replace("</main>", f"{wide}</main>"), size=WIDTHS["desk"])
    assert any("900px" in one for one in window.cut())
