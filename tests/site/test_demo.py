import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner
from django.db import transaction
from django.utils import timezone

from linli.directory.models import Organisation, Site
from linli.directory.queries import coverage
from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.intake.enums import RequestState
from linli.intake.models import Request
from linli.intake.receipts import open_receipt
from linli.kernel.accounts.actors import actor_of
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.models import Charge, Clock, Duty
from linli.kernel.flow.queries import duties
from linli.kernel.stats import verify as stats
from linli.kernel.stats.fold import fold
from linli.kernel.timeline import guards
from linli.kernel.timeline import verify as timeline
from linli.kernel.timeline.models import Event
from linli.kernel.units.models import Unit, UnitKind
from linli.lib.areacodes import COUNTY, TOWNSHIP, at_level
from linli.lib.checkdigits import citizen_id, credit_code, mobile_or_landline
from linli.people.models import Person
from linli.services.models import Service
from linli.site import check, databases, demo
from linli.site.cli import main, start
from linli.site.demo.accounts import aligned, width
from linli.site.demo.database import wipe
from linli.site.demo.ledger import Ledger
from linli.site.demo.ledger.rows import Row
from linli.site.demo.network import GAPS, HUIAN, LICHENG, ZONE, ZONE_DISPATCHER
from linli.site.demo.script import SEED, write_script
from linli.site.demo.steps import Script
from linli.site.models import Demonstration

from ..conftest import clone
from .excerpt import excerpt, with_every_turn
from .player import ActionPlayer, in_bulk
from .snapshot import differences, snapshot

DEHUA = 350526000000
HISTORIES = 60
NOW = timezone.now()


@pytest.fixture(scope="module")
def script(django_db_setup: None, django_db_blocker: Any) -> Script:
    with django_db_blocker.unblock():
        return write_script(NOW)


@pytest.fixture(scope="module")
def ledger(script: Script, django_db_blocker: Any) -> Ledger:
    """The whole script, played in memory only."""
    with django_db_blocker.unblock():
        return in_bulk(script)


@pytest.fixture
def small(script: Script) -> Script:
    return excerpt(script, counties={LICHENG}, requests=12)


def counties(script: Script) -> set[int]:
    return with_every_turn(script, {LICHENG, DEHUA, HUIAN})


def rows(ledger: Ledger, model: Any) -> list[Row]:
    return [row for row in ledger.book.rows.of[model] if "is_gone" not in vars(row)]


@pytest.mark.usefixtures("fresh_database")
def test_the_bulk_rows_are_those_of_the_actions(
    script: Script, template_name: str, database_name: str
) -> None:
    part = excerpt(script, counties=counties(script), requests=HISTORIES)
    part.play(ActionPlayer())
    while fold():
        pass
    by_actions = snapshot()
    clone(template_name, database_name)

    in_bulk(part).store("demo")

    while fold():
        pass
    assert differences(by_actions, snapshot()) == []
    assert by_actions["intake.Request"].total() >= HISTORIES
    zone = Unit.objects.get(kind=UnitKind.CENTRE, area_id__in=ZONE)
    assert Order._base_manager.filter(centre=zone, station__isnull=False).count() >= 3


def test_the_excerpt_has_every_turn_that_the_script_has(script: Script) -> None:
    part = excerpt(script, counties=counties(script), requests=HISTORIES)

    assert {one.verb for one in part.steps()} == {one.verb for one in script.steps()}


@pytest.mark.usefixtures("fresh_database")
def test_one_minute_too_many_is_a_difference(small: Script) -> None:
    in_bulk(small).store("demo")
    before = snapshot()
    clock = Clock.objects.filter(charge=Charge.WORK, stopped_at__isnull=False).order_by("id")[0]
    Clock.objects.filter(pk=clock.pk).update(minutes=clock.minutes + 1)

    found = differences(before, snapshot())

    assert [line.split(":")[0] for line in found if line.startswith("flow.")] == [
        "flow.Clock first only",
        "flow.Clock second only",
    ]


@pytest.mark.django_db
def test_the_same_seed_and_moment_write_the_same_script(script: Script) -> None:
    again = write_script(NOW)

    assert [repr(one) for one in again.steps()] == [repr(one) for one in script.steps()]


def test_nothing_happens_after_now_and_nobody_is_named_before_they_are_known(
    script: Script,
) -> None:
    assert max(one.at for one in script.steps()) < NOW
    made: set[str] = set()
    for step in script.steps():
        wanted = {*step.facts.get("persons", ()), step.facts.get("person", step.about)}
        assert wanted - made <= {step.about}
        made |= {step.about, step.facts.get("order", ""), step.facts.get("service", "")}


def test_the_network_has_the_citys_shape(ledger: Ledger) -> None:
    kinds = Counter(row.kind for row in rows(ledger, Unit))
    roles = Counter(row.role for row in rows(ledger, Post))

    assert (kinds[UnitKind.CENTRE], kinds[UnitKind.STATION], kinds[UnitKind.ROOM]) == (
        12,
        163,
        1101,
    )
    assert roles[Role.STATION_HEAD] == 163
    assert roles[Role.STATION_HEAD] + roles[Role.WORKER] == 400
    assert set(roles) == set(Role)
    assert len(rows(ledger, Service)) == 20_000
    assert len(rows(ledger, Request)) == 3_000
    assert 5_500 < len(rows(ledger, Person)) < 6_500


def test_the_zones_centre_answers_for_the_zone_and_the_countys_for_the_rest(
    ledger: Ledger,
) -> None:
    units = {row.id: row for row in rows(ledger, Unit)}
    zone = next(
        row for row in units.values() if row.kind == UnitKind.CENTRE and row.area_id in ZONE
    )
    asked = Counter(
        (row.centre_id == zone.id, at_level(row.area_id, TOWNSHIP) in ZONE)
        for row in rows(ledger, Request)
    )
    assert (asked[True, False], asked[False, True]) == (0, 0)
    assert asked[True, True] > 30
    for order in rows(ledger, Order):
        seats = [one["unit"] for one in order.considered] + [order.station_id]
        for seat in filter(None, seats):
            is_of_zone = units[UUID(str(seat))].area_id in ZONE
            assert is_of_zone == (order.centre_id == zone.id)
    told = {
        row.verb
        for row in rows(ledger, Event)
        if row.unit == zone.id or row.user == ledger.book.actors.user(ZONE_DISPATCHER).user_id
    }
    assert {"dispatch.order.dispatch", "intake.request.accept"} <= told


def test_every_state_stands_somewhere_and_some_are_late(ledger: Ledger) -> None:
    orders, requests = rows(ledger, Order), rows(ledger, Request)

    assert {row.state for row in orders} == set(OrderState)
    assert {row.state for row in requests} == set(RequestState)
    in_licheng = [row for row in orders if at_level(row.area_id, COUNTY) == LICHENG]
    assert sum(row.state == OrderState.ARBITRATION for row in in_licheng) >= 2
    assert any(row.reopened and row.state == OrderState.PENDING for row in in_licheng)
    parted = {row.subject_id for row in rows(ledger, Event) if row.verb == "intake.request.part"}
    assert [row.state for row in requests if row.id in parted] == [RequestState.REGISTERED]
    late = Counter(row.due_at < NOW for row in rows(ledger, Duty))
    assert late[True] >= 10
    assert late[False] > 3 * late[True]


def test_nobody_is_real(ledger: Ledger) -> None:
    persons, requests = rows(ledger, Person), rows(ledger, Request)
    mobiles = {row.phone for row in (*persons, *requests) if row.phone}
    landlines = {row.phone for model in (Site, Organisation) for row in rows(ledger, model)}

    assert {one[:7] for one in mobiles} == {"1990000"}
    assert {one[:9] for one in landlines} == {"0595-9999"}
    assert {mobile_or_landline(one) for one in mobiles | landlines} == mobiles | landlines
    ids = [row.citizen_id for row in persons if row.citizen_id]
    assert len(ids) == len(set(ids)) > 1_000
    assert {one[:6] for one in map(citizen_id, ids)} == {"000000"}
    codes = [credit_code(row.credit_code) for row in rows(ledger, Organisation)]
    assert {one[2:8] for one in codes} == {"000000"}


@pytest.mark.django_db
def test_what_cannot_happen_is_refused(small: Script) -> None:
    ledger = in_bulk(replace(small, requests=()))
    tale = next(one for one in small.requests if "dispatch.accept_order" in one.verbs())
    steps = tale.steps
    accepted = next(at for at, one in enumerate(steps) if one.verb == "dispatch.accept_order")
    for step in steps[:accepted]:
        ledger.play(step)
    stranger = next(
        row.username
        for row in rows(ledger, User)
        if row.username.startswith("sg")
        and ledger.book.actors.user(row.username).unit_id
        != ledger.book.orders[steps[accepted].about].unit_id
    )

    with pytest.raises(Refused):
        ledger.play(replace(steps[accepted], who=stranger))
    ledger.play(steps[accepted])
    with pytest.raises((Stale, Refused)):
        ledger.play(steps[accepted])


@pytest.mark.usefixtures("fresh_database")
def test_the_guard_binds_the_bulk_writer_too(small: Script) -> None:
    ledger = in_bulk(small)

    with pytest.raises(psycopg.DatabaseError, match="no actor"), transaction.atomic(using="load"):
        ledger.book.rows.copy()


@pytest.mark.usefixtures("fresh_database")
def test_a_broken_off_run_leaves_nothing(small: Script) -> None:
    ledger = in_bulk(small)
    ledger.book.rows.add(Demonstration, NOW, id=2, made_at=NOW, seed=SEED)

    with pytest.raises(psycopg.errors.CheckViolation):
        ledger.store("demo")

    assert (User.objects.count(), Unit.objects.count(), demo.is_demo()) == (0, 0, False)


@pytest.mark.django_db
@pytest.mark.parametrize("reset", [False, True])
def test_a_database_in_use_is_left_alone(reset: bool) -> None:
    User.objects.create(username="real", name="Real")

    with pytest.raises(demo.DemoRefused):
        demo.prepare(reset=reset)

    assert User.objects.get().username == "real"


def test_a_database_in_use_is_not_even_prepared(
    fresh_database: None, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []
    monkeypatch.setenv("LINLI_DATABASE_NAME", database_name)
    monkeypatch.setattr(databases, "prepare", lambda home: prepared.append("roles"))
    monkeypatch.setattr(start, "bring_up_to_date", lambda: prepared.append("tables"))
    start.prepare_installation(for_demo=True)
    assert prepared == ["roles", "tables"]
    User.objects.create(username="real", name="Real")

    done = CliRunner().invoke(main, ["demo", "--no-serve", "--reset"])

    assert (done.exit_code, "没有作任何改动" in done.output) == (1, True)
    assert prepared == ["roles", "tables"]
    Demonstration.objects.create(made_at=NOW, seed=SEED)
    start.prepare_installation(for_demo=True)
    assert len(prepared) == 4
    monkeypatch.setenv("LINLI_DATABASE_NAME", "no_such_database")
    start.prepare_installation(for_demo=True)
    assert len(prepared) == 6


@pytest.mark.django_db
def test_a_server_that_is_not_ours_is_not_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    Demonstration.objects.create(made_at=NOW, seed=SEED)
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://linli_app@example.invalid/linli")

    with pytest.raises(demo.DemoRefused):
        demo.prepare(reset=True)

    assert demo.is_demo()


@pytest.fixture
def prepared(fresh_database: None) -> Iterator[list[str]]:
    yield demo.prepare()


def test_a_prepared_demonstration_verifies_stays_and_can_be_thrown_away(
    prepared: list[str],
) -> None:
    assert stats.verify() == []
    report = timeline.verify()
    assert (report.problems, report.events > 70_000) == ([], True)
    assert [one.code for one in check.demonstration()] == ["demo"]
    _can_sign_in(prepared)
    _receipt_opens(prepared)
    gaps = {one.place.code for one in coverage(DEHUA, on=timezone.localdate()) if not one.stations}
    assert gaps == set(GAPS) & gaps != set()

    again = demo.prepare()

    assert again[1].startswith("The demonstration was made on")
    assert again[2:] == prepared[2:]
    assert User.objects.count() > 400
    wipe()
    assert (demo.is_demo(), User.objects.count(), guards.flaws()) == (False, 0, [])


def _can_sign_in(lines: list[str]) -> None:
    """Everybody in the table has the password and a post; who works has something to do."""
    table = [line.split()[0] for line in lines if re.match(r"[a-z]+ {2,}", line)]
    users = {one.username: one for one in User.objects.filter(username__in=table)}
    assert len(users) == len(table) == 12
    assert users["paidan"].check_password(demo.PASSWORD)
    assert len({one.password for one in users.values()}) == 1
    for username in ("paidan", "zhanzhang", "shegong"):
        assert duties(actor_of(users[username])).count() >= 3


def _receipt_opens(lines: list[str]) -> None:
    found = re.search(r"receipt ([0-9A-Z-]+), PIN (\d{6})", lines[-1])
    assert found is not None
    opened = open_receipt(found[1], found[2], place="here", now=timezone.now())
    assert opened is not None
    assert all(isinstance(one, UUID) for one in opened.subject_ids)


def test_columns_stand_side_by_side_in_both_scripts() -> None:
    lines = aligned([("ab", "站长", "x"), ("a", "社工", "y"), ("abc", "x", "z")])

    assert lines == ["ab   站长  x", "a    社工  y", "abc  x     z"]
    assert {width(line) for line in lines} == {12}
