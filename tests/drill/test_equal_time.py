"""How long a refused sign-in takes for somebody known and for nobody: a figure, taken by hand.

`LINLI_TRIES=1000 make drill`, on a machine that does nothing else. What keeps the times
equal is asserted in tests/kernel/test_signin.py by counting,
never by a clock.
"""

import os
from statistics import median
from time import perf_counter

import pytest
from django.test import Client

from linli.kernel.accounts.models import SignInFailure, User

from ..world import World

TRIES = int(os.environ.get("LINLI_TRIES", "100"))
# As many failures as are answered from one place before the throttle stops looking.
AT_ONCE = 4


def took(login: str) -> float:
    client = Client()
    start = perf_counter()
    client.post("/sign-in/", {"login": login, "password": "wrong"})
    return perf_counter() - start


@pytest.mark.django_db
def test_a_stranger_learns_nothing_from_the_time(world: World) -> None:
    logins = ("head", "nobody", "worker")
    User.objects.filter(username="worker").update(is_active=False)
    times: dict[str, list[float]] = {login: [] for login in logins}
    took("head")
    for number in range(TRIES):
        if number % AT_ONCE == 0:
            SignInFailure.objects.all().delete()
        # In turns, so that whatever else the machine does falls on all of them.
        for login in logins[number % 3 :] + logins[: number % 3]:
            times[login].append(took(login))
    middle = {login: median(held) for login, held in times.items()}
    difference = (max(middle.values()) - min(middle.values())) / median(middle.values())
    print(f"medians {middle}, difference {difference:.2%} of the median")  # noqa: T201
    assert difference < 0.02
