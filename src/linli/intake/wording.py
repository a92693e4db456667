"""What pages say about each verb: its title and lead before, and what happens next after it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.ui import moments

from .models import Request


@dataclass(frozen=True)
class Asking:
    """How the page of a verb that asks something is headed, and what its button says."""

    title: Any
    submit: Any
    lead: Any = ""


ASKING: dict[str, Asking] = {
    "accept": Asking(
        gettext_lazy("Accept and dispatch"),
        gettext_lazy("Accept and dispatch"),
        gettext_lazy("An order is opened. The first station fits best: close, and with room."),
    ),
    "inform": Asking(
        gettext_lazy("Answer with information"),
        gettext_lazy("Send the answer"),
        gettext_lazy("No order follows. The request ends with your answer."),
    ),
    "refer": Asking(
        gettext_lazy("Refer to somebody else"),
        gettext_lazy("Refer"),
        gettext_lazy("No order follows. Say who is responsible and how to reach them."),
    ),
    "refuse": Asking(
        gettext_lazy("Do not take the request on"),
        gettext_lazy("Do not take it on"),
        gettext_lazy("The resident is told why, and can open the request again."),
    ),
    "merge": Asking(
        gettext_lazy("Join with an earlier request"),
        gettext_lazy("Join"),
        gettext_lazy("Both receipts then show the way of the request you choose."),
    ),
    "reopen": Asking(
        gettext_lazy("Open the request again"),
        gettext_lazy("Open again"),
        gettext_lazy("It is screened anew, with a new deadline."),
    ),
}


def next_step(asked: Request, verb: str, actor: Actor) -> str:
    """What happens next, now that a verb was done; said once, on the next page."""
    by = moments.short(asked.due_at, now=actor.now) if asked.due_at else ""
    sentence: str = NEXT[verb]()
    return sentence % {"by": by}


NEXT: dict[str, Any] = {
    "sent": lambda: _("Accepted and sent to the station. Its clock runs now."),
    "accept": lambda: _("Accepted. The order waits to be dispatched."),
    "inform": lambda: _("Answered. The resident reads your answer with the receipt."),
    "refer": lambda: _("Referred. The resident reads with the receipt whom to turn to."),
    "refuse": lambda: _("Not taken on. The resident reads the reason with the receipt."),
    "merge": lambda: _("Joined. Both receipts show the same way from now on."),
    "reopen": lambda: _("Open again. It has to be screened by %(by)s."),
    "withdraw": lambda: _("Withdrawn. It can be opened again from here."),
}
