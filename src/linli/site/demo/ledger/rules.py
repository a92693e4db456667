"""The rooms' own permission rules, asked of rows that are not in the database yet."""

from typing import Any

from django.db.models import Q

from linli.kernel.access.permissions import permission
from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.machine import Refused

from .rows import Row


def demand(actor: Actor, name: str, row: Row) -> None:
    """Raise Refused unless the actor holds the permission for the row."""
    if not answers(permission(name).rule(actor), row):
        raise Refused


def demand_any(actor: Actor, name: str) -> None:
    """Raise Refused if the actor holds the permission for no row at all."""
    if permission(name).rule(actor) is False:
        raise Refused


def answers(question: Q | bool, row: Row) -> bool:
    """Whether a row fits a question, as the database would say."""
    if isinstance(question, bool):
        return question
    parts = [
        answers(one, row) if isinstance(one, Q) else _fits(one, row) for one in question.children
    ]
    found = any(parts) if question.connector == Q.OR else all(parts)
    return found is not question.negated


def _fits(condition: Any, row: Row) -> bool:
    name, wanted = condition
    column, _, test = name.partition("__")
    value = row.pk if column == "pk" else getattr(row, column)
    if test == "isnull":
        return (value is None) is wanted
    if value is None:
        return False
    return bool(TESTS[test](value, wanted))


TESTS: dict[str, Any] = {
    "": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "gte": lambda value, wanted: value >= wanted,
    "lte": lambda value, wanted: value <= wanted,
}
