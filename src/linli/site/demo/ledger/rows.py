from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import BinaryField, Field, JSONField, Model
from psycopg import sql

from linli.kernel.timeline.models import Event
from linli.lib.uuid7 import uuid7_at

# The database fills these itself.
LEFT_OUT = {(Event, "hash"), (Event, "transaction")}
Convert = Callable[[Any], Any]


class Row(SimpleNamespace):
    """A row that is not in the database yet, with its columns under the model's own names."""

    key: str

    @property
    def pk(self) -> Any:
        return getattr(self, self.key)


class Ids:
    """Ids as they would have been made at a moment, each later than the one before it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._latest: tuple[datetime | None, int] = (None, 0)

    def make(self, at: datetime) -> UUID:
        moment, count = self._latest
        self._latest = (at, count + 1 if moment == at else 0)
        return uuid7_at(at + timedelta(microseconds=self._latest[1]), self.random)


class Shape:
    """What a model's table takes: columns, defaults, and how values are put for it."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.table = model._meta.db_table
        (key,) = (one for one in model._meta.concrete_fields if one.primary_key)
        self.key = key.attname
        # A number that the database counts up itself is left to it.
        self.counts = key.get_internal_type() == "BigAutoField"
        self.fields = [
            one
            for one in model._meta.concrete_fields
            if (model, one.attname) not in LEFT_OUT and not (self.counts and one.primary_key)
        ]
        self.names = {one.attname for one in self.fields}
        others = [one for one in self.fields if not one.primary_key]
        made = [one for one in others if one.has_default() and callable(one.default)]
        self.makers = {one.attname: one.default for one in made}
        self.defaults = {one.attname: one.get_default() for one in others if one not in made}
        self.columns = [(one.attname, str(one.column), _converter(one)) for one in self.fields]

    def row(self, values: dict[str, Any]) -> Row:
        if not values.keys() <= self.names:
            raise ValueError(f"{self.table} has no {values.keys() - self.names}")
        made = {name: maker() for name, maker in self.makers.items() if name not in values}
        return Row(**{"key": self.key, **self.defaults, **made, **values})


def _converter(field: "Field[Any, Any]") -> Convert | None:
    """How a value is put for the database; None where it goes as it is."""
    if isinstance(field, BinaryField | JSONField):
        connection = connections["load"]
        return lambda value: field.get_db_prep_save(value, connection)
    return None


shape = cache(Shape)


class Rows:
    """Collects rows of any models and copies them into the database in one go."""

    def __init__(self, random: Random) -> None:
        self.ids = Ids(random)
        self.of: dict[type[Model], list[Row]] = {}

    def add(self, model: type[Model], at: datetime, /, **values: Any) -> Row:
        """A new row; an id is made for `at` unless one is given."""
        held = shape(model)
        if not held.counts and held.key not in values:
            values[held.key] = self.ids.make(at)
        row = held.row(values)
        self.of.setdefault(model, []).append(row)
        return row

    def remove(self, row: Row) -> None:
        """Take a row away again that was not copied yet."""
        row.is_gone = True

    def copy(self, *, using: str = "load") -> int:
        """COPY everything in the present transaction; returns how many rows."""
        count = 0
        with connections[using].cursor() as cursor:
            for model, rows in self.of.items():
                kept = [row for row in rows if "is_gone" not in row.__dict__]
                held = shape(model)
                names = [sql.Identifier(column) for _, column, _ in held.columns]
                statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
                    sql.Identifier(held.table), sql.SQL(", ").join(names)
                )
                with cursor.copy(statement) as out:
                    for row in kept:
                        values = row.__dict__
                        out.write_row(
                            [
                                convert(values[name]) if convert else values[name]
                                for name, _, convert in held.columns
                            ]
                        )
                count += len(kept)
        return count
