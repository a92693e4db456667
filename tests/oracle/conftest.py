import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from ..town import built_town, savepoint, town
from .report import told

DAY = timedelta(days=1)

__all__ = ["built_town", "savepoint", "town"]


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Thousands of refusals are what is wanted here: they are not told one by one."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module", autouse=True)
def unhurried() -> Iterator[None]:
    """A walk takes minutes, on a slow machine many: no session ends on the way, or the answers
    would depend on the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "LINLI_IDLE_TIMEOUT", DAY)
        patch.setattr(settings, "LINLI_SESSION_TIMEOUT", 2 * DAY)
        yield


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many cells were asked, how many differed, how many planted leaks were caught."""
    stats = terminalreporter.stats
    line = told([*stats.get("passed", []), *stats.get("failed", [])])
    if line:
        terminalreporter.write_line(f"oracle: {line}")
