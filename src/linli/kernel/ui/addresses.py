from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.urls import reverse

NOBODY = UUID(int=0)


def row_address(name: str) -> Callable[[Any], str]:
    """Addresses of rows, for `Table.row_url`: the pattern is looked up once, not for every row."""

    def address(row: Any) -> str:
        before, after = _around(name)
        return f"{before}{row.pk}{after}"

    return address


@lru_cache(maxsize=100)
def _around(name: str) -> tuple[str, str]:
    before, _nobody, after = reverse(name, args=[NOBODY]).partition(str(NOBODY))
    return before, after
