import base64
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

PAGE_ROWS = 25
COUNTED_AT_MOST = 10_000
# What reading a cursor that somebody made up can raise.
NOT_OURS = (
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    ValidationError,
)


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursors of its neighbours (empty when there is none)."""

    rows: list[Any]
    newer: str
    older: str


def _pack(value: object, key: object) -> str:
    kept = value.isoformat() if isinstance(value, date | datetime) else value
    text = json.dumps([kept, str(key)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpack(cursor: str, sort: str, model: Any) -> tuple[Any, UUID] | None:
    """The sort value and id in a cursor; None for anything that is not one of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kept, key = json.loads(base64.urlsafe_b64decode(padded))
        value = model._meta.get_field(sort).to_python(kept)
        is_naive = isinstance(value, datetime) and value.tzinfo is None
        # No column holds NUL, and no sort key is null.
        if value is None or is_naive or "\x00" in str(value):
            return None
        return value, UUID(key)
    except NOT_OURS:
        return None


def is_cursor(cursor: str, *, sort: str, model: Any) -> bool:
    """Whether a text is a cursor of ours, for who tells rather than begins anew."""
    return _unpack(cursor, sort, model) is not None


def page_of(
    rows: QuerySet[Any], *, sort: str, after: str = "", before: str = "", ascending: bool = False
) -> Page:
    """The page after or before a cursor, sorted by `sort` and id; a bad cursor is the first."""
    cursor = before or after
    place = _unpack(cursor, sort, rows.model) if cursor else None
    backwards = bool(before) and place is not None
    downwards = ascending == backwards
    if place is not None:
        value, key = place
        step = "lt" if downwards else "gt"
        rows = rows.filter(Q(**{f"{sort}__{step}": value}) | Q(**{sort: value, f"pk__{step}": key}))
    sign = "-" if downwards else ""
    # The keys first: what a row shows is joined for one page, not for everything that is sorted.
    order = (f"{sign}{sort}", f"{sign}pk")
    keys = rows.order_by(*order).values("pk")[: PAGE_ROWS + 1]
    found = list(rows.filter(pk__in=keys).order_by(*order))
    has_more = len(found) > PAGE_ROWS
    found = found[:PAGE_ROWS]
    if backwards:
        found.reverse()
    if not found:
        return Page([], "", "")
    first, last = found[0], found[-1]
    newer = _pack(getattr(first, sort), first.pk) if (has_more if backwards else place) else ""
    older = _pack(getattr(last, sort), last.pk) if (True if backwards else has_more) else ""
    return Page(found, newer, older)


def total_text(rows: QuerySet[Any], page: Page | None = None) -> str:
    """How many rows there are, in words; counted up to 10,000, and not at all if `page` has all."""
    if page is not None and not (page.newer or page.older):
        count = len(page.rows)
    else:
        count = rows.order_by()[: COUNTED_AT_MOST + 1].count()
    if count > COUNTED_AT_MOST:
        return _("more than 10,000")
    return ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}
