from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from linli.dispatch.enums import Urgency
from linli.kernel.accounts.actors import SHANGHAI
from linli.services.actions import Account
from linli.services.enums import LIKELY_PLACE, Method, Place

from .deadlines import Deadlines
from .moments import Moments
from .network import Network, Station
from .people import Known, Register
from .steps import Step, Tale
from .texts import Matter, Numbers, Words

# Working minutes that a step usually takes; by the clock where the first hours count.
WAITS: dict[str, dict[str, float]] = {
    Urgency.IMMEDIATE: {
        "screen": 6, "dispatch": 4, "accept": 9, "assign": 4, "start": 25,
        "more": 220, "finish": 110, "follow_up": 200,
    },
    Urgency.DAY: {
        "screen": 15, "dispatch": 15, "accept": 20, "assign": 10, "start": 75,
        "more": 350, "finish": 170, "follow_up": 350,
    },
    Urgency.WEEK: {
        "screen": 60, "dispatch": 45, "accept": 110, "assign": 45, "start": 350,
        "more": 800, "finish": 320, "follow_up": 520,
    },
    Urgency.FORTNIGHT: {
        "screen": 150, "dispatch": 120, "accept": 210, "assign": 90, "start": 700,
        "more": 1300, "finish": 700, "follow_up": 650,
    },
}  # fmt: skip
AT_ONCE = ("screen", "dispatch", "accept", "assign", "start")
AT_STATION = ("accept", "assign", "start", "more", "finish")
# Some matters lie about for many times as long.
FORGOTTEN, FORGOTTEN_TIMES = 0.012, 7.0

NEEDS = {
    "care": 20, "living": 17, "rights": 14, "health": 11, "family": 10, "mind": 8,
    "company": 7, "conflict": 6, "work": 4, "safety": 2, "other": 1,
}  # fmt: skip
URGENCIES: dict[str, dict[str, int]] = {
    "safety": {Urgency.IMMEDIATE: 6, Urgency.DAY: 4},
    "mind": {Urgency.DAY: 3, Urgency.WEEK: 6, Urgency.FORTNIGHT: 1},
    "care": {Urgency.DAY: 3, Urgency.WEEK: 6, Urgency.FORTNIGHT: 2},
    "": {Urgency.DAY: 1, Urgency.WEEK: 6, Urgency.FORTNIGHT: 3},
}
METHODS = {Method.VISIT: 11, Method.PHONE: 3, Method.CASE: 3, Method.WINDOW: 2, Method.ONLINE: 1}


class NotYet(Exception):
    """The next step lies in the future: here the story stands today."""


@dataclass
class Cast:
    """What every story draws from."""

    network: Network
    register: Register
    moments: Moments
    deadlines: Deadlines
    random: Random
    words: Words
    numbers: Numbers

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def draw(self, weights: dict[Any, int]) -> Any:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def dispatcher(self, centre: str) -> str:
        return self.random.choice(self.network.dispatchers[centre])

    def known(self, station: Station, before: datetime) -> Known | None:
        """Somebody on file at a station by then."""
        held = [one for one in self.register.of_station[station.key] if one.since < before]
        return self.random.choice(held) if held else None

    def account(
        self,
        at: datetime,
        area: int,
        content: str,
        method: Method,
        *,
        anonymous: int = 0,
        facts: str = "",
    ) -> Account:
        """What a worker writes down right after a service."""
        place = LIKELY_PLACE.get(method, Place.HOME if self.chance(0.5) else Place.STATION)
        minutes = {Method.PHONE: 12, Method.ONLINE: 15, Method.WINDOW: 20}.get(method, 50)
        return Account(
            method=str(method),
            content=content,
            place=str(place),
            occurred_on=at.astimezone(SHANGHAI).date(),
            minutes=5 * max(1, round(self.random.lognormvariate(0, 0.4) * minutes / 5)),
            area=area,
            anonymous=anonymous,
            facts=facts or self.words.say("facts", content),
            analysis=self.words.say("analysis") if self.chance(0.5) else "",
        )


@dataclass
class Story:
    """A request as it goes on: where it stands, who has it, and the steps so far."""

    cast: Cast
    number: int
    at: datetime
    station: Station
    area: int
    need: str
    urgency: str
    matter: Matter
    person: Known | None
    steps: list[Step] = field(default_factory=list)
    services: int = 0
    end: str = "accept"
    reason: str = ""

    @property
    def request(self) -> str:
        return f"request{self.number}"

    @property
    def order(self) -> str:
        return f"order{self.number}"

    @property
    def county(self) -> int:
        return self.station.county

    def step(self, who: str, verb: str, about: str, **facts: Any) -> None:
        """Add a step at the present moment of the story; NotYet if that has not come."""
        if self.at >= self.cast.moments.now:
            raise NotYet
        self.steps.append(Step(self.at, who, verb, about, facts))

    def wait(self, kind: str) -> None:
        """Let the time pass that a step usually takes."""
        median = WAITS[self.urgency][kind]
        if kind in AT_STATION:
            median *= self.station.pace
        if self.cast.chance(FORGOTTEN):
            median *= FORGOTTEN_TIMES
        at_once = self.urgency == Urgency.IMMEDIATE and kind in AT_ONCE
        pass_time = self.cast.moments.soon if at_once else self.cast.moments.after
        self.at = pass_time(self.at, median)

    def pause(self) -> None:
        """A moment between two steps of the same person."""
        self.at = self.cast.moments.soon(self.at, 2)

    @property
    def is_again(self) -> bool:
        """Whether it was opened again."""
        return any(one.verb == "dispatch.reopen_order" for one in self.steps)

    def dispatcher(self) -> str:
        return self.cast.dispatcher(self.station.centre)

    def tale(self) -> Tale:
        return Tale(tuple(self.steps), self.county)
