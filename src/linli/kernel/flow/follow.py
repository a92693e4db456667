"""Facts that follow their subject when it is merged into another one of its kind.

A fact moves and remembers under which subject it was recorded (`recorded_as`). So merges can be
undone exactly and in any order: what was recorded since names the subject that was kept itself.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce


def join(rows: QuerySet[Any], *, kept: UUID, absorbed: UUID, column: str = "person_id") -> int:
    """Move facts of a merged subject to the one that is kept; returns how many."""
    changes = {"recorded_as_id": Coalesce("recorded_as_id", F(column)), column: kept}
    return rows.filter(**{column: absorbed}).update(**changes)


def part(
    rows: QuerySet[Any], *, absorbed: UUID, files: Iterable[UUID], column: str = "person_id"
) -> int:
    """Move facts back to a subject that is no longer merged, with those of the `others` that were
    merged into it before; returns how many."""
    others = [one for one in files if one != absorbed]
    own = rows.filter(recorded_as=absorbed).update(recorded_as=None, **{column: absorbed})
    return own + rows.filter(recorded_as__in=others).update(**{column: absorbed})
