"""For every group: a question about two files and a move, each in every state."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from linli.people import actions as people
from linli.people.enums import DuplicateState as D
from linli.people.enums import MoveState as M
from linli.people.models import Duplicate, Moving, Person

from ..world import NEXT_VILLAGE, VILLAGE

if TYPE_CHECKING:
    from .rows import _Maker

# Where somebody of a group would move: to a station that has no say in it until it accepts.
TOWARDS = {"sibling": ("station", VILLAGE), "county": ("station", VILLAGE)}
NEAREST = ("sibling", NEXT_VILLAGE)


def handle(maker: "_Maker") -> None:
    files = [_file(maker) for _one in range(5)]
    bundle = maker.bundle
    bundle.files = files
    pairs = {
        D.ASKED: (files[0], files[1]),
        D.CONSULTED: (files[0], files[2]),
        D.DIFFERENT: (files[1], files[2]),
        D.SAME: (files[3], files[4]),
    }
    for state, pair in pairs.items():
        bundle.duplicates[state] = _question(maker, state, *pair)
    whose = {
        M.DONE: files[2],
        M.PROPOSED: files[0],
        M.AGREED: files[1],
        M.REFUSED: files[2],
        M.WITHDRAWN: files[3],
    }
    for step, person in whose.items():
        bundle.movings[step] = _moving(maker, step, person)
    closed = _as_is(files[3])
    with maker.act(maker.team.worker) as actor:
        people.close_file(closed, actor=actor, why="away", closed_on=actor.today)


def _file(maker: "_Maker") -> Person:
    details = people.Details(name=maker.text("person name"), area=maker.team.village)
    with maker.act(maker.team.worker) as actor:
        return people.register_person(actor=actor, details=details, basis="statutory_duty")


def _question(maker: "_Maker", state: D, one: Person, other: Person) -> Duplicate:
    team, words = maker.team, maker.text("duplicate words")
    with maker.act(team.worker) as actor:
        made = people.ask_centre(one, actor=actor, other_id=other.pk, words=words)
    if state == D.CONSULTED:
        station = maker.town.world.unit_id(team.station)
        with maker.act(team.dispatcher) as actor:
            people.consult_station(made, actor=actor, station_id=station, words=words)
        with maker.act(team.head) as actor:
            people.answer_centre(made, actor=actor, words=maker.text("duplicate answer"))
        with maker.act(team.dispatcher) as actor:
            people.consult_station(made, actor=actor, station_id=station, words=words)
    with maker.act(team.dispatcher) as actor:
        if state == D.DIFFERENT:
            people.tell_apart(made, actor=actor)
        elif state == D.SAME:
            people.join_files(made, actor=actor, kept_id=one.pk, station_id=one.unit_id)
    return made


def _moving(maker: "_Maker", state: M, person: Person) -> Moving:
    team, world = maker.team, maker.town.world
    to, area = TOWARDS.get(maker.bundle.group, NEAREST)
    if state == M.DONE:
        to, area = team.station, team.village
    with maker.act(team.worker) as actor:
        later = actor.today + timedelta(days=30 if state == M.AGREED else 0)
        told: dict[str, Any] = {"area": area, "station_id": world.unit_id(to), "moved_on": later}
        told |= {"words": maker.text("move words"), "address": maker.text("move address")}
        made = people.propose_move(_as_is(person), actor=actor, **told)
        if state == M.WITHDRAWN:
            people.withdraw_move(made, actor=actor)
    if state in {M.AGREED, M.REFUSED}:
        with maker.act(f"{to}_head" if to != "station" else "head") as actor:
            if state == M.AGREED:
                people.accept_move(made, actor=actor, basis="statutory_duty")
            else:
                people.refuse_move(made, actor=actor, words=maker.text("move words"))
    return made


def _as_is(person: Person) -> Person:
    return Person._base_manager.get(pk=person.pk)
