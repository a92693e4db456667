from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.db import close_old_connections


async def blocking(work: Callable[..., Any], **given: Any) -> None:
    """Do the database work of a job in the worker's thread.

    The thread lives as long as the worker, so its connection is looked at first: one that died
    with a restarted database would fail every job from then on.
    """

    def run() -> None:
        close_old_connections()
        work(**given)

    await sync_to_async(run)()
