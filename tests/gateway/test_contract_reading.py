import pytest

from ..oracle.rows import Town
from .calls import Caller

pytestmark = pytest.mark.usefixtures("quiet")
CALLS = 2_500


def test_no_call_that_reads_is_answered_otherwise_than_described(town: Town) -> None:
    report = Caller(town, methods=("GET",)).call(at_least=CALLS)
    assert not report.wrong, report.told()
    assert report.calls >= CALLS
