from django.db import transaction
from procrastinate.contrib.django import app

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.jobs.blocking import blocking
from linli.kernel.scope import scope

from . import actions


def compare() -> int:
    """Ask the centres about files that look like one person's; returns how many."""
    actor = system("people.compare")
    with transaction.atomic(), scope(actor.scope):
        set_actor(actor)
        return actions.compare_files(actor=actor)


def arrive() -> int:
    """Hand over the files of those who move today; returns how many."""
    actor = system("people.arrive")
    with transaction.atomic(), scope(actor.scope):
        set_actor(actor)
        return actions.arrive_due(actor=actor)


@app.periodic(cron="30 2 * * *")
@app.task(queueing_lock="people.compare", pass_context=False)
async def compare_files(timestamp: int) -> None:
    """Find files that may be one person's; can run twice."""
    await blocking(compare)


# Each hour, because a worker that is down at midnight would hand over a day late.
@app.periodic(cron="10 * * * *")
@app.task(queueing_lock="people.arrive", pass_context=False)
async def arrive_due(timestamp: int) -> None:
    """Hand over what is due; can run twice."""
    await blocking(arrive)
