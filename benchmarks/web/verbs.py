from random import Random
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.kernel.scope import unscoped

from .. import writes
from ..acting import Team
from ..cpu import idle_note
from ..timing import Figure, figure
from .pages import PART, VISITORS, Visitors
from .serve import Server, measured, run_client

ORDERS = 160
SECONDS = 45.0
CREATED, PRESSED = 150, 100


def measure(server: Server, visitors: Visitors) -> list[Figure]:
    """Register requests, then take orders from their acceptance to their end, as forms post."""
    random = Random(31)  # noqa: S311  (who does what)
    teams = visitors.teams
    written = [
        visitors.post(reverse("intake:new"), team.dispatcher, **_request(random, team))
        for team in (random.choice(teams) for _ in range(ORDERS * 3))
    ]
    created = press(server, "create a request", written)
    made = [created.at_least(CREATED, whose="peers' best 147")]
    orders = [(team, _dispatched(random, team)) for team in (teams * ORDERS)[:ORDERS]]
    for name, values in _forms().items():
        path = "dispatch:" + name.split()[0].rstrip(":")
        requests = [
            visitors.post(reverse(path, args=[order]), team.worker, **values)
            for team, order in orders
        ]
        made.append(press(server, name, requests).at_least(PRESSED))
    made[-1].note += f", {_done([order for _team, order in orders])} of {ORDERS} orders done"
    return made


def _done(order_ids: list[UUID]) -> int:
    """A refusal is a redirect, too: what counts is what has become of the orders."""
    with unscoped("benchmarks"):
        return Order.objects.filter(pk__in=order_ids, state=OrderState.DONE).count()


def press(server: Server, name: str, requests: list[str]) -> Figure:
    """Each request once: a sixth by one visitor alone, the others by eight at once."""
    cut = len(requests) // 6
    alone = run_client(server, requests[:cut], visitors=1, seconds=SECONDS, once=True)
    rest = requests[cut:]
    together, used = measured(server, rest, visitors=VISITORS, seconds=SECONDS, once=True)
    made = figure(PART, name, alone["taken"])
    made.per_second = len(together["taken"]) / together["seconds"]
    made.cpu = used * 1000
    made.note = idle_note(used)
    statuses = alone["statuses"].keys() | together["statuses"].keys()
    if statuses != {"302"}:
        made.note += f", answers {', '.join(sorted(statuses))}"
    return made


def _request(random: Random, team: Team) -> dict[str, str]:
    return {
        "door": "phone",
        "for_whom": "other",
        "need": "care",
        "urgency": "week",
        "area": str(random.choice(team.villages)),
        "words": "试算：灯泡坏了，老人够不着，请派人来看看。",
        "where": "试算路 4 号",
        "name": "试算居民",
        "phone": "",
    }


def _forms() -> dict[str, dict[str, str]]:
    """The posts that follow one another on an order."""
    return {
        "accept an order": {},
        "serve: record a service": {
            "method": "visit",
            "minutes": "40",
            "occurred_on": timezone.localdate().isoformat(),
            "place": "home",
            "anonymous": "1",
            "content": "daily_care",
            "facts": "试算：换了灯泡。",
        },
        "finish an order": {"result": "solved", "words": "试算：灯亮了。"},
    }


def _dispatched(random: Random, team: Team) -> UUID:
    village = random.choice(team.villages)
    return writes.dispatched(team, writes.register(village), village)
