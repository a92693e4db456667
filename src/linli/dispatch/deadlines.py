from datetime import datetime

from linli.kernel.flow.clocks import Basis, ClockSpec, due
from linli.lib.areacodes import ancestors
from linli.lib.worktime import Due

from .enums import Stage, Urgency
from .models import ClockRule


class NoClockRule(LookupError):
    """The settings lack a rule for an urgency and stage."""


def deadline(urgency: str, stage: Stage, *, area: int, start: datetime) -> Due:
    """When a stage that begins now is due, by the most local rule."""
    places = [area, *ancestors(area)]
    rules = ClockRule.objects.filter(urgency=urgency, stage=stage)
    held = {rule.area: rule for rule in rules if rule.area is None or rule.area in places}
    # A code is never smaller than its parent's, so the most local comes last.
    found = next((held[place] for place in sorted(places, reverse=True) if place in held), None)
    found = found or held.get(None)
    if found is None:
        raise NoClockRule(f"{urgency}, {stage}")
    return due(ClockSpec(found.amount, Basis(found.basis)), start=start)


def seed() -> None:
    """The deadlines that ship with Linli; what is already set is left alone."""
    for urgency, stages in DEFAULTS.items():
        for stage, (amount, basis) in stages.items():
            ClockRule.objects.get_or_create(
                urgency=urgency,
                stage=stage,
                area=None,
                defaults={"amount": amount, "basis": basis},
            )


# Local settings everywhere; none of them is fixed nationally.
DEFAULTS: dict[Urgency, dict[Stage, tuple[int, Basis]]] = {
    Urgency.IMMEDIATE: {
        Stage.SCREEN: (15, Basis.ELAPSED),
        Stage.DISPATCH: (15, Basis.ELAPSED),
        Stage.ACCEPT: (30, Basis.ELAPSED),
        Stage.START: (120, Basis.ELAPSED),
        Stage.FINISH: (3, Basis.DAYS),
        Stage.FOLLOW_UP: (2, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
    Urgency.DAY: {
        Stage.SCREEN: (120, Basis.WORKING),
        Stage.DISPATCH: (120, Basis.WORKING),
        Stage.ACCEPT: (120, Basis.WORKING),
        Stage.START: (24 * 60, Basis.ELAPSED),
        Stage.FINISH: (5, Basis.DAYS),
        Stage.FOLLOW_UP: (3, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
    Urgency.WEEK: {
        Stage.SCREEN: (1, Basis.DAYS),
        Stage.DISPATCH: (1, Basis.DAYS),
        Stage.ACCEPT: (1, Basis.DAYS),
        Stage.START: (5, Basis.DAYS),
        Stage.FINISH: (10, Basis.DAYS),
        Stage.FOLLOW_UP: (5, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
    Urgency.FORTNIGHT: {
        Stage.SCREEN: (2, Basis.DAYS),
        Stage.DISPATCH: (2, Basis.DAYS),
        Stage.ACCEPT: (2, Basis.DAYS),
        Stage.START: (10, Basis.DAYS),
        Stage.FINISH: (20, Basis.DAYS),
        Stage.FOLLOW_UP: (5, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
}
