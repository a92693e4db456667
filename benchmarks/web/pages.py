from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from random import Random
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from linli.dispatch.models import Order
from linli.kernel.accounts.models import User
from linli.kernel.areas.models import Area
from linli.kernel.scope import unscoped
from linli.lib.areacodes import COUNTY, at_level, range_of
from linli.lib.names import initials, pinyin_key
from linli.people.models import Person
from linli.services.models import Recipient

from ..acting import Team, officer, teams
from ..cpu import idle_note
from ..timing import Figure, figure
from ..world.network import CITY_CODE, PROVINCE_CODE
from .serve import Server, measured, run_client

PART = "Over HTTP"
VISITORS = 8
ALONE_SECONDS, TOGETHER_SECONDS = 1.5, 3.0
# The same secret in cookie and form is all that the protection against forged posts asks for.
TOKEN = "t" * 32
MONTHS = 12


@dataclass(frozen=True)
class Visitors:
    """Signed-in sessions: cookies by who holds them."""

    teams: list[Team]
    cookies: dict[UUID, str]
    officers: dict[int, User]

    @classmethod
    def sign_in(cls) -> "Visitors":
        chosen = teams(Random(23), 8)  # noqa: S311  (who visits)
        county = at_level(chosen[0].villages[0], COUNTY)
        officers = {area: officer(area) for area in (0, PROVINCE_CODE, CITY_CODE)}
        users = [*officers.values()]
        users += [user for team in chosen for user in (team.dispatcher, team.head, team.worker)]
        cookies = {user.pk: _session(user) for user in users}
        return cls(chosen, cookies, officers | {county: officers[CITY_CODE]})

    def get(self, path: str, user: User | None = None) -> str:
        return _request("GET", path, self._cookie(user))

    def post(self, path: str, user: User | None, **values: str) -> str:
        body = urlencode(values | {"csrfmiddlewaretoken": TOKEN})
        return _request("POST", path, self._cookie(user), body)

    def _cookie(self, user: User | None) -> str:
        known = f"; sessionid={self.cookies[user.pk]}" if user else ""
        return f"csrftoken={TOKEN}{known}"


def _request(method: str, path: str, cookie: str, body: str = "") -> str:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Cookie: {cookie}",
        "Accept-Language: zh-CN",
        "Accept-Encoding: gzip",
    ]
    if method == "POST":
        lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


def _session(user: User) -> str:
    """A session as signing in leaves it."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return str(store.session_key)


def measure(server: Server, visitors: Visitors) -> list[Figure]:
    """Each page alone, and by eight visitors at once."""
    promised = {
        "list of 25 orders": (200, "peers' best 154"),
        "search a name": (300, "peers' best 56"),
        "people list, search a name": (300, "peers' best 56"),
        "statistics": (300, "peers' best 27"),
    }
    made = []
    for name, requests in plans(visitors).items():
        found = asked(server, name, requests)
        if name in promised:
            per_second, whose = promised[name]
            found.at_least(per_second, whose=whose)
        made.append(found.against(made[0]) if made else found)
    return made


def asked(server: Server, name: str, requests: list[str]) -> Figure:
    """p50 and p95 with one visitor, answers a second with eight."""
    alone = run_client(server, requests, visitors=1, seconds=ALONE_SECONDS)
    together, used = measured(server, requests, visitors=VISITORS, seconds=TOGETHER_SECONDS)
    made = figure(PART, name, alone["taken"])
    made.per_second = len(together["taken"]) / together["seconds"]
    made.cpu = used * 1000
    made.note = idle_note(used)
    statuses = alone["statuses"].keys() | together["statuses"].keys()
    if statuses != {"200"}:
        made.note += f", answers {', '.join(sorted(statuses))}"
    return made


def plans(visitors: Visitors) -> dict[str, list[str]]:
    """What is asked for, by name; the first is the least that any page costs."""
    random = Random(29)  # noqa: S311  (what is looked at)
    team = visitors.teams[0]
    get, dispatcher = visitors.get, team.dispatcher
    names = _names(dispatcher)
    orders = _orders(team)
    list_url, search_url = reverse("dispatch:list"), reverse("site:search")
    people_url = reverse("people:list")
    visited, keeper = _visited()
    visitors.cookies.setdefault(keeper.pk, _session(keeper))
    return {
        "healthz (floor)": [get("/healthz")],
        "portal, first page": [get("/")],
        "sign-in page": [get("/sign-in/")],
        "home of a worker": [get("/desk/", one.worker) for one in visitors.teams],
        "home of a dispatcher": [get("/desk/", one.dispatcher) for one in visitors.teams],
        "board of a county": [get(reverse("dispatch:board"), dispatcher)],
        "list of 25 orders": [get(list_url, one.dispatcher) for one in visitors.teams],
        "list of 25 requests": [get(reverse("intake:list"), dispatcher)],
        "list of 25 services": [get(reverse("services:list"), dispatcher)],
        "order": [get(reverse("dispatch:order", args=[one]), dispatcher) for one in orders],
        "file of 200 visits": [get(reverse("people:person", args=[visited]), keeper)],
        "search a name": [
            get(f"{search_url}?q={quote(text)}", dispatcher) for text in _typed(random, names)
        ],
        "people list, search a name": [
            get(f"{people_url}?q={quote(text)}", dispatcher) for text in _typed(random, names)
        ],
        "statistics": list(_statistics(visitors, random)),
    }


def _names(user: User) -> list[str]:
    low, high = range_of(user.posts.select_related("unit")[0].unit.area_id)
    with unscoped("benchmarks"):
        held = Person.objects.filter(area_id__gte=low, area_id__lte=high)
        return list(held.values_list("name", flat=True)[:500])


def _typed(random: Random, names: list[str]) -> list[str]:
    """Names as people type them: characters, pinyin, initials."""
    made = []
    for name in random.sample(names, 60):
        made += [name[:2], pinyin_key(name).replace(" ", "")[:6], initials(name)]
    return made


def _orders(team: Team) -> list[UUID]:
    with unscoped("benchmarks"):
        return list(Order.objects.filter(unit_id=team.station).values_list("pk", flat=True)[:50])


def _visited() -> tuple[UUID, User]:
    most = Recipient.objects.values("person_id").annotate(visits=Count("pk")).order_by("-visits")
    person = most.values_list("person_id", flat=True)[0]
    with unscoped("benchmarks"):
        unit = Person.objects.get(pk=person).unit_id
    return person, User.objects.filter(posts__unit_id=unit).order_by("username")[0]


def _statistics(visitors: Visitors, random: Random) -> Iterable[str]:
    """Whole months of the last year at every level, each asked by who may see it."""
    low, high = range_of(CITY_CODE)
    inner = list(
        Area.objects.filter(code__gt=low, code__lte=high, level__in=(3, 4)).order_by("code")
    )
    today = timezone.localdate()
    for _ in range(60):
        area = random.choice([0, PROVINCE_CODE, CITY_CODE, *(random.choice(inner).code,) * 3])
        month = (today.year * 12 + today.month - 1) - random.randrange(1, MONTHS)
        asked_for = {
            "area": f"{area:012d}",
            "period": "month",
            "on": f"{month // 12}-{month % 12 + 1:02d}-01",
        }
        path = f"{reverse('site:statistics')}?{urlencode(asked_for)}"
        yield visitors.get(path, visitors.officers.get(area, visitors.officers[0]))
