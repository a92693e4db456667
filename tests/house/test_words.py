"""Words: every verb has a sentence, no text is past the catalogues, no page breaks the rules
of the content security policy, and no template lies about unused."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.template.utils import get_app_template_dirs

from linli.kernel.sheets.workflow import IMPORT
from linli.kernel.timeline.record import known_verbs
from linli.kernel.ui.jinja import WIDGETS

from ..oracle.fill import flows
from .ladder import rooms
from .source import Module, Template, calls, modules, strings, templates

CHINESE = re.compile(r"[\u3400-\u9fff]")
# Modules in which Chinese is data or a pattern that reads it, each with the reason.
SPEAKS_CHINESE = {
    "linli.kernel.areas.changes": "how published lists of changes call their columns and kinds",
    "linli.kernel.areas.yearly": "the endings by which one area is called in several ways",
    "linli.lib.names": "surnames and readings of characters",
    "linli.lib.areacodes": "names by which the published list marks its placeholders",
    "linli.lib.worktime": "names of holidays as the State Council publishes them",
    "linli.lib.divisions": "endings of names in the published list",
    "linli.site.check": "asks the database whether it sees letters in Chinese names",
    "linli.site.settings": "the name of the language in the language itself",
    "linli.directory.forms": "signs with which people write spans of time",
    "linli.kernel.sheets.values": "signs with which people write days and lists",
    "linli.kernel.forms.cells": "what a village is called at its end, and people leave out",
}
SPEAKS_CHINESE_BELOW = ("linli.site.demo",)

FORBIDDEN = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "inline style": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "javascript address": re.compile(r"javascript:", re.IGNORECASE),
    "|safe": re.compile(r"\|\s*safe(?:seq)?\b"),
    "autoescape off": re.compile(r"{%-?\s*autoescape\b"),
    "a message that keeps its line breaks": re.compile(r"{%-?\s*trans\b[^%]*\bnotrimmed\b"),
    "address of another host": re.compile(r"(?:src|href)=[\"']?(?:https?:)?//", re.IGNORECASE),
}
UNESCAPED = {"mark_safe", "SafeString", "SafeText", "Markup"}


def chinese_strings(found: Iterable[Module]) -> list[str]:
    """Chinese in strings of code, where only catalogues and data should have it."""
    return [
        module.place(node)
        for module in found
        if module.name not in SPEAKS_CHINESE and not module.name.startswith(SPEAKS_CHINESE_BELOW)
        for node in strings(module.tree)
        if CHINESE.search(str(node.value))
    ]


def chinese_templates(found: Iterable[Template]) -> list[str]:
    return [one.name for one in found if CHINESE.search(one.text)]


def broken_rules(found: Iterable[Template]) -> list[str]:
    """What a template must not hold."""
    return [
        f"{one.name}: {what}"
        for one in found
        for what, pattern in FORBIDDEN.items()
        if pattern.search(_without_comments(one.text))
    ]


def _without_comments(text: str) -> str:
    return re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)


def unescaped(found: Iterable[Module]) -> list[str]:
    """Where a string is declared to be markup without being escaped."""
    return [
        module.place(node)
        for module in found
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) in UNESCAPED
    ]


def unused(found: Iterable[Template], code: Iterable[Module], others: set[str]) -> list[str]:
    """Templates that no code, no other template and no library asks for."""
    held = list(found)
    asked = {str(node.value) for module in code for node in strings(module.tree)}
    for one in held:
        asked |= set(re.findall(r"[\"']([\w/.-]+\.html)[\"']", one.text))
    return [one.name for one in held if one.name not in asked | others]


def overridden() -> set[str]:
    """Names of templates that libraries load, so that ours of the same name take their place."""
    names = set()
    for folder in _library_folders():
        names |= {str(one.relative_to(folder)) for one in Path(folder).rglob("*.html")}
    return names


def _library_folders() -> tuple[Path, ...]:
    apps = (Path(one) for one in get_app_template_dirs("templates"))
    return (WIDGETS, *(one for one in apps if "linli" not in one.parts))


# Where verbs are told through a helper that adds the room.
TELLING = {"actions", "posting", "signing"}


def said(found: Iterable[Module]) -> set[str]:
    """Verbs that are recorded: by name, through a room's `tell`, or as a move of a flow."""
    verbs = set()
    for module in found:
        room = module.package.rpartition(".")[2]
        for name, call in calls(module.tree):
            text = call.args[1].value if _has_text(call) else ""
            if name in {"record", "record_shown"}:
                verbs.add(text)
            elif text and (
                (name == "tell" and module.package in rooms())
                or name == "tell_asked"
                or (name.lstrip("_").startswith("tell") and module.role in TELLING)
            ):
                verbs.add(f"{room}.{text}")
    for flow in (*flows().values(), IMPORT):
        verbs |= {f"{flow.name}.{move}" for move in (*flow.moves, "opened")}
    return verbs - {""}


def _has_text(call: ast.Call) -> bool:
    return len(call.args) > 1 and isinstance(getattr(call.args[1], "value", None), str)


def test_code_speaks_through_the_catalogues() -> None:
    assert chinese_strings(modules()) == []
    assert chinese_templates(templates()) == []
    names = {one.name for one in modules()}
    assert set(SPEAKS_CHINESE) <= names, "the list names modules that are gone"


def test_chinese_in_code_is_found() -> None:
    planted = Module("linli.people.views", '"""说明"""\ntitle = "居民"\n# 注\nname = "person"\n')
    assert chinese_strings([planted]) == ["linli.people.views:2"]
    assert chinese_templates([Template("a.html", "<p>居民</p>")]) == ["a.html"]


def test_templates_keep_the_rules() -> None:
    assert broken_rules(templates()) == []
    assert unescaped(modules()) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<script>alert(1)</script>", "inline script"),
        ('<p style="color: red">', "inline style"),
        ("<button class=a onclick=go()>", "event attribute"),
        ("<a href='javascript:go()'>", "javascript address"),
        ("{{ name | safe }}", "|safe"),
        ("{% autoescape false %}", "autoescape off"),
        ("{% trans notrimmed a=b %}", "a message that keeps its line breaks"),
        ('<img src="//example.org/a.png">', "address of another host"),
    ],
)
def test_a_broken_rule_is_found(text: str, what: str) -> None:
    assert broken_rules([Template("a.html", text)]) == [f"a.html: {what}"]


def test_what_keeps_the_rules_is_let_through() -> None:
    text = (
        "<script src='/a.js' defer></script><p class='only'>on = 1</p>{# style=x #}"
        "{% trans a=b %}{{ a }}{% endtrans %}<a href='/x'>"
    )
    assert broken_rules([Template("a.html", text)]) == []
    assert unescaped([Module("m", "from x import mark_safe\nmark_safe('a')")]) == ["m:2"]


def test_every_template_is_used() -> None:
    assert unused(templates(), modules(), overridden()) == []


def test_an_unused_template_is_found() -> None:
    code = [Module("m", "page(request, 'people/a.html')")]
    held = [
        Template("people/a.html", "{% include 'people/_b.html' %}"),
        Template("people/_b.html", ""),
        Template("people/c.html", ""),
        Template("account/login.html", ""),
    ]
    assert unused(held, code, {"account/login.html"}) == ["people/c.html"]


def test_every_verb_has_a_sentence_and_every_sentence_a_verb() -> None:
    spoken, known = said(modules()), set(known_verbs())
    assert spoken - known == set()
    # Written by the owner of the tables, not by an action.
    assert known - spoken <= {"timeline.restored", "operations.epoch.begun"}


def test_a_verb_without_a_sentence_is_found() -> None:
    planted = Module("linli.people.actions", "_tell(actor, 'hugged', person)\nrecord(actor, 'a.b')")
    assert {"people.hugged", "a.b"} <= said([planted])
