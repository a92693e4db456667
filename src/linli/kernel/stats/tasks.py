from procrastinate.contrib.django import app

from linli.kernel.jobs.blocking import blocking

from .fold import fold


@app.periodic(cron="* * * * * */10")
@app.task(queueing_lock="stats.fold", pass_context=False)
async def fold_deltas(timestamp: int) -> None:
    """Fold waiting deltas into the cube; reads are exact with or without it."""
    await blocking(fold)
