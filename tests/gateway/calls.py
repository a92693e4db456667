"""Calls that nobody thought of, made from the API's own description, and what must not come back.

For every operation Schemathesis makes calls that fit the description and calls that do not. They go
through the whole WSGI application with the key of each role in turn, and without one; ids are those
of rows of every group, so that there is something to find. Each call is undone, so that the next
one meets the same town. No answer may be 5xx, none may differ from the description, and none may
hold a text or id of a row that the post of the key does not see on its pages.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post

from ..oracle.matrix import load, unfolded
from ..oracle.rows import Bundle, Town
from ..oracle.visitors import KEY, STRANGER, visitors

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SECTIONS = ("reads", "writes")
PATH = "/api/v1/openapi.json"
MOST_SHOWN = 20
PARTS = ("category id", "basis id", "household id")


@dataclass
class Report:
    """How many calls were made, what was answered, and everything that must not be."""

    calls: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, where: str) -> None:
        """Keep the first of each kind."""
        self.wrong.setdefault(what, where)

    def told(self) -> str:
        lines = [f"{what}: {where}" for what, where in list(self.wrong.items())[:MOST_SHOWN]]
        return "\n".join([f"{self.calls} calls, {dict(self.answers)}", *lines])


class Undoing:
    """The application; what a call has changed is undone when it is answered."""

    def __init__(self) -> None:
        self.app = WSGIHandler()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        # As Django's own test client does: the connection belongs to the test.
        request_started.disconnect(close_old_connections)
        try:
            with transaction.atomic():
                answered = self.app(environ, start_response)
                transaction.set_rollback(True)
        finally:
            request_started.connect(close_old_connections)
        return [answered.content]


class Caller:
    """Makes the calls of some operations for everybody who has a key, and for strangers."""

    def __init__(self, town: Town, *, methods: tuple[str, ...], only: str = "") -> None:
        self.town = town
        self.schema = schemathesis.openapi.from_wsgi(PATH, Undoing())
        found = (one.ok() for one in self.schema.get_all_operations())
        self.operations = [
            one for one in found if one.method.upper() in methods and one.label.endswith(only)
        ]
        held = visitors(town).items()
        self.keys = {name: one for name, one in held if name.startswith(KEY) or name == STRANGER}
        self.sees = _seen(town)
        self.ids = {group: _ids(town, one) for group, one in town.bundles.items()}
        self.report = Report()

    def call(self, *, at_least: int, start: int = 0) -> Report:
        """Call every operation alike until there were so many calls."""
        round_ = start
        while self.report.calls < at_least:
            left = at_least - self.report.calls
            each = max(10, -(-left // len(self.operations)))
            for one in self.operations:
                self._operation(one, cases=each, round_=round_)
            round_ += 1
        return self.report

    def _operation(self, operation: Any, *, cases: int, round_: int) -> None:
        strategies = [operation.as_strategy(generation_mode=GenerationMode.POSITIVE)]
        if operation.query or operation.body:
            strategies.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))

        @seed(round_)
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            case=st.one_of(*strategies),
            # What comes first comes most often.
            who=st.sampled_from(sorted(self.keys, key=lambda name: (name == STRANGER, name))),
            group=st.sampled_from([*sorted(self.ids), ""]),
        )
        def one(case: Any, who: str, group: str) -> None:
            self._one(case, who, self.ids.get(group, {}))

        one()

    def _one(self, case: Any, who: str, ids: dict[str, Any]) -> None:
        _fill(case, ids)
        headers = {"Accept-Language": "en", **self.keys[who].headers}
        for name in [one for one in case.headers if one.lower() in ("authorization", "cookie")]:
            del case.headers[name]
        case.cookies.clear()
        where = f"{case.method} {case.path} {case.path_parameters} as {who}"
        self.report.calls += 1
        self.report.operations[case.operation.label] += 1
        try:
            response = case.call(headers=headers)
        except Exception as error:
            self.report.note(f"raised {type(error).__name__}: {error}", f"{where} {case.body!r}")
            return
        self.report.answers[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS, headers=headers)
        except BaseExceptionGroup as group:
            for error in group.exceptions:
                told = f"{type(error).__name__}: {str(error)[:300]}"
                self.report.note(told, f"{where} {case.query} {case.body!r}")
        sent = f"{case.path_parameters} {case.query} {case.body!r}"
        for heard in self.town.aviary.heard(response.text, sent=sent):
            group, what = self.town.aviary.kept[heard]
            if (who, group, what) not in self.sees:
                self.report.note(f"{who} heard “{what}” of {group}", where)


def _fill(case: Any, ids: dict[str, Any]) -> None:
    """Put ids of rows into a call, wherever it names some."""
    for name in case.path_parameters or {}:
        if name in ids:
            case.path_parameters[name] = ids[name]
    if isinstance(case.body, dict):
        for name, value in case.body.items():
            if name in ids and isinstance(value, str | int):
                case.body[name] = ids[name]


def _ids(town: Town, bundle: Bundle) -> dict[str, Any]:
    """Rows of a group by the names under which a call asks for them."""
    orders = list(bundle.orders.values())
    held: dict[str, Any] = {
        "order_id": orders[0] if orders else None,
        "request_id": bundle.requests.get("registered") or bundle.requests.get("accepted"),
        "person_id": bundle.persons[0] if bundle.persons else None,
        "category_id": bundle.categories[0] if bundle.categories else None,
        "basis_id": bundle.bases[0] if bundle.bases else None,
        "service_id": bundle.services[0] if bundle.services else None,
        "household": bundle.households[0] if bundle.households else None,
        "organisation_id": bundle.agency,
        "site_id": town.world.units[bundle.team.station],
        "station": town.world.units[bundle.team.station],
        "worker": town.world.users[bundle.team.worker],
        "other": bundle.requests.get("informed"),
    }
    held["person"] = held["person_id"]
    found: dict[str, Any] = {name: str(row.pk) for name, row in held.items() if row is not None}
    codes = {"need": "care", "content": "daily_care", "reason": "no_capacity", "result": "solved"}
    return found | codes | {"area": bundle.team.village, "code": bundle.team.village}


def _seen(town: Town) -> set[tuple[str, str, str]]:
    """Who may see which field of which rows: what the reviewed matrix gives the key, and the user
    in whose post it acts."""
    found: set[tuple[str, str, str]] = set()
    for section in SECTIONS:
        found |= set(unfolded(load(section)).seen)
    names = {user.pk: name for name, user in town.world.users.items()}
    for role in Role:
        posts = Post.objects.filter(role=role, user__in=list(names)).order_by("id")
        owner = names[posts[0].user_id]
        key = f"{KEY}{role.value}"
        found |= {(key, group, what) for who, group, what in found if who == owner}
        mine = (group for group, one in town.bundles.items() if posts[0] in one.posts)
        found |= {(key, group, "post id") for group in mine}
    # No page writes out the ids of what stands in a file; a program needs them to name it.
    files = {(who, group) for who, group, what in found if what == "person id"}
    return found | {(who, group, what) for who, group in files for what in PARTS}
