"""The kernel's handlers, run as the worker runs them: in a thread of its own that lives on."""

import asyncio
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.forms import drafts
from linli.kernel.forms.models import Draft
from linli.kernel.forms.tasks import drop_expired_drafts
from linli.kernel.jobs.tasks import seal_timeline
from linli.kernel.stats.models import Delta
from linli.kernel.stats.tasks import fold_deltas
from linli.kernel.timeline.models import Event, Seal
from linli.kernel.timeline.record import record
from linli.site import databases
from linli.site.home import Home

from ..world import World, build_world
from .facts import fact, store

pytestmark = pytest.mark.usefixtures("fresh_database")


def work() -> None:
    """What the worker does every minute, once."""

    async def once() -> None:
        await fold_deltas(0)
        await seal_timeline(0)
        await drop_expired_drafts(0)

    asyncio.run(once())


def cause(world: World) -> None:
    with transaction.atomic():
        set_actor(system("tests"))
        store(fact(world))
        record(system("tests"), "ui.exported", subject_type="ui.list", subject_id=None)
        drafts.keep({"a": ["b"]}, path="/", now=timezone.now() - drafts.KEPT - timedelta(days=1))


def test_handlers_do_their_work_run_twice_and_outlive_a_restart_of_the_database(
    database_name: str,
) -> None:
    with transaction.atomic():
        world = build_world()
    cause(world)
    for _time in range(2):
        work()
        assert (Delta.objects.count(), Draft.objects.count()) == (0, 0)

    cause(world)
    connection.close()
    address = make_conninfo(databases.administrator(Home.open()), dbname=database_name)
    with psycopg.connect(address, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    work()
    assert (Delta.objects.count(), Draft.objects.count()) == (0, 0)
    # Sealing waits for older transactions of the whole server; what it sealed is never undone.
    assert sum(Seal.objects.values_list("events", flat=True)) <= Event.objects.count() == 2
