from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from random import Random
from uuid import UUID

from django.utils import timezone

from linli.directory.models import Site
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.areas.models import Area
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.lib.areacodes import CITY, COUNTY, TOWNSHIP, VILLAGE, at_level, city_of, county_of

PROVINCE_CODE = 350000000000
CITY_CODE = 350500000000
STATIONS = 163
WORKERS = 400
DISPATCHERS_EACH = 2
SINCE = date(2020, 1, 1)


@dataclass(frozen=True)
class Staff:
    """Somebody in a post: ids only, because rows are written by COPY."""

    user: UUID
    post: UUID


@dataclass
class Station:
    """A station with the villages it serves and how much of the city's work falls to it."""

    unit: UUID
    area: int
    villages: list[int]
    weight: float
    centre: UUID | None
    staff: list[Staff] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)


@dataclass
class Network:
    """Everything that people, services and orders hang on."""

    stations: list[Station]
    dispatchers: dict[UUID, list[Staff]]
    units: int = 0

    def of_city(self) -> list[Station]:
        """The stations of counties that have a centre."""
        return [one for one in self.stations if one.centre is not None]


@dataclass
class _Rows:
    """Units, users and posts in the making."""

    units: list[Unit] = field(default_factory=list)
    areas: list[ServiceArea] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    users: list[User] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)

    def unit(self, kind: UnitKind, area: int, *, parent: UUID | None = None) -> Unit:
        number = len(self.units) + 1
        made = Unit(
            kind=kind,
            area_id=area,
            parent_id=parent,
            competent_body="social_work_department",
            zh=f"试算社会工作服务站{number:03d}",
            en=f"Trial social work station {number:03d}",
            valid_from=SINCE,
        )
        self.units.append(made)
        if kind != UnitKind.DEPARTMENT:
            self.areas.append(ServiceArea(unit=made, area_id=area, valid_from=SINCE))
            self.sites.append(
                Site(
                    unit=made,
                    operating_model="purchased",
                    phone="0595-00000000",
                    capacity=30,
                    updated_at=timezone.now(),
                )
            )
        return made

    def staff(self, role: Role, unit: Unit) -> Staff:
        number = len(self.users) + 1
        user = User(username=f"trial{number:04d}", name=f"试算{number:04d}", password="!")  # noqa: S106
        post = Post(user=user, unit=unit, role=role, valid_from=SINCE)
        self.users.append(user)
        self.posts.append(post)
        return Staff(user.pk, post.pk)

    def store(self) -> None:
        Unit.objects.bulk_create(self.units)
        ServiceArea.objects.bulk_create(self.areas)
        Site.objects.bulk_create(self.sites)
        User.objects.bulk_create(self.users)
        Post.objects.bulk_create(self.posts)


def build(random: Random) -> Network:
    """Centres, stations, departments and staff; one station in each sibling city."""
    townships = _townships()
    rows = _Rows()
    own = [code for code in townships if city_of(code) == CITY_CODE]
    siblings = {city_of(code): code for code in reversed(townships) if code not in set(own)}
    chosen = own[: STATIONS - len(siblings)] + sorted(siblings.values())
    centres, dispatchers = {}, {}
    for county in sorted({county_of(code) or 0 for code in own}):
        centre = rows.unit(UnitKind.CENTRE, county)
        centres[county] = centre.pk
        dispatchers[centre.pk] = [
            rows.staff(Role.DISPATCHER, centre) for _ in range(DISPATCHERS_EACH)
        ]
    stations = []
    for rank, code in enumerate(chosen, start=1):
        centre_id = centres.get(county_of(code) or 0)
        unit = rows.unit(UnitKind.STATION, code, parent=centre_id)
        made = Station(unit.pk, code, townships[code], rank**-0.5, centre_id)
        made.staff.append(rows.staff(Role.STATION_HEAD, unit))
        stations.append(made)
    units = {one.pk: one for one in rows.units}
    for at in range(WORKERS - len(stations)):
        station = stations[at % len(stations)]
        station.staff.append(rows.staff(Role.WORKER, units[station.unit]))
    _departments(rows, stations[0])
    random.shuffle(stations)
    rows.store()
    return Network(stations, dispatchers, len(rows.units))


def _townships() -> dict[int, list[int]]:
    """Townships that have villages, with them, in order of their codes."""
    low, high = PROVINCE_CODE, PROVINCE_CODE + 10**10 - 1
    codes = Area.objects.filter(level=VILLAGE, code__gte=low, code__lte=high)
    found: dict[int, list[int]] = defaultdict(list)
    for code in codes.order_by("code").values_list("code", flat=True):
        found[at_level(code, TOWNSHIP)].append(code)
    return dict(found)


def _departments(rows: _Rows, station: Station) -> None:
    """An officer at each level above the first station, and a grid worker below it."""
    places = [0, PROVINCE_CODE]
    places += [at_level(station.area, level) for level in (CITY, COUNTY, TOWNSHIP)]
    for place in places:
        rows.staff(Role.OFFICER, rows.unit(UnitKind.DEPARTMENT, place))
    room = rows.unit(UnitKind.ROOM, station.villages[0], parent=station.unit)
    rows.staff(Role.GRID_WORKER, room)
