"""Texts that begin with a given text, found by index under every plan.

`LIKE 'x%'` uses an index only while the pattern is known to the planner. A statement that was
prepared and is run often loses that, and a search of a millisecond becomes one of fifty.
"""

from typing import Any

from django.db.models import BooleanField, F, Lookup

LARGEST = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


def after(prefix: str) -> str:
    """The least text above every text that begins with `prefix`, by code points.

    Raises ValueError when there is none: for "", and for one that holds the last code point only.
    """
    for at in range(len(prefix) - 1, -1, -1):
        if (code := ord(prefix[at]) + 1) <= LARGEST:
            return prefix[:at] + chr(SURROGATES.stop if code in SURROGATES else code)
    raise ValueError("nothing lies above every text")


class Begins(Lookup):
    """A column, indexed with `text_pattern_ops`, begins with a text that is not empty."""

    lookup_name = "begins"
    output_field = BooleanField()
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        sql = f"({column} ~>=~ %s AND {column} ~<~ %s)"
        return sql, (*params, self.rhs, *params, after(self.rhs))


def begins(column: str, text: str) -> Begins:
    """A condition for `filter()`: the column begins with the text."""
    return Begins(F(column), text)
