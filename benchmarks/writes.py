"""The main job in process, one action a transaction: everything on, as a web request has it."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from linli.dispatch import actions as dispatch
from linli.dispatch import queries as orders
from linli.intake import actions as intake
from linli.intake import queries as requests
from linli.kernel.scope import unscoped
from linli.people.models import Person
from linli.services.actions import Account

from .acting import Team, acting, teams
from .cpu import Meter, idle_note
from .crowd import Crowd
from .timing import Figure, figure

PART = "Actions in process"
TEAMS = 12
# Of so many orders one is returned instead of being served.
RETURNED = 5
SINGLE_SECONDS, FOUR_SECONDS = 8.0, 12.0
WRITER = "benchmarks.writes:steps_for"
STEPS = ("register", "dispatch", "accept", "return", "record service", "finish")


@dataclass
class Chain:
    """Requests of one team from the door to the finished order, step by step."""

    random: Random
    teams: list[Team]
    persons: dict[UUID, list[UUID]] = field(default_factory=dict)
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    told: int = 0

    @classmethod
    def of(cls, number: int) -> "Chain":
        random = Random(number)  # noqa: S311  (who does what)
        chain = cls(random, teams(random, TEAMS))
        with unscoped("benchmarks"):
            for team in chain.teams:
                held = Person.objects.filter(unit_id=team.station).values_list("pk", flat=True)
                chain.persons[team.station] = list(held[:200])
        return chain

    def run(self) -> None:
        """One request and everything that follows from it."""
        team = self.random.choice(self.teams)
        village = self.random.choice(team.villages)
        self.told += 1
        request_id = self._step("register", lambda: register(village))
        order_id = self._step("dispatch", lambda: dispatched(team, request_id, village))
        if self.told % RETURNED == 0:
            self._step("return", lambda: returned(team, order_id))
            return
        self._step("accept", lambda: accepted(team, order_id))
        person = self.random.choice(self.persons[team.station])
        self._step("record service", lambda: served(team, order_id, village, person))
        self._step("finish", lambda: finished(team, order_id))

    def steps(self) -> Callable[[], object]:
        """The same as a row of single steps, for whoever counts actions."""
        waiting: list[Callable[[], Any]] = []
        known: dict[str, Any] = {}

        def begin() -> None:
            team = self.random.choice(self.teams)
            village = self.random.choice(team.villages)
            person = self.random.choice(self.persons[team.station])
            self.told += 1
            waiting.append(lambda: known.update(request=register(village)))
            waiting.append(lambda: known.update(order=dispatched(team, known["request"], village)))
            if self.told % RETURNED == 0:
                waiting.append(lambda: returned(team, known["order"]))
                return
            waiting.append(lambda: accepted(team, known["order"]))
            waiting.append(lambda: served(team, known["order"], village, person))
            waiting.append(lambda: finished(team, known["order"]))

        def step() -> None:
            if not waiting:
                begin()
            waiting.pop(0)()

        return step

    def _step(self, name: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        self.taken[name].append(time.perf_counter() - began)
        return result


def register(village: int) -> UUID:
    asked = intake.Asked(
        area=village,
        need="care",
        words="试算：灯泡坏了，老人够不着，请派人来看看。",
        for_whom="other",
        name="试算居民",
        phone="10000000000",
        where="试算路 3 号",
    )
    with acting(None) as actor:
        return intake.register_request(actor=actor, asked=asked, door="public").request.pk


def dispatched(team: Team, request_id: UUID, village: int) -> UUID:
    with acting(team.dispatcher) as actor:
        request = requests.request(actor, request_id)
        assert request is not None
        return intake.accept_request(
            request,
            actor=actor,
            area=village,
            need="care",
            urgency="week",
            task="试算：上门看看灯。",
            station_id=team.station,
        ).pk


def accepted(team: Team, order_id: UUID) -> None:
    with acting(team.worker) as actor:
        dispatch.accept_order(_order(actor, order_id), actor=actor)


def returned(team: Team, order_id: UUID) -> None:
    with acting(team.head) as actor:
        dispatch.return_order(_order(actor, order_id), actor=actor, reason="no_capacity")


def served(team: Team, order_id: UUID, village: int, person: UUID) -> None:
    account = Account(
        method="visit",
        content="daily_care",
        place="home",
        occurred_on=timezone.localdate(),
        minutes=40,
        area=village,
        person_ids=(person,),
        facts="试算：换了灯泡。",
    )
    with acting(team.worker) as actor:
        dispatch.serve_order(_order(actor, order_id), actor=actor, account=account)


def finished(team: Team, order_id: UUID) -> None:
    with acting(team.worker) as actor:
        order = _order(actor, order_id)
        dispatch.finish_order(order, actor=actor, result="solved", words="试算：灯亮了。")


def _order(actor: Any, order_id: UUID) -> Any:
    found = orders.order(actor, order_id)
    assert found is not None
    return found


def steps_for(number: int) -> Callable[[], object]:
    """What each of the four writers does."""
    return Chain.of(100 + number).steps()


def measure(floors: dict[str, Figure]) -> list[Figure]:
    """Each action alone, then everything by four writers at once."""
    chain = Chain.of(7)
    chain.run()
    statements = count_statements(chain)
    chain.taken.clear()
    until = time.perf_counter() + SINGLE_SECONDS
    while time.perf_counter() < until:
        chain.run()
    made = [
        figure(PART, name, chain.taken[name], note=f"{statements[name]} statements").against(
            floors["commit"]
        )
        for name in STEPS
    ]
    every = [one for taken in chain.taken.values() for one in taken]
    made.append(figure(PART, "all of them, 1 writer", every).against(floors["commit"]))
    with Crowd(4, WRITER) as crowd:
        meter = Meter(crowd.pids())
        told = crowd.run(FOUR_SECONDS)
        used = meter.seconds()
    four = figure(PART, "all of them, 4 writers", [one for taken in told for one in taken])
    four.per_second, four.cpu = four.count / FOUR_SECONDS, used * 1000 / four.count
    four.note = idle_note(used / four.count)
    return [*made, four.against(floors["commit4"]).at_least(200)]


def count_statements(chain: Chain) -> dict[str, int]:
    """How many statements each action sends, commit included."""
    counts: dict[str, int] = {}
    seen = [0]

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        seen[0] += 1
        return execute(sql, *rest)

    class Counting(Chain):
        def _step(self, name: str, work: Callable[[], Any]) -> Any:
            seen[0] = 0
            result = work()
            counts[name] = seen[0]
            return result

    counting = Counting(chain.random, chain.teams, chain.persons)
    with connection.execute_wrapper(count):
        for _ in range(RETURNED):
            counting.run()
    return counts
