import asyncio
from datetime import datetime
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone
from procrastinate import exceptions
from procrastinate.contrib.django import app

from linli.kernel.jobs.blocking import blocking

from . import outbox
from .sending import send

# A queue of their own, with a worker of its own: receivers that never answer hold up nobody else.
QUEUE = "hooks"


@app.task(queue=QUEUE, pass_context=False)
async def deliver(delivery_id: str) -> None:
    """Try to deliver one message. Only the call itself leaves the worker's thread for the database:
    whoever is slow is waited for elsewhere."""
    one = UUID(delivery_id)
    message = await sync_to_async(outbox.prepare)(one, now=timezone.now())
    if message is None:
        return
    answered = await asyncio.to_thread(
        send, message.url, body=message.body, headers=message.headers
    )
    await blocking(_noted, delivery_id=one, answered=answered, now=timezone.now())


def _noted(*, delivery_id: UUID, answered: outbox.Answered, now: datetime) -> None:
    again = outbox.note(delivery_id, answered, now=now)
    if again is not None:
        enqueue(delivery_id, at=again)


def enqueue(delivery_id: UUID, *, at: datetime | None = None) -> None:
    """Have a message delivered, in the transaction of its cause; once, however often it is said."""
    job = deliver.configure(queueing_lock=f"hooks:{delivery_id}", schedule_at=at)
    try:
        # Of its own, so that a job that is there already undoes nothing else.
        with transaction.atomic():
            job.defer(delivery_id=str(delivery_id))
    except exceptions.AlreadyEnqueued:
        return


def _forget() -> None:
    outbox.forget(now=timezone.now())
    for one in outbox.due_again(now=timezone.now()):
        enqueue(one)


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="hooks.forget", pass_context=False)
async def tidy(timestamp: int) -> None:
    """Forget old deliveries, and take up again what a killed worker has left."""
    await blocking(_forget)
