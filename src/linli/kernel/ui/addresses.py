from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.urls import reverse

NOBODY = UUID(int=0)


def address(name: str, key: UUID) -> str:
    """The address of a page about one row. The pattern is looked up once, not for every row: a
    list has dozens."""
    before, after = _around(name)
    return f"{before}{key}{after}"


def row_address(name: str) -> Callable[[Any], str]:
    """Addresses of rows, for `Table.row_url`."""
    return lambda row: address(name, row.pk)


@lru_cache(maxsize=200)
def _around(name: str) -> tuple[str, str]:
    before, _nobody, after = reverse(name, args=[NOBODY]).partition(str(NOBODY))
    return before, after
