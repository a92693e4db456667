"""How many calls a program may make: an allowance for each key, and for each address without one.

The allowance fills up evenly again. Each holder has a row of their own and is counted in a
transaction of its own, before the call begins: nobody waits for anybody else, a refused call writes
nothing, and a call that fails is counted like any other.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from .models import Allowance

WINDOW = timedelta(minutes=1)
# Each call moves the moment at which everything is free again; it may lie one window ahead.
SPEND = """
INSERT INTO accounts_allowance AS held (holder, free_at) VALUES (%(holder)s, %(now)s + %(step)s)
ON CONFLICT (holder) DO UPDATE SET free_at = GREATEST(held.free_at, %(now)s) + %(step)s
WHERE GREATEST(held.free_at, %(now)s) + %(step)s <= %(now)s + %(window)s
RETURNING free_at
"""


@dataclass(frozen=True)
class Spent:
    """What is left of an allowance of `most` calls after one more, and in how many seconds all of
    it (or, if the call is refused, the next one) is free."""

    most: int
    left: int
    seconds: int
    is_refused: bool


def spend(holder: str, *, most: int, now: datetime) -> Spent:
    """Count one call of a holder who may make `most` of them a minute."""
    step = WINDOW / most
    given: dict[str, Any] = {"holder": holder, "now": now, "step": step, "window": WINDOW}
    with connection.cursor() as cursor:
        cursor.execute(SPEND, given)
        row = cursor.fetchone()
    if row is not None:
        ahead = row[0] - now
        return Spent(most, int((WINDOW - ahead) / step), math.ceil(ahead.total_seconds()), False)
    free_at = Allowance.objects.values_list("free_at", flat=True).get(pk=holder)
    wait = free_at + step - WINDOW - now
    return Spent(most, 0, max(1, math.ceil(wait.total_seconds())), True)


def forget(*, now: datetime) -> int:
    """Drop the rows of those whose whole allowance is free; returns how many."""
    count, _models = Allowance.objects.filter(free_at__lt=now).delete()
    return count
