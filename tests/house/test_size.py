"""Size: small modules, small functions, small templates, no silent suppression, short guides."""

import re
from collections.abc import Iterable

from .source import PACKAGE, ROOT, Module, Template, functions, module_name, modules, templates

MODULE_LINES, FUNCTION_LINES, TEMPLATE_LINES, GUIDE_LINES = 500, 60, 150, 200
LONG_LINES, LONG_SHARE = 50, 0.025
GUIDES = ("README.md", "ARCHITECTURE.md")
# Programs beside the product keep the same rules.
BESIDE = ("tests", "tools", "benchmarks")
# A suppression says which rule it silences: a code in brackets or after a colon.
SILENT = re.compile(r"#\s*(noqa(?!:\s*[A-Z]+\d)|type:\s*ignore(?!\[)|pragma:\s*no)", re.IGNORECASE)


def beside() -> tuple[Module, ...]:
    """The modules of the tests, tools and benchmarks."""
    found = [path for folder in BESIDE for path in sorted((ROOT / folder).rglob("*.py"))]
    return tuple(Module(module_name(one, ROOT), one.read_text("utf-8"), one) for one in found)


def too_long(found: Iterable[Module]) -> list[str]:
    """Modules over the limit, and functions; a test may tell a long story."""
    wrong = []
    for module in found:
        lines = len(module.text.splitlines())
        if lines > MODULE_LINES:
            wrong.append(f"{module.name}: {lines} lines")
        for one in functions(module.tree) if not module.name.startswith("tests.") else ():
            if _lines(one) > FUNCTION_LINES:
                wrong.append(f"{module.place(one)} {one.name}: {_lines(one)} lines")
    return wrong


def _lines(one: object) -> int:
    return int(one.end_lineno - one.lineno + 1)  # type: ignore[attr-defined]


def share_of_long(found: Iterable[Module]) -> float:
    """The share of functions with more than 50 lines."""
    sizes = [_lines(one) for module in found for one in functions(module.tree)]
    return sum(size > LONG_LINES for size in sizes) / max(1, len(sizes))


def large(found: Iterable[Template]) -> list[str]:
    return [one.name for one in found if len(one.text.splitlines()) > TEMPLATE_LINES]


def silent(found: Iterable[Module]) -> list[str]:
    """Suppressions that do not say what they suppress."""
    return [
        f"{module.name}:{at}"
        for module in found
        for at, line in enumerate(module.text.splitlines(), 1)
        if SILENT.search(line)
    ]


def test_modules_and_functions_are_small() -> None:
    assert too_long((*modules(), *beside())) == []


def test_few_functions_are_long() -> None:
    assert share_of_long(modules()) <= LONG_SHARE


def test_a_long_module_and_a_long_function_are_found() -> None:
    long = Module("linli.long", "\n" * (MODULE_LINES + 1))
    body = "def sprawl():\n" + "    x = 1\n" * FUNCTION_LINES + "def short():\n    ...\n"
    sprawling = Module("linli.sprawling", body)
    assert too_long([long, sprawling]) == [
        "linli.long: 501 lines",
        "linli.sprawling:1 sprawl: 61 lines",
    ]
    assert share_of_long([sprawling]) == 0.5


def test_templates_are_small() -> None:
    assert large(templates()) == []
    assert large([Template("a.html", "\n" * (TEMPLATE_LINES + 1))]) == ["a.html"]


def test_a_suppression_says_what_it_suppresses() -> None:
    assert silent((*modules(), *beside())) == []


def test_a_silent_suppression_is_found() -> None:
    lines = ("a = 1  # no" + "qa", "b = 2  # no" + "qa: E501", "c = 3  # type: " + "ignore")
    assert silent([Module("m", "\n".join(lines))]) == ["m:1", "m:3"]


def test_guides_are_short() -> None:
    assert PACKAGE.is_dir()
    for name in GUIDES:
        path = ROOT / name
        assert not path.exists() or len(path.read_text("utf-8").splitlines()) <= GUIDE_LINES, name
