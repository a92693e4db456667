"""The site of the documentation: built whole, without a warning, searched in both languages."""

import json
import re
from pathlib import Path
from shutil import copytree

import pytest

from tools.docs import DOCS, LANGUAGES, build


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    assert build(folder) == []
    return folder


def test_every_page_is_in_the_site_and_leads_to_the_other_language(site: Path) -> None:
    for code, other in (LANGUAGES, LANGUAGES[::-1]):
        for page in (DOCS / code).rglob("*.md"):
            made = site / code / page.relative_to(DOCS / code).with_suffix(".html")
            there = re.search(rf'href="((?:\.\./)+{other}/[^"]+)"', made.read_text("utf-8"))
            assert there is not None, made
            assert (made.parent / there[1]).resolve().is_file()


def test_nothing_comes_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r'(?:src|<link[^>]* href)="(?:https?:)?//')
    assert [one for one in site.rglob("*.html") if loaded.search(one.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("code", "words"), [("en", ["receipt", "dispatch"]), ("zh", ["回执", "派单"])]
)
def test_words_are_found(site: Path, code: str, words: list[str]) -> None:
    index = (site / code / "searchindex.js").read_text("utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert all(any(one.startswith(word[:6]) for one in terms) for word in words)


def test_a_link_that_leads_nowhere_fails(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    copytree(DOCS, docs, ignore=lambda _folder, names: {"decisions"} & set(names))
    page = docs / "en" / "operators" / "proxy.md"
    page.write_text(page.read_text("utf-8") + "\n[nothing](nowhere.md)\n", "utf-8")
    told = build(tmp_path / "site", docs=docs)
    assert len(told) == 1
    assert "nowhere.md" in told[0]
