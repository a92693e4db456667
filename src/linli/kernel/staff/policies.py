from django.db.models import Exists, OuterRef, Q, QuerySet

from linli.kernel.access import PermissionTable, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ADMINISTRATORS, Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.kernel.units.queries import in_force

from .models import Proposal

# Which work is done where; a role that is missing for a kind of unit makes no sense there.
ROLES_AT: dict[str, tuple[Role, ...]] = {
    UnitKind.DEPARTMENT: (Role.OFFICER, *ADMINISTRATORS),
    UnitKind.CENTRE: (Role.DISPATCHER,),
    UnitKind.STATION: (Role.STATION_HEAD, Role.WORKER),
    UnitKind.ROOM: (Role.GRID_WORKER,),
}


def units_inside(actor: Actor) -> QuerySet[Unit]:
    """Units whose seat and everything they serve lie in the actor's area.

    A centre that sits in a township serves its county: no administrator of the township may give
    posts there, for whoever works in them would see more than the administrator's area.
    """
    served = ServiceArea.objects.filter(in_force(actor.today), unit=OuterRef("pk"))
    beyond = served.exclude(_in_ranges(actor))
    return Unit.objects.filter(_in_ranges(actor)).exclude(Exists(beyond))


def _in_ranges(actor: Actor) -> Q:
    asked = Q(pk__in=[])
    for low, high in actor.scope.ranges:
        asked |= Q(area_id__gte=low, area_id__lte=high)
    return asked


def running(actor: Actor) -> Q:
    """Condition for posts that somebody holds now or will hold."""
    day = actor.today
    return (Q(valid_to__isnull=True) | Q(valid_to__gte=day)) & (
        Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gte=day)
    )


def _worked_here(actor: Actor) -> Q:
    """Users who hold or held a post in the area."""
    held = Post.objects.filter(user=OuterRef("pk"), unit__in=units_inside(actor))
    return Q(Exists(held))


def _known_here(actor: Actor) -> Q:
    """Users who hold or held a post in the area, or are proposed for one."""
    asked = Proposal.objects.filter(user=OuterRef("pk"), answered_at__isnull=True)
    return _worked_here(actor) | Q(Exists(asked.filter(unit__in=units_inside(actor))))


def _wholly_here(actor: Actor) -> Q:
    """Users known here whose every running post is here, so that nothing of others is touched."""
    running_posts = Post.objects.filter(running(actor), user=OuterRef("pk"))
    return _known_here(actor) & ~Q(Exists(running_posts.exclude(unit__in=units_inside(actor))))


def _worked_at_my_unit(actor: Actor) -> Q:
    return Q(Exists(Post.objects.filter(user=OuterRef("pk"), unit=actor.unit_id)))


def _at_unit_here(actor: Actor) -> Q:
    return Q(unit__in=units_inside(actor))


def _anothers_proposal(actor: Actor) -> Q:
    """What is still open, was not proposed by whoever acts, and is not about them."""
    mine = Q(user_id=actor.user_id) | Q(proposed_by_id=actor.user_id)
    return _at_unit_here(actor) & Q(answered_at__isnull=True) & ~mine


# System gives posts, security keeps passwords and keys, audit changes nothing.
register("staff", User, {
    "view": rule(*ADMINISTRATORS, ask=_known_here),
    # What somebody looked at: asked about one's own workers, or in the whole area.
    "looks": rule(Role.STATION_HEAD, ask=_worked_at_my_unit)
    | rule(Role.DISPATCHER, Role.AUDIT, ask=_worked_here),
    "manage": rule(Role.SYSTEM, ask=_wholly_here),
    "secure": rule(Role.SECURITY, ask=_wholly_here),
})  # fmt: skip
register("staff", Unit, {
    "appoint": rule(Role.SYSTEM, ask=lambda actor: Q(pk__in=units_inside(actor))),
})  # fmt: skip
register("staff", Post, {
    "see_post": rule(*ADMINISTRATORS, ask=_at_unit_here),
    "end_post": rule(Role.SYSTEM, ask=_at_unit_here),
    "looks_from": rule(Role.STATION_HEAD, ask=lambda actor: Q(unit=actor.unit_id))
    | rule(Role.DISPATCHER, Role.AUDIT, ask=_at_unit_here),
    "keys": rule(Role.SECURITY, ask=_at_unit_here),
})  # fmt: skip
register("staff", Proposal, {
    "see_proposal": rule(*ADMINISTRATORS, ask=_at_unit_here),
    "confirm": rule(Role.SECURITY, ask=_anothers_proposal),
})  # fmt: skip
PERMISSIONS: PermissionTable = {
    "register": rule(Role.SYSTEM),
    # Whoever signs in, whatever their post, even without one.
    "own_password": rule(),
    "own_factors": rule(),
    "own_sessions": rule(),
    "own_identities": rule(),
}
register("staff", None, PERMISSIONS)
