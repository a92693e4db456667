from dataclasses import replace
from datetime import datetime, timedelta

from linli.dispatch.enums import Urgency
from linli.intake.actions import Asked
from linli.intake.enums import Door, ForWhom
from linli.lib.areacodes import COUNTY, at_level

from .handling import handle
from .moments import PUBLIC, STAFFED
from .network import DEMAND, GAPS, Station
from .steps import RECEIPT, VISITOR, Step, Tale
from .story import NEEDS, URGENCIES, Cast, NotYet, Story

REQUESTS = 3_000
DOORS = {
    Door.PUBLIC: 34, Door.PHONE: 26, Door.WINDOW: 20, Door.GRID: 10, Door.AGENCY: 4,
    Door.OUTREACH: 6,
}  # fmt: skip
FROM_A_GAP, ON_FILE, TWICE = 0.08, 0.6, 0.012
ENDS = {"accept": 840, "informed": 90, "referred": 42, "refused": 18, "withdrawn": 10}
ANSWERS = {"informed": "inform", "referred": "refer"}
# What is joined with a request that ends so would come back.
WITHOUT_HELP = {
    "intake.inform_request", "intake.refer_request", "intake.refuse_request",
    "intake.withdraw_request", "dispatch.withdraw_order",
}  # fmt: skip
CLOSING = {"dispatch.take_verdict", "dispatch.close_order"}


def write_requests(cast: Cast, count: int = REQUESTS, *, first: int = 1) -> list[Tale]:
    """Stories of so many requests of the last months, numbered from `first`."""
    tales = []
    number, latest = first, first + count
    while number < latest:
        story = begin(cast, number)
        number += 1
        steps = tell(story)
        if number < latest and cast.chance(TWICE) and (again := ask_twice(story, number)):
            steps += again
            number += 1
        tales.append(Tale(tuple(sorted(steps, key=lambda one: one.at)), story.county))
    return tales


def begin(cast: Cast, number: int) -> Story:
    """Somebody in need, at a place, on a day."""
    door: Door = cast.draw(DOORS)
    at = cast.moments.recent(PUBLIC if door == Door.PUBLIC else STAFFED)
    grid_worker, station, area = "", _station(cast), 0
    if door == Door.GRID:
        grid_worker, area = cast.random.choice(cast.network.grid)
        station = cast.network.served[area][0]
    person = cast.known(station, at - timedelta(days=1)) if cast.chance(ON_FILE) else None
    need: str = cast.draw(NEEDS)
    story = Story(
        cast,
        number,
        at,
        station,
        area or (person.area if person else _village(cast, station)),
        need,
        cast.draw(URGENCIES.get(need, URGENCIES[""])),
        cast.words.matter(need),
        person if not area or (person and person.area == area) else None,
    )
    _foresee(story)
    register(story, door, grid_worker)
    return story


def _foresee(story: Story) -> None:
    """How the centre will answer; what it will not take on is another sort of matter."""
    cast = story.cast
    story.end = cast.draw(ENDS)
    if story.end in {"informed", "referred"} and not cast.words.has(story.end, story.need):
        story.end = "accept"
    if story.end == "refused":
        story.reason = cast.random.choice(("other_authority", "not_social_work", "no_contact"))
        story.matter = cast.words.in_vain(story.reason)
        story.need, story.person, story.urgency = "other", None, Urgency.WEEK


def _station(cast: Cast) -> Station:
    county = cast.draw(DEMAND)
    held = cast.network.of_county(county)
    return cast.random.choices(held, [one.weight for one in held])[0]


def _village(cast: Cast, station: Station) -> int:
    """A village of the station; now and then one of the county that no station serves."""
    gaps = [one for one in GAPS if at_level(one, COUNTY) == station.county]
    if gaps and cast.chance(FROM_A_GAP):
        return cast.random.choice(cast.network.places.villages[gaps[0]])
    return cast.random.choice(station.villages)


def register(story: Story, door: Door, grid_worker: str = "") -> None:
    """The first step: the request comes in by a door."""
    cast = story.cast
    staff = cast.random.choice(story.station.staff)
    who = {
        Door.PUBLIC: VISITOR,
        Door.GRID: grid_worker,
        Door.OUTREACH: staff,
        Door.WINDOW: staff if cast.chance(0.6) else story.dispatcher(),
    }.get(door, story.dispatcher())
    story.step(who, "intake.register_request", story.request, asked=_asked(story), door=str(door))


def _asked(story: Story) -> Asked:
    cast, person = story.cast, story.person
    is_anonymous = person is None and cast.chance(0.12)
    name = person.name if person else cast.words.resident()
    phone = (person.phone if person else "") or (cast.numbers.mobile() if cast.chance(0.8) else "")
    return Asked(
        area=story.area,
        need=story.need,
        words=story.matter.asked,
        for_whom=str(ForWhom.ANONYMOUS if is_anonymous else story.matter.whom),
        urgency=story.urgency if cast.chance(0.7) else str(Urgency.WEEK),
        name="" if is_anonymous else name,
        phone="" if is_anonymous else phone,
        where=person.address if person else f"{cast.words.house()}，{cast.words.way()}",
    )


def tell(story: Story) -> list[Step]:
    """Go on from the registration as far as the day has come."""
    try:
        _before_screening(story)
        if story.end == "accept":
            accept(story)
            handle(story)
        else:
            _end(story)
    except NotYet:
        pass
    return story.steps


def _before_screening(story: Story) -> None:
    if story.cast.chance(0.04):
        story.at = story.cast.moments.soon(story.at, 12)
        words = story.cast.words.say("added")
        story.step(RECEIPT + story.request, "intake.add_to_request", story.request, words=words)


def screen(story: Story) -> str:
    """A dispatcher opens the request; returns who."""
    if story.steps[0].who == VISITOR:
        # Nobody watches the public door at night, however urgent it is.
        story.at = story.cast.moments.calendar.add_minutes(story.at, 1).at
    story.wait("screen")
    who = story.dispatcher()
    story.step(who, "intake.note_read", story.request)
    story.pause()
    return who


def accept(story: Story) -> None:
    """The centre takes the request on and mostly sends it to a station at once."""
    who = screen(story)
    told = {"order": story.order, "area": story.area, "need": story.need}
    told |= {"urgency": story.urgency, "task": story.matter.task}
    station = story.station.key if story.cast.chance(0.85) else None
    story.step(who, "intake.accept_request", story.request, station=station, **told)


def _end(story: Story) -> None:
    cast = story.cast
    if story.end == "withdrawn":
        story.at = cast.moments.soon(story.at, 30)
        story.step(RECEIPT + story.request, "intake.withdraw_request", story.request)
        return
    who = screen(story)
    if story.end == "refused":
        reply = cast.words.say("refused", story.reason)
        told = {"reason": story.reason, "reply": reply}
        story.step(who, "intake.refuse_request", story.request, **told)
        return
    reply = cast.words.say(story.end, story.need)
    story.step(who, f"intake.{ANSWERS[story.end]}_request", story.request, reply=reply)
    if cast.chance(0.08):
        story.at = cast.moments.at_leisure(story.at, 3)
        words = cast.words.say("reopened")
        story.step(RECEIPT + story.request, "intake.reopen_request", story.request, words=words)
        accept(story)
        handle(story)


def ask_twice(story: Story, number: int) -> list[Step]:
    """The same need comes in once more some hours later and is joined with the first request; no
    steps if that was over by then, or ended without help."""
    cast, first = story.cast, story.steps[0]
    again = Story(
        cast,
        number,
        first.at + timedelta(minutes=cast.random.randint(90, 2000)),
        story.station,
        story.area,
        story.need,
        story.urgency,
        replace(story.matter, asked=cast.words.say("asked_again") + story.matter.asked),
        story.person,
    )
    try:
        register(again, Door.PHONE if _is_office_hour(cast, again.at) else Door.PUBLIC)
        who = screen(again)
        again.step(who, "intake.merge_request", again.request, other=story.request)
    except NotYet:
        pass
    return again.steps if _is_helped(story, again.at) else []


def _is_helped(story: Story, at: datetime) -> bool:
    """Whether somebody is at work on a request at a moment, and it ends with help if it does."""
    verbs = [one.verb for one in story.steps if one.at <= at]
    last = [one for one in verbs if one in {*CLOSING, "dispatch.reopen_order"}][-1:]
    is_in_vain = any(one.verb in WITHOUT_HELP for one in story.steps)
    return not is_in_vain and not set(last) & CLOSING


def _is_office_hour(cast: Cast, at: datetime) -> bool:
    return cast.moments.calendar.minutes_between(at, at + timedelta(minutes=5)) > 0
