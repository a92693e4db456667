import pytest

from linli.kernel.areas.models import AreaChange
from linli.kernel.stats.fold import fold
from linli.kernel.stats.read import Question, by_dimension, by_dimensions

from ..world import COUNTY, OTHER_COUNTY, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .facts import DAYS, FUJIAN, NATION, QUANZHOU, add_places, asked, fact, store


def agrees(question: Question) -> int:
    """Whether one pass tells the same as a question for each dimension; how many values it told."""
    found = by_dimensions(question)
    assert list(found) == list(question.measure.dimensions)
    for name, counts in found.items():
        alone = by_dimension(question, name)
        assert list(counts.items()) == list(alone.items())
    return sum(len(counts) for counts in found.values())


@pytest.mark.parametrize("folded", ["nothing", "some", "all"])
def test_one_pass_tells_what_each_dimension_tells_alone(world: World, folded: str) -> None:
    add_places()
    store(
        *(fact(world, method="phone", place="remote", occurred_on=DAYS[2]) for _at in range(3)),
        fact(world, method="visit", content="legal", occurred_on=DAYS[1]),
        fact(world, area_id=OTHER_VILLAGE, method="group", content=""),
    )
    if folded != "nothing":
        fold()
    if folded == "some":
        store(fact(world, method="visit", minutes=90), fact(world, method="case"))
    told = [agrees(asked(area)) for area in (NATION, FUJIAN, QUANZHOU, COUNTY, TOWNSHIP, VILLAGE)]
    assert min(told) >= 3
    assert agrees(asked(COUNTY, DAYS[0], DAYS[0])) == 0
    assert agrees(asked(NATION, unit=world.unit_id("station"))) > 0


def test_one_pass_follows_an_area_that_was_merged(world: World) -> None:
    store(fact(world), fact(world, area_id=OTHER_VILLAGE, method="phone"))
    AreaChange.objects.create(
        kind="merge", before_id=OTHER_COUNTY, after_id=COUNTY, on_day=DAYS[-1]
    )
    question = asked(COUNTY)
    assert agrees(question) > 0
    assert sum(one.n for one in by_dimensions(question)["method"].values()) == 2
