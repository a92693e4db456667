"""Ten thousand malformed files and every bomb: answered in time, and nothing of them is stored."""

import pytest
from django.utils import timezone

from linli.kernel.scope import unscoped
from linli.kernel.sheets.enums import ImportState
from linli.people.models import Person

from ..conftest import acting
from ..sheets.bad_files import BOMBS, files
from ..sheets.hands import drive, outcomes, planned, upload
from ..sheets.test_reading import children, harms, watched
from ..world import World

COUNT = 10_000
# So many go all the way: uploaded, read, and checked where they can be read.
IMPORTED_EACH = 25
MOST_SECONDS = 10.0


def test_ten_thousand_files_harm_nobody() -> None:
    seen: dict[str, int] = {}
    slowest, largest, swollen = 0.0, 0, 0
    for name, blob in files(COUNT, seed=20261130):
        found = watched(blob)
        assert harms(found) == [], name
        assert found.seconds < MOST_SECONDS, name
        slowest, largest = max(slowest, found.seconds), max(largest, found.parent_bytes)
        swollen = max(swollen, found.child_bytes)
        seen[found.code] = seen.get(found.code, 0) + 1
    assert sum(seen.values()) == COUNT
    assert children() == []
    print(f"{seen}; slowest {slowest:.2f} s, server +{largest}, reader {swollen}")  # noqa: T201


@pytest.mark.parametrize("name", BOMBS)
def test_every_bomb_is_answered_in_time(name: str) -> None:
    found = watched(BOMBS[name]())
    assert (harms(found), found.seconds < MOST_SECONDS) == ([], True)
    print(f"{name}: {found}")  # noqa: T201


@pytest.mark.django_db
def test_nothing_of_them_is_imported_by_half(world: World) -> None:
    from linli.kernel.sheets import actions

    with unscoped("drill"):
        before = Person.objects.count()
    for at, (name, blob) in enumerate(files(COUNT // IMPORTED_EACH, seed=11)):
        batch = drive(upload(world, blob, by="head"))
        assert batch.state in {ImportState.READ, ImportState.REFUSED}, name
        if batch.state == ImportState.READ:
            with acting(world.actor("head", now=timezone.now())) as actor:
                plan = planned(world, batch, basis="statutory_duty")
                actions.plan_import(batch, actor=actor, plan=plan)
            batch = drive(batch)
            assert sum(outcomes(batch).values()) == batch.total, (at, name)
    with unscoped("drill"):
        assert Person.objects.count() == before
