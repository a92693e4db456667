import logging
from collections.abc import Iterator

import pytest

from ..town import built_town, savepoint, town

__all__ = ["built_town", "savepoint", "town"]


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Thousands of refusals are what is wanted here: they are not told one by one."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)
