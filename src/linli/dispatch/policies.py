from django.db.models import Q

from linli.kernel.access import PermissionTable, Rule, nobody, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind, Role

from .models import Order, Verdict


def _in_my_area(actor: Actor) -> Q:
    return actor.scope.condition()


def _at_my_unit(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id)


def _mine_or_open(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id) & (Q(worker_id=actor.user_id) | Q(worker_id__isnull=True))


def _mine(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id, worker_id=actor.user_id)


def _of_my_receipt(actor: Actor) -> Q:
    return Q(pk__in=actor.subject_ids)


centre: Rule = rule(Role.DISPATCHER, ask=_in_my_area)
station_head: Rule = rule(Role.STATION_HEAD, ask=_at_my_unit)
worker: Rule = rule(Role.WORKER, ask=_mine)
free_worker: Rule = rule(Role.WORKER, ask=_mine_or_open)
resident: Rule = rule(kind=ActorKind.RECEIPT, ask=_of_my_receipt)

PERMISSIONS: PermissionTable = {
    "view": centre | station_head | free_worker,
    # All that one counts; a worker counts the station's, and opens their own.
    "view_all": centre | station_head,
    "follow": resident,
    "open": rule(Role.DISPATCHER),
    "dispatch": centre,
    "accept": station_head | free_worker,
    "return": station_head | free_worker,
    "assign": station_head,
    # The system's alone: nobody takes an order from a colleague who is still there.
    "release": nobody,
    "serve": station_head | worker,
    "finish": station_head | worker,
    "follow_up": centre,
    "say": centre | resident,
    # Whose request was joined with the one behind an order is for intake to know.
    "say_too": rule(kind=ActorKind.RECEIPT),
    "close": centre,
    "reopen": centre | resident,
    "transfer": centre,
    "withdraw": centre | resident,
    "urge": centre | resident,
    "count": rule(Role.OFFICER, Role.DISPATCHER, Role.STATION_HEAD, Role.WORKER),
}
register("dispatch", Order, PERMISSIONS)
register(
    "verdicts",
    Verdict,
    # How many, at one's own station: what was said is told apart only where no one answer shows.
    {"count": rule(Role.OFFICER, Role.DISPATCHER, Role.STATION_HEAD)},
)
