"""Short ways for the tests of services: record one, type one."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.services.actions import Account, record_service
from linli.services.models import Service

from ..conftest import acting
from ..world import VILLAGE, World


def account(**given: Any) -> Account:
    told: dict[str, Any] = {
        "method": "visit",
        "content": "daily_care",
        "place": "home",
        "occurred_on": timezone.localdate(),
        "minutes": 40,
        "area": VILLAGE,
        "anonymous": 1,
        "facts": "换了灯泡",
        "analysis": "夜里怕黑",
    }
    return Account(**(told | given))


def recorded(world: World, by: str = "worker", *, now: Any = None, **given: Any) -> Service:
    with acting(world.actor(by, now=now)) as actor:
        return record_service(actor=actor, account=account(**given))


def typed(*persons: UUID, **given: Any) -> dict[str, Any]:
    """What somebody types on the page for a service."""
    return {
        "occurred_on": timezone.localdate().isoformat(),
        "minutes": "25",
        "method": "visit",
        "content": "counselling",
        "place": "",
        "area": str(VILLAGE),
        "persons": [str(one) for one in persons],
        "anonymous": "0",
        "facts": "一起看了相册",
        "analysis": "想念女儿",
        "who": "",
        "looked": "",
    } | given
