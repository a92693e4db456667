"""Rows of every kind for every group, made by the real actions, with a canary in every text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone
from stdnum.cn import uscc

from linli.directory import actions as directory
from linli.directory.models import Organisation, Site
from linli.dispatch import actions as dispatch
from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.intake import actions as intake
from linli.intake.models import Request
from linli.kernel.accounts.actors import Actor, set_actor, system, visitor
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import ApiToken, Post
from linli.kernel.areas.changes import Change
from linli.kernel.areas.enact import as_kept
from linli.kernel.areas.models import ChangeKind, Reorganisation
from linli.kernel.hooks.actions import register_hook
from linli.kernel.hooks.models import Hook
from linli.kernel.scope import unscoped
from linli.kernel.sheets.models import Import
from linli.kernel.staff.actions import issue_key
from linli.kernel.staff.models import Proposal
from linli.lib.areacodes import county_of
from linli.people import actions as people
from linli.people.models import (
    Basis,
    Duplicate,
    Household,
    Membership,
    Moving,
    Person,
    PersonCategory,
)
from linli.services import actions as services
from linli.services.models import Service
from linli.site.own import new_secret

from ..conftest import acting
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, VILLAGE, World, build_world
from . import files, imports
from .canaries import GROUPS, Aviary, canary

S = OrderState


@dataclass(frozen=True)
class Team:
    """Who handles the rows of a group; `registrar` "" is a resident at the public door."""

    registrar: str
    door: str
    dispatcher: str
    station: str
    head: str
    worker: str
    village: int


TEAMS = {
    "mine": Team("worker", "window", "dispatcher", "station", "head", "worker", VILLAGE),
    "mate": Team("", "public", "dispatcher", "station", "head", "second_worker", VILLAGE),
    "sharing": Team(
        "grid_worker", "grid", "dispatcher", "sharing", "sharing_head", "sharing_worker", VILLAGE
    ),
    "sibling": Team(
        "sibling_worker",
        "window",
        "dispatcher",
        "sibling",
        "sibling_head",
        "sibling_worker",
        NEXT_VILLAGE,
    ),
    "county": Team(
        "other_worker",
        "window",
        "other_dispatcher",
        "other_station",
        "other_head",
        "other_worker",
        OTHER_VILLAGE,
    ),
    "moved": Team(
        "", "public", "dispatcher", "sibling", "sibling_head", "sibling_worker", NEXT_VILLAGE
    ),
}
# So many more rows of a group that a total tells which groups it counts.
MORE = {"mine": 0, "mate": 1, "sharing": 2, "sibling": 4, "county": 8, "moved": 0}


@dataclass
class Bundle:
    """The rows of one group. Orders and requests by the state in which they are."""

    group: str
    team: Team
    orders: dict[str, Order] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    receipts: dict[str, intake.Receipt] = field(default_factory=dict)
    persons: list[Person] = field(default_factory=list)
    files: list[Person] = field(default_factory=list)
    duplicates: dict[str, Duplicate] = field(default_factory=dict)
    movings: dict[str, Moving] = field(default_factory=dict)
    categories: list[PersonCategory] = field(default_factory=list)
    bases: list[Basis] = field(default_factory=list)
    households: list[Household] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    keys: list[ApiToken] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    factors: list[Authenticator] = field(default_factory=list)
    agency: Organisation | None = None
    imports: dict[str, Import] = field(default_factory=dict)
    reorganisation: Reorganisation | None = None

    def text(self, what: str) -> str:
        return canary(self.group, what)


@dataclass
class Town:
    """The world with its rows, and the canaries in them."""

    world: World
    aviary: Aviary
    bundles: dict[str, Bundle] = field(default_factory=dict)
    _actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """The actor of a user, as of the first time they were asked for."""
        if name not in self._actors:
            self._actors[name] = self.world.actor(name)
        return self._actors[name]


def build_town() -> Town:
    """Make everything in the present transaction."""
    town = Town(build_world(), Aviary())
    for group, team in TEAMS.items():
        town.bundles[group] = Bundle(group, team)
        if group != "moved":
            _Maker(town, town.bundles[group]).make()
    _lodge(town)
    _move(town)
    _mark(town)
    set_actor(system("tests"))
    return town


class _Maker:
    def __init__(self, town: Town, bundle: Bundle) -> None:
        self.town, self.bundle, self.team = town, bundle, bundle.team

    def reorganise(self) -> None:
        """A list somebody has looked at: the county gets another name."""
        county = county_of(self.team.village)
        told = Change("1", ChangeKind.RENAME, county, county, date(2025, 7, 1), "改名区")
        self.bundle.reorganisation = Reorganisation.objects.create(
            area=county, asked_at=timezone.now(), lines=[as_kept(told)]
        )

    def make(self) -> None:
        self.staff()
        for _one in range(1 + MORE[self.bundle.group]):
            self.person()
        self.facts()
        self.reorganise()
        self.register_agency()
        for _one in range(1 + MORE[self.bundle.group]):
            self.service()
        for state in S:
            self.order(state)
        for _one in range(MORE[self.bundle.group]):
            self.order(S.DISPATCHED)
        self.requests()
        files.handle(self)
        if self.bundle.group != "mate":
            imports.upload_all(self)

    def act(self, name: str) -> Any:
        return acting(self.town.world.actor(name) if name else visitor())

    def text(self, what: str) -> str:
        return self.bundle.text(what)

    def staff(self) -> None:
        """The worker's post, and a key of it with a name that betrays it."""
        post = Post.objects.get(user=self.town.world.users[self.team.worker])
        with acting(system("tests")) as actor:
            until = actor.now + timedelta(days=1)
            issue_key(
                post,
                actor=actor,
                name=self.text("key name"),
                valid_until=until,
                scopes=["orders:read"],
            )
            hook, _secret = register_hook(
                post,
                actor=actor,
                url=f"https://hooks.example.org/{self.text('key name')}",
                kinds=["service.recorded"],
            )
        self.bundle.hooks.append(hook)
        self.bundle.posts.append(post)
        self.bundle.keys.append(post.tokens.get())
        self.bundle.factors.append(TOTP.activate(post.user, new_secret()).instance)
        department = "city_department" if self.bundle.group == "moved" else "county_department"
        proposed = Proposal.objects.create(
            user=post.user,
            unit=self.town.world.units[department],
            role=Role.AUDIT,
            first_day=actor.today,
            proposed_by=self.town.world.users["administrator"],
            proposed_at=actor.now,
        )
        self.bundle.proposals.append(proposed)

    def person(self) -> Person:
        is_first = not self.bundle.persons
        details = people.Details(
            name=self.text("person name"),
            preferred_name=self.text("person called"),
            area=self.team.village,
            born_on=date(1950, 1, 1),
            phone=self.text("person phone") if is_first else "",
            citizen_id=self.text("person citizen id") if is_first else "",
            address=self.text("person address"),
        )
        with self.act(self.team.worker) as actor:
            made = people.register_person(
                actor=actor, details=details, basis="consent", form="signed"
            )
        self.bundle.persons.append(made)
        return made

    def facts(self) -> None:
        person, bundle = self.bundle.persons[0], self.bundle
        with self.act(self.team.worker) as actor:
            category = people.add_category(
                person,
                actor=actor,
                code="older_alone",
                source=self.text("category source"),
                valid_from=actor.today,
            )
            bundle.categories.append(category)
            bundle.bases.append(Basis.objects.get(person=person))
            bundle.households.append(people.join_household(person, actor=actor, relation="self"))
            Household.objects.filter(pk=bundle.households[0].pk).update(
                address=self.text("household address")
            )

    def register_agency(self) -> None:
        """An agency of the county, which operates the group's station."""
        number = f"52000000MJ{GROUPS.index(self.bundle.group):07d}"
        with self.act(self.team.dispatcher) as actor:
            self.bundle.agency = directory.register_organisation(
                actor=actor,
                zh=f"测试{self.bundle.group}社工中心",
                en=f"Agency of {self.bundle.group}",
                area=county_of(self.team.village),
                credit_code=number + uscc.calc_check_digit(number),
            )
        Site.objects.filter(pk=self.town.world.unit_id(self.team.station)).update(
            operator=self.bundle.agency
        )

    def account(self, **given: Any) -> services.Account:
        told: dict[str, Any] = {
            "method": "visit",
            "content": "daily_care",
            "place": "home",
            "occurred_on": self.town.actor(self.team.worker).today,
            "minutes": 10,
            "area": self.team.village,
            "person_ids": (self.bundle.persons[0].pk,),
            "facts": self.text("service facts"),
            "analysis": self.text("service analysis"),
        }
        return services.Account(**(told | given))

    def service(self) -> None:
        with self.act(self.team.worker) as actor:
            before = self.account(facts=self.text("service before correction"))
            made = services.record_service(actor=actor, account=before)
            services.correct_service(made, actor=actor, account=self.account())
        self.bundle.services.append(made)

    def ask(self) -> intake.Receipt:
        asked = intake.Asked(
            area=self.team.village,
            need="care",
            words=self.text("request words"),
            for_whom="other",
            name=self.text("request name"),
            phone=self.text("request phone"),
            where=self.text("request where"),
        )
        with self.act(self.team.registrar) as actor:
            return intake.register_request(actor=actor, asked=asked, door=self.team.door)

    def requests(self) -> None:
        ends: dict[str, Callable[[Actor, Request], None]] = {
            "registered": lambda actor, one: None,
            "informed": lambda actor, one: intake.inform_request(
                one, actor=actor, reply=self.text("request reply")
            ),
            "referred": lambda actor, one: intake.refer_request(
                one, actor=actor, reply=self.text("request reply")
            ),
            "refused": lambda actor, one: intake.refuse_request(
                one, actor=actor, reason="untrue", reply=self.text("request reply")
            ),
            "merged": lambda actor, one: intake.merge_request(
                one, actor=actor, other=self.bundle.requests["registered"]
            ),
            "withdrawn": lambda actor, one: intake.withdraw_request(one, actor=actor),
        }
        for state, end in ends.items():
            receipt = self.ask()
            with self.act(self.team.dispatcher) as actor:
                end(actor, receipt.request)
            self.bundle.requests[state] = receipt.request
            self.bundle.receipts[state] = receipt

    def order(self, state: str) -> Order:
        receipt = self.ask()
        with self.act(self.team.dispatcher) as actor:
            order = intake.accept_request(
                receipt.request,
                actor=actor,
                area=self.team.village,
                need="care",
                urgency="week",
                task=self.text("order task"),
            )
        for step in STEPS[state]:
            step(self, order)
        self.bundle.orders.setdefault(state, order)
        self.bundle.requests.setdefault(
            "accepted" if state == S.SERVING else f"+{state}", receipt.request
        )
        self.bundle.receipts.setdefault(state, receipt)
        return order

    def send(self, order: Order) -> None:
        with self.act(self.team.dispatcher) as actor:
            dispatch.dispatch_order(
                order, actor=actor, station_id=self.town.world.unit_id(self.team.station)
            )

    def give_back(self, order: Order) -> None:
        with self.act(self.team.head) as actor:
            dispatch.return_order(
                order, actor=actor, reason="no_capacity", words=self.text("remark among staff")
            )

    def accept(self, order: Order) -> None:
        with self.act(self.team.head) as actor:
            dispatch.accept_order(order, actor=actor)
            worker = self.town.world.users[self.team.worker]
            dispatch.assign_order(order, actor=actor, worker=worker)

    def serve(self, order: Order) -> None:
        with self.act(self.team.worker) as actor:
            dispatch.name_person(order, actor=actor, person_id=self.bundle.persons[0].pk)
            made = dispatch.serve_order(order, actor=actor, account=self.account())
        self.bundle.services.append(made)

    def finish(self, order: Order) -> None:
        with self.act(self.team.worker) as actor:
            dispatch.finish_order(
                order, actor=actor, result="solved", words=self.text("remark for the resident")
            )

    def follow_up(self, order: Order) -> None:
        with self.act(self.team.dispatcher) as actor:
            dispatch.follow_up_order(
                order, actor=actor, contact="reached", words=self.text("remark among staff")
            )

    def close(self, order: Order) -> None:
        with self.act(self.team.dispatcher) as actor:
            dispatch.take_verdict(order, actor=actor, value="helped", is_anonymous=False)

    def withdraw(self, order: Order) -> None:
        with self.act(self.team.dispatcher) as actor:
            dispatch.withdraw_order(order, actor=actor, words=self.text("remark for the resident"))


M = _Maker
SERVED = (M.send, M.accept, M.serve)
DONE = (*SERVED, M.finish)
STEPS: dict[str, tuple[Callable[[_Maker, Order], None], ...]] = {
    S.PENDING: (),
    S.ARBITRATION: (M.send, M.give_back, M.send, M.give_back),
    S.DISPATCHED: (M.send,),
    S.ACCEPTED: (M.send, M.accept),
    S.SERVING: SERVED,
    S.DONE: DONE,
    S.FOLLOWED_UP: (*DONE, M.follow_up),
    S.CLOSED: (*DONE, M.follow_up, M.close),
    S.WITHDRAWN: (M.send, M.withdraw),
}


def _lodge(town: Town) -> None:
    """Somebody on file at the station next door lives in a household of ours.

    No action leads there today, but a file that is given to another station would.
    """
    home, guest = town.bundles["mine"].households[0], town.bundles["sharing"].persons[1]
    day = town.actor("worker").today
    Membership.objects.create(household=home, person=guest, relation="other", valid_from=day)


def _move(town: Town) -> None:
    """An order served by one station for somebody on its files, and then given to another."""
    giver, taker = _Maker(town, town.bundles["sharing"]), _Maker(town, town.bundles["moved"])
    receipt = taker.ask()
    with taker.act("dispatcher") as actor:
        order = intake.accept_request(
            receipt.request,
            actor=actor,
            area=NEXT_VILLAGE,
            need="care",
            urgency="week",
            task=taker.text("order task"),
        )
    for step in SERVED:
        step(giver, order)
    with taker.act("dispatcher") as actor:
        dispatch.transfer_order(
            order,
            actor=actor,
            station_id=town.world.unit_id("sibling"),
            words=taker.text("remark among staff"),
        )
    taker.accept(order)
    taker.bundle.orders[S.ACCEPTED] = order
    taker.bundle.requests["accepted"] = receipt.request
    taker.bundle.receipts[S.ACCEPTED] = receipt


def _mark(town: Town) -> None:
    """Ids and numbers betray a row as well as its words do."""
    add = town.aviary.add
    with unscoped("tests"):
        for bundle in town.bundles.values():
            group = bundle.group
            for receipt in bundle.receipts.values():
                add(receipt.number, group, "request number")
                add(receipt.pin, group, "receipt PIN")
            rows: tuple[tuple[str, list[Any]], ...] = (
                ("order", list(bundle.orders.values())),
                ("request", list(bundle.requests.values())),
                ("person", [*bundle.persons, *bundle.files]),
                ("duplicate", list(bundle.duplicates.values())),
                ("moving", list(bundle.movings.values())),
                ("category", bundle.categories),
                ("basis", bundle.bases),
                ("household", bundle.households),
                ("service", bundle.services),
                ("post", bundle.posts),
                ("key", bundle.keys),
                ("proposal", bundle.proposals),
            )
            for kind, found in rows:
                for row in found:
                    add(row.pk, group, f"{kind} id")
                    if kind == "order":
                        add(row.number, group, "order number")
    for name, user in town.world.users.items():
        add(user.name, name, "name of staff")


__all__ = ["GROUPS", "Bundle", "Town", "build_town"]
