"""Rows that several people edit: nobody overwrites what they have not seen.

A row counts its versions, and each change tells the timeline which version it made and which fields
it touched. A form carries the version it was rendered from. Whoever sends it later than somebody
else is held up only where both have touched the same field, and is told who, when and what.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from linli.kernel.timeline.queries import Edit, edits

from .machine import Stale


class Versioned(models.Model):
    """A row with a count of its changes."""

    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        abstract = True


class Overtaken(Stale):
    """Somebody else has stored other values in `fields` since; `version` is how it stands now."""

    def __init__(self, changes: Iterable[Edit], fields: frozenset[str], version: int) -> None:
        super().__init__()
        self.changes = list(changes)
        self.fields = fields
        self.version = version


def lock(row: models.Model) -> None:
    """Read a row as it is now, and let nobody else change it until the transaction ends."""
    row.refresh_from_db(from_queryset=type(row)._base_manager.select_for_update(of=("self",)))


def swap(
    row: Any,
    subject_type: str,
    *,
    seen: int | None,
    held: Mapping[str, object],
    wanted: Mapping[str, object],
    with_names: bool = True,
) -> dict[str, str | int]:
    """Count the next version of a locked row, whose fields change from `held` to what is `wanted`.

    Returns what the timeline is told of it, and nothing if nothing changes. `seen` is the version
    that was changed from (None: whatever there is). Raises Overtaken.
    """
    touched = differing(held, wanted)
    if not touched:
        return {}
    if seen is not None and seen != row.version:
        _let_nobody_down(row, subject_type, seen, touched, with_names=with_names)
    counted = type(row)._base_manager.filter(pk=row.pk, version=row.version)
    if counted.update(version=models.F("version") + 1) != 1:
        raise Stale
    row.version += 1
    return stamp(row.version, touched)


def differing(held: Mapping[str, object], wanted: Mapping[str, object]) -> frozenset[str]:
    """The names under which two sets of values differ."""
    return frozenset(name for name in wanted if _plain(held[name]) != _plain(wanted[name]))


def stamp(version: int, touched: Iterable[str]) -> dict[str, str | int]:
    """What the timeline is told of a change, so that the next one can ask."""
    return {"version": version, "fields": " ".join(sorted(touched))}


def _let_nobody_down(
    row: Any, subject_type: str, seen: int, touched: frozenset[str], *, with_names: bool
) -> None:
    since = edits(subject_type, row.pk, since=seen, with_names=with_names)
    # An event that does not say what it touched may have touched everything.
    both = [one for one in since if not one.fields or one.fields & touched]
    if both:
        fields = frozenset().union(*(one.fields or touched for one in both)) & touched
        raise Overtaken(both, fields, row.version)


def _plain(value: object) -> object:
    # A browser writes the end of a line with two characters.
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
