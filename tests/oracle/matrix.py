"""The reviewed matrix: what everybody gets, sees and counts. What it does not list is a failure.

`python -m tests.house.regenerate` writes it anew from what happens; a person reads the difference.

    pages    page → "METHOD classes of rows" → outcomes in the order of the classes → who
    sees     field → groups of rows → who may see that field of rows of these groups
    numbers  question → answer → who is given it
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linli.kernel.accounts.enums import Role

from ..world import USERS
from .canaries import GROUPS
from .fill import CLOSED, MIXED, NOWHERE
from .visitors import KEY, RECEIPT, RECEIPTS

PATH = Path(__file__).with_name("matrix.json")
NOT_ASKED = "-"
CLASSES = ("", *GROUPS, CLOSED, MIXED, NOWHERE)
OFFICERS = ("township_officer", "officer", "city_officer", "province_officer", "national_officer")
# Names for many at once, so that a line can be read.
CROWDS = {
    "STAFF": frozenset(USERS),
    "OFFICERS": frozenset(OFFICERS),
    "RECEIPTS": frozenset(f"{RECEIPT}{name}" for name in RECEIPTS),
    "KEYS": frozenset(f"{KEY}{role.value}" for role in Role),
}
Table = dict[str, dict[str, str]]


@dataclass
class Findings:
    """What happened: outcomes by (page, method, who, class), canaries by (who, group, field) with
    where they were, numbers by (question, who), what broke, and what was done without a trace."""

    outcomes: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], str] = field(default_factory=dict)
    numbers: dict[tuple[str, str], str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)


def load(section: str) -> dict[str, Any]:
    if not PATH.exists():
        return {}
    held: dict[str, Any] = json.loads(PATH.read_text("utf-8"))
    found: dict[str, Any] = held.get(section, {})
    return found


def store(section: str, made: dict[str, Any]) -> None:
    held = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    held[section] = made
    text = json.dumps(dict(sorted(held.items())), ensure_ascii=False, indent=1, sort_keys=True)
    PATH.write_text(text + "\n", "utf-8")


def folded(found: Findings) -> dict[str, Any]:
    """Findings as the file has them: who gets the same stands on one line."""
    lines: dict[tuple[str, str], dict[str, list[str]]] = {}
    asked: dict[tuple[str, str], set[str]] = {}
    for page, method, _who, one in found.outcomes:
        asked.setdefault((page, method), set()).add(one)
    classes_of = {key: sorted(held, key=CLASSES.index) for key, held in asked.items()}
    for page, method, who in dict.fromkeys(key[:3] for key in found.outcomes):
        line = " ".join(
            found.outcomes.get((page, method, who, one), NOT_ASKED)
            for one in classes_of[page, method]
        )
        lines.setdefault((page, method), {}).setdefault(line, []).append(who)
    pages: dict[str, dict[str, dict[str, str]]] = {}
    for (page, method), held in lines.items():
        table = _joined(held)
        here = pages.setdefault(page, {})
        classes = " ".join(classes_of[page, method])
        heading = _merged(here, classes, table)
        methods = f"{heading.split(' ')[0]}+{method}" if heading else method
        here.pop(heading, None)
        here[f"{methods} {classes}".strip()] = table
    return {"pages": pages, "sees": _sees(found), "numbers": _numbers(found)}


def _merged(here: dict[str, dict[str, str]], classes: str, table: dict[str, str]) -> str:
    """The heading of a method of the same page with the same answers for the same classes."""
    for heading, held in here.items():
        if held == table and heading.partition(" ")[2] == classes:
            return heading
    return ""


def _joined(lines: dict[str, list[str]]) -> dict[str, str]:
    return {line: _crowded(set(who)) for line, who in sorted(lines.items())}


def _crowded(who: set[str]) -> str:
    names = []
    for name, crowd in CROWDS.items():
        if crowd <= who:
            names.append(name)
            who = who - crowd
    return " ".join([*names, *sorted(who)])


def _sees(found: Findings) -> Table:
    groups: dict[tuple[str, str], set[str]] = {}
    for who, group, what in found.seen:
        groups.setdefault((what, who), set()).add(group)
    table: dict[str, dict[str, list[str]]] = {}
    for (what, who), held in groups.items():
        table.setdefault(what, {}).setdefault(" ".join(sorted(held)), []).append(who)
    return {what: _joined(lines) for what, lines in table.items()}


def _numbers(found: Findings) -> Table:
    table: dict[str, dict[str, list[str]]] = {}
    for (asked, who), answer in found.numbers.items():
        table.setdefault(asked, {}).setdefault(answer, []).append(who)
    return {asked: _joined(lines) for asked, lines in table.items()}


def unfolded(section: dict[str, Any]) -> Findings:
    """The reviewed section as findings."""
    made = Findings()
    for page, headings in section.get("pages", {}).items():
        for heading, lines in headings.items():
            methods, *classes = heading.split(" ")
            for line, who in _lines(lines):
                for one, outcome in zip(classes or [""], line.split(), strict=True):
                    for method in methods.split("+") if outcome != NOT_ASKED else ():
                        made.outcomes[page, method, who, one] = outcome
    for what, lines in section.get("sees", {}).items():
        for groups, who in _lines(lines):
            made.seen |= {(who, group, what): "" for group in groups.split()}
    for asked, lines in section.get("numbers", {}).items():
        made.numbers |= {(asked, who): answer for answer, who in _lines(lines)}
    return made


def _lines(lines: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What stands on the left of each line, for each of those on its right."""
    for line, names in lines.items():
        for name in names.split():
            yield from ((line, who) for who in CROWDS.get(name, (name,)))


def wrong_outcomes(found: Findings, reviewed: Findings) -> list[str]:
    """Outcomes that differ from the matrix or that it does not list."""
    return [
        f"{method} {page} [{one}] as {who}: {outcome},"
        f" reviewed: {reviewed.outcomes.get((page, method, who, one), 'not listed')}"
        for (page, method, who, one), outcome in found.outcomes.items()
        if reviewed.outcomes.get((page, method, who, one)) != outcome
    ]


def leaks(found: Findings, *reviewed: Findings) -> list[str]:
    """Canaries somebody saw who may not."""
    return [
        f"{who} sees “{what}” of {group} at {where}"
        for (who, group, what), where in found.seen.items()
        if not any((who, group, what) in one.seen for one in reviewed)
    ]


def wrong_numbers(found: Findings, reviewed: Findings) -> list[str]:
    """Totals and counts that are not the reviewed ones."""
    return [
        f"{asked} as {who}: {answer}, reviewed: {reviewed.numbers.get((asked, who), 'not listed')}"
        for (asked, who), answer in found.numbers.items()
        if reviewed.numbers.get((asked, who)) != answer
    ]


def gone(found: Findings, reviewed: Findings) -> list[str]:
    """What the matrix lists and nobody met: the file must say neither less nor more."""
    return [
        *_missing(reviewed.outcomes, found.outcomes),
        *_missing(reviewed.seen, found.seen),
        *_missing(reviewed.numbers, found.numbers),
    ]


def _missing(listed: Iterable[Any], met: Iterable[Any]) -> list[str]:
    return [" ".join(map(str, key)) for key in sorted(set(listed) - set(met))]
