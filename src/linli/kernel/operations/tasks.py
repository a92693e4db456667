from django.utils import timezone
from procrastinate.contrib.django import app

from linli.kernel.jobs.blocking import blocking

from .once import drop_expired


@app.periodic(cron="37 3 * * *")
@app.task(queueing_lock="operations.drop_expired", pass_context=False)
async def drop_expired_operations(timestamp: int) -> None:
    """Forget operations after thirty days; an older id is refused from then on."""
    await blocking(drop_expired, now=timezone.now())
