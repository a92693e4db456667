"""All rows of all tables, with ids replaced by what they stand for, so that two can be compared."""

import hashlib
from collections import Counter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model

Columns = dict[str, Any]
Snapshot = dict[str, Counter[str]]

# Drawn at random, counted by the database, or the moment and transaction of writing.
DIFFERS = {
    "intake.Request": {"number", "pin_hash"},
    "dispatch.Order": {"number"},
    "accounts.User": {"joined_at", "password_changed_at", "session_mark"},
    "timeline.Event": {"hash", "transaction"},
    "people.NameToken": {"id"},
}
# Not written by actions: what the database was built with, and what is made of other tables.
LEFT_OUT = {
    "stats.Delta", "timeline.Seal", "areas.Area", "areas.AreaVersion", "site.Demonstration"
}  # fmt: skip
ROUNDS = 4


def snapshot() -> Snapshot:
    """Rows by table as text, each as often as it occurs; sealed columns are opened."""
    tables = {
        model._meta.label: _rows(model)
        for model in apps.get_models()
        if model.__module__.startswith("linli.") and model._meta.label not in LEFT_OUT
    }
    tables["stats.Tally"] = [row for row in tables["stats.Tally"] if row["n"]]
    meaning = _meanings(tables)
    return {name: Counter(_text(row, meaning) for row in rows) for name, rows in tables.items()}


def _rows(model: type[Model]) -> list[Columns]:
    left_out = DIFFERS.get(model._meta.label, set())
    names = [one.attname for one in model._meta.concrete_fields if one.attname not in left_out]
    return list(model._base_manager.values(*names))


def _meanings(tables: dict[str, list[Columns]]) -> dict[UUID, str]:
    """For each id a digest of its row and, round by round, of the rows it leads to."""
    rows = {
        row["id"]: (name, row)
        for name, found in tables.items()
        for row in found
        if isinstance(row.get("id"), UUID)
    }
    meaning: dict[UUID, str] = dict.fromkeys(rows, "")
    for _round in range(ROUNDS):
        meaning = {
            key: _digest(name + _text({**row, "id": None}, meaning))
            for key, (name, row) in rows.items()
        }
    return meaning


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(row: Columns, meaning: dict[UUID, str]) -> str:
    return repr([(name, _plain(value, meaning)) for name, value in sorted(row.items())])


def _plain(value: Any, meaning: dict[UUID, str]) -> Any:
    if isinstance(value, UUID):
        return meaning[value]
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, dict):
        return {name: _plain(one, meaning) for name, one in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(one, meaning) for one in value]
    if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
        return meaning[UUID(value)]
    return value


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """Rows that only one of the two has, with the table; empty when they are equal."""
    found = []
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name, Counter()), other.get(name, Counter())
        found += [f"{name} first only: {row}" for row in (left - right).elements()]
        found += [f"{name} second only: {row}" for row in (right - left).elements()]
    return found
