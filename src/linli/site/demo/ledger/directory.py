from typing import Any
from uuid import UUID

from linli.directory.models import OpeningHours, Organisation, Site
from linli.dispatch.models import RoutingRule
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post, User
from linli.kernel.flow.versions import stamp
from linli.kernel.units.models import ServiceArea, Unit, UnitKind

from ..steps import Step
from .book import Book
from .rows import Row


class Directory:
    """`linli.directory.actions` in bulk; everything is done by the system."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def _unit(self, actor: Actor, step: Step, kind: UnitKind, body: str, **more: Any) -> Row:
        facts = step.facts
        unit = self.book.rows.add(
            Unit,
            step.at,
            kind=kind,
            area_id=facts["area"],
            competent_body=body,
            zh=facts["zh"],
            en=facts["en"],
            valid_from=actor.today,
            **more,
        )
        self.book.units[step.about] = unit
        return unit

    def _tell(self, actor: Actor, verb: str, unit: Row, **data: Any) -> None:
        self.book.timeline.record(
            actor,
            f"directory.{verb}",
            subject_type="directory.site",
            subject_id=unit.id,
            area=unit.area_id,
            unit=unit.id,
            **data,
        )

    def _id(self, key: str | None) -> UUID | None:
        return self.book.units[key].id if key else None

    def open_site(self, actor: Actor, step: Step) -> None:
        facts, rows = step.facts, self.book.rows
        kind: UnitKind = facts["kind"]
        unit = self._unit(
            actor, step, kind, "social_work_department", parent_id=self._id(facts.get("parent"))
        )
        self.book.sites[step.about] = rows.add(
            Site,
            step.at,
            unit_id=unit.id,
            operator_id=self._id(facts.get("operator")),
            operating_model=facts["operating_model"],
            address=facts["address"],
            phone=facts["phone"],
            capacity=facts["capacity"],
            updated_at=actor.now,
        )
        self._tell(actor, "site_opened", unit, kind=str(kind))
        self.book.serves[step.about] = sorted(set(facts["serves"]))
        for code in self.book.serves[step.about]:
            rows.add(ServiceArea, step.at, unit_id=unit.id, area_id=code, valid_from=actor.today)
            if kind == UnitKind.CENTRE:
                self.book.centres[code] = unit

    def set_hours(self, actor: Actor, step: Step) -> None:
        unit = self.book.units[step.about]
        for day, opens, closes in step.facts["spans"]:
            self.book.rows.add(
                OpeningHours, step.at, site_id=unit.id, weekday=day, opens=opens, closes=closes
            )
        site = self.book.sites[step.about]
        site.version += 1
        touched = {f"day{day}" for day, _opens, _closes in step.facts["spans"]}
        self._tell(actor, "hours_set", unit, **stamp(site.version, touched))

    def register_organisation(self, actor: Actor, step: Step) -> None:
        facts = step.facts
        unit = self._unit(actor, step, UnitKind.AGENCY, "civil_affairs")
        self.book.rows.add(
            Organisation,
            step.at,
            unit_id=unit.id,
            credit_code=facts["credit_code"],
            phone=facts["phone"],
            updated_at=actor.now,
        )
        self._tell(actor, "agency_registered", unit)


class Installation:
    """What no room has an action for: departments, users with a post, a county's rules."""

    def __init__(self, book: Book, password: str) -> None:
        self.book, self.password = book, password

    def add_department(self, actor: Actor, step: Step) -> None:
        self.book.units[step.about] = self.book.rows.add(
            Unit,
            step.at,
            kind=UnitKind.DEPARTMENT,
            area_id=step.facts["area"],
            competent_body="social_work_department",
            zh=step.facts["zh"],
            en=step.facts["en"],
            valid_from=actor.today,
        )

    def add_user(self, actor: Actor, step: Step) -> None:
        facts, rows = step.facts, self.book.rows
        unit = self.book.units[facts["unit"]]
        user = rows.add(
            User,
            step.at,
            username=step.about,
            name=facts["name"],
            password=self.password,
            joined_at=step.at,
        )
        post = rows.add(
            Post,
            step.at,
            user_id=user.id,
            unit_id=unit.id,
            role=facts["role"],
            valid_from=actor.today,
        )
        serves = self.book.serves.get(facts["unit"], [])
        self.book.actors.enter(step.about, user, post, unit, serves)

    def add_routing_rule(self, actor: Actor, step: Step) -> None:
        facts = step.facts
        self.book.rows.add(
            RoutingRule,
            step.at,
            area=facts["area"],
            need=facts["need"],
            station_id=self.book.units[facts["station"]].id,
        )
