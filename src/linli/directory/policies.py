from django.db.models import Q

from linli.kernel.access import PermissionTable, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role

from .models import Organisation, Site

MANAGERS = (Role.SYSTEM, Role.DISPATCHER)


def _in_my_area(actor: Actor) -> Q:
    return actor.scope.condition(area="unit__area_id", unit="unit_id")


PERMISSIONS: PermissionTable = {
    # The network is public knowledge: the portal shows every site with its phone.
    "view": rule(),
    "manage": rule(*MANAGERS, ask=_in_my_area),
    "own_hours": rule(Role.STATION_HEAD, ask=lambda actor: Q(unit_id=actor.unit_id))
    | rule(*MANAGERS, ask=_in_my_area),
}
register("directory", Site, PERMISSIONS)
register(
    "agencies",
    Organisation,
    {"view": rule(), "manage": rule(*MANAGERS, ask=_in_my_area)},
)
