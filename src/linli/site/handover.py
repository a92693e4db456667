"""What follows when a file goes from one station to another: who was at work for the person goes on
reading it until that is done."""

from uuid import UUID

from linli.dispatch.queries import has_open, person_behind
from linli.kernel.accounts.actors import Actor, system
from linli.people.actions import end_handover, hand_over
from linli.people.queries import handed_over

REASON = "site.handover"


def keep_reading(person_id: UUID, *, left: UUID, actor: Actor) -> None:
    """The station that kept the file reads it as long as it has orders for the person."""
    if has_open(left, person_id):
        hand_over(person_id, actor=system(REASON, now=actor.now), station_id=left)


def stop_reading(person_id: UUID, *, actor: Actor) -> None:
    """Stations that only had orders to end no longer open the file when they have ended them."""
    for station_id in handed_over(person_id):
        if not has_open(station_id, person_id):
            end_handover(person_id, actor=system(REASON, now=actor.now), station_id=station_id)


def order_went_on(order_id: UUID, *, actor: Actor) -> None:
    """An order has ended or is held by another unit."""
    person_id = person_behind(order_id)
    if person_id is not None:
        stop_reading(person_id, actor=actor)
