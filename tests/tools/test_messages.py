"""The catalogues: what the tool finds, keeps and drops, and that each check sees its fault."""

import io
from pathlib import Path

import allauth
import django.conf
import django.contrib.auth
import pytest
from babel.messages import pofile

from tools import messages
from tools.messages import CHINESE, ENGLISH, catalogue_path, check, main, read, update

PYTHON = """
from django.utils import translation
from django.utils.translation import gettext as _, gettext_lazy as later
from django.utils.translation import ngettext, npgettext_lazy, pgettext_lazy as about

TITLE = later("Orders")
KIND = about("order state", "Closed")
MANY = npgettext_lazy("work", "%(n)s order", "%(n)s orders", 3)

def told(count):
    other = str("not a message")
    return _("Two " "parts") + ngettext("one", "many", count) + translation.gettext("By module")
"""
TEMPLATE = """{# _("not said") #}
<h1>{{ _("It's open") }}</h1>{% set label = pgettext("verb", 'Close') %}
{{ ui.empty(_("Nothing here")) }}{{ name|default(_("nobody"), true) }}
<p>{% trans n=rows|length %}
  One of {{ whole }}
{% pluralize %}
  {{ n }} of {{ whole }}, 5 %
{% endtrans %}</p>
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small product with one module and a finished Chinese catalogue."""
    monkeypatch.setattr(messages, "BORROWED", {})
    (tmp_path / "src/linli/room/templates/room").mkdir(parents=True)
    (tmp_path / "src/linli/room/words.py").write_text(
        "from django.utils.translation import gettext as _, ngettext\n"
        '_("Hello, %(name)s")\n_("Close")\nngettext("%(n)s order", "%(n)s orders", 2)\n'
    )
    update(tmp_path)
    translate(tmp_path, "Hello, %(name)s", "%(name)s，您好")
    translate(tmp_path, "Close", "关闭")
    path = catalogue_path(tmp_path, CHINESE)
    text = path.read_text("utf-8")
    path.write_text(text.replace('msgstr[0] ""', 'msgstr[0] "%(n)s件工单"'), "utf-8")
    assert check(tmp_path) == []
    return tmp_path


def translate(root: Path, message: str, chinese: str, locale: str = CHINESE) -> None:
    path = catalogue_path(root, locale)
    before, _, after = path.read_text("utf-8").partition(f'msgid "{message}"\nmsgstr ')
    assert after
    rest = after.partition("\n")[2]
    path.write_text(f'{before}msgid "{message}"\nmsgstr "{chinese}"\n{rest}', "utf-8")


def test_python_calls_are_found_under_the_names_a_module_gave_them() -> None:
    found = messages.Found()
    messages.from_python(PYTHON, "words.py", found)
    assert found.messages == {
        ("", "Orders"): None,
        ("order state", "Closed"): None,
        ("work", "%(n)s order"): "%(n)s orders",
        ("", "Two parts"): None,
        ("", "one"): "many",
        ("", "By module"): None,
    }
    assert found.faults == []


def test_blocks_and_calls_of_a_template_are_found_as_they_are_asked_for() -> None:
    found = messages.Found()
    messages.from_template(TEMPLATE, "page.html", found)
    assert found.messages == {
        ("", "It's open"): None,
        ("verb", "Close"): None,
        ("", "Nothing here"): None,
        ("", "nobody"): None,
        ("", "One of %(whole)s"): "%(n)s of %(whole)s, 5 %%",
    }
    assert found.faults == []


def test_an_update_keeps_what_is_known_drops_the_rest_and_does_nothing_twice(root: Path) -> None:
    (root / "src/linli/room/words.py").write_text(
        "from django.utils.translation import gettext as _, pgettext\n"
        '_("Close")\n_("Added later")\npgettext("verb", "Close")\n'
    )
    assert update(root) == {CHINESE: 2, ENGLISH: 0}
    held = read(root, CHINESE)
    assert [(one.context, one.id, one.string) for one in held if one.id] == [
        (None, "Added later", ""),
        (None, "Close", "关闭"),
        ("verb", "Close", ""),
    ]
    texts = [catalogue_path(root, locale).read_text("utf-8") for locale in (CHINESE, ENGLISH)]
    assert not any("#:" in text or "20" in text for text in texts)
    update(root)
    assert [catalogue_path(root, one).read_text("utf-8") for one in (CHINESE, ENGLISH)] == texts


def test_english_says_what_the_code_says_unless_somebody_wrote_it_better(root: Path) -> None:
    translate(root, "Close", "Close it", ENGLISH)
    update(root)
    told = {str(one.id): one.string for one in read(root, ENGLISH) if one.id}
    assert told == {
        "Hello, %(name)s": "Hello, %(name)s",
        "Close": "Close it",
        "('%(n)s order', '%(n)s orders')": ("%(n)s order", "%(n)s orders"),
    }


def test_compiled_catalogues_stand_beside_their_sources(root: Path) -> None:
    for locale in (CHINESE, ENGLISH):
        assert catalogue_path(root, locale).with_suffix(".mo").stat().st_size > 0


@pytest.mark.parametrize(
    ("message", "chinese", "fault"),
    [
        ("Close", "", "untranslated"),
        ("Hello, %(name)s", "您好", "other placeholders"),
        ("Hello, %(name)s", "%(nama)s，您好", "other placeholders"),
        ("Hello, %(name)s", "%(name)s, 您好", "half-width punctuation in Chinese"),
        ("Close", "关闭(工单)", "half-width punctuation in Chinese"),
        ("Close", "关闭吗?", "half-width punctuation in Chinese"),
        ("Close", "关闭.", "half-width punctuation in Chinese"),
        ("Close", "关闭 工单", "space in Chinese"),
        ("Close", "案主关闭", "says 案主, not 服务对象"),
        ("Close", "关闭 ", "other space at an end"),
    ],
)
def test_the_check_sees_a_bad_translation(
    root: Path, message: str, chinese: str, fault: str
) -> None:
    translate(root, message, chinese)
    assert check(root) == [f"zh_Hans: {fault}: “{message}” → {chinese}"]


def test_the_check_sees_a_plural_without_its_number(root: Path) -> None:
    path = catalogue_path(root, CHINESE)
    path.write_text(path.read_text("utf-8").replace("%(n)s件工单", "几件工单"), "utf-8")
    assert check(root) == ["zh_Hans: other placeholders: “%(n)s order” → 几件工单"]


def test_the_check_sees_a_fuzzy_message(root: Path) -> None:
    path = catalogue_path(root, CHINESE)
    text = path.read_text("utf-8")
    path.write_text(text.replace('msgid "Close"', '#, fuzzy\nmsgid "Close"'), "utf-8")
    assert check(root) == ["zh_Hans: fuzzy: “Close” → 关闭"]


def test_the_check_sees_a_message_that_no_catalogue_has(root: Path) -> None:
    (root / "src/linli/room/templates/room/page.html").write_text('{{ _("New") }}')
    assert check(root) == ["zh_Hans: missing: “New”", "en: missing: “New”"]


def test_the_check_sees_a_message_that_became_a_plural(root: Path) -> None:
    words = root / "src/linli/room/words.py"
    words.write_text(words.read_text().replace('_("Close")', 'ngettext("Close", "Close all", 2)'))
    assert check(root) == ["zh_Hans: missing: “Close”", "en: missing: “Close”"]


def test_the_check_sees_what_nobody_says_any_more(root: Path) -> None:
    words = root / "src/linli/room/words.py"
    words.write_text(words.read_text().replace('_("Close")', ""))
    assert check(root) == ["zh_Hans: obsolete: “Close”", "en: obsolete: “Close”"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('_(f"Hello {1}")', "only a literal text can be translated"),
        ('_("")', "an empty message translates to the catalogue's header"),
        ('ngettext("%(n)s order", "orders", 2)', "“%(n)s order” has two plurals"),
    ],
)
def test_the_check_sees_what_cannot_be_translated(root: Path, line: str, fault: str) -> None:
    words = root / "src/linli/room/words.py"
    words.write_text(f"{words.read_text()}{line}\n")
    assert any(one.endswith(f": {fault}") for one in check(root))


def test_correct_chinese_is_left_alone(root: Path) -> None:
    for chinese in ("请拨打12345。", "导出Excel", "见https://example.org/a?b=1", "10:30–11:00"):
        translate(root, "Close", chinese)
        assert check(root) == []


def test_the_check_writes_nothing_and_says_no(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "ROOT", root)
    assert main(["--check"]) == 0
    (root / "src/linli/room/more.py").write_text(
        'from django.utils.translation import gettext as _\n_("New")\n'
    )
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    assert main(["--check"]) == 1
    assert capsys.readouterr().out.endswith("2 faults in the messages.\n")
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


def test_what_is_borrowed_is_still_said_by_those_it_was_borrowed_from() -> None:
    said = set()
    for package in (allauth, django.conf, django.contrib.auth):
        text = (Path(package.__path__[0]) / "locale/zh_Hans/LC_MESSAGES/django.po").read_text()
        for one in pofile.read_po(io.StringIO(text), locale=CHINESE):
            plural = one.id[1] if isinstance(one.id, tuple) else None
            said.add((one.context or "", one.id[0] if plural else one.id, plural))
    assert {(*key, plural) for key, plural in messages.BORROWED.items()} <= said
