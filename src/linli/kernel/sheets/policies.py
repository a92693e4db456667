from django.db.models import Q

from linli.kernel.access import PermissionTable, Rule, register
from linli.kernel.accounts.actors import Actor

from .declare import kinds_for
from .models import Import


def _of_my_unit(actor: Actor) -> Q | bool:
    """Imports of the actor's unit, of the kinds that the actor may import."""
    held = [one.name for one in kinds_for(actor)] if actor.is_user else []
    return Q(unit_id=actor.unit_id, kind__in=held) if held else False


of_my_unit = Rule(_of_my_unit)

PERMISSIONS: PermissionTable = {"view": of_my_unit, "run": of_my_unit, "undo": of_my_unit}
register("imports", Import, PERMISSIONS)
