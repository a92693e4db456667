"""Knocks at every door as everybody, and notes what comes back and what can be read in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from linli.kernel.access import holds
from linli.kernel.scope import unscoped
from linli.kernel.stats.measures import measures

from ..conftest import acting
from ..house.urls import Page
from ..world import CITY, OTHER_COUNTY
from .canaries import canary
from .fill import CLOSED, NOWHERE, CannotFill, addresses, body_of, pages_of_all
from .matrix import CLASSES, Findings
from .programs import told
from .rows import Town
from .visitors import STRANGER, Answer, Visitor

API = "api:"
UNANSWERED = {"401", "403", "404", "405", "login"}
GUARDED = {"401", "403", "404", "login"}
MEANINGLESS = ("PUT", "PATCH", "DELETE")
CHOICES_TRIED = 3
# One of each kind: enough where nothing depends on the unit somebody works for.
ONE_OF_EACH = (
    "worker", "head", "dispatcher", "officer", "grid_worker", "administrator", "security",
    "auditor", STRANGER,
)  # fmt: skip


@dataclass
class Crawl:
    """The state of one walk; `visitors` may be fewer than everybody."""

    town: Town
    visitors: dict[str, Visitor]
    found: Findings = field(default_factory=Findings)
    unfilled: list[str] = field(default_factory=list)
    # Who was shown a form last: most likely the one who is shown the next.
    shown: str = ""

    def knock(self, visitor: Visitor, path: str, method: str = "GET", **given: Any) -> Answer:
        """One request; canaries and errors are noted."""
        answer = visitor.ask(path, method, **given)
        sent = f"{path} {given.get('data') or ''}"
        where = f"{method} {path}"
        if answer.outcome.startswith("5"):
            self.found.broken.append(f"{where} as {visitor.name}: {answer.outcome} {answer.error}")
        for text in self.town.aviary.heard(answer.text, sent=sent):
            group, what = self.town.aviary.kept[text]
            self.found.seen.setdefault((visitor.name, group, what), where)
        return answer

    def note(self, page: Page, method: str, visitor: Visitor, one: str, answer: Answer) -> None:
        self.found.outcomes[page.name, method, visitor.name, one] = answer.outcome

    def doors(self, page: Page) -> dict[str, str]:
        try:
            return addresses(page, self.town)
        except CannotFill as error:
            self.unfilled.append(str(error))
            return {}

    def read(self, page: Page) -> dict[str, Answer]:
        """GET a page as everybody for every class of rows; the answers to users, by name."""
        kept: dict[str, Answer] = {}
        doors = self.doors(page)
        if not self.is_answered(page, "GET", doors):
            return {}
        for visitor in self.visitors.values():
            for one in self.asked(visitor, page, doors):
                answer = self.knock(visitor, doors[one])
                self.note(page, "GET", visitor, one, answer)
                if answer.outcome == "200":
                    kept.setdefault(visitor.name, answer)
        return kept

    def swap(self, page: Page, visitor: Visitor) -> None:
        """Ask for the piece that htmx swaps, and plant foreign ids and names in the address."""
        path = next(iter(self.doors(page).values()))
        self.knock(visitor, path, headers={"HX-Request": "true"})
        self.knock(visitor, f"{path}?{self.planted(self.foreign(visitor))}")

    def leaf_through(self, page: Page, visitor: Visitor) -> None:
        """A page of one row, for the rows in every other state."""
        for group in ("mine", self.foreign(visitor)):
            for path in pages_of_all(page, self.town.bundles[group]):
                self.knock(visitor, path)

    def planted(self, group: str) -> str:
        """Parameters that name rows of a group, under every name a page could look for."""
        one = self.town.bundles[group]
        name = canary(group, "person name")[:-1]
        return urlencode(
            {
                "person": one.persons[0].pk,
                "persons": one.persons[0].pk,
                "household": one.households[0].pk,
                "order": one.orders["serving"].pk,
                "request": one.requests["registered"].pk,
                "other": one.requests["registered"].pk,
                "service": one.services[0].pk,
                "station": self.town.world.unit_id(one.team.station),
                "worker": self.town.world.users[one.team.worker].pk,
                "q": name,
                "who": name,
            }
        )

    def walk_list(self, page: Page, visitor: Visitor, first: Answer) -> None:
        """A list with all its pages, filters and searches, on the screen and as Excel."""
        table, path = first.context["table"], page.route
        self.found.numbers[f"rows of {page.name}", visitor.name] = str(table["total"])
        self.knock(visitor, path + "?export=xlsx")
        older = table["older_url"]
        while older:
            answer = self.knock(visitor, path + older)
            older = answer.context["table"]["older_url"]
        filters = table["filters"] if visitor.name in ONE_OF_EACH else []
        for at, (name, choice) in enumerate(_choices(filters)):
            export = {"export": "xlsx"} if at % CHOICES_TRIED == 0 else {}
            self.knock(visitor, f"{path}?{urlencode({name: choice} | export)}")
        self.search(path, visitor)

    def search(self, path: str, visitor: Visitor) -> None:
        """Look for rows of another group by name, number, phone and receipt."""
        group = self.foreign(visitor)
        one = self.town.bundles[group]
        for text in (
            canary(group, "person name")[:-1],
            canary(group, "person phone"),
            canary(group, "person citizen id"),
            one.orders["serving"].number,
            one.receipts["registered"].number,
        ):
            self.knock(visitor, f"{path}?{urlencode({'q': text})}")

    def foreign(self, visitor: Visitor) -> str:
        """A group whose rows a visitor's own station or county does not hold."""
        if visitor.name == "dispatcher":
            return "county"
        return "mine" if visitor.name.startswith(("sharing", "other")) else "sharing"

    def count(self, page: Page, visitor: Visitor) -> None:
        """Every measure for areas inside and outside the visitor's own."""
        for measure in measures():
            for area in (None, OTHER_COUNTY, CITY):
                asked = {"measure": measure.name} | ({"area": f"{area:012d}"} if area else {})
                answer = self.knock(visitor, f"{page.route}?{urlencode(asked)}")
                shown = _numbers(answer) if answer.outcome == "200" else answer.outcome
                self.found.numbers[f"{measure.name} of {area or 'home'}", visitor.name] = shown

    def callers(self, page: Page) -> list[Visitor]:
        """Who sends something: everybody; to the API, an account and a key of each role, for its
        calls end in the actions of the pages, and those are asked by everybody."""
        return [
            one
            for one in self.visitors.values()
            if not (_is_api(page) and one.is_user) or one.name in ONE_OF_EACH
        ]

    def press(self, page: Page) -> None:
        """Send every unsafe method: empty, and filled in where there is a form."""
        doors = self.doors(page)
        if self.is_answered(page, "POST", doors) and not self._press_filled(page, doors):
            self._press_empty(page, "POST", doors)
        for method in MEANINGLESS:
            if self.is_answered(page, method, doors, self._let_in(page)):
                self._press_empty(page, method, doors)

    def _let_in(self, page: Page) -> tuple[str, ...]:
        """A stranger and the first who gets past a page's guard: the others meet the guard."""
        for name in ONE_OF_EACH:
            told = {self.found.outcomes.get((page.name, "POST", name, one)) for one in CLASSES}
            if told - GUARDED - {None} and name != STRANGER:
                return name, STRANGER
        return ONE_OF_EACH

    def is_answered(
        self, page: Page, method: str, doors: dict[str, str], names: tuple[str, ...] = ONE_OF_EACH
    ) -> bool:
        """Whether any of these gets more than a refusal for the first class of rows."""
        first = next(iter(doors), None)
        found = False
        if not set(ONE_OF_EACH) <= set(self.visitors):
            # A walk for a few finds out by itself.
            return first is not None
        for name in names if first is not None else ():
            visitor = self.visitors[name]
            answer = self.knock(visitor, doors[first or ""], method, is_json=_is_api(page))
            self.note(page, method, visitor, first or "", answer)
            found |= answer.outcome not in UNANSWERED
        # What a station may do with another's rows only, as take in somebody who moves there.
        others = () if found or method != "POST" else [*doors][1:]
        for one in others:
            answer = self.knock(self.visitors["head"], doors[one], method, is_json=_is_api(page))
            self.note(page, method, self.visitors["head"], one, answer)
            found |= answer.outcome not in UNANSWERED
        return found

    def _press_empty(self, page: Page, method: str, doors: dict[str, str]) -> None:
        """With nothing filled in, where there is nothing to fill in."""
        first = next(iter(doors))
        for visitor in self.callers(page):
            if (page.name, method, visitor.name, first) not in self.found.outcomes:
                answer = self.knock(visitor, doors[first], method, is_json=_is_api(page))
                self.note(page, method, visitor, first, answer)

    def _press_filled(self, page: Page, doors: dict[str, str]) -> bool:
        """With a valid body for the rows of each class; whether there is one."""
        bodies = {one: self._body(page, one, path) for one, path in doors.items()}
        usable = next((body for body in bodies.values() if body is not None), None)
        if usable is None:
            return False
        for visitor in self.callers(page):
            for one in self.asked(visitor, page, doors):
                body = bodies[one] if bodies[one] is not None else usable
                answer = self.knock(visitor, doors[one], "POST", data=body, is_json=_is_api(page))
                self.note(page, "POST-filled", visitor, one, answer)
                # What comes too late is led back to the row, and nothing was done.
                if is_done(answer.outcome) and not answer.told and one != CLOSED:
                    self.found.silent.add(page.name)
        return True

    def asked(self, visitor: Visitor, page: Page, doors: Iterable[str]) -> list[str]:
        """The classes a visitor is asked about: two will do where no row is looked at."""
        found = list(doors)
        if self.looks(visitor, page):
            return found
        return [one for one in found if one in {found[0], NOWHERE}]

    def looks(self, visitor: Visitor, page: Page) -> bool:
        """Whether a page looks at rows for this visitor, or its guard answers before."""
        if not visitor.is_user:
            return (visitor.is_key and _is_api(page)) or bool(page.public_reason)
        with acting(self.town.actor(visitor.name)) as actor:
            return not page.permission or holds(actor, page.permission)

    def _body(self, page: Page, one: str, path: str) -> dict[str, Any] | None:
        """What is sent to a page: its form filled in by somebody who is shown it, if it has one."""
        bundle = self.town.bundles.get(one) or self.town.bundles["mine"]
        if _is_api(page):
            return told(page, bundle, self.town)
        is_pressed = False
        first = (bundle.team.worker, self.shown)
        for visitor in sorted(self.visitors.values(), key=lambda one: one.name not in first):
            answer = visitor.ask(path)
            is_pressed = answer.outcome == "405"
            if is_pressed:
                break
            if answer.outcome == "200" and "form" in answer.context:
                self.shown = visitor.name
                try:
                    return body_of(answer.context["form"], bundle)
                except CannotFill as error:
                    self.unfilled.append(f"{page.name}: {error}")
                    return None
        if not is_pressed:
            return None
        if page.name == "audit:find":
            return {"q": str(bundle.persons[0].pk) if bundle.persons else ""}
        # A button sends the version of the row beside which it stands.
        if not bundle.persons:
            return {}
        person = bundle.persons[0]
        with unscoped("the oracle"):
            person.refresh_from_db(fields=["version"])
        return {"version": person.version}


def is_done(outcome: str) -> bool:
    """Whether something that was sent was taken."""
    return outcome in {"200", "201"} or outcome.startswith(">")


def _is_api(page: Page) -> bool:
    return page.name.startswith(API)


def _choices(filters: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (one["name"], str(value))
        for one in filters
        for value, _label in one.get("options", ())[: CHOICES_TRIED + 1]
        if value
    ]


def _numbers(answer: Answer) -> str:
    shown = [str(one["number"]) for one in answer.context["stats"]]
    areas = answer.context.get("areas") or {"rows": [], "rest": []}
    below = sum(int(one["text"].replace(",", "")) for one in (*areas["rows"], *areas["rest"]))
    return " · ".join([*shown, f"below {below}"])
