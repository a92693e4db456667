from django.db.models import Exists, OuterRef, Q

from linli.kernel.access import PermissionTable, Rule, nobody, register, rule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role

from .enums import Why
from .models import Duplicate, Household, Moving, Person, Serving


def _kept_by_my_unit(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id)


def _open_to_my_unit(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id) | Q(also__contains=[actor.unit_id])


def _served_by_my_unit(actor: Actor) -> Q:
    served = Serving.objects.filter(
        person=OuterRef("pk"), station=actor.unit_id, why=Why.BOTH, valid_to__isnull=True
    )
    return Q(unit_id=actor.unit_id) | (Q(also__contains=[actor.unit_id]) & Q(Exists(served)))


def _lives_in_my_area(actor: Actor) -> Q:
    return Person.held_in(actor.scope)


def _home_in_my_area(actor: Actor) -> Q:
    return actor.scope.condition()


def _decided_by_my_centre(actor: Actor) -> Q:
    return Q(centre_id=actor.unit_id)


def _asked_or_answered_by_my_unit(actor: Actor) -> Q:
    return Q(unit_id=actor.unit_id) | Q(asked_unit_id=actor.unit_id)


def _comes_to_my_unit(actor: Actor) -> Q:
    return Q(station_id=actor.unit_id)


def _leaves_my_unit(actor: Actor) -> Q:
    return Q(from_unit_id=actor.unit_id)


STATION = (Role.WORKER, Role.STATION_HEAD)
kept: Rule = rule(*STATION, ask=_kept_by_my_unit)
in_my_county: Rule = rule(Role.DISPATCHER, ask=_lives_in_my_area)

PERMISSIONS: PermissionTable = {
    "view": rule(*STATION, ask=_open_to_my_unit) | in_my_county,
    # The list: what a station keeps, without what it may open for a while.
    "keep": kept | in_my_county,
    # Numbers and address: only where the person is served.
    "reveal": rule(*STATION, ask=_served_by_my_unit),
    # Who looked at the file: the audit administrator learns no more of it than that.
    "looks": rule(Role.STATION_HEAD, ask=_kept_by_my_unit)
    | rule(Role.DISPATCHER, Role.AUDIT, ask=_lives_in_my_area),
    "register": rule(*STATION),
    "change": kept,
    # Many at once from a sheet; a dispatcher names the station that keeps each file.
    "import": rule(Role.STATION_HEAD, ask=_kept_by_my_unit) | in_my_county,
}
register("people", Person, PERMISSIONS)
register(
    "households",
    Household,
    {"view": rule(*STATION, ask=_kept_by_my_unit) | rule(Role.DISPATCHER, ask=_home_in_my_area)},
)
register(
    "duplicates",
    Duplicate,
    {
        "view": rule(Role.DISPATCHER, ask=_decided_by_my_centre)
        | rule(*STATION, ask=_asked_or_answered_by_my_unit),
        "ask": rule(*STATION),
        "decide": rule(Role.DISPATCHER, ask=_decided_by_my_centre),
        "answer": rule(*STATION, ask=_kept_by_my_unit),
        # The system's alone: it follows from another decision.
        "settle": nobody,
    },
)
register(
    "moves",
    Moving,
    {
        "view": rule(*STATION, ask=lambda actor: _comes_to_my_unit(actor) | _leaves_my_unit(actor)),
        "accept": rule(Role.STATION_HEAD, ask=_comes_to_my_unit),
        "withdraw": rule(*STATION, ask=_leaves_my_unit),
        # The system's alone: on the day.
        "arrive": nobody,
    },
)
