"""Random histories of files, through the real actions and by random people, beside a model that is
too simple to be wrong: every fact knows the file it was recorded under, every file the one it was
merged into."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st

from linli.dispatch import actions as dispatch
from linli.dispatch.models import Order
from linli.kernel.access import can, visible
from linli.kernel.accounts.actors import set_actor, system
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.flow.models import Duty
from linli.kernel.scope import unscoped
from linli.kernel.stats.fold import fold
from linli.kernel.stats.read import distinct
from linli.kernel.stats.verify import verify
from linli.people import actions
from linli.people.enums import MoveState, Why
from linli.people.models import (
    Duplicate,
    Membership,
    Merge,
    Moving,
    NameToken,
    Person,
    PersonCategory,
    Serving,
)
from linli.services.actions import correct_service, record_service
from linli.services.models import Recipient, Service

from ..conftest import acting
from ..dispatch.orders import opened
from ..kernel.facts import asked
from ..services.hands import account
from ..world import CITY, COUNTY, NEXT_VILLAGE, OTHER_COUNTY, OTHER_VILLAGE, VILLAGE, World

Step = tuple[str, int, int, int]
STATIONS = ("station", "sharing", "sibling", "other_station")
WORKERS = {
    "station": ("worker", "second_worker", "head"),
    "sharing": ("sharing_worker", "sharing_head"),
    "sibling": ("sibling_worker", "sibling_head"),
    "other_station": ("other_worker", "other_head"),
}
PLACES = {
    "station": VILLAGE,
    "sharing": VILLAGE,
    "sibling": NEXT_VILLAGE,
    "other_station": OTHER_VILLAGE,
}
CODES = ("older_alone", "low_income", "disabled")
NAMES = ("陈测试", "林另名", "王试验")
LOOKERS = ("worker", "head", "sharing_worker", "sibling_head", "other_worker", "dispatcher",
           "other_dispatcher", "officer")  # fmt: skip
PERMISSIONS = ("people.view", "people.keep", "people.reveal", "people.change")
VERBS = (
    "register", "register", "serve", "serve", "correct", "order", "end order", "category",
    "household", "merge", "merge", "merge", "undo", "undo", "apart", "move", "move", "answer",
    "answer", "withdraw", "close", "reopen", "wait", "fold",
)  # fmt: skip
number = st.integers(0, 99)


def steps(count: int) -> st.SearchStrategy[list[Step]]:
    one = st.tuples(st.sampled_from(VERBS), number, number, number)
    return st.lists(one, min_size=count, max_size=count)


@dataclass
class Known:
    """What the simple model knows: of files, who was merged into whom; of facts, whose they are."""

    into: dict[UUID, UUID] = field(default_factory=dict)
    keeper: dict[UUID, UUID] = field(default_factory=dict)
    served: dict[UUID, set[UUID]] = field(default_factory=dict)
    orders: dict[UUID, UUID] = field(default_factory=dict)

    def root(self, file: UUID) -> UUID:
        while file in self.into:
            file = self.into[file]
        return file


class Life:
    """One history: the world, the model, and the day it is."""

    def __init__(self, world: World) -> None:
        self.world, self.known = world, Known()
        self.now: datetime = timezone.now() - timedelta(days=20)

    def act(self, name: str) -> Any:
        # Every step a little later, so that nothing happens at the very same moment.
        self.now += timedelta(minutes=1)
        return acting(self.world.actor(name, now=self.now))

    def files(self) -> list[Person]:
        return list(Person._base_manager.order_by("id"))

    def live_files(self) -> list[Person]:
        return [one for one in self.files() if one.merged_into_id is None]

    def pick(self, rows: list[Any], at: int) -> Any:
        return rows[at % len(rows)] if rows else None

    def station_of(self, unit_id: UUID) -> str:
        return next(one for one in STATIONS if self.world.unit_id(one) == unit_id)

    def keeper_of(self, person: Person, at: int) -> str:
        return self.pick(list(WORKERS[self.station_of(person.unit_id)]), at)

    def do(self, verb: str, *given: int) -> None:
        step: Callable[..., None] = getattr(self, verb.replace(" ", "_"))
        with refusing():
            step(*given)

    # The verbs. Each does something, and only if that was accepted tells the model.

    def register(self, a: int, b: int, c: int) -> None:
        station = self.pick(list(STATIONS), a)
        with self.act(self.pick(list(WORKERS[station]), b)) as actor:
            details = actions.Details(
                name=NAMES[c % 3], area=PLACES[station], phone=("", "13800138000")[b % 2]
            )
            made = actions.register_person(actor=actor, details=details, basis="statutory_duty")
        self.known.keeper[made.pk] = made.unit_id

    def _account(self, people: list[Person], station: str) -> Any:
        ids = tuple(one.pk for one in people)
        told = {"occurred_on": self.now.date(), "area": PLACES[station], "facts": ""}
        return account(person_ids=ids, anonymous=1, **told, analysis="")

    def serve(self, a: int, b: int, c: int) -> None:
        person = self.pick(self.live_files(), a)
        if person is None:
            return
        station = self.station_of(person.unit_id)
        mine = [one for one in self.live_files() if one.unit_id == person.unit_id]
        named = list({one.pk: one for one in (person, self.pick(mine, b))}.values())
        with self.act(self.keeper_of(person, c)) as actor:
            made = record_service(actor=actor, account=self._account(named, station))
        self.known.served[made.pk] = {one.pk for one in named}

    def correct(self, a: int, b: int, c: int) -> None:
        service = self.pick(list(Service._base_manager.order_by("id")), a)
        if service is None:
            return
        station = self.station_of(service.unit_id)
        mine = [one for one in self.live_files() if one.unit_id == service.unit_id]
        named = [self.pick(mine, b)] if mine else []
        with self.act(WORKERS[station][0]) as actor:
            held = Service.objects.get(pk=service.pk)
            hidden = self._hidden(service, actor)
            correct_service(held, actor=actor, account=self._account(named, station))
        # Who is named is the file that is read; whoever stays, stays as they were recorded.
        stays = {one.pk for one in named} | hidden
        before = self.known.served[service.pk]
        kept = {one for one in before if self.known.root(one) in stays}
        new = stays - {self.known.root(one) for one in kept}
        self.known.served[service.pk] = kept | new

    def _hidden(self, service: Service, actor: Any) -> set[UUID]:
        named = set(Recipient.objects.filter(service=service).values_list("person", flat=True))
        rows = visible(Person.objects.all(), actor, "people.view").filter(pk__in=named)
        return named - set(rows.values_list("pk", flat=True))

    def order(self, a: int, b: int, c: int) -> None:
        person = self.pick(self.live_files(), a)
        if person is None or Order._base_manager.count() > 2:
            return
        station = self.station_of(person.unit_id)
        self.now += timedelta(minutes=1)
        by = "other_dispatcher" if station == "other_station" else "dispatcher"
        made = opened(self.world, station=station, area=PLACES[station], by=by, now=self.now)
        with self.act(WORKERS[station][0]) as actor:
            dispatch.accept_order(made, actor=actor)
            dispatch.name_person(made, actor=actor, person_id=person.pk)
        self.known.orders[made.pk] = person.pk

    def end_order(self, a: int, b: int, c: int) -> None:
        made = self.pick(list(Order._base_manager.filter(pk__in=self.known.orders)), a)
        if made is None:
            return
        by = "other_dispatcher" if made.area_id == OTHER_VILLAGE else "dispatcher"
        with self.act(by) as actor:
            dispatch.withdraw_order(made, actor=actor, words="不用了")

    def category(self, a: int, b: int, c: int) -> None:
        person = self.pick(self.live_files(), a)
        if person is None:
            return
        with self.act(self.keeper_of(person, b)) as actor:
            held = person.categories.filter(code=CODES[c % 3], valid_to__isnull=True).first()
            if held is not None and b % 2:
                actions.end_category(held, actor=actor, valid_to=actor.today)
                return
            told = {"source": "x", "valid_from": actor.today - timedelta(days=b)}
            actions.add_category(person, actor=actor, code=CODES[c % 3], **told)

    def household(self, a: int, b: int, c: int) -> None:
        person, other = self.pick(self.live_files(), a), self.pick(self.live_files(), b)
        if person is None:
            return
        home = Membership.objects.filter(person=other, valid_to__isnull=True).first()
        with self.act(self.keeper_of(person, c)) as actor:
            if c % 4 == 0:
                actions.leave_household(person, actor=actor)
            else:
                household = home.household if home and c % 2 else None
                actions.join_household(person, actor=actor, relation="self", household=household)

    def _question(self, a: int, b: int) -> Duplicate | None:
        files = self.live_files()
        if len(files) < 2:
            return None
        one = self.pick(files, a)
        other = self.pick([held for held in files if held.pk != one.pk], b)
        first, second = sorted((one.pk, other.pk))
        held = Duplicate._base_manager.filter(one=first, other=second).first()
        if held is not None:
            return held
        with acting(system("tests", now=self.now)) as actor:
            signal = actions.duplicates.Signal.BIRTH
            return actions.duplicates._ask(first, second, signal, actor=actor)

    def _decider(self, question: Duplicate) -> str:
        return (
            "dispatcher"
            if question.centre_id == self.world.unit_id("centre")
            else ("other_dispatcher")
        )

    def merge(self, a: int, b: int, c: int) -> None:
        question = self._question(a, b)
        if question is None:
            return
        ids = [self.known.root(question.one_id), self.known.root(question.other_id)]
        kept, absorbed = (Person._base_manager.get(pk=one) for one in (ids if c % 2 else ids[::-1]))
        station = (kept, absorbed)[c % 3 == 0].unit_id
        taken = [one for at, one in enumerate(("name", "phone", "address")) if c >> at & 1]
        with self.act(self._decider(question)) as actor:
            actions.join_files(
                question,
                actor=actor,
                kept_id=kept.pk,
                station_id=station,
                taken=taken,
                serve_both=c % 5 == 0,
            )
        self.known.into[absorbed.pk] = kept.pk
        self.known.keeper[kept.pk] = station

    def undo(self, a: int, b: int, c: int) -> None:
        merge = self.pick(list(Merge.objects.filter(undone_at__isnull=True).order_by("id")), a)
        if merge is None:
            return
        question = Duplicate._base_manager.get(pk=merge.question_id)
        with self.act(self._decider(question)) as actor:
            actions.undo_merge(question, actor=actor)
        del self.known.into[merge.absorbed_id]
        self.known.keeper[merge.kept_id] = Person._base_manager.get(pk=merge.kept_id).unit_id

    def apart(self, a: int, b: int, c: int) -> None:
        question = self._question(a, b)
        if question is not None:
            with self.act(self._decider(question)) as actor:
                actions.tell_apart(question, actor=actor)

    def move(self, a: int, b: int, c: int) -> None:
        person, station = self.pick(self.live_files(), a), self.pick(list(STATIONS), b)
        if person is None:
            return
        with self.act(self.keeper_of(person, c)) as actor:
            actions.propose_move(
                person,
                actor=actor,
                station_id=self.world.unit_id(station),
                area=PLACES[station],
                moved_on=actor.today + timedelta(days=(0, 0, 1, -1)[c % 4]),
                with_household=bool(c % 2),
            )

    def answer(self, a: int, b: int, c: int) -> None:
        rows = Moving._base_manager.filter(state=MoveState.PROPOSED).order_by("id")
        moving = self.pick(list(rows), a)
        if moving is None:
            return
        with self.act(WORKERS[self.station_of(moving.station_id)][-1]) as actor:
            if b % 4 == 0:
                actions.refuse_move(moving, actor=actor, words="不")
            else:
                actions.accept_move(moving, actor=actor, basis="statutory_duty")

    def withdraw(self, a: int, b: int, c: int) -> None:
        moving = self.pick(list(Moving._base_manager.order_by("id")), a)
        if moving is not None:
            with self.act(WORKERS[self.station_of(moving.from_unit_id)][0]) as actor:
                actions.withdraw_move(moving, actor=actor)

    def close(self, a: int, b: int, c: int) -> None:
        person = self.pick(self.live_files(), a)
        if person is not None:
            with self.act(self.keeper_of(person, b)) as actor:
                actions.close_file(person, actor=actor, why="away", closed_on=actor.today)

    def reopen(self, a: int, b: int, c: int) -> None:
        person = self.pick([one for one in self.live_files() if one.closed_on], a)
        if person is not None:
            with self.act(self.keeper_of(person, b)) as actor:
                actions.reopen_file(person, actor=actor)

    def wait(self, a: int, b: int, c: int) -> None:
        self.now += timedelta(days=1)
        with acting(system("tests", now=self.now)) as actor:
            actions.arrive_due(actor=actor)

    def fold(self, a: int, b: int, c: int) -> None:
        fold()


@contextmanager
def refusing() -> Any:
    """What is refused changes nothing, and that is all right."""
    try:
        with transaction.atomic():
            yield
    except (Refused, Stale, actions.HeldAlready, actions.KnownElsewhere):
        pass


def live(world: World, history: list[Step], *, is_thorough: bool = True) -> None:
    """Live through a history; after each step (or at its end) everything must be as the model says,
    for everybody (or for some who look)."""
    with transaction.atomic():
        set_actor(system("tests"))
        life = Life(world)
        for at in range(4):
            life.do("register", at // 2, at, at)
        for verb, *given in history:
            life.do(verb, *given)
            if is_thorough:
                check(life)
                assert verify() == []
        check(life)
        check_persons(life)
        at = sum(sum(given) for _verb, *given in history) % len(LOOKERS)
        check_sight(life, LOOKERS if is_thorough else (LOOKERS[at], LOOKERS[at - 3]))
        transaction.set_rollback(True)


def check(life: Life) -> None:
    """Where every fact stands, and what can never be."""
    known = life.known
    files = {one.pk: one for one in life.files()}
    assert {pk: one.merged_into_id for pk, one in files.items() if one.merged_into_id} == known.into
    links = list(Recipient.objects.values_list("service_id", "recorded_as_id", "person_id"))
    stored: dict[UUID, set[UUID]] = {one: set() for one in known.served}
    for service, recorded_as, person in links:
        stored[service].add(recorded_as or person)
        assert person == known.root(recorded_as or person), "a service is with the wrong file"
    assert stored == known.served
    times = Service._base_manager.values_list("pk", "person_times", "anonymous")
    assert {pk: n - other for pk, n, other in times} == {
        pk: len(named) for pk, named in known.served.items()
    }
    orders = Order._base_manager.filter(pk__in=known.orders).values_list("pk", "person_id")
    assert dict(orders) == {pk: known.root(one) for pk, one in known.orders.items()}
    _check_dated(files)
    _check_stations(files)
    open_ones = Duplicate._base_manager.filter(state__in=("asked", "consulted"))
    moves = Moving._base_manager.filter(state=MoveState.PROPOSED)
    duties = Duty.objects.filter(subject_type__in=("people.duplicate", "people.moving"))
    assert set(duties.values_list("subject_id", flat=True)) == set(
        open_ones.values_list("pk", flat=True)
    ) | set(moves.values_list("pk", flat=True))


def _check_dated(files: dict[UUID, Person]) -> None:
    """Categories once at a time and one household at a time, for the files that are read."""
    for model, kind in ((PersonCategory, "code"), (Membership, "person_id")):
        held: dict[Any, list[Any]] = {}
        apart: list[tuple[UUID, Any]] = []
        for row in model._base_manager.order_by("valid_from", "id"):
            origin = row.recorded_as_id or row.person_id
            assert row.person_id in {origin, _root(files, origin)}, "a fact has lost its file"
            if files[row.person_id].merged_into_id is None:
                held.setdefault((row.person_id, getattr(row, kind)), []).append(row)
            elif row.valid_to is None:
                apart.append((_root(files, origin), getattr(row, kind)))
        for root, what in apart:
            key = (root, root if kind == "person_id" else what)
            assert held.get(key), "a fact was left behind with a file that nobody reads"
        for rows in held.values():
            for one, two in pairwise(rows):
                assert one.recorded_as_id == two.recorded_as_id or one.valid_to is not None
            assert sum(one.valid_to is None for one in rows) <= 1


def _root(files: dict[UUID, Person], one: UUID) -> UUID:
    while files[one].merged_into_id is not None:
        one = files[one].merged_into_id
    return one


def _check_stations(files: dict[UUID, Person]) -> None:
    """Who may open a file beside its keeper, where it is found, and that it has an end."""
    also: dict[UUID, set[UUID]] = {}
    for one in Serving._base_manager.filter(valid_to__isnull=True):
        also.setdefault(one.person_id, set()).add(one.station_id)
        if one.why == Why.HANDOVER and files[one.person_id].merged_into_id is None:
            orders = Order._base_manager.filter(person=one.person_id, unit=one.station_id)
            assert orders.filter(state__in=("accepted", "dispatched", "serving")).exists()
    found: dict[UUID, set[UUID]] = {}
    for person, unit in NameToken._base_manager.values_list("person_id", "unit_id").distinct():
        found.setdefault(person, set()).add(unit)
    for pk, person in files.items():
        assert set(person.also or ()) == also.get(pk, set())
        assert person.unit_id not in also.get(pk, set())
        units = {person.unit_id} | also.get(pk, set())
        assert found.get(pk, set()) == (units if person.merged_into_id is None else set())


def check_persons(life: Life) -> None:
    """Persons served, counted from what was recorded, beside what the statistics say."""
    assert verify() == []
    services = {one.pk: one for one in Service._base_manager.all()}
    first, last = life.now.date().replace(day=1), life.now.date()
    for area, digits in ((CITY, 8), (COUNTY, 6), (OTHER_COUNTY, 6)):
        inside = [
            one
            for one in services.values()
            if one.area_id // 10**digits == area // 10**digits and first <= one.occurred_on <= last
        ]
        served = {life.known.root(file) for one in inside for file in life.known.served[one.pk]}
        assert distinct(asked(area, first, last), "persons") == len(served)


def check_sight(life: Life, lookers: tuple[str, ...]) -> None:
    """For everybody: list, button and action agree, and nobody sees what the model forbids."""
    with unscoped("tests"):
        files = list(Person._base_manager.all())
    for name in lookers:
        actor = life.world.actor(name, now=life.now)
        with acting(actor):
            for permission in PERMISSIONS:
                seen = set(
                    visible(Person.objects.all(), actor, permission).values_list("pk", flat=True)
                )
                assert seen == {one.pk for one in files if can(actor, permission, one)}
                if permission == "people.view" and actor.role in {"worker", "station_head"}:
                    mine = {
                        one.pk
                        for one in files
                        if one.merged_into_id is None
                        and actor.unit_id in {one.unit_id, *(one.also or ())}
                    }
                    assert seen == mine
                if permission == "people.keep" and actor.role in {"worker", "station_head"}:
                    kept = {
                        pk
                        for pk, unit in ((one.pk, one.unit_id) for one in files)
                        if unit == actor.unit_id and pk not in life.known.into
                    }
                    assert seen == kept
