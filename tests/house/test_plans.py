"""Plans: with 20,000 rows, what people wait for is read by index and never by walking the table."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from linli.dispatch.models import Order
from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import User
from linli.kernel.stats.measures import measures
from linli.kernel.stats.read import by_day, question, total
from linli.kernel.ui.lists import list_page
from linli.people.queries import search

from ..conftest import acting
from ..world import TOWNSHIP, VILLAGE, World, build_world
from .test_lists import tables

ROWS, UNITS = 20_000, 400
# Tables that a page may walk: settings and the like, which stay small.
LARGE = {
    "people_person",
    "people_nametoken",
    "services_service",
    "dispatch_order",
    "intake_request",
}
Planned = tuple[World, Callable[[str], Actor]]

UNIT_ROWS = """
INSERT INTO units_unit (id, kind, area_id, competent_body, zh, en, valid_from)
SELECT gen_random_uuid(), 'station', %(township)s, 'civil_affairs', 'x', 'x', '2020-01-01'
FROM generate_series(1, %(units)s)
"""
# Every unit gets the same share; the world's own station is one of them.
SPREAD = "(SELECT array_agg(id ORDER BY id) AS ids FROM units_unit WHERE kind = 'station') u"
UNIT = "u.ids[1 + n %% cardinality(u.ids)]"
NOW = "now() - n * interval '1 minute'"
FACTS = {
    "people_person": f"""
INSERT INTO people_person
  (id, area_id, unit_id, name, preferred_name, pinyin_key, sex, recorded_at)
SELECT gen_random_uuid(), %(village)s, {UNIT}, 'plan' || n, '', 'plan' || n, 'unstated', {NOW}
FROM generate_series(1, %(rows)s) n, {SPREAD}""",
    "people_nametoken": """
INSERT INTO people_nametoken (person_id, area_id, unit_id, token)
SELECT id, area_id, unit_id, name FROM people_person""",
    "services_service": f"""
INSERT INTO services_service
  (id, area_id, unit_id, worker_id, method, content, place, occurred_on, minutes, anonymous,
   person_times, version, recorded_at)
SELECT gen_random_uuid(), %(village)s, {UNIT}, %(worker)s, 'visit', 'policy', 'home',
  (current_date - n / 100), 30, 1, 1, 1, {NOW} FROM generate_series(1, %(rows)s) n, {SPREAD}""",
    "dispatch_order": f"""
INSERT INTO dispatch_order
  (id, area_id, unit_id, centre_id, station_id, number, state, need, urgency, routing, considered,
   result, bounces, bounced_minutes, is_binding, reopened, has_verdict, opened_at, opened_on,
   due_at, promised_at)
SELECT gen_random_uuid(), %(village)s, {UNIT}, %(centre)s, {UNIT}, 'P' || n, 'dispatched', 'care',
  'week', '', '[]', '', 0, 0, false, 0, false, {NOW}, current_date - n / 100,
  {NOW} + interval '30 days', {NOW} FROM generate_series(1, %(rows)s) n, {SPREAD}""",
    "intake_request": f"""
INSERT INTO intake_request
  (id, area_id, unit_id, centre_id, number, pin_hash, state, door, for_whom, need, urgency, reason,
   registered_at, registered_on)
SELECT gen_random_uuid(), %(village)s, {UNIT}, %(centre)s, 'P' || n, '', 'registered', 'window',
  'other', 'care', 'week', '', {NOW}, current_date - n / 100
FROM generate_series(1, %(rows)s) n, {SPREAD}""",
}


@pytest.fixture(scope="module")
def planned(
    django_db_setup: None,
    django_db_blocker: Any,
    database_name: str,
    template_name: str,
) -> Iterator[Planned]:
    """A world with 20,000 rows of each kind in a database of its own, with fresh statistics."""
    from ..conftest import _drop, _point_to, clone

    name = database_name.replace("linli_test_", "linli_test_plans_")
    with django_db_blocker.unblock():
        clone(template_name, name)
        _point_to(name)
        with transaction.atomic():
            world = build_world()
            with connection.cursor() as cursor:
                _fill(cursor, world)
        with connections["owner"].cursor() as cursor:
            cursor.execute("ANALYZE")
        yield world, world.actor
        _point_to(database_name)
        _drop(name)


def _fill(cursor: Any, world: World) -> None:
    given = {
        "rows": ROWS,
        "units": UNITS,
        "township": TOWNSHIP,
        "village": VILLAGE,
        "worker": world.users["worker"].pk,
        "centre": world.unit_id("centre"),
    }
    for statement in (UNIT_ROWS, *FACTS.values()):
        cursor.execute(statement, given)


def walked(read: Callable[[], object]) -> list[str]:
    """The large tables that were walked from end to end by what `read` asked."""
    with CaptureQueriesContext(connection) as captured:
        read()
    found = []
    for one in captured.captured_queries:
        if one["sql"].lstrip().upper().startswith(("SELECT", "WITH")):
            found += [table for table in _scanned(one["sql"]) if table in LARGE]
    return found


def _scanned(sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", [])
        plan = cursor.fetchone()[0]
    waiting = [one["Plan"] for one in (json.loads(plan) if isinstance(plan, str) else plan)]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan":
            yield node["Relation Name"]


def read_as(actor: Actor, read: Callable[[], object]) -> list[str]:
    with transaction.atomic(), acting(actor):
        return walked(read)


def _page(table: Any, actor: Actor) -> Callable[[], object]:
    request: HttpRequest = RequestFactory().get("/list/")
    request.actor = actor  # type: ignore[attr-defined]
    request.user = User.objects.get(pk=actor.user_id)
    return lambda: list_page(request, table).content


def test_lists_are_read_by_index(planned: Planned) -> None:
    actor = planned[1]("worker")
    found = {name: table for name, table in tables(actor).items() if "directory" not in name}
    assert len(found) >= 4
    wrong = {name: read_as(actor, _page(table, actor)) for name, table in found.items()}
    assert {name: told for name, told in wrong.items() if told} == {}


def test_persons_are_found_by_index(planned: Planned) -> None:
    actor = planned[1]("worker")
    assert read_as(actor, lambda: search(actor, "plan1999")) == []


def test_numbers_are_read_by_index(planned: Planned) -> None:
    actor = planned[1]("head")
    counted = [one for one in measures() if holds(actor, one.needs)]
    assert len(counted) >= 4
    for one in counted:
        asked = question(
            actor, one, area=TOWNSHIP, first=actor.today - timedelta(days=7), last=actor.today
        )
        assert read_as(actor, lambda: (total(asked), by_day(asked))) == [], one.name  # noqa: B023


def test_a_walk_through_a_table_is_found(planned: Planned) -> None:
    actor = planned[1]("worker")
    wrong = lambda: list(Order.objects.filter(Q(number__endswith="77")))  # noqa: E731
    assert read_as(actor, wrong) == ["dispatch_order"]
