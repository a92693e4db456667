"""What a program would send to the API, made from the schema that the API publishes."""

from collections.abc import Callable
from typing import Any

from linli.gateway.urls import api

from ..house.urls import Page
from .fill import NOBODY, CannotFill, _credit_code
from .rows import Bundle, Town


def told(page: Page, bundle: Bundle, town: Town) -> dict[str, Any] | None:
    """A body that fits the POST operation at a page's route; None if there is none."""
    schema = api.get_openapi_schema()
    route = page.route.replace("<uuidstr:", "{").replace("<uuid:", "{").replace(">", "}")
    operation = schema["paths"].get(route, {}).get("post")
    if operation is None:
        return None
    if "requestBody" not in operation:
        return {}
    form = operation["requestBody"]["content"]["application/json"]["schema"]
    found: dict[str, Any] = _value("", form, schema, bundle, town)
    return found | BY_PAGE.get(page.name, lambda one, town: {})(bundle, town)


def _known(bundle: Bundle, town: Town) -> dict[str, Any]:
    """Codes and ids that no schema tells, by the name of their field."""
    return {
        "area": bundle.team.village,
        "need": "care",
        "content": "daily_care",
        "reason": "no_capacity",
        "result": "solved",
        "station": str(town.world.unit_id(bundle.team.station)),
        "phone": "13700000007",
        "anonymous": 1,
        "occurred_on": town.actor(bundle.team.worker).today.isoformat(),
        "task": "filled in",
        "words": "filled in",
        "reply": "filled in",
        "search": "filled in",
        "name": "filled in",
        "zh": "测试",
        "en": "filled in",
        "source": "filled in",
        "basis": "statutory_duty",
        "code": "older_alone",
        "relation": "self",
        "credit_code": _credit_code(),
        "serves": [bundle.team.village],
        "hours": [],
        "last_day": town.actor(bundle.team.worker).today.isoformat(),
        "valid_from": town.actor(bundle.team.worker).today.isoformat(),
        "valid_to": town.actor(bundle.team.worker).today.isoformat(),
        "worker": str(town.world.users[bundle.team.worker].pk),
        "person": str(bundle.persons[0].pk if bundle.persons else NOBODY),
        "other": str(_other(bundle)),
    }


# What one operation takes and the others do not, by its name.
BY_PAGE: dict[str, Callable[[Bundle, Town], dict[str, Any]]] = {
    "api:add_category": lambda one, town: {"code": "older_no_kin"},
    "api:assign_order": lambda one, town: {"worker": str(_colleague(one, town))},
    "api:list_sites": lambda one, town: {"kind": "station"},
    "api:refuse_request": lambda one, town: {"reason": "untrue"},
    "api:transfer_order": lambda one, town: {"station": str(town.world.unit_id("sharing"))},
}


def _colleague(bundle: Bundle, town: Town) -> Any:
    """Somebody else of the station: to give an order to the one who has it changes nothing."""
    name = {"worker": "second_worker", "second_worker": "worker"}.get(bundle.team.worker)
    return town.world.users[name or bundle.team.worker].pk


def _other(bundle: Bundle) -> Any:
    """A request that is under way, with which another can be joined."""
    held = bundle.requests.get("accepted") or bundle.requests.get("registered")
    return held.pk if held else NOBODY


def _value(name: str, form: dict[str, Any], schema: Any, bundle: Bundle, town: Town) -> Any:
    known = _known(bundle, town)
    if name in known:
        return known[name]
    if "$ref" in form:
        held = schema["components"]["schemas"][form["$ref"].rpartition("/")[2]]
        return _value(name, held, schema, bundle, town)
    if form.get("type") == "object":
        return {
            key: _value(key, part, schema, bundle, town)
            for key, part in form["properties"].items()
            if key in form.get("required", ()) or key in known
        }
    if "enum" in form:
        return form["enum"][0]
    if form.get("type") == "integer":
        return form.get("minimum", 1)
    raise CannotFill(f"API field {name}: {form}")


def fields_of(page: Page) -> set[str]:
    """Every name that the body of the POST operation at a page's route may hold."""
    schema = api.get_openapi_schema()
    route = page.route.replace("<uuidstr:", "{").replace("<uuid:", "{").replace(">", "}")
    operation = schema["paths"].get(route, {}).get("post", {})
    if "requestBody" not in operation:
        return set()
    form = operation["requestBody"]["content"]["application/json"]["schema"]
    held = schema["components"]["schemas"][form["$ref"].rpartition("/")[2]]
    return set(held["properties"])
