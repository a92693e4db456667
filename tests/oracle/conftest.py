import logging
from collections.abc import Iterator
from typing import Any

import pytest

from ..town import built_town, savepoint, town
from .report import told

__all__ = ["built_town", "savepoint", "town"]


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Thousands of refusals are what is wanted here: they are not told one by one."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cells were asked, how many differed, how many planted leaks were caught."""
    stats = terminalreporter.stats
    line = told([*stats.get("passed", []), *stats.get("failed", [])])
    if line:
        terminalreporter.write_line(f"oracle: {line}")
