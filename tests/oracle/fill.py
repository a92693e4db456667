"""Fills in what a URL and a form ask for, for a group's rows; what it cannot fill is an error."""

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from stdnum.cn import uscc

from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Flow
from linli.kernel.forms.fields import AreaField, CitizenIdField, PhoneField

from ..house.urls import Page
from ..world import PASSWORD
from .canaries import GROUPS
from .rows import Bundle, Town

NOWHERE, MIXED, CLOSED = "nowhere", "mixed", "closed"
NEW_PASSWORD = "staple battery horse correct"
NOBODY = UUID("01890000-0000-7000-8000-000000000000")
# In which of the states from which a move starts a row shows most.
PREFERRED = (
    "serving",
    "accepted",
    "dispatched",
    "followed_up",
    "done",
    "registered",
    "informed",
    "pending",
    "arbitration",
    "closed",
    "consulted",
    "asked",
    "same",
    "proposed",
    "agreed",
)


class CannotFill(LookupError):
    """A URL or form asks for something the oracle knows nothing about: teach it here."""


def flows() -> dict[str, Flow]:
    """Every life cycle of the rooms by what it is about: `order`, `request`."""
    found = {}
    for room in settings.ROOMS:
        name = f"linli.{room}.workflow"
        if find_spec(name) is not None:
            for one in vars(import_module(name)).values():
                if isinstance(one, Flow):
                    found[one.name.partition(".")[2]] = one
    return found


def _in_state(kind: str, rows: dict[str, Any], page: Page) -> Any:
    """The row whose state fits the verb at the end of the page's route."""
    tail = re.split(r"[/<>]", page.route.rstrip("/"))[-1].replace("-", "_")
    move = flows()[kind].moves.get(tail)
    fitting = [state for state in PREFERRED if state in rows and (not move or state in move.frm)]
    return rows[fitting[0]] if fitting else None


def _first(rows: list[Any]) -> Any:
    return rows[0] if rows else None


# The state in which an import shows the button at the end of a page's route.
IMPORTS = {
    "mapping": "read",
    "cancel": "read",
    "pause": "running",
    "resume": "paused",
    "stop": "paused",
    "undo": "done",
}


def _import(one: Bundle, page: Page) -> Any:
    tail = page.route.rstrip("/").rpartition("/")[2]
    return one.imports.get(IMPORTS.get(tail, "checked"))


def _files(one: Bundle, page: Page) -> list[Any]:
    """The files of a group; one that is closed, where it is to be opened again."""
    return one.files[3:4] if page.name == "people:reopen" else one.persons


# What an argument of a URL names, among the rows of a group.
ARGUMENTS: dict[str, Callable[[Town, Bundle, Page], Any]] = {
    "order_id": lambda town, one, page: _in_state("order", one.orders, page),
    "request_id": lambda town, one, page: _in_state("request", one.requests, page),
    "duplicate_id": lambda town, one, page: _in_state("duplicate", one.duplicates, page),
    "moving_id": lambda town, one, page: _in_state("moving", one.movings, page),
    "person_id": lambda town, one, page: _first(_files(one, page)),
    "category_id": lambda town, one, page: _first(one.categories),
    "basis_id": lambda town, one, page: _first(one.bases),
    "household_id": lambda town, one, page: _first(one.households),
    "service_id": lambda town, one, page: _first(one.services),
    "unit_id": lambda town, one, page: town.world.units[one.team.station],
    "user_id": lambda town, one, page: town.world.users[one.team.worker],
    "post_id": lambda town, one, page: _first(one.posts),
    "key_id": lambda town, one, page: _first(one.keys),
    "hook_id": lambda town, one, page: _first(one.hooks),
    "delivery_id": lambda town, one, page: (
        one.hooks[0].deliveries.order_by("id").first() if one.hooks else None
    ),
    "proposal_id": lambda town, one, page: _first(one.proposals),
    "factor_id": lambda town, one, page: _first(one.factors),
    "organisation_id": lambda town, one, page: one.agency,
    "record_id": lambda town, one, page: one.reorganisation,
    "site_id": lambda town, one, page: town.world.units[one.team.station],
    "import_id": lambda town, one, page: _import(one, page),
    "kind": lambda town, one, page: SimpleNamespace(pk="people"),
}
# The same for every group: a value, not a row.
AREAS: dict[str, Callable[[Bundle], Any]] = {
    "area": lambda one: one.team.village,
    "code": lambda one: one.team.village,
    "provider": lambda one: "weixin",
    "provider_id": lambda one: "oidc",
}


def addresses(page: Page, town: Town) -> dict[str, str]:
    """The address of a page for each class of rows; one class "" where no row is named."""
    if not page.arguments:
        return {"": page.route}
    unknown = set(page.arguments) - set(ARGUMENTS) - set(AREAS)
    if unknown:
        raise CannotFill(f"{page.name}: {sorted(unknown)}")
    found: dict[str, str] = {}
    values: dict[str, dict[str, Any]] = {}
    for group in GROUPS:
        told = {name: _value(name, town, town.bundles[group], page) for name in page.arguments}
        if None not in told.values():
            values[group] = told
            found[group] = _route(page, told)
    over = _over(page, town.bundles["mine"])
    if over is not None and "mine" in found:
        # One's own, and over: what may be read of it, and that nothing can be done with it.
        found[CLOSED] = _route(page, dict.fromkeys(page.arguments, over.pk))
    if len(page.arguments) > 1:
        # The first row is the worker's own, what hangs on it is not.
        last = list(page.arguments)[-1]
        found[MIXED] = _route(page, values["mine"] | {last: values["sharing"][last]})
    found[NOWHERE] = _route(page, dict.fromkeys(page.arguments, NOBODY))
    return found


def _over(page: Page, bundle: Bundle) -> Any:
    """The order or request of a group that is over, for a page about one of them."""
    argument = next(iter(page.arguments), "")
    return {
        "order_id": bundle.orders.get("closed"),
        "request_id": bundle.requests.get("withdrawn"),
    }.get(argument)


def pages_of_all(page: Page, bundle: Bundle) -> list[str]:
    """The addresses of a page for the orders or requests of a group in every state."""
    kinds: dict[str, dict[str, Any]] = {
        "order_id": bundle.orders,
        "request_id": bundle.requests,
        "duplicate_id": bundle.duplicates,
        "moving_id": bundle.movings,
    }
    rows = kinds.get(next(iter(page.arguments), ""), {})
    is_whole = page.route.rstrip("/").endswith(">")
    return [
        _route(page, dict.fromkeys(page.arguments, row.pk)) for row in rows.values() if is_whole
    ]


def _value(name: str, town: Town, bundle: Bundle, page: Page) -> Any:
    if name in AREAS:
        return AREAS[name](bundle)
    row = ARGUMENTS[name](town, bundle, page)
    return None if row is None else row.pk


def _route(page: Page, told: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(told[found[1]]), page.route)


def body_of(form: Any, bundle: Bundle) -> dict[str, Any]:
    """What a user would send who fills in every field of a form (or of all of a form set)."""
    if isinstance(form, BaseFormSet):
        told = {form.add_prefix(""): ""}
        for one in (form.management_form, *form.forms):
            told |= body_of(one, bundle)
        return told
    assert isinstance(form, BaseForm)
    told = {}
    for name, field in form.fields.items():
        value = _fill(form, name, field, bundle)
        if value is not None:
            told[form.add_prefix(name)] = value
    return told


def _fill(form: BaseForm, name: str, field: forms.Field, bundle: Bundle) -> Any:
    given = form.get_initial_for_field(field, name)
    if isinstance(field, forms.ChoiceField):
        return CHOICES[name](bundle) if name in CHOICES else _chosen(field, given)
    if name in BY_NAME:
        return BY_NAME[name](bundle)
    if given not in (None, "", 0, []):
        return field.widget.format_value(field.prepare_value(given))
    for kind, value in VALUES:
        if isinstance(field, kind):
            return value(bundle)
    raise CannotFill(f"{type(form).__name__}.{name}: {type(field).__name__}")


def _credit_code() -> str:
    number = "91350502MA00000000"[:17]
    return number + uscc.calc_check_digit(number)


def _list_of_changes(one: Bundle) -> str:
    return f"kind,before,after,day,name\nrename,{one.team.village},,2025-07-01,新名\n"


# Choices that are offered only after a search, and one that must fit the other fields.
CHOICES: dict[str, Callable[[Bundle], Any]] = {
    "person": lambda one: str(one.persons[0].pk if one.persons else NOBODY),
    "persons": lambda one: [str(person.pk) for person in one.persons[:1]],
    "for_whom": lambda one: "other",
    "role": lambda one: Role.STATION_HEAD.value,
    "fixed_basis": lambda one: "statutory_duty",
}
# Fields whose kind does not tell what they want.
BY_NAME: dict[str, Callable[[Bundle], Any]] = {
    "url": lambda one: "https://hooks.example.org/filled",
    "other": lambda one: one.receipts["serving"].number if "serving" in one.receipts else "",
    "serves_also": lambda one: f"{one.team.village:012d}",
    "credit_code": lambda one: _credit_code(),
    "username": lambda one: "filled.in",
    "file": lambda one: Sent(_list_of_changes(one)),
    "unit": lambda one: f"Test {one.team.station}",
    "current_password": lambda one: PASSWORD,
    "new_password": lambda one: NEW_PASSWORD,
    "new_password_again": lambda one: NEW_PASSWORD,
} | {f"day{day}": lambda one: "08:30-12:00" for day in range(7)}


class Sent:
    """A file that can be sent again and again."""

    name, content_type = "sheet.csv", "text/csv"

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self) -> bytes:
        return self.text.encode()


VALUES: tuple[tuple[type[forms.Field], Callable[[Bundle], Any]], ...] = (
    (forms.FileField, lambda one: Sent("name,area\nfilled in,1\n")),
    (AreaField, lambda one: f"{one.team.village:012d}"),
    (PhoneField, lambda one: "13700000007"),
    (CitizenIdField, lambda one: None),
    (forms.DateField, lambda one: date.today().isoformat()),
    (forms.TimeField, lambda one: time(9).isoformat()),
    (forms.BooleanField, lambda one: None),
    (forms.IntegerField, lambda one: 1),
    (forms.CharField, lambda one: "filled in"),
)


def _chosen(field: forms.ChoiceField, given: Any) -> Any:
    """The last choice, which changes something; nothing where nothing need be chosen."""
    offered = [str(value) for value in _values(field.choices) if value not in (None, "")]
    if isinstance(field, forms.MultipleChoiceField):
        return offered[-1:]
    return offered[-1] if offered and field.required else given or ""


def _values(choices: Iterable[Any]) -> Iterable[Any]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _values(label)
        else:
            yield value
