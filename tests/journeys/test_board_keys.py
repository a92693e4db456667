"""The board by keyboard alone: j and k walk over the cards and to what is left of each lane."""

import pytest
from django.db import transaction

from linli.dispatch.queries import BOARD_CARDS

from ..dispatch.orders import opened
from .conftest import DESK, PHONE, House

STOP = "document.activeElement.id"


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_keys_reach_every_card_and_the_list_of_the_others(
    house: House, size: dict[str, int]
) -> None:
    with transaction.atomic():
        for _each in range(BOARD_CARDS + 2):
            opened(house.world)
    page = house.staff("head", size=size)
    page.goto("/desk/dispatch/board/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    stops = []
    for _each in range(BOARD_CARDS + 1):
        page.keyboard.press("j")
        stops.append(page.evaluate(STOP))
    assert all(one.startswith("card-") for one in stops[:-1])
    assert (len(set(stops)), stops[-1]) == (BOARD_CARDS + 1, "more-dispatched")

    page.keyboard.press("Enter")

    page.wait_for_url("**/desk/dispatch/?state=dispatched")
    assert page.locator("#rows tbody tr").count() == BOARD_CARDS + 2
