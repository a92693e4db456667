from datetime import timedelta

from linli.services.actions import Account
from linli.services.enums import Method

from .moments import STAFFED
from .network import Station
from .people import Known
from .steps import Step, Tale
from .story import Cast

SERVICES = 20_000
# What workers do beside orders; group and community work reach many whose names nobody asks.
METHODS = {
    Method.VISIT: 44, Method.PHONE: 20, Method.WINDOW: 12, Method.GROUP: 8, Method.COMMUNITY: 7,
    Method.CASE: 6, Method.ONLINE: 3,
}  # fmt: skip
CONTENTS: dict[str, tuple[str, ...]] = {
    Method.GROUP: ("parenting", "inclusion", "ability", "counselling"),
    Method.COMMUNITY: ("participation", "volunteering", "policy", "organisations"),
    Method.CASE: ("case_management", "counselling", "relations"),
    "": ("daily_care", "policy", "counselling", "resources", "material_aid", "inclusion",
         "parenting", "legal"),
}  # fmt: skip
AUDIENCE: dict[str, tuple[int, int]] = {Method.GROUP: (6, 14), Method.COMMUNITY: (15, 70)}
PUT_RIGHT = 0.012


def write_services(cast: Cast, count: int) -> list[Tale]:
    """So many services that workers recorded without an order, some put right the next day."""
    staff = [(station, name) for station in cast.network.stations for name in station.staff]
    weights = [station.weight / len(station.staff) for station, _ in staff]
    drawn = cast.random.choices(staff, weights, k=count)
    return [_tale(cast, f"service{at}", *one) for at, one in enumerate(drawn, start=1)]


def _tale(cast: Cast, key: str, station: Station, worker: str) -> Tale:
    method: Method = cast.draw(METHODS)
    at = cast.moments.recent(STAFFED)
    person = cast.known(station, at) if method not in AUDIENCE else None
    area = person.area if person else cast.random.choice(station.villages)
    anonymous = cast.random.randint(*AUDIENCE[method]) if method in AUDIENCE else int(not person)
    content = cast.random.choice(CONTENTS.get(method, CONTENTS[""]))
    account = cast.account(at, area, content, method, anonymous=anonymous)
    told = _told(account, person, with_household=method == Method.VISIT and cast.chance(0.3))
    steps = [Step(at, worker, "services.record_service", key, told)]
    if cast.chance(PUT_RIGHT):
        steps += _put_right(cast, key, worker, steps[0])
    return Tale(tuple(steps), station.county)


def _told(account: Account, person: Known | None, *, with_household: bool) -> dict[str, object]:
    household = person.household if person and with_household else None
    persons = (person.key,) if person else ()
    return {"account": account, "persons": persons, "household": household}


def _put_right(cast: Cast, key: str, worker: str, first: Step) -> list[Step]:
    """A minute was typed for an hour, or half was forgotten."""
    at = cast.moments.after(first.at + timedelta(minutes=30), 200)
    if at >= cast.moments.now:
        return []
    before: Account = first.facts["account"]
    account = cast.account(
        first.at, before.area, before.content, Method(before.method), anonymous=before.anonymous
    )
    return [Step(at, worker, "services.correct_service", key, {**first.facts, "account": account})]
