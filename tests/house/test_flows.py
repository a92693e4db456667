"""Flows: for every state of every life cycle, who may make which move; against a reviewed file."""

import json
from pathlib import Path
from typing import Any

import pytest

from linli.kernel.access import permissions
from linli.kernel.accounts.actors import Actor, receipt_holder, visitor
from linli.kernel.accounts.enums import Role
from linli.kernel.flow.machine import Flow, Move, Waiting
from linli.kernel.flow.models import Tier
from linli.kernel.timeline.record import known_verbs
from linli.kernel.ui.registry import registry

from ..conftest import acting
from ..oracle.fill import flows
from ..oracle.rows import Bundle, Town
from .regenerate import regenerating

PATH = Path(__file__).with_name("matrices") / "flows.json"
# The rows of a social worker's own: who else may do what with them?
GROUP = "mine"
Matrix = dict[str, dict[str, dict[str, str]]]


def _held(bundle: Bundle, kind: str) -> dict[str, Any]:
    rows: dict[str, Any] = getattr(bundle, kind + "s")
    return rows


def _subjects(town: Town, kind: str) -> dict[str, Any]:
    held = town.bundles[GROUP]
    rows = _held(held, kind)
    return {state: row for state, row in rows.items() if not state.startswith("+")}


def _actors(town: Town, kind: str, state: str) -> dict[str, Actor]:
    held = town.bundles[GROUP]
    found = {name: town.actor(name) for name in town.world.users}
    ids = [_held(held, kind)[state].pk]
    return found | {
        "receipt": receipt_holder(ids, areas=[held.team.village]),
        "visitor": visitor(),
    }


def moves_of(flow: Flow, row: Any, actor: Actor) -> list[str]:
    """The moves an actor may make with a row now: what the buttons show."""
    with acting(actor):
        found = flow.verbs_for(type(row).objects.filter(pk=row.pk), actor).first()
        return [one.name for one in flow.moves_of(found)] if found is not None else []


def matrix_of(town: Town, flow: Flow, kind: str) -> dict[str, dict[str, str]]:
    """State → move → who."""
    made: dict[str, dict[str, str]] = {}
    for state, row in _subjects(town, kind).items():
        held: dict[str, list[str]] = {}
        for name, actor in _actors(town, kind, state).items():
            for move in moves_of(flow, row, actor):
                held.setdefault(move, []).append(name)
        made[state] = {move: " ".join(sorted(who)) for move, who in sorted(held.items())}
    return made


def differences(found: Matrix, reviewed: Matrix) -> list[str]:
    """What is allowed and not reviewed, or reviewed and not allowed."""
    wrong = []
    for flow in {**found, **reviewed}:
        states = {**found.get(flow, {}), **reviewed.get(flow, {})}
        for state in states:
            here, there = found.get(flow, {}).get(state), reviewed.get(flow, {}).get(state)
            if here is None or there is None:
                wrong.append(f"{flow} {state}: {'not met' if here is None else 'not listed'}")
                continue
            for move in {**here, **there}:
                if here.get(move) != there.get(move):
                    wrong.append(
                        f"{flow} {state} {move}: {here.get(move)}, reviewed: {there.get(move)}"
                    )
    return wrong


def faults(flow: Flow, known: set[str]) -> list[str]:
    """What a table of moves must not be: a dead end, a move nobody may make, a silence."""
    wrong = []
    for one in flow.moves.values():
        if one.needs not in known:
            wrong.append(f"{flow.name} {one.name}: {one.needs} does not exist")
        if f"{flow.name}.{one.name}" not in known_verbs():
            wrong.append(f"{flow.name}.{one.name}: no sentence")
    starts = {state for one in flow.moves.values() for state in one.frm}
    for state, waiting in flow.waiting.items():
        if state not in starts:
            wrong.append(f"{flow.name} {state}: waits, and no move leads out")
        verb = waiting(_Anything()).verb
        if (flow.name, verb) not in registry.verbs and waiting(_Anything()).role is not None:
            wrong.append(f"{flow.name} {state}: the duty to {verb} has no words")
    return wrong


class _Anything:
    """A subject every field of which is nothing."""

    def __getattr__(self, name: str) -> None:
        return None


def test_every_move_is_for_whom_the_matrix_says(town: Town) -> None:
    found = {flow.name: matrix_of(town, flow, kind) for kind, flow in flows().items()}
    if regenerating():
        PATH.parent.mkdir(exist_ok=True)
        PATH.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    assert differences(found, json.loads(PATH.read_text("utf-8"))) == []


def test_every_state_is_met(town: Town) -> None:
    for kind, flow in flows().items():
        assert flow.states() == set(_subjects(town, kind)), flow.name


def test_a_move_for_one_more_and_a_new_state_are_found() -> None:
    reviewed = {"a.b": {"open": {"close": "head"}}}
    assert differences({"a.b": {"open": {"close": "head worker"}}}, reviewed) == [
        "a.b open close: head worker, reviewed: head"
    ]
    assert differences({"a.b": {"open": {}, "shut": {}}}, reviewed) == [
        "a.b open close: None, reviewed: head",
        "a.b shut: not listed",
    ]


def test_a_loosened_rule_changes_the_matrix(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = flows()["order"]
    loose = Move("close", flow.moves["close"].frm, "closed", "dispatch.view", "Close")
    monkeypatch.setitem(flow.moves, "close", loose)
    found = {flow.name: matrix_of(town, flow, "order")}
    reviewed = {flow.name: json.loads(PATH.read_text("utf-8"))[flow.name]}
    assert differences(found, reviewed) == [
        "dispatch.order followed_up close: dispatcher head worker, reviewed: dispatcher"
    ]


def test_every_table_of_moves_is_sound() -> None:
    known = {one.name for one in permissions()}
    assert [told for flow in flows().values() for told in faults(flow, known)] == []


def test_an_unsound_table_is_found() -> None:
    planted = Flow(
        "dispatch.wish",
        moves=(Move("grant", frozenset({"made"}), "granted", "dispatch.grant", "Grant"),),
        waiting={"granted": lambda wish: Waiting("enjoy", Tier.STATION, Role.WORKER, wish.unit)},
    )
    assert faults(planted, {"dispatch.view"}) == [
        "dispatch.wish grant: dispatch.grant does not exist",
        "dispatch.wish.grant: no sentence",
        "dispatch.wish granted: waits, and no move leads out",
        "dispatch.wish granted: the duty to enjoy has no words",
    ]
