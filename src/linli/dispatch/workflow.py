from typing import Any

from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Flow, Move, Waiting
from linli.kernel.flow.models import Tier

from .enums import OrderState as S

# After this many returns the centre must decide where the order stays.
RETURNS_BEFORE_ARBITRATION = 2


def _at_centre(verb: str) -> Any:
    return lambda order: Waiting(verb, Tier.CENTRE, Role.DISPATCHER, order.centre_id)


def _by_worker(verb: str) -> Any:
    """The worker's own duty; who assigns one, while there is none, is the station's head."""

    def waiting(order: Any) -> Waiting:
        if order.worker_id is None:
            return Waiting("assign", Tier.STATION, Role.STATION_HEAD, order.station_id)
        return Waiting(verb, Tier.WORKER, Role.WORKER, order.station_id, order.worker_id)

    return waiting


def _is_last_return(order: Any) -> bool:
    return bool(order.bounces + 1 >= RETURNS_BEFORE_ARBITRATION)


ORDER = Flow(
    "dispatch.order",
    moves=(
        Move(
            "dispatch",
            frozenset({S.PENDING}),
            S.DISPATCHED,
            "dispatch.dispatch",
            pgettext_lazy("verb", "Dispatch"),
            asks=("station",),
            kind="primary",
        ),
        Move(
            "arbitrate",
            frozenset({S.ARBITRATION}),
            S.DISPATCHED,
            "dispatch.dispatch",
            pgettext_lazy("verb", "Arbitrate"),
            asks=("station", "words"),
            kind="primary",
        ),
        Move(
            "accept",
            frozenset({S.DISPATCHED}),
            S.ACCEPTED,
            "dispatch.accept",
            pgettext_lazy("verb", "Accept"),
            kind="primary",
        ),
        Move(
            "assign",
            frozenset({S.ACCEPTED, S.SERVING}),
            None,
            "dispatch.assign",
            pgettext_lazy("verb", "Assign"),
            asks=("worker",),
        ),
        Move(
            "release",
            frozenset({S.ACCEPTED, S.SERVING}),
            None,
            "dispatch.release",
            pgettext_lazy("verb", "Hand back"),
        ),
        Move(
            "serve",
            frozenset({S.ACCEPTED, S.SERVING}),
            S.SERVING,
            "dispatch.serve",
            pgettext_lazy("verb", "Record a service"),
            asks=("account",),
            kind="primary",
        ),
        Move(
            "finish",
            frozenset({S.SERVING}),
            S.DONE,
            "dispatch.finish",
            pgettext_lazy("verb", "Finish"),
            asks=("result", "words"),
        ),
        Move(
            "follow_up",
            frozenset({S.DONE}),
            S.FOLLOWED_UP,
            "dispatch.follow_up",
            pgettext_lazy("verb", "Follow up"),
            asks=("contact", "words"),
            kind="primary",
        ),
        Move(
            "say",
            frozenset({S.DONE, S.FOLLOWED_UP, S.CLOSED}),
            S.CLOSED,
            "dispatch.say",
            pgettext_lazy("verb", "Enter the resident's verdict"),
            asks=("value",),
            shown=lambda order: not order.has_verdict,
        ),
        Move(
            "close",
            frozenset({S.FOLLOWED_UP}),
            S.CLOSED,
            "dispatch.close",
            pgettext_lazy("verb", "Close"),
        ),
        Move(
            "return",
            frozenset({S.DISPATCHED, S.ACCEPTED}),
            S.PENDING,
            "dispatch.return",
            pgettext_lazy("verb", "Return"),
            asks=("reason", "words"),
            is_bounce=True,
            shown=lambda order: not order.is_binding and not _is_last_return(order),
        ),
        Move(
            "return_again",
            frozenset({S.DISPATCHED, S.ACCEPTED}),
            S.ARBITRATION,
            "dispatch.return",
            pgettext_lazy("verb", "Return"),
            asks=("reason", "words"),
            is_bounce=True,
            shown=lambda order: not order.is_binding and _is_last_return(order),
        ),
        Move(
            "urge",
            frozenset({S.DISPATCHED, S.ACCEPTED, S.SERVING}),
            None,
            "dispatch.urge",
            pgettext_lazy("verb", "Urge"),
        ),
        Move(
            "transfer",
            frozenset({S.DISPATCHED, S.ACCEPTED, S.SERVING}),
            S.DISPATCHED,
            "dispatch.transfer",
            pgettext_lazy("verb", "Transfer"),
            asks=("station", "words"),
        ),
        Move(
            "reopen",
            frozenset({S.DONE, S.FOLLOWED_UP, S.CLOSED}),
            S.PENDING,
            "dispatch.reopen",
            pgettext_lazy("verb", "Open again"),
            asks=("words",),
        ),
        Move(
            "withdraw",
            frozenset({S.PENDING, S.ARBITRATION, S.DISPATCHED, S.ACCEPTED, S.SERVING}),
            S.WITHDRAWN,
            "dispatch.withdraw",
            pgettext_lazy("verb", "Withdraw"),
            asks=("words",),
            kind="danger",
        ),
    ),
    waiting={
        S.PENDING: _at_centre("dispatch"),
        S.ARBITRATION: _at_centre("arbitrate"),
        S.DISPATCHED: lambda order: Waiting(
            "accept", Tier.STATION, Role.STATION_HEAD, order.station_id
        ),
        S.ACCEPTED: _by_worker("serve"),
        S.SERVING: _by_worker("finish"),
        S.DONE: _at_centre("follow_up"),
        S.FOLLOWED_UP: lambda order: Waiting("say", Tier.RESIDENT, None, order.centre_id),
    },
)
