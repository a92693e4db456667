"""What a template says with constants alone is worked out once, when it is compiled.

Most calls on a page are of this kind: a message without values, a small picture, the address of a
file or of a page. They give the same in every answer, so each language has templates of its own,
in which they stand as text.
"""

from collections.abc import Callable, Mapping

from django.utils import translation
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

Functions = Mapping[str, Callable[..., str]]


def message(translate: Callable[..., str]) -> Callable[..., str]:
    """A message of the catalogue, with its doubled percent signs made single."""
    return lambda *words: translate(*words) % ()


class Constants(NodeTransformer):
    """Replaces calls with constant arguments by what they return in a language: `texts` return
    text that is escaped where it stands, `pieces` a piece of HTML."""

    def __init__(self, *, texts: Functions, pieces: Functions, language: str) -> None:
        self._texts = texts
        self._pieces = pieces
        self._language = language

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  (jinja2's name)
        self.generic_visit(node)
        name = getattr(node.node, "name", "")
        function = self._texts.get(name) or self._pieces.get(name)
        given = [one.value for one in node.args if isinstance(one, nodes.Const)]
        is_constant = len(given) == len(node.args)
        if function is None or not is_constant or node.kwargs or node.dyn_args or node.dyn_kwargs:
            return node
        with translation.override(self._language):
            said = nodes.Const(str(function(*given)), lineno=node.lineno)
        return nodes.MarkSafe(said, lineno=node.lineno) if name in self._pieces else said

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  (jinja2's name)
        """Constants joined by jinja2 are plain text: a piece would forget that it is HTML."""
        return node
