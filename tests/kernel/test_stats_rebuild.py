"""The cube made anew from the facts, alone and while others write, fold and read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection, connections, transaction

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.stats.fold import fold
from linli.kernel.stats.measures import measure
from linli.kernel.stats.models import Delta, Tally
from linli.kernel.stats.read import by_dimension, distinct, total
from linli.kernel.stats.rebuild import rebuild
from linli.kernel.stats.verify import verify
from linli.services.models import Recipient, Service
from linli.site import install
from linli.site.cli import main

from ..world import World, build_world
from .facts import (
    COUNTED,
    DAYS,
    NATION,
    PLACES,
    Recount,
    add_places,
    asked,
    fact,
    persons,
    served,
    store,
)
from .test_stats_together import FACTS, WRITERS, alone, record

SERVICES = measure("services")
PLANTS = {
    "a cell too large": "UPDATE stats_tally SET n = n + 1 WHERE area = 0 AND dim = ''",
    "a sum too small": "UPDATE stats_tally SET s2 = s2 - 1 WHERE dim = 'method'",
    "a cell lost": "DELETE FROM stats_tally WHERE area = 350000000000 AND dim = 'place'",
    "all cells lost": "DELETE FROM stats_tally",
    "a cell of nothing": "INSERT INTO stats_tally (measure, area, dim, day, value, n, s1, s2, s3)"
    " VALUES ('services', 120000000000, '', '2026-01-01', '', 1, 0, 0, 0)",
    "a cell on another day": "UPDATE stats_tally SET day = day + 9 WHERE dim = '' AND area = 0",
    "a delta lost": "DELETE FROM stats_delta",
    "a key lost": "DELETE FROM stats_key WHERE month = '2026-01-01'",
    "a key too often": "UPDATE stats_key SET n = n + 1",
    "a key of nothing": "INSERT INTO stats_key (name, key, month, area, n)"
    " VALUES ('services.persons', gen_random_uuid(), '2026-01-01', 350500000000, 1)",
    "a key's delta lost": "DELETE FROM stats_keydelta",
    "a person too many": "UPDATE stats_once SET n = n + 1 WHERE kind = 'year' AND area = 0",
    "a month of persons lost": "DELETE FROM stats_once WHERE kind = 'month'",
    "a delta twice": "INSERT INTO stats_delta (measure, day, area, dims, n, s1, s2, s3)"
    " SELECT measure, day, area, dims, n, s1, s2, s3 FROM stats_delta",
}


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount > 0


def some(world: World) -> None:
    """Facts in cells, and one in a delta; the same persons in several places and months."""
    add_places()
    set_actor(system("tests"))
    known = persons(world, 3)
    facts = [fact(world, area_id=one, occurred_on=day) for one in PLACES for day in DAYS]
    store(*facts)
    served(*((one, known[at % 3]) for at, one in enumerate(facts)))
    Recipient.objects.filter(service__occurred_on=DAYS[0]).delete()
    Service._base_manager.filter(occurred_on=DAYS[0]).delete()
    while fold():
        pass
    latest = fact(world)
    store(latest)
    served((latest, known[0]))


@pytest.mark.parametrize("name", PLANTS)
def test_what_was_planted_is_found_and_mended(world: World, name: str) -> None:
    some(world)
    recount = Recount.now()
    run(PLANTS[name])
    assert {one.measure.split(".")[0] for one in verify()} == {"services"}

    done = rebuild(SERVICES)

    assert verify() == []
    assert done.cells > 0
    assert not Delta.objects.filter(measure="services").exists()
    for area in COUNTED:
        assert total(asked(area)) == recount.total(asked(area))


def test_a_cube_without_a_fault_is_left_as_it_is_and_other_measures_too(world: World) -> None:
    some(world)
    rebuild(SERVICES)
    others = "UPDATE stats_tally SET measure = 'clocks' WHERE dim = '' AND area = 0"
    Tally.objects.filter(measure="clocks").delete()
    run(others)
    rebuild(SERVICES)

    again = rebuild(SERVICES)

    assert (again.cells, again.deltas) == (0, 0)
    assert {one.measure for one in verify()} == {"clocks"}
    assert verify([SERVICES]) == []


@pytest.fixture
def busy(fresh_database: None) -> World:
    with transaction.atomic():
        made = build_world()
        add_places()
    return made


def test_beside_writers_folders_and_readers_every_number_is_exact_at_every_moment(
    busy: World,
) -> None:
    done = Event()
    looks: list[int] = []
    rebuilt: list[int] = []

    def go_on(work: Callable[[], Any]) -> Callable[[], None]:
        def loop() -> None:
            while not done.is_set():
                work()

        return loop

    def look() -> None:
        """Shown and counted in one snapshot: they must be equal whatever goes on."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            recount = Recount.now()
            shown = total(asked(NATION))
            methods = by_dimension(asked(NATION), "method")
        looks.append(shown.n)
        assert shown == recount.total(asked(NATION))
        assert methods == recount.by(asked(NATION), lambda row: row["method"])

    def make_anew() -> None:
        rebuilt.append(rebuild(SERVICES).deltas)

    def shorten() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('linli.actor', 'system:tests', true)")
            Service._base_manager.update(minutes=45, method="phone")

    loops = [make_anew, make_anew, fold, look, look, shorten]
    record_beside(busy, [go_on(work) for work in loops], done)

    assert Service._base_manager.count() == WRITERS * FACTS
    assert (len(rebuilt) > 3, sum(rebuilt) > 0, len(set(looks)) > 3) == (True, True, True)
    assert verify() == []
    rebuild(SERVICES)
    assert verify() == []
    recount = Recount.now()
    for area in COUNTED:
        assert total(asked(area)) == recount.total(asked(area))


def record_beside(world: World, loops: list[Callable[[], None]], done: Event) -> None:
    """Let some writers record; `done` ends the loops beside them, whose errors are raised."""
    with ThreadPoolExecutor(WRITERS + len(loops)) as pool:
        others = [pool.submit(alone, loop) for loop in loops]
        writers = [
            pool.submit(alone, lambda start=at: record(world, times=FACTS, start=start))
            for at in range(WRITERS)
        ]
        try:
            for one in writers:
                one.result()
        finally:
            done.set()
        for one in others:
            one.result()


def test_a_fact_that_is_not_committed_keeps_its_delta(busy: World) -> None:
    """Its rebuild sees neither; were the delta taken, the number would be lost for ever."""
    with ThreadPoolExecutor(1) as pool:
        record(busy, times=2)
        with transaction.atomic():
            record(busy, times=1)
            assert pool.submit(alone, lambda: rebuild(SERVICES).deltas).result() == 2
        assert total(asked(NATION)).n == 3
        assert Delta.objects.filter(measure="services").count() == 1
    assert verify() == []


def test_the_command_mends_and_recounts(busy: World) -> None:
    record(busy, times=2)
    fold()
    run("UPDATE stats_tally SET n = n + 1 WHERE area = 0 AND dim = ''")
    found = CliRunner().invoke(main, ["stats", "verify"])
    assert (found.exit_code, "services 000000000000" in found.output) == (1, True)

    done = CliRunner().invoke(main, ["stats", "rebuild", "--measure", "services"])

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "services: 1 cells written, 0 waiting deltas taken in.",
        "No difference between the statistics and the facts.",
    ]
    assert CliRunner().invoke(main, ["stats", "rebuild"]).exit_code == 0
    unknown = CliRunner().invoke(main, ["stats", "rebuild", "--measure", "nothing"])
    assert (unknown.exit_code, "no measure 'nothing'" in unknown.output) == (2, True)


def test_after_triggers_of_another_version_everything_is_counted_anew(busy: World) -> None:
    record(busy, times=2)
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TRIGGER linli_stats_services_insert ON services_service")
        cursor.execute(
            "DROP TRIGGER linli_once_services_persons_links_insert ON services_recipient"
        )
    record(busy, times=2)
    with transaction.atomic():
        set_actor(system("tests"))
        latest = fact(busy)
        store(latest)
        served((latest, persons(busy, 1)[0]))
    assert {one.measure for one in verify()} == {"triggers", "services", "services.persons"}

    install.migrate()

    assert verify() == []
    month = date(2026, 1, 1), date(2026, 1, 31)
    assert (total(asked(NATION)).n, distinct(asked(NATION, *month), "persons")) == (5, 1)
