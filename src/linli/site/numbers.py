"""The three numbers beside the duties, by role; each is a link to its list or page."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.dispatch.enums import OPEN_STATES
from linli.dispatch.queries import orders, overdue
from linli.intake.enums import RequestState
from linli.intake.queries import requests
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import Role
from linli.kernel.areas.queries import label
from linli.kernel.stats.measures import measure
from linli.kernel.stats.read import distinct, question, total

Stat = dict[str, Any]


def three(actor: Actor) -> list[Stat]:
    """Three numbers for the actor's role; none for a role without any."""
    maker = MAKERS.get(Role(actor.role)) if actor.role else None
    return maker(actor) if maker else []


def _services(actor: Actor) -> Stat:
    asked = question(
        actor,
        measure("services"),
        area=actor.area or 0,
        first=actor.today.replace(day=1),
        last=actor.today,
    )
    found = total(asked)
    times = found.sums[0] if found.sums else 0
    return {
        "label": _("Services this month"),
        "number": f"{found.n:,}",
        "unit": pgettext("unit of count", "services"),
        "note": _("%(count)s person-times") % {"count": f"{times:,}"},
        "url": reverse("site:statistics"),
    }


def _persons(actor: Actor) -> Stat:
    asked = question(
        actor,
        measure("services"),
        area=actor.area or 0,
        first=actor.today.replace(day=1),
        last=actor.today,
    )
    return {
        "label": _("Persons served this month"),
        "number": f"{distinct(asked, 'persons'):,}",
        "unit": pgettext("unit of count", "persons"),
        "url": reverse("site:statistics"),
    }


def _orders_opened(actor: Actor) -> Stat:
    asked = question(
        actor,
        measure("orders"),
        area=actor.area or 0,
        first=actor.today.replace(day=1),
        last=actor.today,
    )
    return {
        "label": _("Orders opened this month"),
        "number": f"{total(asked).n:,}",
        "unit": pgettext("unit of count", "orders"),
        "url": reverse("site:statistics") + "?measure=orders",
    }


def _open_orders(actor: Actor) -> Stat:
    return {
        "label": _("Open orders"),
        "number": f"{orders(actor).filter(state__in=OPEN_STATES).count():,}",
        "unit": pgettext("unit of count", "orders"),
        "url": reverse("dispatch:board"),
    }


def _overdue(actor: Actor) -> Stat:
    return {
        "label": _("Orders over their time"),
        "number": f"{overdue(orders(actor), actor).count():,}",
        "unit": pgettext("unit of count", "orders"),
        "url": reverse("dispatch:list") + "?overdue=yes",
    }


def _to_screen(actor: Actor) -> Stat:
    count = requests(actor).filter(state=RequestState.REGISTERED).count()
    return {
        "label": _("Requests to screen"),
        "number": f"{count:,}",
        "unit": pgettext("unit of count", "requests"),
        "url": reverse("intake:list") + f"?state={RequestState.REGISTERED}",
    }


def _my_requests(actor: Actor) -> Stat:
    return {
        "label": _("Requests I registered"),
        "number": f"{requests(actor).count():,}",
        "unit": pgettext("unit of count", "requests"),
        "note": label(actor.area) if actor.area is not None else "",
        "url": reverse("intake:list"),
    }


def _all(*makers: Callable[[Actor], Stat]) -> Callable[[Actor], list[Stat]]:
    return lambda actor: [one(actor) for one in makers]


MAKERS: dict[Role, Callable[[Actor], list[Stat]]] = {
    Role.DISPATCHER: _all(_to_screen, _open_orders, _overdue),
    Role.STATION_HEAD: _all(_open_orders, _overdue, _services),
    Role.WORKER: _all(_open_orders, _overdue, _services),
    Role.OFFICER: _all(_services, _persons, _orders_opened),
    Role.GRID_WORKER: _all(_my_requests),
}
