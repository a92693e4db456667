from typing import Any

import pytest

from linli.dispatch import queries
from linli.dispatch.models import Order
from linli.gateway.api import errors
from linli.kernel.scope import unscoped

from ..oracle.rows import Town
from .calls import Caller

pytestmark = pytest.mark.usefixtures("quiet")
CALLS = 2_500
ENOUGH = 80


def test_no_call_that_reads_is_answered_otherwise_than_described(town: Town) -> None:
    report = Caller(town, methods=("GET",)).call(at_least=CALLS)
    assert not report.wrong, report.told()
    assert report.calls >= CALLS


def found(town: Town, only: str) -> str:
    report = Caller(town, methods=("GET",), only=only).call(at_least=ENOUGH)
    return " ".join(report.wrong)


def test_an_answer_of_500_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(actor: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(queries, "orders", broken)
    assert "ServerError" in found(town, "/orders")


def test_an_answer_that_is_not_the_described_one_is_found(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "problem_of", lambda error: None)
    assert "JsonSchemaError" in found(town, "/statistics/numbers")


def test_an_answer_that_tells_of_rows_of_others_is_found(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everybodys(actor: Any) -> Any:
        with unscoped("planted"):
            return Order.objects.all()

    monkeypatch.setattr(queries, "orders", everybodys)
    heard = found(town, "/orders")
    assert "heard “order" in heard
    assert "key:grid_worker" not in heard
