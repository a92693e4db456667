from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from linli.kernel.crypto.sealing import seal
from linli.lib.uuid7 import uuid7_at

from .events import Timeline
from .network import Network, Staff, Station
from .spool import Spool

METHODS = {
    "visit": 38,
    "phone": 20,
    "window": 14,
    "case": 12,
    "group": 7,
    "community": 5,
    "online": 4,
}
CONTENTS = {
    "daily_care": 24, "counselling": 16, "policy": 12, "material_aid": 9, "relations": 8,
    "participation": 7, "parenting": 6, "inclusion": 5, "resources": 5, "case_management": 4,
    "crisis": 2, "other": 2,
}  # fmt: skip
PLACES = {"home": 45, "remote": 24, "station": 17, "community": 12, "institution": 2}
MINUTES = (15, 20, 30, 40, 45, 60, 60, 90, 120)
YEAR_DAYS = 365
# One person is visited so often that opening their file is worth measuring.
VISITED = 200
SERVICE = (
    "id", "area_id", "unit_id", "worker_id", "method", "content", "place", "occurred_on",
    "minutes", "anonymous", "person_times", "version", "recorded_at",
)  # fmt: skip
RECIPIENT = ("id", "service_id", "person_id")
NOTE = ("service_id", "facts")
FACTS = "试算记录：上门探访，了解近况，陪同办理事项，约定下次时间。"


class Services:
    """A year of services with recipients, a sealed note each, and their events."""

    def __init__(self, random: Random, network: Network, *, now: datetime) -> None:
        self.random = random
        self.now = now
        self.stations = [one for one in network.stations if one.people]
        self.weights = [one.weight for one in self.stations]
        self.visited = self.stations[0]
        self.services = Spool("services_service", SERVICE)
        self.recipients = Spool("services_recipient", RECIPIENT)
        self.notes = Spool("services_note", NOTE)
        self.events = Timeline(random)

    def write(self, how_many: int) -> None:
        for _ in range(VISITED):
            self._visit()
        for station in self.random.choices(self.stations, self.weights, k=how_many - VISITED):
            self.of(station, self._moment())

    def _moment(self) -> datetime:
        random = self.random
        back = timedelta(days=random.randint(1, YEAR_DAYS), seconds=random.randint(0, 30_000))
        return self.now - back

    def _visit(self) -> None:
        station = self.visited
        self.of(station, self._moment(), persons=[station.people[0]])

    def of(
        self,
        station: Station,
        at: datetime,
        *,
        persons: list[UUID] | None = None,
        worker: Staff | None = None,
        area: int | None = None,
    ) -> UUID:
        """One service of a station on the day of `at`, for persons on file or for unnamed ones."""
        random = self.random
        method = self._draw(METHODS)
        if persons is None:
            many = 8 if method in {"group", "community"} else 1
            persons = random.sample(station.people, min(len(station.people), many))
            persons = [] if random.random() < 0.08 else persons
        anonymous = 0 if persons else random.randint(1, 20)
        worker = worker or random.choice(station.staff)
        key, minutes = uuid7_at(at, random), random.choice(MINUTES)
        area = area or random.choice(station.villages)
        self.services.add(
            (
                key, area, station.unit, worker.user, method, self._draw(CONTENTS),
                self._draw(PLACES), at.date(), minutes, anonymous, len(persons) + anonymous, 1, at,
            )
        )  # fmt: skip
        self.recipients.add_all((uuid7_at(at, random), key, one) for one in persons)
        self.notes.add((key, seal(FACTS, purpose="services_note.facts")))
        self.events.tell(
            "services.recorded",
            at=at,
            who=worker,
            subject=("services.service", key),
            place=(area, station.unit),
            method=method,
            minutes=minutes,
        )
        return key

    def _draw(self, weighted: dict[str, int]) -> str:
        return self.random.choices(list(weighted), list(weighted.values()))[0]
