"""Two thousand histories of reorganisations; of a hundred every number in the database."""

from typing import Any

from hypothesis import given

from tests.kernel.atlas import facts, histories
from tests.kernel.test_area_histories import compare, run, settled
from tests.world import World


@settled(2000)
@given(history=histories)
def test_two_thousand_histories(history: list[Any]) -> None:
    compare(history)


@settled(100)
@given(history=histories, asked=facts)
def test_a_hundred_histories_in_the_database(
    world: World, history: list[Any], asked: list[Any]
) -> None:
    run(world, history, asked)
