from django.utils import timezone
from procrastinate.contrib.django import app

from linli.kernel.jobs.blocking import blocking

from .drafts import drop_expired


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="forms.drop_expired", pass_context=False)
async def drop_expired_drafts(timestamp: int) -> None:
    """Forget what nobody came back for; the privacy page promises it."""
    await blocking(drop_expired, now=timezone.now())
