from typing import Any

from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.versions import differing, stamp
from linli.services.actions import Account
from linli.services.models import Note, Recipient, Service, Version

from ..steps import Step
from .book import Book
from .rows import Row
from .rules import demand, demand_any


class Services:
    """`linli.services.actions` in bulk."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._recipients: dict[str, list[Row]] = {}
        self._notes: dict[str, Row] = {}
        self._accounts: dict[str, Account] = {}

    def _tell(self, actor: Actor, verb: str, service: Row, **data: Any) -> None:
        self.book.tell(actor, f"services.{verb}", "services.service", service, **data)

    def record_service(self, actor: Actor, step: Step) -> None:
        self.record(actor, step, step.about)

    def record(self, actor: Actor, step: Step, key: str) -> Row:
        demand_any(actor, "services.record")
        self._check_persons(actor, step)
        account: Account = step.facts["account"]
        service = self.book.rows.add(
            Service,
            step.at,
            unit_id=actor.unit_id,
            worker_id=actor.user_id,
            recorded_at=actor.now,
            **self._values(step),
        )
        self.book.services[key] = service
        self._accounts[key] = account
        self._name_recipients(key, service, step)
        if account.facts or account.analysis:
            self._note(key, service, step)
        self._tell(actor, "recorded", service, method=service.method, minutes=service.minutes)
        return service

    def _check_persons(self, actor: Actor, step: Step) -> None:
        for one in step.facts["persons"]:
            demand(actor, "people.view", self.book.people[one])

    def _values(self, step: Step) -> dict[str, Any]:
        """Columns of the service that its account tells."""
        account: Account = step.facts["account"]
        home = step.facts["household"]
        return {
            "method": account.method,
            "content": account.content,
            "place": account.place,
            "occurred_on": account.occurred_on,
            "minutes": account.minutes,
            "area_id": account.area,
            "household_id": self.book.households[home].id if home else None,
            "anonymous": account.anonymous,
            "person_times": len(step.facts["persons"]) + account.anonymous,
        }

    def _name_recipients(self, key: str, service: Row, step: Step) -> None:
        self._recipients[key] = [
            self.book.rows.add(
                Recipient, step.at, service_id=service.id, person_id=self.book.people[one].id
            )
            for one in step.facts["persons"]
        ]

    def _note(self, key: str, service: Row, step: Step) -> None:
        account: Account = step.facts["account"]
        words = {"facts": account.facts, "analysis": account.analysis}
        if key in self._notes:
            vars(self._notes[key]).update(words)
        else:
            self._notes[key] = self.book.rows.add(Note, step.at, service_id=service.id, **words)

    def correct_service(self, actor: Actor, step: Step) -> None:
        held = self.book.services[step.about]
        demand(actor, "services.correct", held)
        self._check_persons(actor, step)
        account: Account = step.facts["account"]
        touched = differing(self._accounts[step.about].by_field(), account.by_field())
        if not touched:
            return
        self._accounts[step.about] = account
        note = self._notes.get(step.about)
        recipients = self._recipients[step.about]
        self.book.rows.add(
            Version,
            step.at,
            service_id=held.id,
            number=held.version,
            values={
                "method": held.method,
                "content": held.content,
                "place": held.place,
                "occurred_on": held.occurred_on.isoformat(),
                "minutes": held.minutes,
                "area": held.area_id,
                "household": str(held.household_id) if held.household_id else None,
                "anonymous": held.anonymous,
                "persons": [str(one.person_id) for one in recipients],
            },
            facts=note.facts if note else "",
            analysis=note.analysis if note else "",
            replaced_at=actor.now,
            replaced_by_id=actor.user_id,
        )
        vars(held).update(self._values(step), version=held.version + 1)
        for one in recipients:
            self.book.rows.remove(one)
        self._name_recipients(step.about, held, step)
        self._note(step.about, held, step)
        self._tell(actor, "corrected", held, **stamp(held.version, touched))
