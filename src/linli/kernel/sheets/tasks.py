from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from linli.kernel.jobs.blocking import blocking

from . import pieces, work

# A database that is away for some minutes holds an import up, and no longer.
AGAIN = RetryStrategy(max_attempts=12, exponential_wait=2)


@app.task(name=pieces.READ, pass_context=False, retry=AGAIN)
async def read(import_id: str) -> None:
    """Have a file read."""
    await blocking(work.read_file, import_id=import_id)


@app.task(name=pieces.CHECK, pass_context=False, retry=AGAIN)
async def check(import_id: str) -> None:
    """Check the next rows; can run twice."""
    await blocking(work.check_rows, import_id=import_id)


@app.task(name=pieces.RUN, pass_context=False, retry=AGAIN)
async def run(import_id: str) -> None:
    """Store the next rows; can run twice."""
    await blocking(work.store_rows, import_id=import_id)


@app.task(name=pieces.UNDO, pass_context=False, retry=AGAIN)
async def undo(import_id: str) -> None:
    """Take back the next rows; can run twice."""
    await blocking(work.take_back, import_id=import_id)


@app.periodic(cron="25 * * * *")
@app.task(queueing_lock="sheets.expire", pass_context=False)
async def delete_expired(timestamp: int) -> None:
    """Delete files when their time has passed: each hour, as the page for them promises."""
    await blocking(work.delete_expired, now=timezone.now())
