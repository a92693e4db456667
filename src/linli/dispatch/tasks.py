from django.db import transaction
from procrastinate.contrib.django import app

from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.flow.machine import Stale
from linli.kernel.jobs.blocking import blocking
from linli.kernel.scope import scope

from .actions import close_order
from .enums import OrderState
from .models import Order

BATCH = 200


def close_silent() -> int:
    """Close followed-up orders whose time for a verdict has passed; returns how many."""
    actor = system("dispatch.close_silent")
    closed = 0
    with transaction.atomic(), scope(actor.scope):
        set_actor(actor)
        waiting = Order.objects.filter(state=OrderState.FOLLOWED_UP, due_at__lt=actor.now)
        for order in waiting.order_by("due_at")[:BATCH]:
            try:
                close_order(order, actor=actor)
                closed += 1
            except Stale:
                # The resident spoke in this very moment: theirs counts.
                continue
    return closed


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="dispatch.close_silent", pass_context=False)
async def close_silent_orders(timestamp: int) -> None:
    """Close what waits for a verdict longer than the settings say; can run twice."""
    await blocking(close_silent)
