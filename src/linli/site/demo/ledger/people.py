from dataclasses import asdict
from typing import Any

from linli.kernel.accounts.actors import Actor
from linli.kernel.crypto.sealing import blind
from linli.kernel.flow.versions import stamp
from linli.lib.names import pinyin_key, search_tokens
from linli.people.actions import Details
from linli.people.models import (
    Basis,
    Household,
    Membership,
    NameToken,
    Person,
    PersonCategory,
)
from linli.people.queries import CITIZEN_ID, PHONE

from ..steps import Step
from .book import Book
from .rows import Row
from .rules import demand, demand_any

SUBJECT = "people.person"


class People:
    """`linli.people.actions` in bulk."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def _tell(self, actor: Actor, verb: str, person: Row, **data: Any) -> None:
        self.book.tell(actor, f"people.{verb}", SUBJECT, person, **data)

    def register_person(self, actor: Actor, step: Step) -> None:
        demand_any(actor, "people.register")
        details: Details = step.facts["details"]
        told = asdict(details)
        person = self.book.rows.add(
            Person,
            step.at,
            unit_id=actor.unit_id,
            area_id=told.pop("area"),
            pinyin_key=pinyin_key(details.name),
            phone_index=blind(details.phone, purpose=PHONE) if details.phone else None,
            citizen_id_index=(
                blind(details.citizen_id, purpose=CITIZEN_ID) if details.citizen_id else None
            ),
            registered_by_id=actor.user_id,
            recorded_at=actor.now,
            **told,
        )
        self.book.people[step.about] = person
        self._index(person)
        self._tell(actor, "registered", person)
        self.record_basis(actor, step)

    def _index(self, person: Row) -> None:
        words = search_tokens(person.name)
        if person.preferred_name:
            words |= search_tokens(person.preferred_name)
        for word in sorted(words):
            self.book.rows.add(
                NameToken,
                person.recorded_at,
                person_id=person.id,
                area_id=person.area_id,
                unit_id=person.unit_id,
                token=word,
            )

    def record_basis(self, actor: Actor, step: Step) -> None:
        person = self.book.people[step.about]
        demand(actor, "people.change", person)
        self.book.rows.add(
            Basis,
            step.at,
            person_id=person.id,
            code=step.facts["basis"],
            form=step.facts["form"],
            given_on=actor.today,
            recorded_by_id=actor.user_id,
        )
        self._tell(actor, "basis_recorded", person, basis=step.facts["basis"])

    def add_category(self, actor: Actor, step: Step) -> None:
        person, facts = self.book.people[step.about], step.facts
        demand(actor, "people.change", person)
        self.book.rows.add(
            PersonCategory,
            step.at,
            person_id=person.id,
            code=facts["code"],
            source=facts["source"],
            valid_from=facts["valid_from"],
            verified_by_id=actor.user_id,
        )
        self._tell(actor, "category_added", person, category=facts["code"])

    def join_household(self, actor: Actor, step: Step) -> None:
        person, facts = self.book.people[step.about], step.facts
        demand(actor, "people.change", person)
        home = self.book.households.get(facts["household"])
        if home is None:
            home = self.book.households[facts["household"]] = self.book.rows.add(
                Household,
                step.at,
                area_id=person.area_id,
                unit_id=person.unit_id,
                address=person.address,
                recorded_at=actor.now,
            )
        demand(actor, "households.view", home)
        self.book.rows.add(
            Membership,
            step.at,
            household_id=home.id,
            person_id=person.id,
            relation=facts["relation"],
            valid_from=actor.today,
        )
        person.version += 1
        self._tell(actor, "joined_household", person, **stamp(person.version, ["household"]))

    def note_read(self, actor: Actor, step: Step) -> None:
        person = self.book.people[step.about]
        demand(actor, "people.view", person)
        self._tell(actor, "read", person)
