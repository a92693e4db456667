"""Files that were merged: who follows whom, and where their facts stand.

A merged file keeps its row; `merged_into` says which file is read instead. A fact of it moves there
and remembers under which file it was recorded (`recorded_as`). So where a fact belongs can always
be made out anew, in whatever order files are merged and taken apart, and what was recorded after a
merge stays with the file on which it was recorded.
"""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from .models import Basis, Membership, Person, PersonCategory


def survivor(person_id: UUID) -> UUID:
    """The file that is read for a file: itself, unless it was merged."""
    files = Person._base_manager
    while into := files.filter(pk=person_id).values_list("merged_into", flat=True).first():
        person_id = into
    return person_id


def family(person_id: UUID) -> frozenset[UUID]:
    """A file and every file that was merged into it, directly or not."""
    held = found = {person_id}
    while found:
        rows = Person._base_manager.filter(merged_into__in=found)
        found = set(rows.values_list("pk", flat=True))
        held = held | found
    return frozenset(held)


def settle(person_id: UUID) -> None:
    """Put categories and households of a file and of those merged into it where they belong.

    The file's own come first. One that was true at the same time stays with the merged file: a
    category applies once at a time, and a person lives in one household at a time.
    """
    files = family(person_id)
    _settle(PersonCategory._base_manager.all(), person_id, files, lambda row: row.code)
    _settle(Membership._base_manager.all(), person_id, files, lambda row: None)
    bases = Basis._base_manager.filter(person__in=files - {person_id})
    bases.update(recorded_as_id=Coalesce("recorded_as_id", F("person_id")), person_id=person_id)


def _settle(rows: QuerySet[Any], person_id: UUID, files: frozenset[UUID], kind: Any) -> None:
    found = rows.alias(origin=Coalesce("recorded_as_id", "person_id")).filter(origin__in=files)
    placed: list[Any] = []
    back: list[Any] = []
    here: list[Any] = []
    for row in sorted(found, key=lambda one: _rank(one, person_id)):
        origin = row.recorded_as_id or row.person_id
        is_free = not any(kind(one) == kind(row) and _meet(one, row) for one in placed)
        if is_free:
            placed.append(row)
        goes_to = person_id if is_free else origin
        if row.person_id != goes_to:
            (here if is_free else back).append((row.pk, goes_to, origin))
    # First those that go, so that nothing is there twice for a moment.
    for pk, goes_to, origin in back + here:
        recorded_as = None if goes_to == origin else origin
        rows.filter(pk=pk).update(person_id=goes_to, recorded_as_id=recorded_as)


def _rank(row: Any, person_id: UUID) -> tuple[bool, date, UUID]:
    return (row.recorded_as_id or row.person_id) != person_id, row.valid_from, row.pk


def _meet(one: Any, other: Any) -> bool:
    """Whether two dated rows are true on the same day; the day on which one gives way to the other
    is nobody's."""
    first, second = sorted((one, other), key=lambda row: row.valid_from)
    return first.valid_to is None or second.valid_from < first.valid_to
