from datetime import timedelta

from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app

from linli.kernel.timeline.heads import publish_or_fail
from linli.kernel.timeline.seal import seal

from .blocking import blocking

KEPT_HOURS = 72
STALLED_SECONDS = 60


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="jobs.seal", pass_context=False)
async def seal_timeline(timestamp: int) -> None:
    """Seal what was committed, at least once a minute."""
    await blocking(seal)


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="jobs.publish", pass_context=False)
async def publish_head(timestamp: int) -> None:
    """Publish the head of the chain outside the database; `linli check` tells when it is late."""
    await blocking(publish_or_fail)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="jobs.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Give back the jobs of workers that were killed."""
    manager = context.app.job_manager
    stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    for job in stalled:
        await manager.retry_job(job, retry_at=timezone.now() - timedelta(seconds=1))


@app.periodic(cron="15 3 * * *")
@app.task(queueing_lock="jobs.forget", pass_context=True)
async def forget_done(context: JobContext, timestamp: int) -> None:
    """Delete finished jobs after three days."""
    await context.app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)
