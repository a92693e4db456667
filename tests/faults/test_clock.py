"""The server's clock jumps by an hour, forth and back, between one request and the next."""

import time
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from linli.intake import actions as intake
from linli.intake.models import Request
from linli.kernel.accounts.actors import visitor
from linli.kernel.flow.models import Clock
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.kernel.timeline.seal import seal
from linli.kernel.timeline.verify import verify
from linli.lib import uuid7 as ids7
from linli.lib.uuid7 import uuid7
from linli.site.status import of_clocks

from ..conftest import acting
from ..people.hands import signed_in
from ..world import VILLAGE, build_world

HOUR = timedelta(hours=1)
real_now, real_time, real_ns = timezone.now, time.time, time.time_ns


class Jumping:
    """All clocks of this process, moved together."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.by = timedelta()
        patch.setattr(timezone, "now", self.now)
        # Ids never go back in a process: those of the tests after this one must not run ahead.
        patch.setattr(ids7, "_latest", ids7._latest)
        patch.setattr(time, "time", lambda: real_time() + self.by.total_seconds())
        patch.setattr(time, "time_ns", lambda: real_ns() + int(self.by.total_seconds() * 10**9))

    def now(self) -> datetime:
        return real_now() + self.by


def asked() -> UUID:
    told = intake.Asked(area=VILLAGE, need="care", words="帮忙", for_whom="self")
    with transaction.atomic(), acting(visitor()) as actor:
        return intake.register_request(actor=actor, asked=told, door="public").request.pk


@pytest.mark.parametrize("jumps", [(HOUR, -HOUR), (-HOUR, HOUR), (HOUR, timedelta())])
def test_ids_order_sessions_deadlines_and_seals_hold(
    fresh_database: None,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    jumps: tuple[timedelta, ...],
) -> None:
    # A jump is like sitting idle for as long; what is shorter than that ends no session.
    settings.LINLI_IDLE_TIMEOUT = timedelta(hours=3)
    with transaction.atomic():
        world = build_world()
    clock = Jumping(monkeypatch)
    client = signed_in(world, "worker")
    made = [asked()]
    seal()
    due = dict(Clock.objects.values_list("subject_id", "due_at"))
    for by in jumps:
        clock.by = by
        made.append(asked())
        seal()
        assert client.get("/desk/").status_code == 200

    # Ids of one process rise, whatever the clock says.
    ids = [uuid7() for _at in range(100)]
    assert [*made, *ids] == sorted([*made, *ids])
    # The timeline's order is the database's.
    opened = Event.objects.filter(verb="intake.request.opened").order_by("transaction", "id")
    assert list(opened.values_list("subject_id", flat=True)) == made
    # What is not sealed yet waits for a transaction of others on the same server.
    assert verify().problems == []
    # What was promised does not move, and each runs from its own beginning.
    now = dict(Clock.objects.values_list("subject_id", "due_at"))
    assert {one: now[one] for one in due} == due
    with unscoped("test"):
        assert Request.objects.count() == len(made)
    assert all(one.due_at is None or one.due_at > one.started_at for one in Clock.objects.all())


def test_status_tells_of_a_clock_that_was_put_back(
    fresh_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        build_world()
    asked()
    assert list(of_clocks()) == []
    clock = Jumping(monkeypatch)
    clock.by = HOUR
    asked()
    (off,) = of_clocks()
    assert "3600" in off
    clock.by = timedelta()
    (ahead,) = of_clocks()
    assert "0:59" in ahead or "1:00" in ahead
