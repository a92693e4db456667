"""Named reads in process: what pages ask for, without the pages."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from linli.dispatch import tables as dispatch_tables
from linli.kernel.accounts.models import User
from linli.kernel.areas.models import Area
from linli.kernel.areas.queries import children
from linli.kernel.scope import unscoped
from linli.kernel.stats.measures import measure as measure_of
from linli.kernel.stats.read import by_area, by_dimension, distinct, question, total
from linli.kernel.tables import page_of, total_text
from linli.lib.areacodes import LEVEL_NAMES, at_level, range_of
from linli.lib.names import initials, pinyin_key
from linli.people import actions as people_actions
from linli.people import queries as people
from linli.people import tables as people_tables
from linli.people.models import Person
from linli.people.views import shown
from linli.services import queries as services
from linli.services.models import Recipient
from linli.site.periods import period_of

from .acting import acting, officer, teams
from .floors import GROUP, raw
from .timing import Figure, figure, once, repeat
from .world.network import CITY_CODE, PROVINCE_CODE

PART = "Reads in process"
SECONDS = 1.5
QUESTIONS = 30
WITHIN = 100


def measure(floors: dict[str, Figure]) -> list[Figure]:
    random = Random(11)  # noqa: S311  (what is looked at)
    team = teams(random, 1)[0]
    made = [
        figure(PART, f"order list, {name}", repeat(listing(user), seconds=SECONDS))
        .against(floors["page"])
        .p95_within(WITHIN)
        for name, user in (("county", team.dispatcher), ("station", team.head))
    ]
    page = repeat(people_list(team.dispatcher), seconds=SECONDS)
    made.append(figure(PART, "people list, county", page).against(floors["page"]))
    for name, work in searches(random, team.dispatcher):
        taken = repeat(work, seconds=SECONDS)
        made.append(figure(PART, name, taken).against(floors["page"]).p95_within(WITHIN))
    taken = repeat(file_of_visited(), seconds=SECONDS)
    made.append(
        figure(PART, "a file of 200 visits", taken).against(floors["page"]).p95_within(WITHIN)
    )
    return [*made, *statistics(random)]


def listing(user: User) -> Callable[[], object]:
    table = dispatch_tables.ORDERS

    def work() -> None:
        with acting(user) as actor:
            rows = table.rows(actor)
            cut = page_of(rows, sort=table.sort)
            known = table.know(cut.rows, actor)
            assert [column.cell(row, known) for row in cut.rows for column in table.columns]
            total_text(rows)

    return work


def people_list(user: User) -> Callable[[], object]:
    def work() -> None:
        with acting(user) as actor:
            table = people_tables.people_table(actor)
            rows = table.rows(actor)
            cut = page_of(rows, sort=table.sort)
            table.know(cut.rows, actor)
            total_text(rows)

    return work


def searches(random: Random, user: User) -> Iterator[tuple[str, Callable[[], object]]]:
    """The first two characters of somebody's name, their pinyin and their initials."""
    with unscoped("benchmarks"):
        names = list(Person.objects.values_list("name", flat=True)[:2000])
    spellings = {
        "characters": lambda name: name[:2],
        "pinyin": lambda name: pinyin_key(name).replace(" ", "")[:6],
        "initials": initials,
        "one character": lambda name: name[:1],
    }
    for kind, spell in spellings.items():

        def work(spell: Callable[[str], str] = spell) -> None:
            with acting(user) as actor:
                people.search(actor, spell(random.choice(names)))

        yield f"search a name by {kind}, county", work


def file_of_visited() -> Callable[[], object]:
    """Open the file of the person with most visits, as the page does, its reading on record."""
    most = Recipient.objects.values("person_id").annotate(visits=Count("pk")).order_by("-visits")
    person_id = most.values_list("person_id", flat=True)[0]
    with unscoped("benchmarks"):
        station = Person.objects.get(pk=person_id).unit_id
    user = User.objects.filter(posts__unit_id=station).order_by("username")[0]

    def work() -> None:
        with acting(user) as actor:
            found = people.person(actor, person_id)
            assert found is not None
            people_actions.note_read(found, actor=actor)
            shown.history(found, actor)
            shown.households(people.stays(actor, found))
            assert len(services.of_person(actor, person_id)[:200]) == 200

    return work


def statistics(random: Random) -> list[Figure]:
    """Thirty questions at each level, each beside a plain group-by over the same facts."""
    made = []
    for level, areas in _areas(random).items():
        taken: dict[str, list[float]] = {
            "total": [], "by": [], "areas": [], "persons": [], "persons of days": [],
        }  # fmt: skip
        plain: list[float] = []
        for area in areas:
            first, last = _period(random)
            _ask(area, first, last, taken)
            low, high = range_of(area)
            plain.append(once(lambda: raw().execute(GROUP, (low, high, first, last)).fetchall()))  # noqa: B023
        name = LEVEL_NAMES[level]
        floor = figure(PART, f"plain group by, {name}", plain)
        by = figure(PART, f"statistics by method, {name}", taken["by"]).against(floor)
        made += [
            floor,
            figure(PART, f"statistics total, {name}", taken["total"]).against(floor).p95_within(50),
            by.p95_within(50),
            figure(PART, f"statistics by area below, {name}", taken["areas"]).p95_within(50),
            figure(PART, f"distinct persons, {name}", taken["persons"]).p95_within(50),
            # Promised for calendar periods only: these are counted from the facts.
            figure(PART, f"distinct persons of other days, {name}", taken["persons of days"]),
        ]
    return made


def _ask(area: int, first: date, last: date, taken: dict[str, list[float]]) -> None:
    one = measure_of("services")
    with acting(officer(0)) as actor:
        asked = question(actor, one, area=area, first=first, last=last)
        below = [place.code for place in children(area)]
        total(asked)
        taken["total"].append(once(lambda: total(asked)))
        taken["by"].append(once(lambda: by_dimension(asked, "method")))
        taken["areas"].append(once(lambda: by_area(asked, below)))
        calendar = asked.during(*_calendar(first))
        taken["persons"].append(once(lambda: distinct(calendar, "persons")))
        taken["persons of days"].append(once(lambda: distinct(asked, "persons")))


def _areas(random: Random) -> dict[int, list[int]]:
    """Thirty areas of each level, townships and counties of the city; above it there is one."""
    low, high = range_of(CITY_CODE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT area_id FROM services_service")
        villages = [code for (code,) in cursor.fetchall() if low <= code <= high]
    found = {
        level: [at_level(random.choice(villages), level) for _ in range(QUESTIONS)]
        for level in (4, 3)
    }
    cities = list(Area.objects.filter(level=2, code__range=range_of(PROVINCE_CODE)))
    found[2] = [random.choice([CITY_CODE, random.choice(cities).code]) for _ in range(QUESTIONS)]
    found[1], found[0] = [PROVINCE_CODE] * QUESTIONS, [0] * QUESTIONS
    return found


def _calendar(day: date) -> tuple[date, date]:
    """The month, the quarter or the year of a day."""
    period = period_of(("month", "quarter", "year")[day.day % 3], day)
    return period.first, period.last


def _period(random: Random) -> tuple[date, date]:
    """A month, a quarter, a year or any other span of the last twelve months."""
    today = timezone.localdate()
    first = today - timedelta(days=random.randint(30, 365))
    days = random.choice((30, 91, 365, random.randint(1, 200)))
    return first, min(today, first + timedelta(days=days))
