"""A part of a county with a centre of its own: who is asked, who sees, who sends where."""

import pytest
from django.test import Client
from django.utils import timezone

from linli.dispatch import actions
from linli.dispatch.enums import RoutingReason
from linli.dispatch.models import RoutingRule
from linli.dispatch.queries import candidates, orders, others, stations
from linli.dispatch.queries import order as visible_order
from linli.intake import actions as intake
from linli.intake.queries import requests
from linli.kernel.accounts.enums import Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.flow.machine import Refused
from linli.kernel.units.models import ServiceArea, Unit, UnitKind
from linli.lib.areacodes import range_of

from ..conftest import acting
from ..world import COUNTY, NEXT_TOWNSHIP, NEXT_VILLAGE, SINCE, VILLAGE, World
from .orders import TASK, ask, opened, signed_in


@pytest.fixture
def zone(world: World) -> World:
    """The world in which the sibling's township has a centre and a dispatcher of its own."""
    unit = Unit.objects.create(
        kind=UnitKind.CENTRE,
        area_id=NEXT_TOWNSHIP,
        competent_body="social_work_department",
        zh="测试zone",
        en="Test zone",
        valid_from=SINCE,
    )
    ServiceArea.objects.create(unit=unit, area_id=NEXT_TOWNSHIP, valid_from=SINCE)
    user = User.objects.create(username="zone_dispatcher", name="Test zone_dispatcher")
    Post.objects.create(user=user, unit=unit, role=Role.DISPATCHER, valid_from=SINCE)
    world.units["zone"], world.users["zone_dispatcher"] = unit, user
    return world


def names(found: object) -> list[str]:
    return [one.unit.en for one in found]  # type: ignore[attr-defined]


def test_each_centre_is_asked_for_its_own_part(zone: World) -> None:
    assert ask(zone, area=NEXT_VILLAGE).request.centre == zone.zone
    assert ask(zone, area=VILLAGE).request.centre == zone.centre
    assert ask(zone, area=COUNTY).request.centre == zone.centre


def test_the_zones_dispatcher_sees_the_zone_and_no_more(zone: World) -> None:
    inside, outside = ask(zone, area=NEXT_VILLAGE).request, ask(zone, area=VILLAGE).request
    there = opened(zone, area=NEXT_VILLAGE, by="zone_dispatcher", station="sibling")
    here = opened(zone)
    with acting(zone.actor("zone_dispatcher")) as actor:
        assert actor.scope.ranges == (range_of(NEXT_TOWNSHIP),)
        seen = set(requests(actor).values_list("pk", flat=True))
        assert inside.pk in seen
        assert outside.pk not in seen
        assert list(orders(actor).values_list("pk", flat=True)) == [there.pk]
        assert visible_order(actor, here.pk) is None
        assert [one.pk for one in stations(actor)] == [zone.unit_id("sibling")]
        with pytest.raises(Refused):
            actions.open_order(
                actor=actor, centre=zone.zone, area=VILLAGE, need="care", urgency="week", task=TASK
            )


def test_an_order_of_the_zone_is_offered_the_zones_stations_only(zone: World) -> None:
    today = timezone.localdate()
    RoutingRule.objects.create(area=COUNTY, need="care", station=zone.station)

    found = candidates(area=NEXT_VILLAGE, need="care", on=today)
    assert [(one.unit.en, one.reason) for one in found] == [
        ("Test sibling", RoutingReason.TOWNSHIP)
    ]
    assert names(others(area=NEXT_VILLAGE, on=today, without=set())) == ["Test sibling"]
    # The county's own orders keep the county's rule.
    assert candidates(area=VILLAGE, need="care", on=today)[0].reason == RoutingReason.RULE
    assert set(names(others(area=VILLAGE, on=today, without=set()))) == {
        "Test station",
        "Test sharing",
    }


def test_a_rule_of_the_zone_and_one_of_the_city_are_kept(zone: World) -> None:
    today = timezone.localdate()
    RoutingRule.objects.create(area=350500000000, need="care", station=zone.other_station)
    RoutingRule.objects.create(area=NEXT_TOWNSHIP, need="mind", station=zone.sharing)

    of_city = candidates(area=NEXT_VILLAGE, need="care", on=today)
    assert [one.unit.en for one in of_city if one.reason == RoutingReason.RULE] == [
        "Test other_station"
    ]
    of_zone = candidates(area=NEXT_VILLAGE, need="mind", on=today)
    assert [one.unit.en for one in of_zone if one.reason == RoutingReason.RULE] == ["Test sharing"]


def test_orders_stay_among_their_centres_stations(zone: World) -> None:
    there = opened(zone, area=NEXT_VILLAGE, by="zone_dispatcher", station="sibling")
    here = opened(zone)
    with acting(zone.actor("zone_dispatcher")) as actor, pytest.raises(Refused):
        actions.transfer_order(there, actor=actor, station_id=zone.unit_id("station"), words="")
    with acting(zone.actor("dispatcher")) as actor, pytest.raises(Refused):
        actions.transfer_order(here, actor=actor, station_id=zone.unit_id("sibling"), words="")
    with acting(zone.actor("dispatcher")) as actor:
        actions.transfer_order(here, actor=actor, station_id=zone.unit_id("sharing"), words="")
    assert here.station_id == zone.unit_id("sharing")


def test_the_zones_dispatcher_accepts_in_the_zone_only(client: Client, zone: World) -> None:
    request = ask(zone, area=NEXT_VILLAGE).request
    signed_in(client, zone, "zone_dispatcher")
    told = {"need": "care", "urgency": "week", "task": TASK, "station": zone.unit_id("sibling")}

    answer = client.post(f"/desk/intake/{request.pk}/accept/", told | {"area": str(VILLAGE)})
    assert answer.status_code == 422
    answer = client.post(f"/desk/intake/{request.pk}/accept/", told | {"area": str(NEXT_VILLAGE)})
    assert answer.status_code == 302
    with acting(zone.actor("zone_dispatcher")) as actor:
        (order,) = orders(actor)
        assert (order.centre_id, order.station_id) == (zone.zone.pk, zone.unit_id("sibling"))
        assert intake.Request.objects.get(pk=request.pk).order_id == order.pk
