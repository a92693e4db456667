from django.db.models import Q

from linli.dispatch.queries import orders
from linli.kernel.access import PermissionTable, Rule, nobody, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind, Role

from .models import Request


def _in_my_area(actor: Actor) -> Q:
    return actor.scope.condition()


def _registered_by_me(actor: Actor) -> Q:
    return Q(registered_by_id=actor.user_id)


def _with_my_order(actor: Actor) -> Q:
    # The unit follows the order, and is what the index knows.
    return Q(unit_id=actor.unit_id, order_id__in=orders(actor).values("pk"))


def _of_my_receipt(actor: Actor) -> Q:
    return Q(pk__in=actor.subject_ids)


STAFF = (Role.DISPATCHER, Role.STATION_HEAD, Role.WORKER, Role.GRID_WORKER)
centre: Rule = rule(Role.DISPATCHER, ask=_in_my_area)
registrar: Rule = rule(*STAFF, ask=_registered_by_me)
station: Rule = rule(Role.STATION_HEAD, Role.WORKER, ask=_with_my_order)
resident: Rule = rule(kind=ActorKind.RECEIPT, ask=_of_my_receipt)

PERMISSIONS: PermissionTable = {
    "view": centre | registrar | station,
    # All that one counts; a worker counts the station's, and opens those of their own orders.
    "view_all": centre | rule(Role.STATION_HEAD, ask=_with_my_order),
    # Who looked at it.
    "looks": centre
    | rule(Role.AUDIT, ask=_in_my_area)
    | rule(Role.STATION_HEAD, ask=_with_my_order),
    # Name and phone: who must reach the person.
    "contact": centre | station,
    "follow": resident,
    "register": rule(*STAFF),
    "screen": centre,
    "add": resident,
    "say": resident,
    # The system's alone: it follows from how the other request ended.
    "part": nobody,
    "reopen": centre | resident,
    "withdraw": centre | resident,
    "count": rule(Role.OFFICER, Role.DISPATCHER, Role.STATION_HEAD, Role.WORKER),
}
register("intake", Request, PERMISSIONS)
