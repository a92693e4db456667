from django.db.models import Q

from linli.kernel.access import PermissionTable, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.models import Reorganisation

# Whose work the division tree is.
KEEPER = Role.SYSTEM


def _wholly_here(actor: Actor) -> Q:
    """Reorganisations whose every area lies in the actor's."""
    asked = Q(pk__in=[])
    for low, high in actor.scope.ranges:
        asked |= Q(area__gte=low, area__lte=high)
    return asked


register("reorganise", Reorganisation, {
    "open": rule(KEEPER, ask=_wholly_here),
    "apply": rule(KEEPER, ask=_wholly_here),
    "take_back": rule(KEEPER, ask=_wholly_here),
})  # fmt: skip
PERMISSIONS: PermissionTable = {"view": rule(KEEPER), "propose": rule(KEEPER)}
register("reorganise", None, PERMISSIONS)
