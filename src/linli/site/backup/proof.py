"""Whether what was restored is what there was: versions, timeline, numbers, keys."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from django.apps import apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from linli.kernel.accounts.actors import acting, system
from linli.kernel.crypto.fields import SealedTextField
from linli.kernel.crypto.sealing import SealError, unseal
from linli.kernel.operations import epochs
from linli.kernel.stats import verify as stats
from linli.kernel.timeline import verify as timeline
from linli.kernel.timeline.models import Seal
from linli.lib.postgres.archive import Base

SAMPLES = 100


def begin_epoch(base: Base, until: datetime | None) -> UUID:
    """Begin the epoch of a restored database."""
    with acting(system("linli restore")) as actor:
        made = epochs.begin_epoch(actor=actor, backup=base.name, until=until)
    return UUID(str(made.pk))


def problems(base: Base, say: Callable[[str], None]) -> Iterator[str]:
    """Everything that is not as it was."""
    if behind := unapplied():
        yield f"{behind} migrations of this version are missing; run: linli upgrade"
        return
    seal = Seal.objects.filter(number=base.more["seal"]).first()
    if base.more["seal"] and (seal is None or bytes(seal.head).hex() != base.more["head"]):
        yield "The timeline does not hold the seal that the backup names."
    report = timeline.verify()
    say(f"Timeline: {report.events} events, {report.sealed} of them sealed, head {report.head}")
    yield from report.problems
    differing = [str(one) for one in stats.verify()]
    say(f"Statistics: {len(differing)} differences from the facts.")
    yield from differing
    opened, closed = samples()
    say(f"Sealed fields: {opened} samples opened, {closed} not.")
    if closed:
        yield f"{closed} sealed samples cannot be opened: other keys, or none."


def unapplied() -> int:
    """How many migrations of this version the database does not have."""
    executor = MigrationExecutor(connections["default"])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def samples(most: int = SAMPLES) -> tuple[int, int]:
    """Of the newest sealed values of every sealed column, how many can be opened and how many not.

    Asked of the tables themselves: what opens is not looked at.
    """
    opened = closed = 0
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, SealedTextField):
                continue
            for value in _values(model._meta.db_table, str(field.column), most):
                try:
                    unseal(value, purpose=field.purpose)
                    opened += 1
                except SealError:
                    closed += 1
    return opened, closed


def _values(table: str, column: str, most: int) -> list[bytes]:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL LIMIT %s',  # noqa: S608
            [most],
        )
        return [bytes(value) for (value,) in cursor.fetchall()]
