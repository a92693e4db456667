"""Keep the message catalogues: `python -m tools.messages [--check]`.

Without an option: find every message of src/linli, bring both catalogues up to date (translations
are kept, what no code says any more is dropped) and compile them. In the English catalogue a new
message translates to itself; where English needs another form it is changed there by hand.

With `--check`: write nothing, list what is wrong and leave with 1 if there is anything.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog, Message
from jinja2 import Environment

from hatch_build import compile_catalogues, write_whole
from linli.kernel.ui.jinja import EXTENSIONS, POLICIES

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "src/linli"
CHINESE, ENGLISH = "zh_Hans", "en"
PLURAL_FORMS = {
    CHINESE: "nplurals=1; plural=0;",
    ENGLISH: "nplurals=2; plural=(n != 1);",
}

# Which arguments of a call hold the context, the message and its plural.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
VARIANTS = {
    f"{name}{ending}": places for name, places in CALLS.items() for ending in ("", "_lazy", "_noop")
}
TEMPLATE_CALLS = {**CALLS, "_": CALLS["gettext"]}

PLACEHOLDER = re.compile(r"%\(\w+\)[-+ #0]*[\d.]*[a-zA-Z]|%[sd]|%%|\{\w*(?:![rsa])?(?::[^{}]*)?\}")
HAN = r"[\u3400-\u9fff，。：；？！（）、“”《》…—]"
HALF_WIDTH = re.compile(
    rf"{HAN}\s*[,:;?!()\"]|[,:;?!()\"]\s*{HAN}|{HAN}\s*\.(?![A-Za-z0-9])|\.\.\."
)
SPACED = re.compile(rf"{HAN}\s+[\w\u3400-\u9fff]|\w\s+{HAN}")
AVOIDED = {"案主": "服务对象"}

Key = tuple[str, str]

# What Django and allauth say on our pages and we say in plainer words.
BORROWED: dict[Key, str | None] = {
    ("", "Ensure this value has at most %(limit_value)d character (it has %(show_value)d)."): (
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d)."
    ),
    **dict.fromkeys(
        ("", message)
        for message in (
            "Ensure this value is greater than or equal to %(limit_value)s.",
            "Ensure this value is less than or equal to %(limit_value)s.",
            "Enter a number.",
            "Enter a valid date.",
            "Enter a whole number.",
            "Null characters are not allowed.",
            "Select a valid choice. %(value)s is not one of the available choices.",
            "Select a valid choice. That choice is not one of the available choices.",
            "The username and/or password you specified are not correct.",
            "This account is currently inactive.",
            "The password is too similar to the %(verbose_name)s.",
            "This password is too common.",
            "This field is required.",
            "Too many failed login attempts. Try again later.",
        )
    ),
}


@dataclass
class Found:
    """Messages by (context, msgid), each with its plural or None, and what could not be read."""

    messages: dict[Key, str | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, context: str, message: str, plural: str | None, where: str) -> None:
        if not message:
            self.faults.append(f"{where}: an empty message translates to the catalogue's header")
            return
        known = self.messages.get((context, message))
        if known and plural and known != plural:
            self.faults.append(f"{where}: “{message}” has two plurals")
        self.messages[context, message] = plural or known


def collect(root: Path) -> Found:
    """All messages of the Python modules and templates below `root`/src/linli, and the borrowed."""
    found = Found(dict(BORROWED))
    for path in sorted((root / SOURCE).rglob("*")):
        where = path.relative_to(root).as_posix()
        if path.suffix == ".py" and "migrations" not in path.parts:
            from_python(path.read_text("utf-8"), where, found)
        elif path.suffix in {".html", ".txt"} and "templates" in path.parts:
            from_template(path.read_text("utf-8"), where, found)
    return found


def from_python(text: str, where: str, found: Found) -> None:
    """Calls of Django's gettext functions under whatever names the module imported them."""
    tree = ast.parse(text, where)
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute):
            name = called.attr
        else:
            name = names.get(called.id, "") if isinstance(called, ast.Name) else ""
        if name in VARIANTS:
            _add_call(node, VARIANTS[name], f"{where}:{node.lineno}", found)


def _add_call(
    call: ast.Call, places: tuple[int | None, int, int | None], where: str, found: Found
) -> None:
    texts: list[str] = []
    for argument in call.args:
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            break
        texts.append(argument.value)
    if len(texts) <= max(place for place in places if place is not None):
        found.faults.append(f"{where}: only a literal text can be translated")
        return
    context, message, plural = (None if place is None else texts[place] for place in places)
    found.add(context or "", message or "", plural, where)


def from_template(text: str, where: str, found: Found) -> None:
    """The trans blocks and gettext calls of a Jinja2 template."""
    pages = Environment(autoescape=True, extensions=EXTENSIONS)
    pages.policies.update(POLICIES)
    pages.install_gettext_callables(None, None, newstyle=True)  # type: ignore[attr-defined]
    for line, name, said in pages.extract_translations(text):  # type: ignore[attr-defined]
        told = said if isinstance(said, tuple) else (said,)
        texts = [one for one in told if one is not None]
        if name not in TEMPLATE_CALLS:
            continue
        context, message, plural = (
            None if place is None else texts[place] for place in TEMPLATE_CALLS[name]
        )
        found.add(context or "", message or "", plural, f"{where}:{line}")


def catalogue_path(root: Path, locale: str) -> Path:
    return root / SOURCE / "locale" / locale / "LC_MESSAGES" / "django.po"


def read(root: Path, locale: str) -> Catalog:
    """The catalogue as it stands; an absent file is an empty one."""
    path = catalogue_path(root, locale)
    text = path.read_text("utf-8") if path.exists() else ""
    return pofile.read_po(io.StringIO(text), locale=locale)


def updated(found: Found, held: Catalog) -> str:
    """The text of the catalogue with exactly the found messages and what is known about them."""
    made = Catalog(locale=held.locale, fuzzy=False)
    for (context, message), plural in found.messages.items():
        old = held.get(message, context or None)
        forms = _forms(old) if old else []
        if str(held.locale) == ENGLISH and not any(forms):
            forms = [message, plural] if plural else [message]
        made.add(
            (message, plural) if plural else message,
            tuple(forms) if plural else "".join(forms[:1]),
            flags={flag for flag in old.flags if flag == "fuzzy"} if old else (),
            context=context or None,
            user_comments=old.user_comments if old else (),
        )
    buffer = io.BytesIO()
    pofile.write_po(
        buffer, made, width=0, no_location=True, omit_header=True, sort_output=True,
        ignore_obsolete=True,
    )  # fmt: skip
    header = [
        'msgid ""',
        'msgstr ""',
        rf'"Language: {held.locale}\n"',
        r'"MIME-Version: 1.0\n"',
        r'"Content-Type: text/plain; charset=UTF-8\n"',
        r'"Content-Transfer-Encoding: 8bit\n"',
        rf'"Plural-Forms: {PLURAL_FORMS[str(held.locale)]}\n"',
    ]
    return "\n".join(header) + "\n\n" + buffer.getvalue().decode().rstrip("\n") + "\n"


def update(root: Path) -> dict[str, int]:
    """Write and compile both catalogues; how many messages of each still want a translation."""
    found = collect(root)
    waiting = {}
    for locale in PLURAL_FORMS:
        path = catalogue_path(root, locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = updated(found, read(root, locale))
        if not path.exists() or path.read_text("utf-8") != text:
            write_whole(path, text.encode())
        waiting[locale] = sum(not all(_forms(message)) for message in _entries(read(root, locale)))
    compile_catalogues(root)
    return waiting


def check(root: Path) -> list[str]:
    """Everything that is wrong with the messages of the code or with a catalogue."""
    found = collect(root)
    faults = list(found.faults)
    for locale in PLURAL_FORMS:
        held = read(root, locale)
        faults += [f"{locale}: {fault}" for fault in catalogue_faults(found.messages, held)]
    return faults


def catalogue_faults(wanted: Mapping[Key, str | None], held: Catalog) -> Iterator[str]:
    entries = {(message.context or "", _first(message)): message for message in _entries(held)}
    for key, plural in sorted(wanted.items(), key=lambda item: item[0]):
        if key not in entries or _plural(entries[key]) != plural:
            yield f"missing: “{key[1]}”"
    dropped = (_first(message) for message in held.obsolete.values())
    for name in (*dropped, *(key[1] for key in entries if key not in wanted)):
        yield f"obsolete: “{name}”"
    for message in entries.values():
        chinese = str(held.locale) == CHINESE
        for fault in (*entry_faults(message), *(chinese_faults(message) if chinese else ())):
            yield f"{fault}: “{_first(message)}” → {' | '.join(_forms(message))}"


def entry_faults(message: Message) -> Iterator[str]:
    """What can be wrong with a translation into any language."""
    forms = _forms(message)
    if not all(forms):
        yield "untranslated"
        return
    if message.fuzzy:
        yield "fuzzy"
    # A language with one form says the number, as the plural does.
    sources = [_first(message), _plural(message)] if len(forms) > 1 else []
    for source, form in zip(sources or [_plural(message) or _first(message)], forms, strict=False):
        if set(PLACEHOLDER.findall(source or "")) != set(PLACEHOLDER.findall(form)):
            yield "other placeholders"
        if re.search(r"\w", source or "") and _edges(source or "") != _edges(form):
            yield "other space at an end"


def chinese_faults(message: Message) -> Iterator[str]:
    """What is not good Chinese typography or not our words."""
    for form in _forms(message):
        for word, better in AVOIDED.items():
            if word in form:
                yield f"says {word}, not {better}"
        if not re.search(HAN, form):
            continue
        # A value in the sentence is read as part of it.
        text = PLACEHOLDER.sub("某", form)
        if HALF_WIDTH.search(text):
            yield "half-width punctuation in Chinese"
        if SPACED.search(text.strip()):
            yield "space in Chinese"


def _entries(catalogue: Catalog) -> Iterable[Message]:
    return (message for message in catalogue if message.id)


def _first(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, (list, tuple)) else message.id)


def _plural(message: Message) -> str | None:
    return str(message.id[1]) if isinstance(message.id, (list, tuple)) else None


def _forms(message: Message) -> list[str]:
    if isinstance(message.string, (list, tuple)):
        return [form or "" for form in message.string]
    return [message.string or ""]


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        faults = check(ROOT)
        print("\n".join([*faults, f"{len(faults)} faults in the messages." if faults else "ok"]))
        return 1 if faults else 0
    if arguments:
        print(__doc__)
        return 2
    for locale, count in update(ROOT).items():
        print(f"{locale}: {count} messages to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
