from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.jobs.blocking import blocking
from linli.kernel.scope import scope
from linli.lib import logs

from . import leaving


def hand_back_what_was_left() -> int:
    """Give back what is held by somebody whose post has ended by date; returns how many."""
    actor = system(leaving.REASON)
    with transaction.atomic(), scope(actor.scope):
        set_actor(actor)
        return leaving.hand_back(actor=actor)


# Posts end by the day. Each hour, because a worker that is down at midnight would leave orders
# lying for a day, and because one may be assigned in the moment in which a post ends.
@app.periodic(cron="20 * * * *")
@app.task(queueing_lock="site.leaving", pass_context=False)
async def hand_back(timestamp: int) -> None:
    """Nobody's work is left lying; can run twice."""
    await blocking(hand_back_what_was_left)


def tidy_logs() -> int:
    """Pack the logs of days that are over and remove those nobody has to keep; returns how many."""
    return logs.tidy(
        settings.LOG_FOLDER,
        today=datetime.now(UTC).date(),
        kept_days=settings.LINLI_LOG_DAYS,
        most_bytes=settings.LINLI_LOG_MEGABYTES * logs.MEGABYTE,
        fewest_days=settings.LOG_FEWEST_DAYS,
    )


@app.periodic(cron="40 3 * * *")
@app.task(queueing_lock="site.tidy_logs", pass_context=False)
async def tidy(timestamp: int) -> None:
    """Keeps the logs as long as they have to be kept, and no longer."""
    await blocking(tidy_logs)
