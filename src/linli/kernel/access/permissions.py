from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import BooleanField, Case, Model, Q, QuerySet, Value, When

from linli.kernel.accounts.actors import Actor

from .rules import Answer, Rule

M = TypeVar("M", bound=Model)
PermissionTable = dict[str, Rule]


@dataclass(frozen=True)
class Permission:
    """`room.verb` with its rule and the model its rows are of (None: not about rows)."""

    name: str
    rule: Rule
    model: type[Model] | None


_registry: dict[str, Permission] = {}


def register(room: str, model: type[Model] | None, table: PermissionTable) -> None:
    """Enter a room's permission table; a name can be given once."""
    for verb, held in table.items():
        name = f"{room}.{verb}"
        if name in _registry:
            raise ValueError(f"permission {name} is registered twice")
        _registry[name] = Permission(name, held, model)


def permission(name: str) -> Permission:
    return _registry[name]


def permissions() -> list[Permission]:
    return sorted(_registry.values(), key=lambda one: one.name)


def visible(rows: QuerySet[M], actor: Actor, name: str) -> QuerySet[M]:
    """The rows for which the actor holds the permission."""
    answer = permission(name).rule(actor)
    # Most rules ask for the actor's own places, which is what the scope has asked already: said
    # twice, the planner takes the rows for far fewer than they are.
    if isinstance(answer, Q) and answer != getattr(rows, "held", None):
        return rows.filter(answer)
    return rows if answer else rows.none()


def can(actor: Actor, name: str, row: Model) -> bool:
    """Whether the actor holds the permission for this row, asked of the database."""
    answer = permission(name).rule(actor)
    if isinstance(answer, Q):
        return type(row)._default_manager.filter(answer, pk=row.pk).exists()
    return answer


def holds(actor: Actor, name: str) -> bool:
    """Whether the actor may hold the permission for any row at all (menus, empty lists)."""
    return permission(name).rule(actor) is not False


def with_verbs(rows: QuerySet[M], actor: Actor, names: Iterable[str]) -> QuerySet[M]:
    """Mark each row with `may_<verb>` for each permission, in the same query.

    Verbs with the same rule share a column, and what is so for every row needs none: a page asks
    about fifteen verbs, and columns are most of what its query costs.
    """
    asked: dict[str, Q] = {}
    fixed: dict[str, bool] = {}
    shared: dict[str, str] = {}
    answers: dict[Rule, Answer] = {}
    for name in names:
        held = permission(name).rule
        if held not in answers:
            answers[held] = held(actor)
        answer = answers[held]
        mark = "may_" + name.partition(".")[2]
        if not isinstance(answer, Q):
            fixed[mark] = answer
        elif same := next((one for one, rule in asked.items() if rule == answer), None):
            shared[mark] = same
        else:
            asked[mark] = answer
    marked: QuerySet[M] = rows.annotate(**{mark: _holds(rule) for mark, rule in asked.items()})
    marked._iterable_class = _marking(marked._iterable_class, fixed, shared)
    return marked


def _holds(rule: Q) -> Case:
    return Case(When(rule, then=Value(True)), default=Value(False), output_field=BooleanField())


def _marking(rows: Any, fixed: dict[str, bool], shared: dict[str, str]) -> Any:
    """Rows as they come from the database, with the marks that have no column of their own."""

    class Marking(rows):
        def __iter__(self) -> Iterator[Any]:
            for row in super().__iter__():
                held = row.__dict__
                held.update(fixed)
                held.update((mark, held[same]) for mark, same in shared.items())
                yield row

    return Marking
