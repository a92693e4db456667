from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.utils import timezone

from linli.kernel.flow.models import Clock, Tier
from linli.kernel.stats import triggers
from linli.kernel.stats.fold import fold
from linli.kernel.stats.measures import Measure, Sum, measure, measures, register
from linli.kernel.stats.models import Delta, Tally
from linli.kernel.stats.read import (
    Count,
    Question,
    by_dimension,
    total,
)
from linli.kernel.stats.verify import verify
from linli.lib.uuid7 import uuid7
from linli.services.models import Service

from ..world import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, VILLAGE, World
from .facts import (
    DAYS,
    FUJIAN,
    NATION,
    QUANZHOU,
    SERVICES,
    Recount,
    asked,
    fact,
    store,
)

FIRST, LAST = DAYS[0], DAYS[-1]


def n(area: int = NATION) -> int:
    return total(asked(area)).n


def deltas(name: str = "services") -> list[tuple[int, int]]:
    """(n, minutes) of the deltas that wait, in the order they were written."""
    return list(Delta.objects.filter(measure=name).order_by("id").values_list("n", "s2"))


def test_each_statement_writes_the_difference_it_makes(world: World) -> None:
    one = fact(world, minutes=30)
    store(one)
    assert deltas() == [(1, 30)]
    Service._base_manager.filter(pk=one.pk).update(minutes=50)
    assert deltas() == [(1, 30), (0, 20)]
    Service._base_manager.filter(pk=one.pk).update(method="phone")
    assert sorted(deltas()[2:]) == [(-1, -50), (1, 50)]
    Service._base_manager.filter(pk=one.pk).delete()
    assert deltas()[-1] == (-1, -50)
    assert n() == 0
    assert total(asked(NATION)) == Count(0, (0, 0, 0))


def test_rows_of_one_statement_share_a_delta_where_they_share_a_cell(world: World) -> None:
    store(*(fact(world, minutes=10) for _at in range(7)), fact(world, occurred_on=DAYS[2]))
    assert sorted(deltas()) == [(1, 30), (7, 70)]
    assert n() == 8


def test_a_change_that_is_not_counted_adds_no_delta(world: World) -> None:
    store(fact(world), fact(world))
    before = deltas()
    Service._base_manager.update(recorded_at=timezone.now(), version=F("version") + 1)
    Service._base_manager.update(minutes=F("minutes"))
    # Another village of the same city is the same cell.
    Service._base_manager.update(area_id=NEXT_VILLAGE)
    Service._base_manager.filter(pk=uuid7()).update(minutes=1)
    Service._base_manager.filter(pk=uuid7()).delete()
    assert deltas() == before


def test_two_rows_that_change_places_add_no_delta(world: World) -> None:
    one, two = fact(world, minutes=10), fact(world, minutes=20)
    store(one, two)
    before = deltas()
    Service._base_manager.update(minutes=30 - F("minutes"))
    assert deltas() == before


COLUMNS = [one.attname for one in Service._meta.concrete_fields if one.attname != "id"]


def _copy(world: World, row: Service) -> None:
    values = [getattr(row, one) for one in COLUMNS]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY services_service (id, {', '.join(COLUMNS)}) FROM STDIN") as lines,
    ):
        for _at in range(3):
            lines.write_row([uuid7(), *values])


def _insert_select(world: World, row: Service) -> None:
    store(row)
    columns = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO services_service (id, {columns})"
            f" SELECT gen_random_uuid(), {columns} FROM services_service, generate_series(1, 2)"
        )


def _upsert(world: World, row: Service) -> None:
    store(row, fact(world))
    again = fact(world, id=row.pk, minutes=45)
    Service._base_manager.bulk_create(
        [again, fact(world)],
        update_conflicts=True,
        update_fields=["minutes"],
        unique_fields=["id"],
    )


def _bulk_update(world: World, row: Service) -> None:
    rows = [row, fact(world), fact(world)]
    store(*rows)
    for at, one in enumerate(rows):
        one.minutes, one.method = 100 + at, "phone"
    Service._base_manager.bulk_update(rows, ["minutes", "method"])


def _update_from(world: World, row: Service) -> None:
    store(row, fact(world), fact(world))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE services_service s SET minutes = v.minutes FROM"
            " (SELECT id, row_number() OVER () AS minutes FROM services_service) v"
            " WHERE v.id = s.id"
        )


@pytest.mark.parametrize("write", [_copy, _insert_select, _upsert, _bulk_update, _update_from])
def test_whoever_writes_and_however_is_counted(
    world: World, write: Callable[[World, Service], None]
) -> None:
    write(world, fact(world))
    recount = Recount.now()
    assert recount.total(asked(NATION)).n == 3
    for area in (NATION, FUJIAN, QUANZHOU, COUNTY, VILLAGE):
        assert total(asked(area)) == recount.total(asked(area))
    assert verify() == []
    fold()
    assert total(asked(FUJIAN)) == recount.total(asked(FUJIAN))


def test_what_is_undone_is_not_counted(world: World) -> None:
    with transaction.atomic():
        store(fact(world))
        assert n() == 1
        transaction.set_rollback(True)
    assert (n(), deltas()) == (0, [])


def test_a_row_counts_from_the_moment_it_fulfils_the_condition(world: World) -> None:
    """A step is counted when its clock has stopped."""
    steps = measure("clocks")
    clock = Clock.objects.create(
        subject_type="dispatch.order",
        subject_id=uuid7(),
        area=VILLAGE,
        state="accepted",
        tier=Tier.STATION,
        unit=world.unit_id("station"),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        due_at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    question = Question(steps, NATION, FIRST, LAST)
    assert total(question).n == 0
    clock.stopped_on, clock.minutes, clock.is_late = DAYS[1], 90, True
    clock.save()
    assert total(question) == Count(1, (90,))
    assert by_dimension(question, "is_late") == {"true": Count(1, (90,))}
    assert total(replace(question, area=VILLAGE)) == Count(1, (90,))
    clock.stopped_on = None
    clock.save()
    assert total(question).n == 0
    assert verify() == []


def test_folding_moves_everything_once(world: World) -> None:
    store(fact(world), fact(world, area_id=OTHER_VILLAGE, method="phone"))
    waiting = Delta.objects.count()
    before = {area: total(asked(area)) for area in (NATION, FUJIAN, QUANZHOU, COUNTY)}

    assert fold() == waiting
    cells = list(Tally.objects.order_by("area", "dim", "day", "value").values())
    assert fold() == 0
    assert list(Tally.objects.order_by("area", "dim", "day", "value").values()) == cells
    assert {area: total(asked(area)) for area in before} == before
    assert Delta.objects.count() == 0


@pytest.mark.parametrize("place", [NATION, FUJIAN, QUANZHOU, COUNTY, VILLAGE])
def test_a_fact_counts_once_however_coarse_its_place_is(world: World, place: int) -> None:
    store(fact(world, area_id=place))
    above = [one for one in (NATION, FUJIAN, QUANZHOU, COUNTY, VILLAGE) if one <= place]
    for _time in range(2):
        counted = [n(area) for area in (NATION, FUJIAN, QUANZHOU, COUNTY, VILLAGE)]
        assert counted == [1] * len(above) + [0] * (5 - len(above))
        fold()
    assert verify() == []


def plant(statement: str) -> Callable[[], Any]:
    def planted() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return planted


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stats_tally SET n = n + 1 WHERE area = 0 AND dim = ''",
        "UPDATE stats_tally SET s2 = s2 - 1 WHERE area = 350500000000 AND dim = 'method'",
        "DELETE FROM stats_tally WHERE area = 350000000000 AND dim = 'place'",
        "UPDATE stats_tally SET value = 'group' WHERE dim = 'method' AND area = 0",
        "UPDATE stats_tally SET day = day + 1 WHERE dim = '' AND area = 0",
        "UPDATE stats_delta SET n = n + 1",
        "UPDATE stats_delta SET s1 = s1 + 1",
        "UPDATE stats_delta SET area = 110100000000",
        "DELETE FROM stats_delta",
        "INSERT INTO stats_tally (measure, area, dim, day, value, n, s1, s2, s3)"
        " VALUES ('services', 110000000000, '', '2026-01-01', '', 1, 0, 0, 0)",
    ],
)
def test_a_drift_of_one_anywhere_is_found(world: World, statement: str) -> None:
    store(fact(world))
    fold()
    store(fact(world))
    assert verify() == []
    with transaction.atomic():
        plant(statement)()
        found = verify()
        transaction.set_rollback(True)
    assert found
    assert {one.measure for one in found} == {"services"}
    assert all(one.facts != one.shown for one in found)
    assert "services" in str(found[0])
    assert verify() == []


BLIND = (
    "CREATE OR REPLACE FUNCTION linli_stats_services_delete() RETURNS trigger LANGUAGE plpgsql"
    " SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN RETURN NULL; END $$"
)


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_trigger_that_is_gone_switched_off_or_made_blind_is_found() -> None:
    assert triggers.flaws(using="owner") == []
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE services_service DISABLE TRIGGER linli_stats_services_update")
        cursor.execute("DROP TRIGGER linli_stats_clocks_insert ON flow_clock")
        cursor.execute(BLIND)
        assert [str(one) for one in verify(using="owner")] == [
            "triggers: linli_stats_clocks_insert is missing",
            "triggers: linli_stats_services_delete was changed",
            "triggers: linli_stats_services_update is switched off",
        ]
        triggers.install(using="owner")
        assert verify(using="owner") == []
        transaction.set_rollback(True, using="owner")


def test_the_application_cannot_switch_counting_off(world: World) -> None:
    from django.db import ProgrammingError

    for statement in (
        "ALTER TABLE services_service DISABLE TRIGGER linli_stats_services_insert",
        "DROP FUNCTION linli_stats_services_insert() CASCADE",
        "TRUNCATE services_service CASCADE",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic():
            plant(statement)()


def test_a_measure_is_registered_once_and_adds_up_three_columns_at_most() -> None:
    assert SERVICES in measures()
    assert register(SERVICES) is SERVICES
    with pytest.raises(ValueError, match="registered twice"):
        register(replace(SERVICES, title="another"))
    with pytest.raises(ValueError, match="at most 3"):
        Measure(
            name="x",
            table="x",
            title="",
            unit="",
            definition="",
            needs="",
            day="day",
            sums={str(at): Sum("c", "", "") for at in range(4)},
        )
