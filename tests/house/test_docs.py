"""Documentation: the same in both languages, and true of the commands and settings there are."""

import re
from collections.abc import Iterable

import click
import pytest

from linli.site.cli import main
from linli.site.entrance import NAMES

from .source import ROOT, modules, strings

DOCS = ROOT / "docs"
LANGUAGES = ("en", "zh")
COMMAND = re.compile(r"\blinli ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)?)")
SETTING = re.compile(r"\bLINLI_[A-Z_]+\b")
# Names of Django's settings in which keys are held, not of the environment.
INSIDE = {"LINLI_FIELD_KEYS", "LINLI_INDEX_KEYS"}
# Put together from the name of a provider.
OF_PROVIDERS = {
    f"LINLI_{name.upper()}_{part}"
    for name in NAMES
    for part in ("ID", "SECRET", "SECRET_FILE", "SERVER", "NAME")
}
Pages = dict[str, str]


def pages(language: str) -> Pages:
    """The pages of a language by audience and topic."""
    folder = DOCS / language
    return {
        str(one.relative_to(folder)): one.read_text("utf-8") for one in sorted(folder.rglob("*.md"))
    }


def headings(text: str) -> list[int]:
    """How deep each heading of a page stands; in a block of code there is none."""
    text = re.sub(r"(?ms)^```.*?^```", "", text)
    return [len(one) for one in re.findall(r"(?m)^(#+) ", text)]


def unlike(en: Pages, zh: Pages) -> list[str]:
    found = [f"{one}: in one language only" for one in sorted(en.keys() ^ zh.keys())]
    for name in sorted(en.keys() & zh.keys()):
        if headings(en[name]) != headings(zh[name]):
            found.append(f"{name}: other headings")
        if headings(en[name]).count(1) != 1:
            found.append(f"{name}: not one title")
    return found


def commands(group: click.Command = main, path: str = "") -> set[str]:
    """Every command that does something, by its words after `linli`."""
    if not isinstance(group, click.Group):
        return {path}
    return {
        one
        for name, held in group.commands.items()
        for one in commands(held, f"{path} {name}".strip())
    }


def settings() -> set[str]:
    """Every environment variable that is read."""
    found = {
        str(one.value)
        for module in modules()
        for one in strings(module.tree)
        if SETTING.fullmatch(str(one.value))
    }
    return found - INSIDE


def invented(text: str, *, known: set[str], variables: set[str]) -> list[str]:
    """Commands and settings that a page speaks of and that do not exist."""
    groups = {one.split()[0] for one in known if " " in one}
    code = re.findall(r"`+[^`]+`+", text)
    told = [one for part in code for one in COMMAND.findall(part)]
    wrong = [one for one in told if not _is_known(one, known, groups)]
    return sorted({*wrong, *set(SETTING.findall(text)) - variables - INSIDE})


def _is_known(told: str, known: set[str], groups: set[str]) -> bool:
    first = told.split(maxsplit=1)[0]
    # What follows a command that is no group is an argument of it.
    return told in known or (first in known and first not in groups) or told in groups


def untold(names: Iterable[str], texts: Iterable[str]) -> list[str]:
    """Those of the names that stand on no page."""
    whole = "\n".join(texts)
    return sorted(one for one in names if not re.search(rf"(?<![\w-]){one}(?![\w-])", whole))


def test_both_languages_have_the_same_pages() -> None:
    assert unlike(pages("en"), pages("zh")) == []
    assert len(pages("en")) > 10


def test_a_page_in_one_language_and_a_missing_heading_are_found() -> None:
    en = {"a.md": "# A\n\n## B\n", "b.md": "# B\n", "c.md": "# C\n# D\n"}
    zh = {"a.md": "# A\n\n```\n## no heading\n```\n", "c.md": "# C\n# D\n"}
    assert unlike(en, zh) == [
        "b.md: in one language only",
        "a.md: other headings",
        "c.md: not one title",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_setting_is_told(language: str) -> None:
    operators = [text for name, text in pages(language).items() if name.startswith("operators/")]
    assert untold((f"linli {one}" for one in commands()), operators) == []
    assert untold(settings(), operators) == []


def test_a_command_that_is_not_told_is_found() -> None:
    assert untold(["linli db up", "linli up", "LINLI_X"], ["`linli db up`", "LINLI_XY"]) == [
        "LINLI_X",
        "linli up",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_commands_and_settings_that_exist_are_told(language: str) -> None:
    known, variables = commands(), settings() | OF_PROVIDERS
    assert {
        name: found
        for name, text in pages(language).items()
        if (found := invented(text, known=known, variables=variables))
    } == {}


def test_an_invented_command_and_setting_are_found() -> None:
    text = "`linli fly` `linli db fly` `linli serve fast` and LINLI_WINGS; linli is good"
    told = invented(text, known={"serve", "db up"}, variables=set())
    assert told == ["LINLI_WINGS", "db fly", "fly"]
