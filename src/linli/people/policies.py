from django.db.models import Q

from linli.kernel.access import PermissionTable, Rule, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role

from .models import Household, Person


def _kept_by_my_unit(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id)


def _lives_in_my_area(actor: Actor) -> Q:
    return actor.scope.condition()


at_my_station: Rule = rule(Role.WORKER, Role.STATION_HEAD, ask=_kept_by_my_unit)
in_my_county: Rule = rule(Role.DISPATCHER, ask=_lives_in_my_area)

PERMISSIONS: PermissionTable = {
    "view": at_my_station | in_my_county,
    # Numbers and address: only where the person is served.
    "reveal": at_my_station,
    "register": rule(Role.WORKER, Role.STATION_HEAD),
    "change": at_my_station,
}
register("people", Person, PERMISSIONS)
register("households", Household, {"view": at_my_station | in_my_county})
