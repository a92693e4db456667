from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from linli.intake.receipts import hash_pin
from linli.kernel.accounts.actors import SHANGHAI
from linli.kernel.crypto.sealing import blind, seal
from linli.lib.receipts import new_number
from linli.lib.uuid7 import uuid7_at

from .events import Timeline
from .network import Network, Staff, Station
from .services import YEAR_DAYS, Services
from .spool import Spool

NEEDS = ("living", "care", "mind", "family", "rights", "health", "work", "safety", "company")
URGENCIES = {"immediate": 3, "day": 12, "week": 70, "fortnight": 15}
DOORS = {"public": 34, "phone": 26, "window": 20, "grid": 12, "outreach": 8}
WORDS = "试算：老人独居，近来行动不便，希望有人上门看看，帮忙买药并陪同就医。"
RETURNED, EXTRA_REQUESTS = 0.08, 0.1
ORDER = (
    "id", "area_id", "unit_id", "number", "state", "centre_id", "station_id", "worker_id", "need",
    "urgency", "task", "routing", "considered", "result", "bounces", "bounced_minutes",
    "is_binding", "reopened", "has_verdict", "opened_at", "opened_on", "due_at", "promised_at",
    "closed_at",
)  # fmt: skip
REQUEST = (
    "id", "area_id", "unit_id", "number", "pin_hash", "state", "door", "for_whom", "need",
    "urgency", "words", "name", "phone", "phone_index", "where", "centre_id", "order_id", "reason",
    "registered_at", "registered_on", "due_at",
)  # fmt: skip
CLOCK = (
    "id", "subject_type", "subject_id", "area", "state", "tier", "unit", "started_at", "due_at",
    "is_provisional", "stopped_at", "stopped_on", "is_late", "minutes", "charge",
)  # fmt: skip
DUTY = (
    "id", "subject_type", "subject_id", "verb", "area", "unit", "role", "user", "due_at",
    "is_provisional", "opened_at",
)  # fmt: skip
LINK = ("id", "order_id", "service_id")


@dataclass(frozen=True)
class Step:
    """A waiting state: who waits, how long it takes and may take (days), the move that ends it."""

    state: str
    tier: str
    role: str
    verb: str
    longest: float
    allowed: float
    move: str


ROUND = (
    Step("pending", "centre", "dispatcher", "dispatch", 1.0, 1.5, "dispatch"),
    Step("dispatched", "station", "station_head", "accept", 1.2, 1.5, "accept"),
    Step("accepted", "worker", "worker", "serve", 5.0, 5.0, "serve"),
    Step("serving", "worker", "worker", "finish", 12.0, 10.0, "finish"),
    Step("done", "centre", "dispatcher", "follow_up", 6.0, 5.0, "follow_up"),
    Step("followed_up", "resident", "", "say", 10.0, 10.0, "say"),
)
CENTRE_STATES = {"pending", "done", "followed_up"}


@dataclass
class Order:
    """An order while its life is drawn."""

    key: UUID
    area: int
    station: Station
    worker: Staff
    state: str = "pending"
    unit: UUID | None = None
    worker_id: UUID | None = None
    due: datetime | None = None
    ended: datetime | None = None
    bounces: int = 0


class Casework:
    """Requests and orders of a year, as far as each has come today, with clocks and duties."""

    def __init__(
        self, random: Random, network: Network, services: Services, *, now: datetime
    ) -> None:
        self.random = random
        self.now = now
        self.network = network
        self.services = services
        self.stations = [one for one in network.of_city() if one.people]
        self.weights = [one.weight for one in self.stations]
        self.orders = Spool("dispatch_order", ORDER)
        self.requests = Spool("intake_request", REQUEST)
        self.clocks = Spool("flow_clock", CLOCK)
        self.duties = Spool("flow_duty", DUTY)
        self.links = Spool("dispatch_orderservice", LINK)
        self.events = Timeline(random)

    def write(self, how_many: int) -> None:
        for station in self.random.choices(self.stations, self.weights, k=how_many):
            self._order(station)
        for station in self.random.choices(
            self.stations, self.weights, k=int(how_many * EXTRA_REQUESTS)
        ):
            self._unaccepted(station)

    def _order(self, station: Station) -> None:
        random = self.random
        assert station.centre is not None
        opened = self.now - timedelta(days=random.random() * YEAR_DAYS)
        order = Order(
            uuid7_at(opened, random),
            random.choice(station.villages),
            station,
            random.choice(station.staff[1:] or station.staff),
        )
        order.unit = station.centre
        need, urgency = random.choice(NEEDS), self._draw(URGENCIES)
        self._tell(order, "opened", opened, self._dispatcher(station), need=need, urgency=urgency)
        self._live(order, opened)
        self.orders.add(
            (
                order.key, order.area, order.unit, new_number("D"), order.state, station.centre,
                None if order.state == "pending" else station.unit, order.worker_id, need, urgency,
                seal(WORDS, purpose="dispatch_order.task"), "township", "[]",
                "solved" if order.state in CENTRE_STATES else "", order.bounces,
                order.bounces * 90, False, 0, False, opened, _day(opened), order.due,
                opened + timedelta(days=20), order.ended,
            )
        )  # fmt: skip
        self._request(order, need, urgency, opened - timedelta(hours=random.randint(1, 20)))

    def _live(self, order: Order, at: datetime) -> None:
        """Take the order from state to state until it has ended or the present is reached."""
        random, steps = self.random, list(ROUND)
        if random.random() < RETURNED:
            back = Step("dispatched", "station", "station_head", "accept", 0.8, 1.5, "return")
            steps = [ROUND[0], back, *ROUND]
        for step in steps:
            order.state = step.state
            self._hand_over(order, step)
            due = at + timedelta(days=step.allowed)
            left = at + timedelta(days=step.longest * (0.05 + random.random() * 0.95))
            order.due = due
            if left >= self.now:
                self._wait(order, step, at, due)
                return
            self._stop(order, step, at, due, left)
            if step.move == "serve":
                self._serve(order, left)
            at = left
        order.state, order.due, order.ended = "closed", None, at

    def _hand_over(self, order: Order, step: Step) -> None:
        if step.state in CENTRE_STATES:
            order.unit = order.station.centre if step.state == "pending" else order.station.unit
        else:
            order.unit = order.station.unit
        if step.state in {"accepted", "serving"}:
            order.worker_id = order.worker.user

    def _wait(self, order: Order, step: Step, at: datetime, due: datetime) -> None:
        """The clock runs, and somebody is on duty."""
        tier_unit = order.station.centre if step.tier == "centre" else order.station.unit
        subject = ("dispatch.order", order.key)
        self.clocks.add(
            (
                uuid7_at(at, self.random), *subject, order.area, step.state, step.tier, tier_unit,
                at, due, False, None, None, False, 0, "work",
            )
        )  # fmt: skip
        if step.role:
            user = order.worker_id if step.role == "worker" else None
            self.duties.add(
                (
                    uuid7_at(at, self.random), *subject, step.verb, order.area, tier_unit,
                    step.role, user, due, False, at,
                )
            )  # fmt: skip

    def _stop(self, order: Order, step: Step, at: datetime, due: datetime, left: datetime) -> None:
        """The clock stops, and the move is told."""
        is_return = step.move == "return"
        order.bounces += is_return
        tier_unit = order.station.centre if step.tier == "centre" else order.station.unit
        minutes = int((left - at).total_seconds() / 60 * 0.27)
        self.clocks.add(
            (
                uuid7_at(at, self.random), "dispatch.order", order.key, order.area, step.state,
                step.tier, tier_unit, at, due, False, left, _day(left), left > due, minutes,
                "bounce" if is_return else "work",
            )
        )  # fmt: skip
        who = self._dispatcher(order.station) if step.tier == "centre" else order.worker
        self._tell(order, step.move, left, None if step.tier == "resident" else who)

    def _serve(self, order: Order, at: datetime) -> None:
        person = self.random.choice(order.station.people)
        held = self.services.of(
            order.station, at, persons=[person], worker=order.worker, area=order.area
        )
        self.links.add((uuid7_at(at, self.random), order.key, held))

    def _request(self, order: Order, need: str, urgency: str, at: datetime) -> None:
        key = self._store_request(
            order.station, order.area, "accepted", need, urgency, at, order=order
        )
        who = self._dispatcher(order.station)
        place = (order.area, order.station.centre or order.station.unit)
        self.events.tell(
            "intake.request.accept",
            at=at + timedelta(hours=1),
            who=who,
            subject=("intake.request", key),
            place=place,
        )

    def _unaccepted(self, station: Station) -> None:
        """A request that waits, or that ended without an order."""
        random = self.random
        at = self.now - timedelta(days=random.random() * YEAR_DAYS)
        waits = at > self.now - timedelta(days=3)
        state = "registered" if waits else random.choice(("informed", "referred", "withdrawn"))
        area = random.choice(station.villages)
        key = self._store_request(
            station, area, state, random.choice(NEEDS), self._draw(URGENCIES), at
        )
        if waits:
            due = at + timedelta(days=1.5)
            subject = ("intake.request", key)
            centre = station.centre
            self.clocks.add(
                (
                    uuid7_at(at, random), *subject, area, state, "centre", centre, at, due, False,
                    None, None, False, 0, "work",
                )
            )  # fmt: skip
            self.duties.add(
                (
                    uuid7_at(at, random), *subject, "screen", area, centre, "dispatcher", None,
                    due, False, at,
                )
            )  # fmt: skip

    def _store_request(
        self,
        station: Station,
        area: int,
        state: str,
        need: str,
        urgency: str,
        at: datetime,
        *,
        order: Order | None = None,
    ) -> UUID:
        random = self.random
        key, number = uuid7_at(at, random), new_number()
        phone = f"100{random.randint(0, 10**8 - 1):08d}"
        unit = order.unit if order else station.centre
        due = at + timedelta(days=1.5) if state == "registered" else None
        self.requests.add(
            (
                key, area, unit, number, hash_pin(number, "000000"), state, self._draw(DOORS),
                "other", need, urgency, seal(WORDS, purpose="intake_request.words"),
                seal("试算居民", purpose="intake_request.name"),
                seal(phone, purpose="intake_request.phone"), blind(phone, purpose="intake.phone"),
                seal("试算路 2 号", purpose="intake_request.where"), station.centre,
                order.key if order else None, "", at, _day(at), due,
            )
        )  # fmt: skip
        assert station.centre is not None
        self.events.tell(
            "intake.request.opened",
            at=at,
            who=None,
            subject=("intake.request", key),
            place=(area, station.centre),
            need=need,
        )
        return key

    def _dispatcher(self, station: Station) -> Staff:
        assert station.centre is not None
        return self.random.choice(self.network.dispatchers[station.centre])

    def _tell(self, order: Order, move: str, at: datetime, who: Staff | None, **data: Any) -> None:
        assert order.unit is not None
        self.events.tell(
            f"dispatch.order.{move}",
            at=at,
            who=who,
            subject=("dispatch.order", order.key),
            place=(order.area, order.unit),
            **data,
        )

    def _draw(self, weighted: dict[str, int]) -> str:
        return self.random.choices(list(weighted), list(weighted.values()))[0]


def _day(at: datetime) -> Any:
    return at.astimezone(SHANGHAI).date()
