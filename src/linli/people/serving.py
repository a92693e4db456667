"""Which stations may open a file besides the one that keeps it."""

from datetime import date
from uuid import UUID

from linli.kernel.accounts.actors import Actor

from .changes import index_name, tell
from .enums import Why
from .models import Person, Serving


def let_serve(person: Person, station_id: UUID, *, actor: Actor, why: Why) -> Serving | None:
    """Let a station open the file of a locked person; what is new, None if it could already."""
    held = Serving.objects.filter(person=person, station=station_id, valid_to__isnull=True).first()
    if held is not None and (held.why == Why.BOTH or why == Why.HANDOVER):
        return None
    if held is not None:
        cease(person, station_id, on=actor.today)
    made = Serving.objects.create(
        person=person, station_id=station_id, why=why, valid_from=actor.today
    )
    note_stations(person)
    tell(actor, "opened_to", person, to_unit=str(station_id))
    return made


def cease(person: Person, station_id: UUID, *, on: date) -> bool:
    """A station may no longer open the file beside its keeper; False if it could not."""
    held = Serving.objects.filter(person=person, station=station_id, valid_to__isnull=True)
    ended = held.update(valid_to=on)
    if ended:
        note_stations(person)
    return bool(ended)


def note_stations(person: Person) -> None:
    """Put the stations that may open a file where the scope finds them, and its names with them."""
    held = Serving.objects.filter(person=person, valid_to__isnull=True)
    person.also = sorted(held.values_list("station", flat=True)) or None
    Person._base_manager.filter(pk=person.pk).update(also=person.also)
    index_name(person)


def locked(ids: set[UUID]) -> dict[UUID, Person]:
    """Files held for this transaction, always in the same order: two who decide at once wait for
    each other and never in a circle."""
    rows = Person._base_manager.select_for_update(of=("self",)).filter(pk__in=ids)
    return {one.pk: one for one in rows.order_by("pk")}
