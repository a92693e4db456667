"""Random years of reorganisations and facts: every number, under every geography, is what a recount
on the ground itself says."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.areas.changes import Change
from linli.kernel.areas.enact import apply
from linli.kernel.areas.geography import Geography
from linli.kernel.areas.models import ChangeKind
from linli.kernel.areas.queries import children, path
from linli.kernel.stats.fold import fold
from linli.kernel.stats.read import Question, by_area, not_attributed, total
from linli.kernel.stats.verify import verify

from ..world import World
from .atlas import (
    CITY,
    FACT_DAYS,
    GEOGRAPHIES,
    START,
    Atlas,
    counts_in,
    facts,
    ground_on,
    histories,
    live,
)
from .facts import SERVICES, add_places, fact, store

FIRST, LAST = date(2023, 1, 1), date(2025, 12, 31)
SPANS = ((FIRST, LAST), (date(2023, 1, 1), date(2023, 12, 31)), (date(2024, 1, 1), LAST))
pytestmark = pytest.mark.django_db


def settled(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )


def compare(history: list[Any]) -> None:
    """Every fact that could be, in every area of every geography, without a database."""
    atlas = live(history)
    log = atlas.log()
    for geography in GEOGRAPHIES:
        held = Geography.of(log, geography or date.max)
        areas = atlas.years[geography]
        pieces = {area: held.pieces(area) for area in areas}
        for day in FACT_DAYS:
            for code in ground_on(atlas, day):
                expected = counts_in(atlas, code, day, geography)
                assert areas.keys() & held.holders(code, day) == expected, (code, day, geography)
                found = [
                    area
                    for area, some in pieces.items()
                    for one in some
                    if one.low <= code <= one.high and one.first <= day <= one.last
                ]
                assert sorted(found) == sorted(expected), (code, day, geography)


def put_into_force(atlas: Atlas) -> None:
    for day in sorted({line[3] for line in atlas.lines}):
        told = [
            Change(f"line {at}", ChangeKind(kind), before, after, on, name)
            for at, (kind, before, after, on, name) in enumerate(atlas.lines)
            if on == day
        ]
        apply(told, now=timezone.now(), today=date(2026, 1, 1))


def check(atlas: Atlas, recorded: list[tuple[int, date]]) -> None:
    assert verify() == []
    for at, geography in enumerate(GEOGRAPHIES):
        held = {one: counts_in(atlas, *one, geography) for one in set(recorded)}
        areas = atlas.years[geography]
        for first, last in SPANS[at % 2 : at % 2 + 2]:
            counted = dict.fromkeys(areas, 0)
            for one in recorded:
                if first <= one[1] <= last:
                    for area in held[one]:
                        counted[area] += 1
            for area in areas:
                asked = Question(SERVICES, area, first, last, as_of=geography)
                whole = total(asked)
                assert whole.n == counted[area], (geography, area, first)
                below = [one.code for one in children(area, on=geography) if one.code in areas]
                parts = by_area(asked, below)
                found = {code: parts[code].n if code in parts else 0 for code in below}
                assert found == {code: counted[code] for code in below}, (geography, area)
                assert not_attributed(whole, parts.values()).n >= 0


def unreachable(atlas: Atlas) -> list[int]:
    """Areas in force that nobody comes to from the city down, or whose way up is another."""
    reached, todo = set(), [CITY]
    while todo:
        code = todo.pop()
        reached.add(code)
        todo += [one.code for one in children(code)]
    ours = atlas.years[None].keys()
    lost = ours - reached
    return sorted(lost | {one for one in ours if CITY not in [each.code for each in path(one)]})


def run(world: World, history: list[Any], asked: list[Any]) -> None:
    with transaction.atomic():
        set_actor(system("tests"))
        add_places(START)
        atlas = live(history)
        put_into_force(atlas)
        recorded = []
        for day, which in asked:
            codes = sorted(ground_on(atlas, day))
            recorded.append((codes[which % len(codes)], day))
        store(*(fact(world, area_id=code, occurred_on=day) for code, day in recorded))
        if len(recorded) % 2:
            fold()
        check(atlas, recorded)
        assert unreachable(atlas) == []
        transaction.set_rollback(True)


@settled(200)
@given(history=histories)
def test_a_fact_counts_where_the_ground_says(history: list[Any]) -> None:
    compare(history)


def test_a_log_that_forgets_what_was_divided_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Geography, "_parts", lambda *given: [])
    with pytest.raises(AssertionError):
        compare([[("split", 2, 0, True)], [("merge", 2, 1, False)], []])


@settled(8)
@given(history=histories, asked=facts)
def test_every_number_is_what_the_ground_says(
    world: World, history: list[Any], asked: list[Any]
) -> None:
    run(world, history, asked)
