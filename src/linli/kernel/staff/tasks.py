from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from linli.kernel.accounts import sessions
from linli.kernel.accounts.actors import acting, system
from linli.kernel.accounts.events import PostEnded
from linli.kernel.accounts.limits import forget
from linli.kernel.flow.publish import publish
from linli.kernel.jobs.blocking import blocking

from .queries import ended_lately

# A worker that stood still for days catches up.
DAYS = 14


def hand_on(*, now: datetime) -> int:
    """Tell of the posts that ended in the last days; returns how many. Telling twice is harmless.

    A post may end later than the day on which that was decided, and on its last day there may
    still come something to do.
    """
    with acting(system("staff.posts_ended", now=now)) as actor:
        over = ended_lately(on=actor.today, days=DAYS)
        for post in over:
            publish(PostEnded(post.user_id, post.unit_id, post.role, post.valid_to or actor.today))
    return len(over)


@app.periodic(cron="40 * * * *")
@app.task(queueing_lock="staff.sessions_forgotten", pass_context=False)
async def sessions_forgotten(timestamp: int) -> None:
    """Delete sessions that have ended by themselves, with where they came from."""
    await blocking(sessions.forget_ended, now=timezone.now())


@app.periodic(cron="10 * * * *")
@app.task(queueing_lock="staff.posts_ended", pass_context=False)
async def posts_ended(timestamp: int) -> None:
    """Hand on what was left to do in posts whose last day has passed."""
    await blocking(hand_on, now=timezone.now())


@app.periodic(cron="47 * * * *")
@app.task(queueing_lock="staff.allowances", pass_context=False)
async def forget_allowances(timestamp: int) -> None:
    """Forget who has called and has all their calls free again."""
    await blocking(forget, now=timezone.now())
