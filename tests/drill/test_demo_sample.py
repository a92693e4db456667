"""The demonstration's bulk rows beside the actions' own: five hundred histories."""

import pytest
from django.utils import timezone

from linli.kernel.stats import verify as stats
from linli.kernel.stats.fold import fold
from linli.site.demo.network import LICHENG
from linli.site.demo.script import write_script

from ..conftest import clone
from ..site.excerpt import excerpt
from ..site.player import ActionPlayer, in_bulk
from ..site.snapshot import Snapshot, differences, snapshot

HISTORIES = 500
ANXI, DEHUA, HUIAN = 350524000000, 350526000000, 350521000000


@pytest.mark.usefixtures("fresh_database")
def test_five_hundred_histories_are_the_same_both_ways(
    template_name: str, database_name: str
) -> None:
    whole = write_script(timezone.now())
    part = excerpt(whole, counties={LICHENG, ANXI, DEHUA, HUIAN}, requests=HISTORIES)
    part.play(ActionPlayer())
    by_actions = _settled()
    clone(template_name, database_name)

    in_bulk(part).store("demo")

    assert differences(by_actions, _settled()) == []
    assert by_actions["intake.Request"].total() >= HISTORIES


def _settled() -> Snapshot:
    while fold():
        pass
    assert stats.verify() == []
    return snapshot()
