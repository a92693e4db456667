"""Acting in process as the middleware lets somebody act in a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from uuid import UUID

from django.db import transaction

from linli.kernel.accounts.actors import Actor, actor_of, set_actor, visitor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.areas.models import Area
from linli.kernel.scope import scope
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.lib.areacodes import range_of

from .world.network import CITY_CODE


@contextmanager
def acting(user: User | None) -> Iterator[Actor]:
    """One transaction, one actor, one scope; nobody is a visitor of the portal."""
    with transaction.atomic():
        actor = actor_of(user) if user else visitor()
        set_actor(actor)
        with scope(actor.scope):
            yield actor


@dataclass(frozen=True)
class Team:
    """Those through whose hands one order goes."""

    station: UUID
    villages: list[int]
    dispatcher: User
    head: User
    worker: User


def one_of(role: Role, unit: Unit | UUID, random: Random) -> User:
    held = Post.objects.filter(role=role, unit_id=getattr(unit, "pk", unit))
    return random.choice(list(held.select_related("user"))).user


def teams(random: Random, how_many: int) -> list[Team]:
    """Some stations of the city with a dispatcher, a head and a worker each."""
    low, high = range_of(CITY_CODE)
    with_workers = Post.objects.filter(role=Role.WORKER).values("unit_id")
    units = Unit.objects.filter(
        kind=UnitKind.STATION, area_id__gte=low, area_id__lte=high, pk__in=with_workers
    )
    made = []
    for unit in random.sample(list(units.order_by("pk")), how_many):
        area = ServiceArea.objects.get(unit=unit).area_id
        first, last = range_of(area)
        villages = Area.objects.filter(code__gt=first, code__lte=last)
        assert unit.parent_id is not None
        made.append(
            Team(
                unit.pk,
                list(villages.values_list("code", flat=True)),
                one_of(Role.DISPATCHER, unit.parent_id, random),
                one_of(Role.STATION_HEAD, unit, random),
                one_of(Role.WORKER, unit, random),
            )
        )
    return made


def officer(area: int) -> User:
    """The officer of an area's department."""
    post = Post.objects.select_related("user").get(role=Role.OFFICER, unit__area_id=area)
    return post.user


def grid_worker() -> User:
    return Post.objects.select_related("user").get(role=Role.GRID_WORKER).user
