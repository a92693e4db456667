import pytest
from django.utils import translation
from jinja2 import DictLoader, Environment

from linli.kernel.ui.constant import Constants
from linli.kernel.ui.jinja import environment


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("{{ _('Save') }}", "保存", "Save"),
        ("{% trans %}Save{% endtrans %}", "保存", "Save"),
        ("{% set one = 'Save' %}{{ _(one) }}", "保存", "Save"),
        ("{{ url_for('site:home') }}", "/desk/", "/desk/"),
    ],
)
def test_each_language_has_pages_of_its_own(text: str, zh: str, en: str) -> None:
    pages = environment(loader=DictLoader({"one.html": text}), auto_reload=False)
    said = []
    for language in ("zh-hans", "en", "zh-hans"):
        with translation.override(language):
            said.append(pages.get_template("one.html").render())
    assert said == [zh, en, zh]


def test_what_is_the_same_on_every_page_is_worked_out_once() -> None:
    asked = []
    function = {"icon": lambda name: asked.append(name) or f"<svg>{name}</svg>"}
    pages = Environment(autoescape=True)
    tree = pages.parse("{{ icon('a') }}{{ icon(name) }}{{ icon('b') ~ '!' }}")
    Constants(texts={}, pieces=function, language="en").visit(tree)  # type: ignore[arg-type]
    assert asked == ["a"]
    pages.globals |= {"icon": lambda name: f"<{name}>"}
    made = pages.from_string(tree).render(name="c")
    assert made == "<svg>a</svg>&lt;c&gt;&lt;b&gt;!"
