"""Which life of the database this is; see `Epoch`."""

from datetime import datetime

from linli.kernel.accounts.actors import Actor
from linli.kernel.timeline.record import record

from .models import Epoch
from .phrases import RESTORED


def epoch() -> Epoch | None:
    """The present one; None in a database that was never set up."""
    return Epoch.objects.order_by("-began_at", "-id").first()


def first_epoch(*, actor: Actor) -> Epoch:
    """The present one, made if there is none; is part of setting a database up."""
    return epoch() or Epoch.objects.create(began_at=actor.now)


def begin_epoch(*, actor: Actor, backup: str, until: datetime | None) -> Epoch:
    """A new life after a restore, on record in the timeline."""
    before = epoch()
    made = Epoch.objects.create(began_at=actor.now, backup=backup, until=until)
    record(
        actor,
        RESTORED,
        subject_type="operations.epoch",
        subject_id=made.pk,
        backup=backup,
        until=until.isoformat() if until else "",
        before=str(before.pk) if before else "",
    )
    return made
