from collections.abc import Iterable
from datetime import datetime

from linli.kernel.flow.clocks import Basis, ClockSpec, due
from linli.lib.areacodes import ancestors
from linli.lib.worktime import Due

from .enums import Stage, Urgency
from .models import ClockRule

# What a resident waits through from the order to the end of the work.
UNTIL_DONE = (Stage.DISPATCH, Stage.ACCEPT, Stage.START, Stage.FINISH)


class NoClockRule(LookupError):
    """The settings lack a rule for an urgency and stage."""


def deadline(urgency: str, stage: Stage, *, area: int, start: datetime) -> Due:
    """When a stage that begins now is due, by the most local rule."""
    return due(_spec(_rules(urgency, [stage], area), urgency, stage), start=start)


def promise(urgency: str, *, area: int, start: datetime) -> datetime:
    """When everything is done that begins now, if every tier takes all the time it has."""
    held = _rules(urgency, UNTIL_DONE, area)
    for stage in UNTIL_DONE:
        start = due(_spec(held, urgency, stage), start=start).at
    return start


def _rules(urgency: str, stages: Iterable[Stage], area: int) -> dict[str, ClockSpec]:
    """The most local rule of each stage."""
    places = [area, *ancestors(area)]
    rules = ClockRule.objects.filter(urgency=urgency, stage__in=stages)
    held = [rule for rule in rules if rule.area is None or rule.area in places]
    # A code is never smaller than its parent's, so the most local comes last.
    held.sort(key=lambda rule: -1 if rule.area is None else rule.area)
    return {rule.stage: ClockSpec(rule.amount, Basis(rule.basis)) for rule in held}


def _spec(held: dict[str, ClockSpec], urgency: str, stage: Stage) -> ClockSpec:
    if stage not in held:
        raise NoClockRule(f"{urgency}, {stage}")
    return held[stage]


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


# Local settings everywhere; none of them is fixed nationally. From the request to the beginning
# of help they add up to what the resident was told: 2 hours by the clock, else 1, 5 or 10 working
# days.
DEFAULTS: dict[Urgency, dict[Stage, tuple[int, Basis]]] = {
    Urgency.IMMEDIATE: {
        Stage.SCREEN: (15, Basis.ELAPSED),
        Stage.DISPATCH: (15, Basis.ELAPSED),
        Stage.ACCEPT: (30, Basis.ELAPSED),
        Stage.START: (60, Basis.ELAPSED),
        Stage.FINISH: (3, Basis.DAYS),
        Stage.FOLLOW_UP: (2, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
    Urgency.DAY: {
        Stage.SCREEN: (60, Basis.WORKING),
        Stage.DISPATCH: (60, Basis.WORKING),
        Stage.ACCEPT: (60, Basis.WORKING),
        Stage.START: (210, Basis.WORKING),
        Stage.FINISH: (5, Basis.DAYS),
        Stage.FOLLOW_UP: (3, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
    Urgency.WEEK: {
        Stage.SCREEN: (1, Basis.DAYS),
        Stage.DISPATCH: (1, Basis.DAYS),
        Stage.ACCEPT: (1, Basis.DAYS),
        Stage.START: (2, Basis.DAYS),
        Stage.FINISH: (10, Basis.DAYS),
        Stage.FOLLOW_UP: (5, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
    Urgency.FORTNIGHT: {
        Stage.SCREEN: (2, Basis.DAYS),
        Stage.DISPATCH: (2, Basis.DAYS),
        Stage.ACCEPT: (2, Basis.DAYS),
        Stage.START: (4, Basis.DAYS),
        Stage.FINISH: (20, Basis.DAYS),
        Stage.FOLLOW_UP: (5, Basis.DAYS),
        Stage.VERDICT: (10, Basis.DAYS),
    },
}
