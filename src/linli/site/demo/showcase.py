"""What those who sign in find on their tables: an order in each state, early, due and late."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from linli.dispatch.enums import Urgency
from linli.intake.enums import Door

from . import asking, handling
from .network import LICHENG, SHOWN
from .steps import Tale
from .story import Cast, NotYet, Story

HEAD, WORKER, DISPATCHER = "zhanzhang", "shegong", "paidan"
Act = Callable[[Story], None]
# Working minutes before now, and what happened then.
Scene = tuple[int, Act]


def _take(story: Story) -> None:
    told = {"order": story.order, "area": story.area, "need": story.need}
    told |= {"urgency": story.urgency, "task": story.matter.task}
    station = story.station.key
    story.step(DISPATCHER, "intake.note_read", story.request)
    story.pause()
    story.step(DISPATCHER, "intake.accept_request", story.request, station=station, **told)


def _accept_self(story: Story) -> None:
    story.step(WORKER, "dispatch.accept_order", story.order)


def _accept_head(story: Story) -> None:
    story.step(HEAD, "dispatch.accept_order", story.order)


def _assign(story: Story) -> None:
    story.step(HEAD, "dispatch.assign_order", story.order, worker=WORKER)


def _name(story: Story) -> None:
    handling.name_person(story, WORKER)


def _serve(story: Story) -> None:
    handling.serve_once(story, WORKER, named=story.person is not None)


def _finish(story: Story) -> None:
    words = story.matter.done
    story.step(WORKER, "dispatch.finish_order", story.order, result="solved", words=words)


def _follow_up(story: Story) -> None:
    handling.follow_up(story, DISPATCHER)


def _say_not(story: Story) -> None:
    resident = f"receipt:{story.request}"
    told = {"value": "not", "is_anonymous": True}
    story.step(resident, "dispatch.take_verdict", story.order, **told)


def _reopen(story: Story) -> None:
    handling.reopen(story, f"receipt:{story.request}")


def _return(story: Story) -> None:
    words = story.cast.words.say("returned", "no_capacity")
    told = {"reason": "no_capacity", "words": words}
    story.step(story.station.head, "dispatch.return_order", story.order, **told)


def _elsewhere(story: Story) -> None:
    story.station = handling.elsewhere(story)
    told = {"station": story.station.key}
    story.step(DISPATCHER, "dispatch.dispatch_order", story.order, **told)


def _urge(story: Story) -> None:
    story.step(DISPATCHER, "dispatch.urge_order", story.order)


# (urgency, need, minutes since registration, what followed)
SCENES: tuple[tuple[Urgency, str, int, tuple[Scene, ...]], ...] = (
    # To be screened: fresh, due soon, late.
    (Urgency.DAY, "care", 9, ()),
    (Urgency.DAY, "living", 50, ()),
    (Urgency.DAY, "rights", 150, ()),
    (Urgency.WEEK, "company", 200, ()),
    # To be accepted by the station: due soon, late, urged.
    (Urgency.DAY, "health", 70, ((45, _take),)),
    (Urgency.DAY, "care", 230, ((205, _take), (30, _urge))),
    (Urgency.WEEK, "family", 170, ((130, _take),)),
    # To be assigned by the head.
    (Urgency.DAY, "mind", 150, ((130, _take), (100, _accept_head))),
    (Urgency.WEEK, "rights", 480, ((440, _take), (390, _accept_head))),
    # To be begun by the worker: in time, due, late.
    (Urgency.WEEK, "care", 700, ((660, _take), (600, _accept_head), (560, _assign))),
    (Urgency.DAY, "living", 220, ((205, _take), (180, _accept_self))),
    (Urgency.DAY, "health", 900, ((880, _take), (850, _accept_head), (820, _assign))),
    # In service: in time, due, late.
    (
        Urgency.WEEK, "mind", 2300,
        ((2250, _take), (2200, _accept_self), (1500, _name), (1490, _serve), (400, _serve)),
    ),
    (
        Urgency.DAY, "family", 2400,
        ((2380, _take), (2340, _accept_self), (2150, _name), (2140, _serve)),
    ),
    (
        Urgency.WEEK, "living", 5500,
        ((5450, _take), (5400, _accept_head), (5350, _assign), (4600, _name), (4590, _serve)),
    ),
    # To be followed up by the centre: in time and late.
    (
        Urgency.WEEK, "care", 3000,
        ((2950, _take), (2900, _accept_self), (2300, _name), (2290, _serve), (500, _finish)),
    ),
    (
        Urgency.DAY, "health", 3200,
        ((3180, _take), (3150, _accept_self), (3000, _serve), (1900, _finish)),
    ),
    # Waits for the resident's word.
    (
        Urgency.WEEK, "rights", 3600,
        ((3550, _take), (3500, _accept_self), (2800, _name), (2790, _serve), (1500, _finish),
         (800, _follow_up)),
    ),
    # Opened again: back at the centre.
    (
        Urgency.WEEK, "care", 4500,
        ((4450, _take), (4400, _accept_self), (3600, _name), (3590, _serve), (2400, _finish),
         (1900, _follow_up), (900, _say_not), (60, _reopen)),
    ),
    # Returned once; returned twice, so that the centre must decide (two of them).
    (Urgency.WEEK, "conflict", 800, ((760, _take), (200, _return))),
    (Urgency.WEEK, "work", 1700, ((1650, _take), (1300, _return), (1250, _elsewhere),
                                  (300, _return))),
    (Urgency.DAY, "safety", 700, ((680, _take), (600, _return), (570, _elsewhere),
                                  (150, _return))),
)  # fmt: skip

# Each scene is one request; the last tale is two.
SHOWN_REQUESTS = len(SCENES) + 2


def write_showcase(cast: Cast, *, first: int) -> list[Tale]:
    """The scenes as stories of the station where the demonstration's head and worker are."""
    tales = [_tale(cast, first + at, *scene) for at, scene in enumerate(SCENES)]
    return [*tales, _comes_back(cast, first + len(SCENES))]


def _begin(cast: Cast, number: int, urgency: Urgency, need: str, since: int) -> Story:
    at = cast.moments.before_now(since)
    station = next(one for one in cast.network.of_county(LICHENG) if one.key == f"station{SHOWN}")
    person = cast.known(station, at)
    area = person.area if person else station.villages[0]
    return Story(cast, number, at, station, area, need, urgency, cast.words.matter(need), person)


def _comes_back(cast: Cast, number: int) -> Tale:
    """Two ask for the same and are joined; the first takes it back, so the second comes back."""
    story = _begin(cast, number, Urgency.DAY, "company", 160)
    asked = cast.words.say("asked_again") + story.matter.asked
    again = replace(story, number=number + 1, matter=replace(story.matter, asked=asked), steps=[])
    again.at = cast.moments.before_now(130)
    asking.register(story, Door.PUBLIC)
    asking.register(again, Door.PUBLIC)
    again.at = cast.moments.before_now(95)
    again.step(DISPATCHER, "intake.note_read", again.request)
    again.pause()
    again.step(DISPATCHER, "intake.merge_request", again.request, other=story.request)
    story.at = cast.moments.before_now(25)
    story.step(f"receipt:{story.request}", "intake.withdraw_request", story.request)
    steps = sorted((*story.steps, *again.steps), key=lambda one: one.at)
    return Tale(tuple(steps), story.county)


def _tale(
    cast: Cast, number: int, urgency: Urgency, need: str, since: int, scenes: Iterable[Scene]
) -> Tale:
    story = _begin(cast, number, urgency, need, since)
    try:
        asking.register(story, Door.PUBLIC)
        for before, act in scenes:
            story.at = cast.moments.before_now(before)
            act(story)
    except NotYet:
        pass
    return story.tale()


def shown_request(tales: Iterable[Tale]) -> str:
    """The request whose receipt is told to whoever wants to look as a resident."""
    for tale in tales:
        if any(step.verb == "dispatch.serve_order" for step in tale.steps):
            return tale.steps[0].about
    raise LookupError("no scene has a service")
