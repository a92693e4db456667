"""Actions: one keyword-only function per verb that tells the timeline; nothing writes elsewhere."""

import ast
from collections.abc import Iterable, Iterator

from .ladder import rooms
from .source import FACES, Function, Module, calls, functions, modules

FLOW = "linli.kernel.flow"
WIRING = "linli.site.wiring"
# Calls that write, and managers that would read past the room's queries.
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
TELLS = {"record", "record_shown", "move", "begin"}
# Public functions of actions.py that nobody is the actor of, each with the reason.
WITHOUT_ACTOR = {
    "linli.services.actions.join_recipients": "follows from an event; who merged files has told",
    "linli.services.actions.part_recipients": "follows from an event; who undid it has told",
    "linli.dispatch.actions.persons.join_orders": "follows from an event; who merged has told",
    "linli.dispatch.actions.persons.part_orders": "follows from an event; who undid it has told",
    "linli.intake.actions.follow_order": "follows from an event; whoever moved the order has told",
}
# Where states change beside the one door, each with the reason.
OTHER_DOORS = {
    "linli.site.demo.ledger.flow": "plays the demonstration in memory, by the same table of moves",
}
# Everything that looks past the scope, each with the reason it gives.
UNSCOPED = {
    "linli.intake.actions.register_request": {
        "a request belongs to the centre, wherever it is written down"
    },
    "linli.intake.actions.follow_order": {"a request follows its order to whichever unit holds it"},
    "linli.intake.actions.part_joined": {
        "what was joined comes back to its own centre, wherever that is"
    },
    "linli.intake.queries.order_behind": {
        "a joined request goes the way of the other one, wherever that is"
    },
    "linli.intake.queries.request_of": {"an order and its request belong together, whoever asks"},
    "linli.dispatch.actions.work.release_orders": {
        "an order is left behind wherever its worker's post has ended"
    },
    "linli.people.actions.merging._stop_moves": {
        "a move ends with the file, wherever it was to lead"
    },
    "linli.people.actions.merging._settle_questions": {
        "a question is about files, wherever they are"
    },
    "linli.people.actions.merging._ask_again": {"a question is about files, wherever they are"},
    "linli.people.actions.moving._arrive": {
        "a file goes from one station to another, each of which sees one of them"
    },
    "linli.intake.receipts.open_receipt": {"a receipt opens its request wherever it is"},
    "linli.intake.receipts.actor_for": {"a receipt opens its request wherever it is"},
}


def is_face(module: Module) -> bool:
    """Pages, forms and panels of rooms, and the whole of the faces: they ask and tell."""
    if module.package in {"linli.portal", "linli.gateway"}:
        return True
    return module.package in {*rooms(), "linli.site"} and module.role in FACES


def public_actions(found: Iterable[Module]) -> Iterator[tuple[Module, Function]]:
    """The actions of the rooms, and of kernel packages that have some."""
    for module in found:
        is_held = module.package in rooms() or module.package.startswith("linli.kernel.")
        if module.role == "actions" and is_held:
            for one in module.tree.body:
                if isinstance(one, Function) and not one.name.startswith("_"):
                    yield module, one


def badly_shaped(found: Iterable[Module]) -> list[str]:
    """Actions whose arguments after the subject can be given by place, or lack a type."""
    wrong = []
    for module, one in public_actions(found):
        given = one.args
        everything = (*given.posonlyargs, *given.args, *given.kwonlyargs)
        name = f"{module.name}.{one.name}"
        if "actor" not in {each.arg for each in everything}:
            if name not in WITHOUT_ACTOR:
                wrong.append(f"{name}: no actor")
            continue
        if len(given.posonlyargs) + len(given.args) > 1 or given.vararg or given.kwarg:
            wrong.append(f"{name}: only the subject may be given by place")
        if one.returns is None or any(each.annotation is None for each in everything):
            wrong.append(f"{name}: not annotated")
    return wrong


def untold(found: Iterable[Module]) -> list[str]:
    """Actions with an actor that never reach the timeline, followed through what they call."""
    held = list(found)
    reach: dict[str, set[str]] = {}
    for module in held:
        for one in functions(module.tree):
            reach.setdefault(one.name, set()).update(name for name, _node in calls(one))
    told = set(TELLS)
    while grown := {name for name, called in reach.items() if name not in told and called & told}:
        told |= grown
    return [
        f"{module.name}.{one.name}"
        for module, one in public_actions(held)
        if one.name not in told and f"{module.name}.{one.name}" not in WITHOUT_ACTOR
    ]


def writes_in_faces(found: Iterable[Module]) -> list[str]:
    """Managers and writes where there should be one query or one action."""
    wrong = []
    for module in filter(is_face, found):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
                wrong.append(f"{module.place(node)} .{node.attr}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in WRITES:
                    wrong.append(f"{module.place(node)} .{node.func.attr}()")
    return wrong


def states_set(found: Iterable[Module]) -> list[str]:
    """Where a state is set past the one door."""
    wrong = []
    for module in found:
        if module.package == FLOW or module.name in OTHER_DOORS:
            continue
        for node in ast.walk(module.tree):
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AugAssign | ast.AnnAssign):
                targets = [node.target]
            for one in targets:
                if isinstance(one, ast.Attribute) and one.attr == "state":
                    wrong.append(f"{module.place(node)} .state =")
        for name, call in calls(module.tree):
            if name in WRITES and any(one.arg == "state" for one in call.keywords):
                wrong.append(f"{module.place(call)} {name}(state=)")
            if name == "setattr" and _names_state(call):
                wrong.append(f"{module.place(call)} setattr(state)")
            if name in TELLS and _changes_state(call):
                wrong.append(f"{module.place(call)} changes state")
    return wrong


def _names_state(call: ast.Call) -> bool:
    return len(call.args) > 1 and getattr(call.args[1], "value", "") == "state"


def _changes_state(call: ast.Call) -> bool:
    return any(
        isinstance(node, ast.Dict) and "state" in {getattr(key, "value", "") for key in node.keys}
        for one in call.keywords
        if one.arg == "changes"
        for node in ast.walk(one.value)
    )


def unscoped_uses(found: Iterable[Module]) -> dict[str, set[str]]:
    """`unscoped("…")` by function; a reason that is not written there is "?"."""
    uses: dict[str, set[str]] = {}
    for module in found:
        if module.package == "linli.kernel.scope":
            continue
        for holder, node in _in_functions(module.tree):
            for name, call in calls(node):
                if name == "unscoped":
                    reason = getattr(call.args[0], "value", "?") if call.args else "?"
                    uses.setdefault(f"{module.name}{holder}", set()).add(reason)
    return uses


def _in_functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for one in tree.body:
        yield (f".{one.name}" if isinstance(one, Function | ast.ClassDef) else ""), one


def hidden_wires(found: Iterable[Module]) -> list[str]:
    """Signals, models by name, and subscriptions outside the one file for them."""
    wrong = []
    for module in found:
        for name, call in calls(module.tree):
            holder = getattr(getattr(call.func, "value", None), "id", "")
            if name == "get_model" and holder in {"apps", "django_apps"}:
                wrong.append(f"{module.place(call)} apps.get_model")
            if name == "subscribe" and module.name not in {WIRING, f"{FLOW}.publish"}:
                wrong.append(f"{module.place(call)} subscribe()")
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("signals"):
                wrong.append(f"{module.place(node)} signals")
            if isinstance(node, ast.ImportFrom) and node.module == "django.dispatch":
                wrong.append(f"{module.place(node)} signals")
    return wrong


def made(name: str, text: str) -> Module:
    return Module(f"linli.{name}", text)


def test_actions_are_keyword_only_and_annotated() -> None:
    assert badly_shaped(modules()) == []
    names = {f"{module.name}.{one.name}" for module, one in public_actions(modules())}
    assert set(WITHOUT_ACTOR) <= names, "the list names actions that are gone"
    assert len(names) > 30


def test_a_badly_shaped_action_is_found() -> None:
    text = """
def tickle(person: Person, reason: str, *, actor: Actor) -> None: record()
def poke(person: Person, *, actor: Actor, hard=True) -> None: record()
def wave(person: Person) -> None: record()
def greet(person: Person, *, actor: Actor) -> None: record()
"""
    assert badly_shaped([made("people.actions", text)]) == [
        "linli.people.actions.tickle: only the subject may be given by place",
        "linli.people.actions.poke: not annotated",
        "linli.people.actions.wave: no actor",
    ]


def test_every_action_tells_the_timeline() -> None:
    assert untold(modules()) == []


def test_actions_of_the_kernel_are_looked_at_too() -> None:
    assert "linli.kernel.staff.actions.posts.end_post" in {
        f"{module.name}.{one.name}" for module, one in public_actions(modules())
    }
    planted = made("kernel.staff.actions", "def wave(user: User, *, actor: Actor) -> None: ...")
    assert untold([planted]) == ["linli.kernel.staff.actions.wave"]


def test_a_silent_action_is_found() -> None:
    text = """
def _tell(actor): timeline.record(actor)
def loud(*, actor): _tell(actor)
def louder(*, actor): loud(actor=actor)
def silent(*, actor): actor.wave()
"""
    assert untold([made("people.actions", text)]) == ["linli.people.actions.silent"]


def test_no_face_writes() -> None:
    assert writes_in_faces(modules()) == []


def test_a_write_in_a_view_a_form_or_the_portal_is_found() -> None:
    found = [
        made("people.views.files", "Person.objects.filter(pk=1)"),
        made("people.forms", "person.save()"),
        made("portal.asking", "Draft._base_manager.update(a=1)"),
        made("people.queries", "Person.objects.filter(pk=1)"),
        made("kernel.ui.views", "page.save()"),
    ]
    assert [one.partition(" ")[2] for one in writes_in_faces(found)] == [
        ".objects",
        ".save()",
        ".update()",
        "._base_manager",
    ]


def test_states_change_at_the_one_door_only() -> None:
    assert states_set(modules()) == []


def test_a_state_set_past_the_door_is_found() -> None:
    text = """
order.state = "closed"
Order.objects.filter(pk=1).update(state="closed")
setattr(order, "state", "closed")
ORDER.move(order, "accept", changes={"due_at": None} | {"state": "closed"})
Order.objects.filter(state="closed")
"""
    assert [one.partition(" ")[0] for one in states_set([made("dispatch.actions", text)])] == [
        "linli.dispatch.actions:2",
        "linli.dispatch.actions:3",
        "linli.dispatch.actions:4",
        "linli.dispatch.actions:5",
    ]
    assert states_set([made("kernel.flow.machine", text)]) == []


def test_what_looks_past_the_scope_is_on_the_list() -> None:
    assert unscoped_uses(modules()) == UNSCOPED


def test_a_new_look_past_the_scope_is_found() -> None:
    text = 'def peek():\n    with unscoped("because"):\n        ...\nwith unscoped(why): ...'
    assert unscoped_uses([made("people.queries", text)]) == {
        "linli.people.queries.peek": {"because"},
        "linli.people.queries": {"?"},
    }


def test_there_are_no_hidden_wires() -> None:
    assert hidden_wires(modules()) == []


def test_hidden_wires_are_found() -> None:
    text = """
from django.dispatch import receiver
from django.db.models.signals import post_save
apps.get_model("people", "Person")
subscribe(Registered, greet)
"""
    assert len(hidden_wires([made("people.actions", text)])) == 4
    assert hidden_wires([made("site.wiring", "subscribe(Registered, greet)")]) == []
