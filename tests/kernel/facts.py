"""Facts to count: places in several provinces, services there, and a recount without the cube."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from linli.kernel.areas.models import Area, AreaVersion
from linli.kernel.stats.measures import measure
from linli.kernel.stats.read import Count, Question
from linli.lib.areacodes import ancestors, is_pseudo, kind_of, level_of, range_of
from linli.lib.uuid7 import uuid7
from linli.people.models import Person
from linli.services.models import Recipient, Service

from ..world import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, SINCE, TOWNSHIP, VILLAGE, World

SERVICES = measure("services")
NATION, FUJIAN, QUANZHOU = 0, 350000000000, 350500000000
XIAMEN, SIMING, SIMING_VILLAGE = 350200000000, 350203000000, 350203001001
BEIJING, DONGCHENG_VILLAGE = 110000000000, 110101001001
HENAN, ZHENGZHOU, JIYUAN, JIYUAN_VILLAGE = 410000000000, 410100000000, 419001000000, 419001001001
ZHENGZHOU_VILLAGE = 410102001001
# The finest code known at the time may be coarse.
PLACES = (
    VILLAGE,
    NEXT_VILLAGE,
    OTHER_VILLAGE,
    TOWNSHIP,
    COUNTY,
    QUANZHOU,
    SIMING_VILLAGE,
    XIAMEN,
    FUJIAN,
    DONGCHENG_VILLAGE,
    ZHENGZHOU_VILLAGE,
    JIYUAN_VILLAGE,
    HENAN,
    NATION,
)
COUNTED = tuple(sorted({one for place in PLACES for one in (place, *ancestors(place))}))
DAYS = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
PERIODS = (
    (DAYS[0], DAYS[-1]),
    (date(2026, 1, 1), date(2026, 1, 31)),
    (DAYS[1], DAYS[1]),
    (date(2027, 1, 1), date(2027, 12, 31)),
)


def add_places(codes: Iterable[int] = PLACES) -> None:
    """Areas outside the city that the tests load, with everything above them."""
    wanted = sorted({one for code in codes for one in (*ancestors(code), code)})
    known = set(Area.objects.filter(code__in=wanted).values_list("code", flat=True))
    new = [code for code in wanted if code not in known]
    Area.objects.bulk_create(
        Area(
            code=code,
            level=level_of(code),
            kind=kind_of(code),
            is_pseudo=is_pseudo(code, ""),
            valid_from=SINCE,
        )
        for code in new
    )
    AreaVersion.objects.bulk_create(
        AreaVersion(
            area_id=code,
            parent_id=ancestors(code)[-1],
            zh=f"区划{code}",
            pinyin="x",
            initials="x",
            en=f"Area {code}",
            valid_from=SINCE,
        )
        for code in new
    )


def fact(world: World, **given: Any) -> Service:
    """A service that was not yet stored."""
    return Service(
        **(
            {
                "id": uuid7(),
                "area_id": VILLAGE,
                "unit_id": world.unit_id("station"),
                "worker_id": world.users["worker"].pk,
                "method": "visit",
                "content": "daily_care",
                "place": "home",
                "occurred_on": DAYS[1],
                "minutes": 30,
                "anonymous": 1,
                "person_times": 2,
                "recorded_at": timezone.now(),
            }
            | given
        )
    )


def store(*facts: Service) -> None:
    Service._base_manager.bulk_create(facts)


def persons(world: World, count: int) -> list[Person]:
    """Persons who can be served; an actor must be set."""
    made = [
        Person(
            name=f"P{at}",
            pinyin_key="p",
            area_id=VILLAGE,
            unit=world.station,
            recorded_at=timezone.now(),
        )
        for at in range(count)
    ]
    for one in made:
        one.save()
    return made


def served(*links: tuple[Service, Person]) -> None:
    Recipient.objects.bulk_create(Recipient(service=one, person=person) for one, person in links)


@dataclass(frozen=True)
class Recount:
    """The facts and who was served, as they stand in the tables, counted one by one."""

    rows: list[dict[str, Any]]
    links: list[tuple[Any, int, date, Any]]

    @classmethod
    def now(cls) -> "Recount":
        columns = ("area_id", "unit_id", "occurred_on", "method", "content", "place")
        sums = ("person_times", "minutes", "anonymous")
        rows = list(Service._base_manager.values(*columns, *sums))
        facts = {
            one.pk: (one.area_id, one.occurred_on, one.unit_id)
            for one in Service._base_manager.all()
        }
        links = Recipient.objects.values_list("person_id", "service_id")
        return cls(rows, [(person, *facts[fact]) for person, fact in links])

    def persons(self, asked: Question) -> int:
        low, high = range_of(asked.area)
        return len(
            {
                person
                for person, area, day, unit in self.links
                if low <= area <= high
                and asked.first <= day <= asked.last
                and asked.unit in (None, unit)
            }
        )

    def by(self, asked: Question, key: Callable[[dict[str, Any]], Any]) -> dict[Any, Count]:
        low, high = range_of(asked.area)
        numbers: Counter[Any] = Counter()
        sums: defaultdict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in self.rows:
            is_here = low <= row["area_id"] <= high
            if asked.unit is not None and row["unit_id"] != asked.unit:
                continue
            if is_here and asked.first <= row["occurred_on"] <= asked.last:
                numbers[key(row)] += 1
                for at, column in enumerate(("person_times", "minutes", "anonymous")):
                    sums[key(row)][at] += row[column]
        return {one: Count(n, tuple(sums[one])) for one, n in numbers.items()}

    def total(self, asked: Question) -> Count:
        return self.by(asked, lambda row: "").get("", Count(0, (0, 0, 0)))


def asked(area: int, first: date = DAYS[0], last: date = DAYS[-1], *, unit: Any = None) -> Question:
    return Question(SERVICES, area, first, last, unit)
