"""What pages say about each verb: its title and lead before, and what happens next after it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.calendar import working_calendar
from linli.kernel.flow.queries import running_clocks
from linli.kernel.ui import moments

from .models import Order
from .workflow import ORDER, RETURNS_BEFORE_ARBITRATION


@dataclass(frozen=True)
class Asking:
    """How the page of a verb that asks something is headed, and what its button says."""

    title: Any
    submit: Any
    lead: Any = ""


ASKING: dict[str, Asking] = {
    "dispatch": Asking(
        gettext_lazy("Dispatch the order"),
        gettext_lazy("Dispatch"),
        gettext_lazy("The first station fits best: close to the place, and with room."),
    ),
    "arbitrate": Asking(
        gettext_lazy("Decide which station keeps it"),
        gettext_lazy("Decide"),
        gettext_lazy("It was returned twice. The station you name cannot return it again."),
    ),
    "transfer": Asking(
        gettext_lazy("Give it to another station"),
        gettext_lazy("Transfer"),
        gettext_lazy("Nobody is charged for a transfer. The new station has to accept it anew."),
    ),
    "return": Asking(gettext_lazy("Return the order"), gettext_lazy("Return")),
    "assign": Asking(
        gettext_lazy("Assign it to a worker"),
        gettext_lazy("Assign"),
        gettext_lazy(
            "The deadline stays as it is. The least loaded worker comes first, the head last."
        ),
    ),
    "serve": Asking(gettext_lazy("Record a service"), gettext_lazy("Save the service")),
    "finish": Asking(
        gettext_lazy("Finish the order"),
        gettext_lazy("Finish"),
        gettext_lazy("The centre then asks the person whether it helped."),
    ),
    "follow_up": Asking(
        gettext_lazy("Follow up"),
        gettext_lazy("Save"),
        gettext_lazy("A call or a visit by the centre, after the service is done."),
    ),
    "say": Asking(
        gettext_lazy("Enter the resident's verdict"),
        gettext_lazy("Enter and close"),
        gettext_lazy("Ask first, and enter only what the person says. It is taken once."),
    ),
    "reopen": Asking(
        gettext_lazy("Open the order again"),
        gettext_lazy("Open again"),
        gettext_lazy("It goes back to the centre, which dispatches it anew."),
    ),
    "withdraw": Asking(
        gettext_lazy("Withdraw the order"),
        gettext_lazy("Withdraw"),
        gettext_lazy("Nobody works on it any more. It cannot be taken up again."),
    ),
    "person": Asking(
        gettext_lazy("For whom is this order?"),
        gettext_lazy("Link this person"),
        gettext_lazy("Link somebody on file, so that the services count for them."),
    ),
}


def return_lead(order: Order, actor: Actor) -> str:
    """Says whose clock runs after a return, what is charged, and what the next return means."""
    clock = running_clocks(ORDER.name, [order.pk]).get(order.pk)
    spent = working_calendar().minutes_between(clock.started_at, actor.now) if clock else 0
    charged = _(
        "Afterwards the clock of the county centre runs. The %(time)s of working time since it"
        " came here are charged to your station."
    ) % {"time": moments.minutes(spent)}
    if order.bounces + 1 >= RETURNS_BEFORE_ARBITRATION:
        last = _("It was returned before: this time the centre decides who keeps it.")
        return f"{charged} {last}"
    left = RETURNS_BEFORE_ARBITRATION - 1 - order.bounces
    later = ngettext(
        "It has not been returned before; with one more return the centre decides.",
        "After %(count)s more returns the centre decides.",
        left,
    ) % {"count": left}
    return f"{charged} {later}"


def next_step(order: Order, verb: str, actor: Actor) -> str:
    """What happens next, now that a verb was done; said once, on the next page."""
    told = {
        "by": moments.short(order.due_at, now=actor.now) if order.due_at else "",
        "station": order.station.label if order.station else "",
        "worker": order.worker.name if order.worker else "",
    }
    sentence: str = NEXT[verb](order)
    return sentence % told


def _after_accept(order: Order) -> str:
    if order.worker_id is None:
        return _("Accepted. Now assign it to a worker; the help has to begin by %(by)s.")
    return _("Accepted. The help has to begin by %(by)s.")


NEXT: dict[str, Any] = {
    "dispatch": lambda order: _("Sent to %(station)s. They have until %(by)s to accept it."),
    "arbitrate": lambda order: _("%(station)s keeps it and has until %(by)s to accept it."),
    "transfer": lambda order: _("Given to %(station)s. They have until %(by)s to accept it."),
    "accept": _after_accept,
    "return": lambda order: _("Returned. The centre dispatches it again by %(by)s."),
    "return_again": lambda order: _("Returned. The centre decides by %(by)s who keeps it."),
    "assign": lambda order: _("%(worker)s has it now; it is due by %(by)s."),
    "serve": lambda order: _(
        "The service is on record. When the need is met, finish the order: by %(by)s."
    ),
    "finish": lambda order: _("Finished. The centre follows up by %(by)s."),
    "follow_up": lambda order: _(
        "Noted. The resident can say until %(by)s whether it helped; then it is closed."
    ),
    "say": lambda order: _("The verdict is on record, and the order is closed."),
    "close": lambda order: _("Closed. The resident can open it again with their receipt."),
    "urge": lambda order: _("%(station)s sees that it is urgent. The deadline stays: %(by)s."),
    "reopen": lambda order: _("Open again. The centre dispatches it by %(by)s."),
    "withdraw": lambda order: _("Withdrawn. Nobody has to do anything more."),
    "person": lambda order: _("The person is linked; services can now be recorded for them."),
}
