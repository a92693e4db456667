from django.db.models import Q

from linli.kernel.access import PermissionTable, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role

from .models import Service


def _of_my_unit(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id)


def _mine(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id, worker_id=actor.user_id)


def _in_my_area(actor: Actor) -> Q:
    return actor.scope.condition()


at_my_station = rule(Role.WORKER, Role.STATION_HEAD, ask=_of_my_unit)

PERMISSIONS: PermissionTable = {
    "view": at_my_station | rule(Role.DISPATCHER, ask=_in_my_area),
    "read_note": at_my_station,
    # Many at once from a sheet, for the workers of a station.
    "import": rule(Role.STATION_HEAD, ask=_of_my_unit) | rule(Role.DISPATCHER, ask=_in_my_area),
    "record": rule(Role.WORKER, Role.STATION_HEAD),
    "correct": rule(Role.WORKER, ask=_mine) | rule(Role.STATION_HEAD, ask=_of_my_unit),
    "count": rule(Role.OFFICER, Role.DISPATCHER, Role.STATION_HEAD, Role.WORKER),
}
register("services", Service, PERMISSIONS)
