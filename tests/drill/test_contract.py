"""The API's contract at length: a hundred thousand calls, with another seed in every round."""

import os

import pytest

from ..gateway.calls import Caller
from ..oracle.conftest import quiet
from ..oracle.rows import Town
from ..town import built_town, savepoint, town

__all__ = ["built_town", "quiet", "savepoint", "town"]
pytestmark = pytest.mark.usefixtures("quiet")
CALLS = int(os.environ.get("LINLI_DRILL_CALLS", "100000"))
# Rounds of a thousand calls: what Hypothesis remembers of one is gone before the next.
ROUND = 1_000


def test_a_hundred_thousand_calls(town: Town) -> None:
    caller = Caller(town, methods=("GET", "POST"))
    start = int(os.environ.get("LINLI_DRILL_SEED", "1000"))
    while caller.report.calls < CALLS:
        caller.call(at_least=min(CALLS, caller.report.calls + ROUND), start=start)
        start += 100
    print(caller.report.told())  # noqa: T201
    assert not caller.report.wrong, caller.report.told()
