import csv
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Self

from django.db import connections, transaction

from linli.kernel.accounts.actors import system

NULL = "\\N"
CHUNK = 1 << 20


class Spool(AbstractContextManager["Spool"]):
    """Rows of one table on disk in COPY's own form, so that loading is timed without making them.

    `add` takes values in the order of `columns`; bytes become bytea.
    """

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table = table
        self.columns = columns
        self.rows = 0
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
        self._writer = csv.writer(self._file)

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: Iterable[Any]) -> None:
        self._writer.writerow(_cell(value) for value in row)
        self.rows += 1

    def add_all(self, rows: Iterable[Iterable[Any]]) -> Self:
        for row in rows:
            self.add(row)
        return self

    def load(self) -> float:
        """COPY every row in one transaction as `linli_load`; returns the seconds it took."""
        self._file.flush()
        stream = self._file.buffer
        stream.seek(0)
        columns = ", ".join(f'"{name}"' for name in self.columns)
        statement = f"COPY {self.table} ({columns}) FROM STDIN (FORMAT csv, NULL '{NULL}')"
        began = time.perf_counter()
        with transaction.atomic(using="load"), connections["load"].cursor() as cursor:
            # The guards refuse people's rows while nobody acts.
            actor = system("benchmarks")
            name = f"{actor.kind}:{actor.reason}"
            cursor.execute("SELECT set_config('linli.actor', %s, true)", [name])
            with cursor.copy(statement) as copy:
                while chunk := stream.read(CHUNK):
                    copy.write(chunk)
        return time.perf_counter() - began


def _cell(value: Any) -> Any:
    if value is None:
        return NULL
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value
