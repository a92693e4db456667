import asyncio
from typing import Any

from procrastinate.contrib.django import app

CONCURRENCY = 2
POLLING_SECONDS = 5.0
GRACE_SECONDS = 20
# Calls to other systems have a worker of their own in the same process: however many of them never
# answer, everything else goes on.
OUTSIDE, OUTSIDE_CONCURRENCY = "hooks", 4
INSIDE = ("default", "builtin")


def run() -> None:
    """Run the worker until it is told to end; jobs in hand are finished first."""
    asyncio.run(_run())


async def _run() -> None:
    worker = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    given: dict[str, Any] = {
        "fetch_job_polling_interval": POLLING_SECONDS,
        "shutdown_graceful_timeout": GRACE_SECONDS,
    }
    async with worker.open_async():
        # The first hears of signals; when either ends, so does the other.
        inside = worker.run_worker_async(queues=list(INSIDE), concurrency=CONCURRENCY, **given)
        outside = worker.run_worker_async(
            queues=[OUTSIDE],
            concurrency=OUTSIDE_CONCURRENCY,
            install_signal_handlers=False,
            **given,
        )
        both = {asyncio.create_task(inside), asyncio.create_task(outside)}
        done, running = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for one in done:
            one.result()
