from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from linli.dispatch.enums import OrderState
from linli.dispatch.models import Order
from linli.dispatch.workflow import ORDER
from linli.kernel.accounts.actors import set_actor, system
from linli.lib.worktime import Due

from ..world import VILLAGE, World

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def dispatched(world: World) -> Order:
    """Dispatched to the station at nine on Monday, to be accepted by five."""
    set_actor(system("tests"))
    made = Order(
        number="D-TEST",
        state=OrderState.DISPATCHED,
        area_id=VILLAGE,
        unit=world.station,
        centre=world.centre,
        station=world.station,
        need="care",
        urgency="week",
        task="task",
        opened_at=MONDAY,
        opened_on=MONDAY.date(),
        promised_at=MONDAY + timedelta(days=1),
    )
    made.save()
    ORDER.begin(
        made,
        actor=system("tests", now=MONDAY),
        until=Due(MONDAY + timedelta(hours=8), is_provisional=False),
    )
    return made


@pytest.fixture
def order(world: World) -> Order:
    return dispatched(world)
