"""Every field of every model as somebody would smuggle it in, and what the database then holds."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from linli.intake.models import ReceiptFailure

from ..world import OTHER_VILLAGE
from .rows import Town

Model = type[models.Model]
NEW_ID = "01890000-0000-7000-8000-00000000beef"
WORDS = "smuggled"
NUMBER = 7_777
DAY, MOMENT = "2001-02-03", "2001-02-03T04:05:06Z"
UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Made anew each time something is stored: only a smuggled value counts as wrong there.
VOLATILE = (
    models.UUIDField,
    models.DateTimeField,
    models.BinaryField,
    models.JSONField,
    ArrayField,
)
# Divisions and code lists are loaded by commands and written by no page.
UNTOUCHED = {"areas", "terms"}
VOLATILE_NAMES = {
    "number", "password", "answer", "path", "transaction", "values", "session_key", "session_data",
}  # fmt: skip
# What remembers that something was tried, or what was typed; none of it is a fact.
REMEMBERED = {
    "timeline_event",
    "operations_operation",
    "linli_forms_draft",
    "intake_receiptfailure",
    "accounts_signinfailure",
    "accounts_session",
    "accounts_allowance",
}


@cache
def our_models() -> tuple[Model, ...]:
    return tuple(
        one
        for one in apps.get_models()
        if one.__module__.startswith("linli.") and one._meta.app_label not in UNTOUCHED
    )


def smuggled(town: Town) -> dict[str, Any]:
    """A value for every field name there is, by its kind; the first of a name counts."""
    county = town.bundles["county"]
    rows: dict[str, Any] = {
        "units.unit": town.world.unit_id("sibling"),
        "accounts.user": town.world.users["other_worker"].pk,
        "areas.area": f"{OTHER_VILLAGE:012d}",
        "people.person": county.persons[0].pk,
        "people.household": county.households[0].pk,
        "dispatch.order": county.orders["serving"].pk,
        "intake.request": county.requests["registered"].pk,
        "services.service": county.services[0].pk,
        "accounts.post": county.posts[0].pk,
    }
    found: dict[str, Any] = {}
    for model in our_models():
        for field in model._meta.concrete_fields:
            value = _value(field, rows)
            for name in {field.name, field.attname}:
                found.setdefault(name, value)
    return found


def _value(field: Any, rows: dict[str, Any]) -> Any:
    if field.is_relation:
        label = f"{field.related_model._meta.label_lower}"
        return str(rows.get(label, NEW_ID))
    if field.choices:
        return str(list(field.flatchoices)[-1][0])
    for kind, value in (
        (models.UUIDField, NEW_ID),
        (models.BooleanField, "on" if not field.get_default() else ""),
        (models.DateTimeField, MOMENT),
        (models.DateField, DAY),
        (models.IntegerField, str(NUMBER)),
        (models.JSONField, '{"smuggled": 1}'),
    ):
        if isinstance(field, kind):
            return value
    return WORDS


def mark() -> int:
    """A number below everything that is written from now on, in savepoints too."""
    ReceiptFailure.objects.create(
        number_hash=b"m" * 32, source_hash=b"m" * 32, whole_hash=b"m" * 32, at="2001-01-01T00:00Z"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(xmin::text::bigint) FROM intake_receiptfailure")
        return int(cursor.fetchone()[0])


def written(since: int) -> dict[str, list[dict[str, Any]]]:
    """The rows that were stored or changed since a mark, by table, as the models read them."""
    parts = [
        f"SELECT '{one._meta.label}', count(*) FROM \"{one._meta.db_table}\""
        " WHERE xmin::text::bigint > %s HAVING count(*) > 0"
        for one in our_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [since] * len(parts))
        changed = [apps.get_model(label) for label, _count in cursor.fetchall()]
    return {one._meta.db_table: list(_rows(one, since)) for one in changed}


def _rows(model: Model, since: int) -> Iterator[dict[str, Any]]:
    table = model._meta.db_table
    held = model._base_manager.extra(
        where=[f'"{table}".xmin::text::bigint > %s'],
        params=[since],
        order_by=[f'"{table}".ctid'],
    )
    for row in held:
        yield {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}


def differences(
    honest: dict[str, list[dict[str, Any]]],
    found: dict[str, list[dict[str, Any]]],
    planted: dict[str, Any],
) -> list[str]:
    """Where what was stored differs from what the form alone would have stored."""
    wrong = []
    for table in sorted({*honest, *found}):
        one, two = _side_by_side(table, honest.get(table, []), found.get(table, []))
        if len(one) != len(two):
            wrong.append(f"{table}: {len(two)} rows instead of {len(one)}")
            continue
        kinds = _kinds(table)
        for left, right in zip(one, two, strict=True):
            for name in left:
                if _differs(name, kinds[name], left[name], right[name], planted):
                    wrong.append(f"{table}.{name}: {right[name]!r} instead of {left[name]!r}")
    return wrong


def _side_by_side(table: str, *both: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Both with the rows that stood there before in the same order; those made anew keep theirs."""
    model = next(one for one in our_models() if one._meta.db_table == table)
    name = model._meta.pk.attname if model._meta.pk else "id"
    known = set.intersection(*({row[name] for row in rows} for rows in both))
    order = {pk: at for at, pk in enumerate(sorted(known, key=str))}
    return [sorted(rows, key=lambda row: order.get(row[name], len(order))) for rows in both]


@cache
def _kinds(table: str) -> dict[str, Any]:
    model = next(one for one in our_models() if one._meta.db_table == table)
    return {
        field.attname: field.target_field if field.is_relation else field
        for field in model._meta.concrete_fields
    }


def _differs(name: str, kind: Any, left: Any, right: Any, planted: dict[str, Any]) -> bool:
    if left == right:
        return False
    if isinstance(kind, VOLATILE) or name in VOLATILE_NAMES:
        return _is_planted(name, right, planted)
    return not (isinstance(kind, models.AutoField) and str(right) != str(NUMBER))


def _is_planted(name: str, value: Any, planted: dict[str, Any]) -> bool:
    if isinstance(value, UUID):
        return str(value) == str(planted.get(name))
    told = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return WORDS in told or told.startswith(DAY) or NEW_ID in told
