"""Templates: what Django calls by itself and Jinja2 does not is called by name."""

from collections.abc import Iterable, Iterator

import pytest
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from jinja2 import nodes

from linli.kernel.ui.jinja import environment

from .source import Template, templates

KNOWN = {"form": BaseForm, "field": BoundField, "request": HttpRequest}


def uncalled(found: Iterable[Template]) -> list[str]:
    """Methods of forms, fields and requests that stand there without being called.

    A method is true, whatever it would answer: `{% if field.value %}` is always so.
    """
    pages = environment(loader=None, auto_reload=False).here  # type: ignore[arg-type]
    return [
        f"{one.name}:{node.lineno}: {'.'.join(_path(node))}"
        for one in found
        for node in _attributes(pages.parse(one.text))
        if _is_method(_path(node))
    ]


def _attributes(tree: nodes.Template) -> Iterator[nodes.Getattr]:
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    yield from (one for one in tree.find_all(nodes.Getattr) if id(one) not in called)


def _path(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Getattr):
        return [*_path(node.node), node.attr]
    return [node.name] if isinstance(node, nodes.Name) else [""]


def _is_method(path: list[str]) -> bool:
    # A form's attribute that is no attribute of forms is one of its fields.
    first, *rest = path
    held = KNOWN.get(first)
    for name in rest:
        if held is None:
            return False
        found = getattr(held, name, None)
        if callable(found) and not isinstance(found, type):
            return True
        held = BoundField if held is BaseForm and found is None else None
    return False


def test_methods_are_called() -> None:
    assert uncalled(templates()) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{% if form.place.value %}open{% endif %}", "form.place.value"),
        ("{% for field in form.visible_fields %}{% endfor %}", "form.visible_fields"),
        ("{{ field.value }}", "field.value"),
        ("{{ request.get_full_path }}", "request.get_full_path"),
    ],
)
def test_a_method_that_is_not_called_is_found(text: str, what: str) -> None:
    assert uncalled([Template("a.html", text)]) == [f"a.html:1: {what}"]


def test_what_is_called_or_no_method_is_let_through() -> None:
    text = "{{ form.place.value() }}{{ form.errors }}{{ field.label }}{{ one.value }}"
    assert uncalled([Template("a.html", text)]) == []
