import asyncio

from procrastinate.contrib.django import app

CONCURRENCY = 2
POLLING_SECONDS = 5.0
GRACE_SECONDS = 20


def run() -> None:
    """Run the worker until it is told to end; jobs in hand are finished first."""
    asyncio.run(_run())


async def _run() -> None:
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker.open_async():
        await worker.run_worker_async(
            concurrency=CONCURRENCY,
            fetch_job_polling_interval=POLLING_SECONDS,
            shutdown_graceful_timeout=GRACE_SECONDS,
        )
