from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind, Role

Answer = Q | bool


@dataclass(frozen=True)
class Rule:
    """A question about rows, asked for an actor: a condition, or True/False for every row."""

    ask: Callable[[Actor], Answer]

    def __call__(self, actor: Actor) -> Answer:
        # The system is trusted with everything its code does; its reason is on record.
        return True if actor.kind == ActorKind.SYSTEM else self.ask(actor)

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(lambda actor: _either(self.ask(actor), other.ask(actor)))

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(lambda actor: _both(self.ask(actor), other.ask(actor)))


def _either(one: Answer, two: Answer) -> Answer:
    if one is True or two is True:
        return True
    if one is False:
        return two
    return one if two is False else one | two


def _both(one: Answer, two: Answer) -> Answer:
    if one is False or two is False:
        return False
    if one is True:
        return two
    return one if two is True else one & two


def rule(
    *roles: Role, ask: Callable[[Actor], Answer] | None = None, kind: ActorKind = ActorKind.USER
) -> Rule:
    """A rule for actors of a kind who hold one of the roles (any role, if none is named)."""

    def asked(actor: Actor) -> Answer:
        if actor.kind != kind or (roles and actor.role not in roles):
            return False
        return True if ask is None else ask(actor)

    return Rule(asked)


nobody = Rule(lambda actor: False)
