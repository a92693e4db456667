"""What somebody had in hand when their post ended, so that nothing of it is left lying."""

from datetime import date, timedelta
from uuid import UUID

from linli.dispatch.actions import release_orders
from linli.kernel.accounts.actors import Actor, system
from linli.kernel.flow.leaving import hand_back as hand_back_duties

REASON = "site.leaving"
DAY = timedelta(days=1)


def hand_back(
    *,
    user_id: UUID | None = None,
    unit_id: UUID | None = None,
    last_day: date | None = None,
    actor: Actor | None = None,
) -> int:
    """Give orders and duties of users without a post back to their stations; returns how many.

    Of everybody, or of one user and unit after the `last_day` there. One that is still to come
    changes nothing yet; on the last day itself nothing new can be left to do.
    """
    who = actor or system(REASON)
    on = who.today if last_day is None else max(who.today, last_day + DAY)
    if last_day is not None and last_day > who.today:
        return 0
    # Orders first: each says by itself what is to be done next.
    released = release_orders(actor=who, on=on, user_id=user_id, unit_id=unit_id)
    return released + hand_back_duties(actor=who, on=on, user_id=user_id, unit_id=unit_id)
