from uuid import UUID

from django.db import transaction

from linli.kernel.accounts.actors import Actor

from ..changes import tell
from ..enums import Why
from ..models import Serving
from ..serving import cease, let_serve, locked


@transaction.atomic
def hand_over(person_id: UUID, *, actor: Actor, station_id: UUID) -> None:
    """A station that no longer keeps a file still reads it: until its open orders have ended."""
    person = locked({person_id})[person_id]
    if person.unit_id != station_id:
        let_serve(person, station_id, actor=actor, why=Why.HANDOVER)


@transaction.atomic
def end_handover(person_id: UUID, *, actor: Actor, station_id: UUID) -> None:
    """The last order of a station that no longer keeps a file has ended."""
    held = Serving.objects.filter(
        person=person_id, station=station_id, why=Why.HANDOVER, valid_to__isnull=True
    )
    if not held.exists():
        return
    person = locked({person_id})[person_id]
    if cease(person, station_id, on=actor.today):
        tell(actor, "closed_to", person, to_unit=str(station_id))
