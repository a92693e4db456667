"""Plays the demonstration's script through the rooms' own actions, one transaction a step."""

from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.directory import actions as directory
from linli.directory.models import Site
from linli.dispatch import actions as dispatch
from linli.dispatch.models import Order, RoutingRule
from linli.intake import actions as intake
from linli.intake.models import Request
from linli.intake.receipts import actor_for
from linli.kernel.accounts.actors import Actor, actor_of, set_actor, system, visitor
from linli.kernel.accounts.models import Post, User
from linli.kernel.scope import scope
from linli.kernel.units.models import Unit, UnitKind
from linli.people import actions as people
from linli.people.models import Household, Person
from linli.services import actions as services
from linli.services.models import Service
from linli.site.demo.accounts import PIN
from linli.site.demo.ledger import Ledger
from linli.site.demo.script import SEED
from linli.site.demo.steps import RECEIPT, SYSTEM, VISITOR, Script, Step

HASH = "nobody signs in"


def in_bulk(script: Script) -> Ledger:
    """The fast player, with the script played in memory only."""
    ledger = Ledger(password=HASH, pin=PIN, random=Random(SEED))  # noqa: S311 - no secrets
    script.play(ledger)
    return ledger


class ActionPlayer:
    """The slow player: permissions, locks and queries as in a request."""

    def __init__(self) -> None:
        self.ids: dict[str, UUID] = {}
        self.users: dict[str, User] = {}
        self.actors: dict[str, Actor] = {}

    def play(self, step: Step) -> None:
        with transaction.atomic():
            actor = self.actor(step)
            set_actor(actor)
            with scope(actor.scope):
                getattr(self, step.verb.replace(".", "_"), self.plain)(actor, step)

    def actor(self, step: Step) -> Actor:
        if step.who == VISITOR:
            return visitor(now=step.at)
        if step.who.startswith(SYSTEM):
            return system(step.who.removeprefix(SYSTEM), now=step.at)
        if step.who.startswith(RECEIPT):
            found = actor_for(self.ids[step.who.removeprefix(RECEIPT)], now=step.at)
            assert found is not None
            return found
        if step.who not in self.actors:
            self.actors[step.who] = actor_of(self.users[step.who], now=step.at)
        return self.actors[step.who].at(step.at)

    def plain(self, actor: Actor, step: Step) -> None:
        """An action on a row that takes the facts as they are, ids in place of keys."""
        room, _, name = step.verb.partition(".")
        module, model = {
            "people": (people, Person),
            "intake": (intake, Request),
            "dispatch": (dispatch, Order),
        }[room]
        row = model.objects.get(pk=self.ids[step.about])
        getattr(module, name)(row, actor=actor, **self.told(step))

    def told(self, step: Step) -> dict[str, Any]:
        told = dict(step.facts)
        if "station" in told:
            station = told.pop("station")
            told["station_id"] = self.ids[station] if station else None
        if "person" in told:
            told["person_id"] = self.ids[told.pop("person")]
        return told

    # The network

    def directory_register_organisation(self, actor: Actor, step: Step) -> None:
        made = directory.register_organisation(actor=actor, **step.facts)
        self.ids[step.about] = made.pk

    def directory_open_site(self, actor: Actor, step: Step) -> None:
        told = dict(step.facts)
        parent, operator = told.pop("parent", None), told.pop("operator", None)
        made = directory.open_site(
            actor=actor,
            parent_id=self.ids[parent] if parent else None,
            operator_id=self.ids[operator] if operator else None,
            **told,
        )
        self.ids[step.about] = made.pk

    def directory_set_hours(self, actor: Actor, step: Step) -> None:
        site = Site.objects.get(pk=self.ids[step.about])
        directory.set_hours(site, actor=actor, spans=step.facts["spans"])

    def site_add_department(self, actor: Actor, step: Step) -> None:
        made = Unit.objects.create(
            kind=UnitKind.DEPARTMENT,
            area_id=step.facts["area"],
            competent_body="social_work_department",
            zh=step.facts["zh"],
            en=step.facts["en"],
            valid_from=actor.today,
        )
        self.ids[step.about] = made.pk

    def site_add_user(self, actor: Actor, step: Step) -> None:
        facts = step.facts
        user = User.objects.create(username=step.about, name=facts["name"], password=HASH)
        unit_id = self.ids[facts["unit"]]
        Post.objects.create(user=user, unit_id=unit_id, role=facts["role"], valid_from=actor.today)
        self.users[step.about] = user

    def site_add_routing_rule(self, actor: Actor, step: Step) -> None:
        facts = step.facts
        RoutingRule.objects.create(
            area=facts["area"], need=facts["need"], station_id=self.ids[facts["station"]]
        )

    # People and services

    def people_register_person(self, actor: Actor, step: Step) -> None:
        made = people.register_person(actor=actor, **step.facts)
        self.ids[step.about] = made.pk

    def people_join_household(self, actor: Actor, step: Step) -> None:
        person = Person.objects.get(pk=self.ids[step.about])
        key, relation = step.facts["household"], step.facts["relation"]
        held = Household.objects.get(pk=self.ids[key]) if key in self.ids else None
        made = people.join_household(person, actor=actor, relation=relation, household=held)
        self.ids[key] = made.pk

    def account(self, step: Step) -> services.Account:
        home = step.facts["household"]
        return replace(
            step.facts["account"],
            person_ids=tuple(self.ids[one] for one in step.facts["persons"]),
            household_id=self.ids[home] if home else None,
        )

    def services_record_service(self, actor: Actor, step: Step) -> None:
        made = services.record_service(actor=actor, account=self.account(step))
        self.ids[step.about] = made.pk

    def services_correct_service(self, actor: Actor, step: Step) -> None:
        held = Service.objects.get(pk=self.ids[step.about])
        services.correct_service(held, actor=actor, account=self.account(step))

    # Requests and orders

    def intake_register_request(self, actor: Actor, step: Step) -> None:
        receipt = intake.register_request(actor=actor, **step.facts)
        self.ids[step.about] = receipt.request.pk

    def intake_accept_request(self, actor: Actor, step: Step) -> None:
        told = self.told(step)
        key = told.pop("order")
        request = Request.objects.get(pk=self.ids[step.about])
        self.ids[key] = intake.accept_request(request, actor=actor, **told).pk

    def intake_merge_request(self, actor: Actor, step: Step) -> None:
        request = Request.objects.get(pk=self.ids[step.about])
        other = Request.objects.get(pk=self.ids[step.facts["other"]])
        intake.merge_request(request, actor=actor, other=other)

    def dispatch_assign_order(self, actor: Actor, step: Step) -> None:
        order = Order.objects.get(pk=self.ids[step.about])
        worker = self.users[step.facts["worker"]]
        dispatch.assign_order(order, actor=actor, worker=worker)

    def dispatch_serve_order(self, actor: Actor, step: Step) -> None:
        order = Order.objects.get(pk=self.ids[step.about])
        made = dispatch.serve_order(order, actor=actor, account=self.account(step))
        self.ids[step.facts["service"]] = made.pk
