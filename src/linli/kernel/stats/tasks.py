from asgiref.sync import sync_to_async
from procrastinate.contrib.django import app

from .fold import fold


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="stats.fold", pass_context=False)
async def fold_deltas(timestamp: int) -> None:
    """Fold waiting deltas into the cube; reads are exact with or without it."""
    await sync_to_async(fold)()
