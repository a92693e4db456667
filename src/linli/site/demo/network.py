from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from stdnum.cn import uscc

from linli.directory.enums import OperatingModel
from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.accounts.enums import Role
from linli.kernel.units.models import UnitKind
from linli.lib.areacodes import COUNTY, at_level

from .places import CITY, NATION, PROVINCE, Named, Places
from .steps import SYSTEM, Step
from .texts import Numbers, Words, data

STATIONS, ROOMS, STATION_STAFF = 163, 1101, 400
YEARS_OPEN = 3
BUILDER = SYSTEM + "demo.network"
LICHENG, HUIAN = 350502000000, 350521000000
SHOWN = 350502004000

# The city counts twelve county-level centres and does not say where. Eleven counties have data;
# we take the Taiwanese investment zone in Hui'an, four townships under their own administration,
# for the twelfth. It answers for those four, and Hui'an's centre for the rest of the county.
ZONE = (350521104000, 350521105000, 350521106000, 350521200000)
ZONE_DISPATCHER = "pdtsz"

# Invented, so that there is something to see (in truth every township of the city has a station):
# townships that share a neighbour's station, that have none, and that have two.
SHARES = {350525201000: 350525104000, 350525204000: 350525114000, 350526202000: 350526108000}
GAPS = (350524209000, 350526208000, 350583201000)
TWO = (SHOWN, 350524102000, 350582101000, 350582104000, 350582110000, 350583119000)
# Of these townships the second station has its own villages; in the others both serve all.
SPLIT = (350524102000, 350582104000, 350583119000)

# How much is asked for where: by the people who live there, more where the dispatcher signs in.
DEMAND = {
    350502000000: 15, 350503000000: 10, 350504000000: 4, 350505000000: 5, 350521000000: 9,
    350524000000: 10, 350525000000: 6, 350526000000: 4, 350581000000: 7, 350582000000: 17,
    350583000000: 13,
}  # fmt: skip
SHOWN_WEIGHT = 3.0
GRID_WORKERS = 24
HOURS = tuple(
    (day, opens, closes)
    for day in range(5)
    for opens, closes in ((time(8, 30), time(12, 0)), (time(14, 30), time(17, 30)))
)


@dataclass
class Station:
    """A station as the script needs it; `pace` above 1 is slower than others."""

    key: str
    centre: str
    county: int
    township: int
    villages: list[int]
    weight: float
    pace: float
    head: str = ""
    workers: list[str] = field(default_factory=list)

    @property
    def staff(self) -> list[str]:
        return [self.head, *self.workers]


@dataclass
class Network:
    """Who is where; `steps` builds it."""

    places: Places
    since: date
    stations: list[Station] = field(default_factory=list)
    dispatchers: dict[str, list[str]] = field(default_factory=dict)
    grid: list[tuple[str, int]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    served: dict[int, list[Station]] = field(default_factory=dict)

    def of_county(self, county: int) -> list[Station]:
        return [one for one in self.stations if one.county == county]

    def of_centre(self, centre: str) -> list[Station]:
        return [one for one in self.stations if one.centre == centre]


class NetworkBuilder:
    """Draws the network of the city: centres, stations, rooms, agencies and who works there."""

    def __init__(self, places: Places, now: datetime, random: Random) -> None:
        self.places, self.random = places, random
        self.words, self.numbers = Words(random), Numbers(random)
        self.texts: dict[str, Any] = data("network")
        today = now.astimezone(SHANGHAI).date()
        since = today - timedelta(days=365 * YEARS_OPEN)
        self.at = datetime.combine(since, time(9), SHANGHAI).astimezone(UTC)
        self.made = Network(places, since)

    def build(self) -> Network:
        self._agencies()
        self._departments()
        self._centres()
        self._stations()
        self._rooms()
        self._station_staff()
        self._rules()
        return self.made

    def _step(self, verb: str, about: str, **facts: Any) -> None:
        # A second apart: ids made one after the other keep that order whoever plays the script.
        self.at += timedelta(seconds=1)
        self.made.steps.append(Step(self.at, BUILDER, verb, about, facts))

    def _named(self, pattern: str, place: Named) -> dict[str, str]:
        zh, en = self.texts[pattern]
        return {"zh": zh.format(place=place.zh), "en": en.format(place=place.en)}

    def _user(self, username: str, role: Role, unit: str) -> str:
        name = self.words.staff()
        self._step("site.add_user", username, name=name, role=role, unit=unit)
        return username

    def _agencies(self) -> None:
        for number, (zh, en) in enumerate(self.texts["agencies"], start=1):
            # A social service agency (52) registered in an area that does not exist.
            body = f"52{Numbers.NO_AREA}MJ{number:07d}"
            self._step(
                "directory.register_organisation",
                f"agency{number}",
                zh=zh,
                en=en,
                area=CITY,
                credit_code=body + uscc.calc_check_digit(body),
                phone=self.numbers.landline(),
            )

    def _departments(self) -> None:
        named = self.places.named
        zh, en = self.texts["national_department"]
        self._step("site.add_department", "department0", zh=zh, en=en, area=NATION)
        for code in (PROVINCE, CITY, *self.places.counties, SHOWN):
            pattern = "township_department" if code == SHOWN else "department"
            told = self._named(pattern, named[code])
            self._step("site.add_department", f"department{code}", area=code, **told)
        users = {
            "jiedao": SHOWN, "quxian": LICHENG, "shiji": CITY, "shengji": PROVINCE, "guojia": NATION
        }  # fmt: skip
        for username, code in users.items():
            self._user(username, Role.OFFICER, f"department{code}")
        for code in self.places.counties:
            if code != LICHENG:
                self._user(f"qx{code // 10**6}", Role.OFFICER, f"department{code}")
        for username, role in (
            ("guanli", Role.SYSTEM), ("anquan", Role.SECURITY), ("shenji", Role.AUDIT)
        ):  # fmt: skip
            self._user(username, role, f"department{CITY}")

    def _site(
        self, key: str, kind: UnitKind, *, seat: int, serves: Iterable[int], **facts: Any
    ) -> None:
        address = self.random.choice(self.texts["addresses"])
        self._step(
            "directory.open_site",
            key,
            kind=kind,
            area=seat,
            serves=tuple(serves),
            address=address.format(
                place=self.places.named[seat].zh, number=self.random.randint(1, 200)
            ),
            phone=self.numbers.landline(),
            **facts,
        )
        if kind != UnitKind.ROOM:
            self._step("directory.set_hours", key, spans=HOURS)

    def _centres(self) -> None:
        for code in self.places.counties:
            key = f"centre{code}"
            told = self._named("centre", self.places.named[code])
            self._centre(key, seat=code, serves=(code,), **told)
            count = 1 if code in DEMAND and DEMAND[code] < 7 else 2
            first = "paidan" if code == LICHENG else f"pd{code // 10**6}"
            names = [first, f"pd{code // 10**6}b"][:count]
            self.made.dispatchers[key] = [self._user(n, Role.DISPATCHER, key) for n in names]
        zh, en = self.texts["zone"]
        told = self._named("centre", Named(ZONE[0], zh, en))
        self._centre("zone", seat=ZONE[0], serves=ZONE, **told)
        self.made.dispatchers["zone"] = [self._user(ZONE_DISPATCHER, Role.DISPATCHER, "zone")]

    def _centre(self, key: str, *, seat: int, serves: Iterable[int], **told: str) -> None:
        self._site(
            key,
            UnitKind.CENTRE,
            seat=seat,
            serves=serves,
            operating_model=OperatingModel.ADMINISTRATION,
            capacity=200,
            **told,
        )

    def _stations(self) -> None:
        shared = {host: guest for guest, host in SHARES.items()}
        for county in self.places.counties:
            for code in self.places.townships[county]:
                if code in SHARES or code in GAPS:
                    continue
                villages = list(self.places.villages[code])
                serves, others = [code], []
                if code in shared:
                    serves.append(shared[code])
                    villages += self.places.villages[shared[code]]
                if code in TWO:
                    others = villages[len(villages) // 2 :]
                    villages = villages[: len(villages) // 2]
                self._station(f"station{code}", "station", code, serves, villages)
                if code in TWO:
                    own = others if code in SPLIT else [code]
                    self._station(f"station{code}b", "second_station", code, own, others)
        for station in self.made.stations:
            for village in station.villages:
                self.made.served.setdefault(village, []).append(station)

    def _station(
        self, key: str, pattern: str, code: int, serves: list[int], villages: list[int]
    ) -> None:
        county = at_level(code, COUNTY)
        shown = SHOWN_WEIGHT if code == SHOWN else 1.0
        pace = self.random.lognormvariate(0, 0.22)
        weight = shown * len(villages)
        centre = "zone" if code in ZONE else f"centre{county}"
        self.made.stations.append(Station(key, centre, county, code, villages, weight, pace))
        self._site(
            key,
            UnitKind.STATION,
            seat=code,
            serves=serves,
            parent=centre,
            operator=f"agency{self.random.randint(1, len(self.texts['agencies']))}",
            operating_model=self.random.choices(list(OperatingModel)[:3], (1, 7, 2))[0],
            capacity=self.random.choice((6, 8, 10, 12, 15)),
            **self._named(pattern, self.places.named[code]),
        )

    def _rooms(self) -> None:
        """Rooms in proportion to the villages, so many that they add up."""
        stations = self.made.stations
        everywhere = sum(len(one.villages) for one in stations)
        owed = 0.0
        for station in stations:
            owed += len(station.villages) * ROOMS / everywhere
            count = round(owed)
            owed -= count
            for village in sorted(self.random.sample(station.villages, count)):
                self._room(station, village)
        rooms = [
            (int(step.about.removeprefix("room")), step.about)
            for step in self.made.steps
            if step.about.startswith("room")
        ]
        shown = next(one for one in rooms if at_level(one[0], 4) == SHOWN)
        chosen = [shown, *self.random.sample([r for r in rooms if r != shown], GRID_WORKERS - 1)]
        for number, (village, key) in enumerate(chosen):
            username = "wangge" if number == 0 else f"wg{village}"
            self.made.grid.append((self._user(username, Role.GRID_WORKER, key), village))

    def _room(self, station: Station, village: int) -> None:
        self._site(
            f"room{village}",
            UnitKind.ROOM,
            seat=village,
            serves=(village,),
            parent=station.key,
            operating_model=OperatingModel.MIXED,
            capacity=5,
            **self._named("room", self.places.named[village]),
        )

    def _station_staff(self) -> None:
        """A head everywhere, a worker beside, and a second one where most people live."""
        stations = self.made.stations
        extra = STATION_STAFF - 2 * len(stations)
        busiest = {one.key for one in sorted(stations, key=lambda s: -s.weight)[:extra]}
        for station in stations:
            name = station.key.removeprefix("station")[:9]
            suffix = "b" if station.key.endswith("b") else ""
            is_shown = station.key == f"station{SHOWN}"
            head = "zhanzhang" if is_shown else f"zz{name}{suffix}"
            station.head = self._user(head, Role.STATION_HEAD, station.key)
            for number in range(1, 3 if station.key in busiest else 2):
                worker = "shegong" if is_shown and number == 1 else f"sg{name}{suffix}{number}"
                station.workers.append(self._user(worker, Role.WORKER, station.key))

    def _rules(self) -> None:
        """Two counties send some needs to one station first."""
        for need, station in (("mind", f"station{SHOWN}"), ("safety", f"station{SHOWN}b")):
            self._step(
                "site.add_routing_rule", f"rule{need}", area=LICHENG, need=need, station=station
            )
        self._step(
            "site.add_routing_rule",
            "rulework",
            area=350582000000,
            need="work",
            station="station350582101000",
        )


def build_network(places: Places, now: datetime, random: Random) -> Network:
    """The network of the city as it stands since `YEARS_OPEN` years."""
    return NetworkBuilder(places, now, random).build()
