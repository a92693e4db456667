from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from stdnum.cn import ric

from linli.kernel.accounts.actors import SHANGHAI
from linli.people.actions import Details

from .moments import Moments
from .network import Network, Station
from .steps import Step, Tale
from .texts import Numbers, Words

HOUSEHOLDS = 3_850
# Decisions of an authority; the rest somebody has told or seen.
DECIDED = {"dibao", "tekun", "dibao_marginal", "rigid_expenditure", "temporary_aid", "orphan"}
MAJORITY, OLDER = 18, 60
NEWEST_DAYS, OLDEST_DAYS = 4, 420


@dataclass(frozen=True, slots=True)
class Known:
    """A person on file, as the later parts of the script need them."""

    key: str
    name: str
    phone: str
    address: str
    area: int
    household: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a kind of household: relation, ages from and to, categories."""

    relation: str
    ages: tuple[int, int]
    categories: tuple[str, ...] = ()
    sex: str = ""


Household = Callable[[Random], list[Member]]


def _poor_family(random: Random) -> list[Member]:
    held = random.choice(("dibao", "dibao_marginal", "rigid_expenditure"))
    children = [Member("child", (4, 17), (held,)) for _ in range(random.randint(0, 2))]
    return [
        Member("self", (32, 55), (held,)),
        Member("spouse", (32, 55), (held, *(("disabled",) if random.random() < 0.4 else ()))),
        *children,
    ]


def _left_behind(random: Random) -> list[Member]:
    children = [
        Member("grandchild", (3, 15), ("child_left_behind",)) for _ in range(random.randint(1, 2))
    ]
    return [Member("self", (58, 76), ("older_left_behind",)), *children]


KINDS: tuple[tuple[float, Household], ...] = (
    (0.20, lambda random: [Member("self", (65, 79), ("older_alone",))]),
    (0.13, lambda random: [Member("self", (80, 96), ("older_alone", "older_80"))]),
    (
        0.14,
        lambda random: [
            Member("self", (66, 84), ("older_empty_nest",), "male"),
            Member("spouse", (64, 82), ("older_empty_nest",), "female"),
        ],
    ),
    (0.05, lambda random: [Member("self", (68, 90), ("tekun", "older_care"))]),
    (0.10, lambda random: [Member("self", (25, 62), ("disabled",))]),
    (0.14, lambda random: [Member("self", (30, 63), (random.choice(("dibao", "temporary_aid")),))]),
    (0.08, _left_behind),
    (0.09, _poor_family),
    (
        0.04,
        lambda random: [
            Member("self", (28, 45), ("dibao",)),
            Member("child", (5, 16), ("child_distress",)),
        ],
    ),
    (
        0.02,
        lambda random: [
            Member("self", (60, 75)),
            Member("grandchild", (6, 15), ("child_unattended",)),
        ],
    ),
    (0.02, lambda random: [Member("self", (50, 68), ("bereaved_family",))]),
    (0.02, lambda random: [Member("self", (24, 40), ("migrant",)), Member("spouse", (24, 40))]),
)


@dataclass
class Register:
    """Who is on file at which station; `tales` puts them there."""

    of_station: dict[str, list[Known]] = field(default_factory=dict)
    tales: list[Tale] = field(default_factory=list)
    persons: int = 0
    households: int = 0


class RegisterWriter:
    """Writes how workers put households on file during their visits."""

    def __init__(
        self, network: Network, moments: Moments, random: Random, numbers: Numbers
    ) -> None:
        self.network, self.moments, self.random = network, moments, random
        self.words, self.numbers = Words(random), numbers
        self.made = Register()
        self._born: dict[date, int] = {}

    def write(self) -> Register:
        stations = self.network.stations
        self.made.of_station = {one.key: [] for one in stations}
        weights = [one.weight for one in stations]
        for station in self.random.choices(stations, weights, k=HOUSEHOLDS):
            self._household(station)
        return self.made

    def _household(self, station: Station) -> None:
        self.made.households += 1
        kind = self.random.choices([one for _, one in KINDS], [share for share, _ in KINDS])[0]
        worker = self.random.choice(station.staff)
        at = self.moments.long_ago(NEWEST_DAYS, OLDEST_DAYS)
        home = Home(
            key=f"household{self.made.households}",
            area=self.random.choice(station.villages),
            address=f"{self.words.house()}，{self.words.way()}",
            surname=self.words.surname(),
            phone=self.numbers.mobile(),
        )
        steps: list[Step] = []
        for member in kind(self.random):
            at += timedelta(minutes=self.random.randint(2, 9))
            steps += self._member(station, worker, at, home, member)
        self.made.tales.append(Tale(tuple(steps), station.county))

    def _member(
        self, station: Station, worker: str, at: datetime, home: "Home", member: Member
    ) -> list[Step]:
        self.made.persons += 1
        key = f"person{self.made.persons}"
        details = self._details(at, home, member)
        is_minor = at.year - (details.born_on or at.date()).year < MAJORITY
        steps: list[Step] = []

        def then(verb: str, **facts: Any) -> None:
            moment = at + timedelta(seconds=20 * len(steps))
            steps.append(Step(moment, worker, f"people.{verb}", key, facts))

        basis, form = self._basis(is_minor)
        then("register_person", details=details, basis=basis, form=form)
        then("join_household", relation=member.relation, household=home.key)
        for code in dict.fromkeys(member.categories):
            held_since = at.date() - timedelta(days=self.random.randint(0, 900))
            then("add_category", code=code, source=self._source(code), valid_from=held_since)
        self.made.of_station[station.key].append(
            Known(key, details.name, details.phone, home.address, home.area, home.key, steps[-1].at)
        )
        return steps

    def _details(self, at: datetime, home: "Home", member: Member) -> Details:
        sex = member.sex or self.random.choice(("female", "male"))
        born = self._birthday(at, member)
        name = self._name(home, member)
        is_older = at.year - born.year >= OLDER
        is_known_by_name = len(name) in {3, 4} and self.random.random() < 0.05
        has_phone = member.relation == "self" and self.random.random() < 0.85
        return Details(
            name=name,
            area=home.area,
            preferred_name=self.words.by_name(name, f"older_{sex}" if is_older else "")
            if is_known_by_name
            else "",
            sex=sex if self.random.random() < 0.98 else "unstated",
            born_on=born if self.random.random() < 0.95 else None,
            phone=home.phone if has_phone else "",
            citizen_id=self._citizen_id(born, sex) if self.random.random() < 0.45 else "",
            address=home.address,
        )

    def _name(self, home: "Home", member: Member) -> str:
        if self.random.random() < 0.004:
            return str(self.random.choice(self.words.names["other_scripts"]))
        return self.words.resident("" if member.relation == "spouse" else home.surname)

    def _birthday(self, at: datetime, member: Member) -> date:
        years = self.random.randint(*member.ages)
        today = at.astimezone(SHANGHAI).date()
        return today - timedelta(days=round(years * 365.25) + self.random.randint(1, 364))

    def _citizen_id(self, born: date, sex: str) -> str:
        """A number with a right check digit in an area that does not exist, each once."""
        count = self._born[born] = self._born.get(born, 0) + 1
        sequence = 2 * count - (sex == "male")
        body = f"{Numbers.NO_AREA}{born:%Y%m%d}{sequence:03d}"
        return str(body + ric.calc_check_digit(body + "0"))

    def _basis(self, is_minor: bool) -> tuple[str, str]:
        if is_minor:
            return "guardian_consent", "guardian"
        if self.random.random() < 0.9:
            return "consent", self.random.choices(("signed", "spoken"), (4, 1))[0]
        return "statutory_duty", ""

    def _source(self, code: str) -> str:
        kind = code if code == "disabled" else "decision" if code in DECIDED else "stated"
        return str(self.random.choice(self.words.names["sources"][kind]))


@dataclass(frozen=True, slots=True)
class Home:
    """What the members of a household have in common."""

    key: str
    area: int
    address: str
    surname: str
    phone: str
