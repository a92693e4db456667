"""A small world: one county with two townships and three stations, and a sibling county.

Two stations share a township, so that "same township" is never mistaken for "same station".
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.directory.models import Site
from linli.kernel.accounts.actors import Actor, actor_of, set_actor, system
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.units.models import ServiceArea, Unit, UnitKind

CITY = 350500000000
COUNTY, OTHER_COUNTY = 350502000000, 350503000000
TOWNSHIP, NEXT_TOWNSHIP = 350502004000, 350502005000
VILLAGE, NEXT_VILLAGE, OTHER_VILLAGE = 350502004001, 350502005001, 350503001001
SINCE = date(2020, 1, 1)
PASSWORD = "correct horse battery"


@dataclass
class World:
    """Units and users by short names: `world.station`, `world.actor("head")`."""

    units: dict[str, Unit] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def actor(self, name: str, *, now: datetime | None = None) -> Actor:
        return actor_of(self.users[name], now=now or timezone.now())

    def __getattr__(self, name: str) -> Any:
        units = self.__dict__.get("units", {})
        if name in units:
            return units[name]
        raise AttributeError(name)

    def unit_id(self, name: str) -> UUID:
        return self.units[name].pk


UNITS = {
    # name: kind, seat, areas served, parent
    "centre": (UnitKind.CENTRE, COUNTY, (COUNTY,), None),
    "station": (UnitKind.STATION, TOWNSHIP, (TOWNSHIP,), "centre"),
    "sharing": (UnitKind.STATION, TOWNSHIP, (TOWNSHIP,), "centre"),
    "sibling": (UnitKind.STATION, NEXT_TOWNSHIP, (NEXT_TOWNSHIP,), "centre"),
    "other_centre": (UnitKind.CENTRE, OTHER_COUNTY, (OTHER_COUNTY,), None),
    "other_station": (UnitKind.STATION, 350503001000, (350503001000,), "other_centre"),
    "county_department": (UnitKind.DEPARTMENT, COUNTY, (), None),
    "city_department": (UnitKind.DEPARTMENT, CITY, (), None),
    "province_department": (UnitKind.DEPARTMENT, 350000000000, (), None),
    "national_department": (UnitKind.DEPARTMENT, 0, (), None),
    "township_department": (UnitKind.DEPARTMENT, TOWNSHIP, (), None),
    "village": (UnitKind.ROOM, VILLAGE, (VILLAGE,), "station"),
}

USERS = {
    # name: role, unit
    "dispatcher": (Role.DISPATCHER, "centre"),
    "head": (Role.STATION_HEAD, "station"),
    "worker": (Role.WORKER, "station"),
    "second_worker": (Role.WORKER, "station"),
    "sharing_head": (Role.STATION_HEAD, "sharing"),
    "sharing_worker": (Role.WORKER, "sharing"),
    "sibling_head": (Role.STATION_HEAD, "sibling"),
    "sibling_worker": (Role.WORKER, "sibling"),
    "other_dispatcher": (Role.DISPATCHER, "other_centre"),
    "other_head": (Role.STATION_HEAD, "other_station"),
    "other_worker": (Role.WORKER, "other_station"),
    "township_officer": (Role.OFFICER, "township_department"),
    "officer": (Role.OFFICER, "county_department"),
    "city_officer": (Role.OFFICER, "city_department"),
    "province_officer": (Role.OFFICER, "province_department"),
    "national_officer": (Role.OFFICER, "national_department"),
    "grid_worker": (Role.GRID_WORKER, "village"),
    "administrator": (Role.SYSTEM, "county_department"),
    "security": (Role.SECURITY, "county_department"),
    "auditor": (Role.AUDIT, "county_department"),
}


def build_world() -> World:
    """Create units, sites, users and posts in the present transaction."""
    set_actor(system("tests"))
    world = World()
    for name, (kind, area, serves, parent) in UNITS.items():
        unit = Unit.objects.create(
            kind=kind,
            area_id=area,
            parent=world.units.get(parent or ""),
            competent_body="social_work_department",
            zh=f"测试{name}",
            en=f"Test {name}",
            valid_from=SINCE,
        )
        world.units[name] = unit
        for code in serves:
            ServiceArea.objects.create(unit=unit, area_id=code, valid_from=SINCE)
        if kind != UnitKind.DEPARTMENT:
            Site.objects.create(
                unit=unit,
                operating_model="purchased",
                phone="0595-22880000",
                capacity=20,
                updated_at=timezone.now(),
            )
    for name, (role, unit_name) in USERS.items():
        user = User(username=name, name=f"Test {name}")
        user.password = _hashed()
        user.save()
        Post.objects.create(user=user, unit=world.units[unit_name], role=role, valid_from=SINCE)
        world.users[name] = user
    return world


_password: list[str] = []


def _hashed() -> str:
    """One hash for everybody: hashing for each user would be most of a test's time."""
    if not _password:
        user = User()
        user.set_password(PASSWORD)
        _password.append(user.password)
    return _password[0]
