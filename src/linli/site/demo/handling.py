from datetime import datetime, timedelta

from linli.dispatch.enums import Contact, Stage, Value

from .network import Station
from .steps import RECEIPT, SYSTEM
from .story import METHODS, Story

RETURNED, RETURNED_AGAIN, MOVED, MOVED_UNSEEN = 0.07, 0.25, 0.01, 0.005
URGED, WITHDRAWN = 0.04, 0.02
REASONS = {
    "no_capacity": 5, "not_our_area": 4, "cannot_reach": 3, "not_our_service": 2, "duplicate": 1
}  # fmt: skip
RESULTS = {"solved": 60, "partly": 16, "ongoing": 14, "referred": 6, "declined": 4}
CONTACTS = {
    Contact.REACHED: 70, Contact.RELATIVE: 15, Contact.NOT_REACHED: 10, Contact.DECLINED: 5
}  # fmt: skip
VALUES = {Value.HELPED: 78, Value.PARTLY: 16, Value.NOT: 6}
COMES_BACK = {Value.HELPED: 0.01, Value.PARTLY: 0.1, Value.NOT: 0.5}
SPEAKS, SPEAKS_AT_ONCE, SPEAKS_LATE = 0.42, 0.2, 0.04
CLOSER = SYSTEM + "dispatch.close_silent"


def handle(story: Story) -> None:
    """An order from the centre's table to the resident's verdict, once more if it is reopened."""
    value = _round(story)
    if value is not None and story.cast.chance(COMES_BACK[value]):
        story.at = story.cast.moments.at_leisure(story.at, 6)
        resident = RECEIPT + story.request
        who = resident if story.cast.chance(0.75) else story.dispatcher()
        reopen(story, who)
        _round(story)


def reopen(story: Story, who: str) -> None:
    words = story.cast.words.say("reopened")
    story.step(who, "dispatch.reopen_order", story.order, words=words)


def _round(story: Story) -> Value | None:
    """From the centre to the end; the resident's verdict, if there is one."""
    if story.cast.chance(WITHDRAWN):
        story.wait("start")
        words = story.cast.words.say("withdrawn")
        who = RECEIPT + story.request
        story.step(who, "dispatch.withdraw_order", story.order, words=words)
        return None
    dispatch(story)
    worker = take_on(story)
    serve(story, worker)
    finish(story, worker)
    return hear(story)


def dispatch(story: Story) -> None:
    """Send the order to the story's station unless it lies there already."""
    if story.steps[-1].facts.get("station") is None:
        story.wait("dispatch")
        who = story.dispatcher()
        story.step(who, "dispatch.dispatch_order", story.order, station=story.station.key)


def take_on(story: Story) -> str:
    """Stations return it, pass it on or accept it; returns who will do the work."""
    cast = story.cast
    if cast.chance(RETURNED):
        send_back(story)
        story.station = elsewhere(story)
        dispatch(story)
        if cast.chance(RETURNED_AGAIN):
            send_back(story)
            arbitrate(story)
    if cast.chance(MOVED_UNSEEN):
        transfer(story)
    worker = accept(story)
    if cast.chance(URGED):
        story.at = cast.moments.after(story.at, 300)
        who = RECEIPT + story.request if cast.chance(0.6) else story.dispatcher()
        story.step(who, "dispatch.urge_order", story.order)
    if cast.chance(MOVED):
        transfer(story)
        worker = accept(story)
    return worker


def transfer(story: Story) -> None:
    """The centre gives it to another station."""
    story.at = story.cast.moments.after(story.at, 120)
    story.station = elsewhere(story)
    told = {"station": story.station.key, "words": story.cast.words.say("transferred")}
    story.step(story.dispatcher(), "dispatch.transfer_order", story.order, **told)


def elsewhere(story: Story) -> Station:
    """Another station of the same centre."""
    held = story.cast.network.of_centre(story.station.centre)
    return story.cast.random.choice([one for one in held if one != story.station])


def send_back(story: Story) -> None:
    cast = story.cast
    story.wait("accept")
    if cast.chance(0.25):
        story.step(story.station.head, "dispatch.accept_order", story.order)
        story.wait("assign")
    reason = cast.draw(REASONS)
    words = cast.words.say("returned", reason) if cast.chance(0.8) else ""
    story.step(story.station.head, "dispatch.return_order", story.order, reason=reason, words=words)


def arbitrate(story: Story) -> None:
    """After the second return the centre decides."""
    story.wait("dispatch")
    story.step(
        story.dispatcher(),
        "dispatch.arbitrate_order",
        story.order,
        station=story.station.key,
        words=story.cast.words.say("arbitrated"),
    )


def accept(story: Story) -> str:
    """The head accepts and assigns (or keeps it), or a worker takes it; returns the worker."""
    cast = story.cast
    story.wait("accept")
    worker = cast.random.choice(story.station.workers)
    if cast.chance(0.45):
        story.step(worker, "dispatch.accept_order", story.order)
        return worker
    head = story.station.head
    story.step(head, "dispatch.accept_order", story.order)
    if cast.chance(0.12):
        return head
    story.wait("assign")
    story.step(head, "dispatch.assign_order", story.order, worker=worker)
    return worker


def serve(story: Story, worker: str) -> None:
    """One service or a few, for somebody on file or for somebody unnamed."""
    cast = story.cast
    story.wait("start")
    held = {one.key for one in cast.register.of_station[story.station.key]}
    named = story.person is not None and story.person.key in held
    if named and not story.services:
        name_person(story, worker)
    for more in range(cast.random.choices((1, 2, 3), (6, 3, 1))[0]):
        if more:
            story.wait("more")
        serve_once(story, worker, named=named)


def name_person(story: Story, worker: str) -> None:
    """The worker opens the file of the story's person, if there is one, and names them."""
    if story.person is None:
        return
    story.step(worker, "people.note_read", story.person.key)
    story.pause()
    story.step(worker, "dispatch.name_person", story.order, person=story.person.key)
    story.pause()


def serve_once(story: Story, worker: str, *, named: bool) -> None:
    cast, person = story.cast, story.person
    matter = story.matter
    done = matter.facts[min(story.services, len(matter.facts) - 1)]
    alone = not named or person is None
    account = cast.account(
        story.at,
        story.area,
        matter.content,
        cast.draw(METHODS),
        anonymous=1 if alone else 0,
        facts=cast.words.say("facts_again") if story.is_again else done,
    )
    story.services += 1
    story.step(
        worker,
        "dispatch.serve_order",
        story.order,
        service=f"{story.order}service{story.services}",
        account=account,
        persons=() if alone or person is None else (person.key,),
        household=None,
    )


def finish(story: Story, worker: str) -> None:
    story.wait("finish")
    result = "solved" if story.is_again else story.cast.draw(RESULTS)
    words = outcome(story, result)
    story.step(worker, "dispatch.finish_order", story.order, result=result, words=words)


def outcome(story: Story, result: str) -> str:
    """What the resident is told at the end."""
    if story.is_again:
        return story.cast.words.say("finished", "again")
    return story.matter.done if result == "solved" else story.cast.words.say("finished", result)


def hear(story: Story) -> Value | None:
    """Follow-up by the centre and the resident's own word, or silence."""
    cast = story.cast
    if cast.chance(0.07) and not _has_spoken(story):
        story.at = cast.moments.at_leisure(story.at, 1)
        return say(story, RECEIPT + story.request)
    story.wait("follow_up")
    who = story.dispatcher()
    contact = follow_up(story, who)
    if not _has_spoken(story):
        if contact == Contact.REACHED and cast.chance(SPEAKS_AT_ONCE):
            story.pause()
            return say(story, who)
        until = _verdict_due(story)
        told_at = cast.moments.at_leisure(story.at, 3)
        if cast.chance(SPEAKS) and told_at < until:
            story.at = told_at
            return say(story, RECEIPT + story.request)
    close(story)
    if not _has_spoken(story) and cast.chance(SPEAKS_LATE):
        story.at = cast.moments.at_leisure(story.at, 4)
        return say(story, RECEIPT + story.request)
    return None


def follow_up(story: Story, who: str) -> Contact:
    cast = story.cast
    contact: Contact = cast.draw(CONTACTS)
    words = cast.words.say("followed_up", contact) if cast.chance(0.6) else ""
    story.step(who, "dispatch.follow_up_order", story.order, contact=str(contact), words=words)
    return contact


def _verdict_due(story: Story) -> datetime:
    deadlines = story.cast.deadlines
    return deadlines.due(story.urgency, Stage.VERDICT, area=story.area, start=story.at).at


def _has_spoken(story: Story) -> bool:
    return any(one.verb == "dispatch.take_verdict" for one in story.steps)


def say(story: Story, who: str) -> Value:
    """The verdict, by the resident with the receipt or told to the dispatcher."""
    value: Value = story.cast.draw(VALUES)
    is_anonymous = who.startswith(RECEIPT) and story.cast.chance(0.55)
    story.step(
        who, "dispatch.take_verdict", story.order, value=str(value), is_anonymous=is_anonymous
    )
    return value


def close(story: Story) -> None:
    """Nobody has said anything: the system closes it when the time is over."""
    story.at = _verdict_due(story) + timedelta(seconds=story.cast.random.randint(1, 600))
    story.step(CLOSER, "dispatch.close_order", story.order)
