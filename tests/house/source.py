"""The source as the house tests read it: parsed modules and templates, found in the tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "linli"
FACES = ("views", "api", "forms", "panels", "tables")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A module by name and text; a made-up one has no path."""

    name: str
    text: str
    path: Path | None = None

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The storey or kernel package it belongs to: `linli.people`, `linli.kernel.flow`."""
        parts = self.name.split(".")
        return ".".join(parts[: 3 if parts[1:2] == ["kernel"] else 2])

    @property
    def role(self) -> str:
        """What it is inside its package: `actions`, `views` (also for `views.files`); "" = root."""
        return self.name.removeprefix(self.package).strip(".").partition(".")[0]

    def place(self, node: ast.AST) -> str:
        """`linli.people.views:12`, to be read by whoever has broken a rule."""
        return f"{self.name}:{getattr(node, 'lineno', 0)}"


@dataclass(frozen=True)
class Template:
    """A template by the name under which it is loaded."""

    name: str
    text: str
    path: Path | None = None


def module_name(path: Path, root: Path = PACKAGE.parent) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the product, migrations left out."""
    found = sorted(one for one in PACKAGE.rglob("*.py") if "migrations" not in one.parts)
    return tuple(Module(module_name(one), one.read_text("utf-8"), one) for one in found)


@cache
def templates() -> tuple[Template, ...]:
    """Every template of the product."""
    found = sorted(one for one in PACKAGE.rglob("*.html") if "templates" in one.parts)
    made = []
    for path in found:
        at = len(path.parts) - 1 - path.parts[::-1].index("templates")
        name = "/".join(path.parts[at + 1 :])
        made.append(Template(name, path.read_text("utf-8"), path))
    return tuple(made)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of what is called: `record` for `timeline.record(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            held = node.func
            name = held.attr if isinstance(held, ast.Attribute) else getattr(held, "id", "")
            yield name, node


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Every string that is not a docstring."""
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                words.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
            yield node
