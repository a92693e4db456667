from datetime import datetime

from linli.dispatch.deadlines import UNTIL_DONE, NoClockRule
from linli.dispatch.enums import Stage
from linli.dispatch.models import ClockRule
from linli.kernel.flow.clocks import Basis, ClockSpec, due
from linli.lib.areacodes import ancestors
from linli.lib.worktime import Due


class Deadlines:
    """`linli.dispatch.deadlines.deadline` without a question to the database for each call."""

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str, int | None], ClockSpec] = {
            (rule.urgency, rule.stage, rule.area): ClockSpec(rule.amount, Basis(rule.basis))
            for rule in ClockRule.objects.all()
        }
        self._is_local = any(place is not None for _, _, place in self._rules)

    def due(self, urgency: str, stage: Stage, *, area: int, start: datetime) -> Due:
        """When a stage that begins now is due, by the most local rule."""
        places = (area, *reversed(ancestors(area))) if self._is_local else ()
        for place in (*places, None):
            found = self._rules.get((urgency, stage, place))
            if found is not None:
                return due(found, start=start)
        raise NoClockRule(f"{urgency}, {stage}")

    def promise(self, urgency: str, *, area: int, start: datetime) -> datetime:
        """`linli.dispatch.deadlines.promise`."""
        for stage in UNTIL_DONE:
            start = self.due(urgency, stage, area=area, start=start).at
        return start
