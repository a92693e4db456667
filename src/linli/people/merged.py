"""What a merge remembers of the file that was kept, and how long a decision may take."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from linli.kernel.accounts.actors import Actor
from linli.kernel.flow.clocks import Basis, ClockSpec
from linli.kernel.flow.clocks import due as due_on
from linli.lib.worktime import Due

from .changes import Details
from .models import Merge

# Facts of which one of two must be the right one; where somebody lives is decided with the station.
CONTESTED = tuple(one.name for one in fields(Details) if one.name != "area")
# What the centre decides, a station answers or a station accepts.
DAYS = ClockSpec(3, Basis.DAYS)


def due(actor: Actor) -> Due:
    """Until when whoever has the next step in hand should have taken it."""
    return due_on(DAYS, start=actor.now)


def packed(details: Mapping[str, Any]) -> str:
    """Details as text to be sealed."""
    told = {name: details[name] for name in CONTESTED}
    born_on = told["born_on"]
    told["born_on"] = born_on.isoformat() if born_on else None
    return json.dumps(told, ensure_ascii=False)


def before(merge: Merge) -> dict[str, Any]:
    """What the kept file was like before a merge, by the names of the details."""
    told: dict[str, Any] = json.loads(merge.before)
    born_on = told["born_on"]
    return told | {"born_on": date.fromisoformat(born_on) if born_on else None}
