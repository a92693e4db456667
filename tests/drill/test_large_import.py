"""Five thousand people from one sheet: how long each part takes, and what it needs."""

import time

import pytest

from linli.kernel.scope import unscoped
from linli.kernel.stats import verify as stats
from linli.people.models import Person

from ..sheets.hands import checked, outcomes, person_row, run, undo, workbook
from ..sheets.test_reading import MOST_PARENT_BYTES, resident
from ..world import World

PEOPLE = 5_000


@pytest.mark.django_db
def test_five_thousand_people_come_and_go(world: World) -> None:
    blob = workbook([person_row(one) for one in range(1, PEOPLE + 1)])
    before, told = resident(), []

    begun = time.monotonic()
    batch = checked(world, blob)
    told.append(f"read and checked in {time.monotonic() - begun:.0f} s")
    assert outcomes(batch) == {"accepted": PEOPLE}

    begun = time.monotonic()
    batch = run(world, batch)
    told.append(f"imported in {time.monotonic() - begun:.0f} s")
    assert outcomes(batch) == {"done": PEOPLE}
    with unscoped("drill"):
        assert Person.objects.count() == PEOPLE

    begun = time.monotonic()
    batch = undo(world, batch)
    told.append(f"taken back in {time.monotonic() - begun:.0f} s")
    assert outcomes(batch) == {"removed": PEOPLE}
    assert list(stats.verify()) == []
    assert resident() - before < MOST_PARENT_BYTES
    print(f"{'; '.join(told)}; {(resident() - before) // 10**6} MB more")  # noqa: T201
