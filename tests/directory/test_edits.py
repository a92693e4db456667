"""Two who change the same site, its hours or an agency; and the pages of agencies."""

import re
from datetime import time
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook
from stdnum.cn import uscc

from linli.directory import actions
from linli.directory.models import OpeningHours, Organisation, Site
from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.timeline.models import Event
from linli.kernel.units.models import Unit

from ..conftest import acting
from ..people.hands import signed_in
from ..portal.browser import links, text
from ..world import COUNTY, NEXT_TOWNSHIP, TOWNSHIP, World

pytestmark = pytest.mark.django_db
LIST = "/desk/directory/"


def url(unit: Any, part: str = "") -> str:
    return f"{LIST}{unit.pk}/" + (f"{part}/" if part else "")


def version_of(page: Any) -> str:
    (found,) = set(re.findall(r'name="version" value="(\d+)"', page.content.decode()))
    return found


def details(page: Any, **given: Any) -> dict[str, Any]:
    """What the edit form of the world's station sends that was opened as `page`."""
    return {
        "zh": "测试station",
        "en": "Test station",
        "serves": [str(TOWNSHIP)],
        "serves_also": "",
        "operator": "",
        "operating_model": "purchased",
        "competent_body": "social_work_department",
        "address": "",
        "phone": "0595-22880000",
        "capacity": "20",
        "version": version_of(page),
    } | given


def agency(world: World, by: str = "dispatcher", area: int = COUNTY, at: int = 0) -> Organisation:
    number = f"52000000MJ{at:07d}"
    with acting(world.actor(by)) as actor:
        return actions.register_organisation(
            actor=actor,
            zh=f"测试社工中心{at}",
            en=f"Agency {at}",
            area=area,
            credit_code=number + uscc.calc_check_digit(number),
        )


def test_two_at_the_details_of_a_site(world: World) -> None:
    mine, theirs = signed_in(world, "dispatcher"), signed_in(world, "administrator")
    path = url(world.station, "edit")
    opened, also = mine.get(path), theirs.get(path)
    serves = [str(TOWNSHIP), str(NEXT_TOWNSHIP)]
    assert theirs.post(path, details(also, serves=serves, capacity="9")).status_code == 302

    answer = mine.post(path, details(opened, address="测试路1号", phone="0595-22880001"))
    page = text(answer)
    assert answer.status_code == 422
    assert "System administrator changed this on" in page
    # Names of staff do not stand on the pages of sites.
    assert "Test administrator" not in page
    assert "Now it says: 9" in page
    assert f"{NEXT_TOWNSHIP}" in page
    assert 'value="测试路1号"' in answer.content.decode()
    site = Site.objects.get(pk=world.unit_id("station"))
    assert (site.address, site.capacity) == ("", 9)

    again = details(answer, address="测试路1号", serves=serves, capacity="9")
    assert mine.post(path, again).status_code == 302
    site.refresh_from_db()
    assert (site.address, site.capacity, site.version) == ("测试路1号", 9, 3)


def test_the_hours_and_the_details_of_a_site_do_not_hold_each_other_up(world: World) -> None:
    head, dispatcher = signed_in(world, "head"), signed_in(world, "dispatcher")
    opened = dispatcher.get(url(world.station, "edit"))
    hours = {"day0": "08:30-12:00", "version": version_of(head.get(url(world.station, "hours")))}
    assert head.post(url(world.station, "hours"), hours).status_code == 302
    told = details(opened, capacity="9")
    assert dispatcher.post(url(world.station, "edit"), told).status_code == 302


def test_two_at_the_hours_of_a_day_and_of_different_days(world: World) -> None:
    head, dispatcher = signed_in(world, "head"), signed_in(world, "dispatcher")
    path = url(world.station, "hours")
    version = version_of(head.get(path))
    monday = {"day0": "08:30-12:00", "version": version}
    assert dispatcher.post(path, monday).status_code == 302
    answer = head.post(path, {"day0": "09:00-12:00", "day1": "09:00-12:00", "version": version})
    assert answer.status_code == 422
    assert "Now it says: 08:30-12:00" in text(answer)
    assert "Monday." in text(answer)
    assert answer.content.decode().count('value="09:00-12:00"') == 2
    assert [(one.weekday, one.opens) for one in OpeningHours.objects.all()] == [(0, time(8, 30))]
    # Who leaves the colleague's day as it is now and adds another is not held up.
    told = {"day0": "08:30-12:00", "day1": "09:00-12:00", "version": version}
    assert head.post(path, told).status_code == 302
    assert OpeningHours.objects.count() == 2


def test_hours_that_stay_as_they_are_tell_nothing(world: World) -> None:
    client, path = signed_in(world, "head"), url(world.station, "hours")
    for _time in range(2):
        told = {"day0": "08:30-12:00", "version": version_of(client.get(path))}
        assert client.post(path, told).status_code == 302
    assert Event.objects.filter(verb="directory.hours_set").count() == 1


def test_a_site_that_was_closed_is_not_closed_again(world: World) -> None:
    site = Site.objects.get(pk=world.unit_id("sibling"))
    today = timezone.localdate()
    with acting(world.actor("dispatcher")) as actor:
        actions.close_site(site, actor=actor, last_day=today)
        with pytest.raises(Stale):
            actions.close_site(site, actor=actor, last_day=today)
    assert Event.objects.filter(verb="directory.site_closed").count() == 1


def test_an_agency_has_a_page_with_the_sites_it_operates(world: World) -> None:
    held, other = agency(world), agency(world, at=1)
    Site.objects.filter(pk=world.unit_id("station")).update(operator=held)
    Site.objects.filter(pk=world.unit_id("sibling")).update(operator=other)
    client = signed_in(world, "worker")
    listed = client.get(LIST + "agencies/")
    assert f"{LIST}agencies/{held.pk}/" in links(listed)
    assert "Test station" in text(listed)
    page = client.get(f"{LIST}agencies/{held.pk}/")
    assert ("Agency 0" in text(page), held.credit_code in text(page)) == (True, True)
    assert url(world.station) in links(page)
    assert url(world.sibling) not in links(page)
    # And back: the site leads to who operates it.
    assert f"{LIST}agencies/{held.pk}/" in links(client.get(url(world.station)))
    assert f"{LIST}agencies/" in links(client.get(LIST))


def test_a_station_that_closed_is_no_longer_among_those_an_agency_operates(world: World) -> None:
    held = agency(world)
    Site.objects.filter(pk=world.unit_id("station")).update(operator=held)
    Unit.objects.filter(pk=world.unit_id("station")).update(
        valid_to=timezone.localdate().replace(year=2021)
    )
    page = signed_in(world, "dispatcher").get(f"{LIST}agencies/{held.pk}/")
    assert "None today." in text(page)


def test_agencies_of_another_city_are_listed_where_they_operate(world: World) -> None:
    far = agency(world)
    Unit.objects.filter(pk=far.pk).update(area_id=350000000000)
    client = signed_in(world, "worker")
    address = f"{LIST}agencies/{far.pk}/"
    assert address not in links(client.get(LIST + "agencies/"))
    Site.objects.filter(pk=world.unit_id("station")).update(operator=far)
    assert address in links(client.get(LIST + "agencies/"))
    assert address in links(client.get("/desk/search/?q=Agency"))


def test_two_at_an_agency(world: World) -> None:
    held = agency(world)
    mine, theirs = signed_in(world, "dispatcher"), signed_in(world, "administrator")
    path = f"{LIST}agencies/{held.pk}/edit/"
    told = {"zh": "测试社工中心0", "en": "Agency 0", "version": version_of(mine.get(path))}
    assert theirs.post(path, told | {"phone": "0595-22880009"}).status_code == 302
    answer = mine.post(path, told | {"phone": "0595-22880008"})
    assert answer.status_code == 422
    assert "Now it says: 0595-22880009" in text(answer)
    held.refresh_from_db()
    assert held.phone == "0595-22880009"


@pytest.mark.parametrize("name", ["worker", "head", "officer", "grid_worker", "other_dispatcher"])
def test_others_read_an_agency_and_cannot_change_it(world: World, name: str) -> None:
    held = agency(world)
    client = signed_in(world, name)
    page = client.get(f"{LIST}agencies/{held.pk}/")
    assert (page.status_code, "Change details" in text(page)) == (200, False)
    path = f"{LIST}agencies/{held.pk}/edit/"
    told = {"zh": "甲", "en": "A", "phone": ""}
    assert (client.get(path).status_code, client.post(path, told).status_code) == (404, 404)
    with acting(world.actor(name)) as actor, pytest.raises(Refused):
        actions.change_organisation(held, actor=actor, **told)
    with acting(world.actor(name)) as actor, pytest.raises(Refused):
        actions.register_organisation(actor=actor, zh="甲", en="A", area=COUNTY, credit_code="x")


def test_coverage_is_walked_down_from_the_city_to_the_townships(world: World) -> None:
    client = signed_in(world, "city_officer")
    path = LIST + "coverage/"
    city = client.get(path)
    assert f"{path}?area={COUNTY:012d}" in links(city)
    county = client.get(path, {"area": f"{COUNTY:012d}"})
    assert url(world.station) in links(county)
    # And up again, by the path at its head.
    assert f"{path}?area=350500000000" in links(county)
    assert "0%" in client.get(path, headers={"accept-language": "zh-hans"}).content.decode()
    assert "0\u00a0%" in city.content.decode()


def test_coverage_is_a_sheet_too(world: World) -> None:
    client = signed_in(world, "city_officer")
    city = sheet(client.get(LIST + "coverage/", {"export": "xlsx"}))
    county = sheet(client.get(LIST + "coverage/", {"export": "xlsx", "area": str(COUNTY)}))
    assert [2.0, 3.0] in [[row[2], row[4]] for row in city]
    assert "Gap: no station serves it" in [row[2] for row in county]
    assert [row for row in county if world.station.en in str(row[2])]
    exported = Event.objects.filter(verb="ui.exported").values_list("data__list", flat=True)
    assert list(exported) == ["coverage", "coverage"]


def sheet(response: Any) -> list[list[Any]]:
    """The rows of an exported sheet, filled up to six columns."""
    rows = CalamineWorkbook.from_filelike(BytesIO(response.content)).get_sheet_by_index(0)
    return [[*row, *[""] * 6][:6] for row in rows.to_python()]


def test_words_that_one_word_does_not_fit(world: World) -> None:
    """A township of the kind 乡 is not called by the word for all townships."""
    from django.utils import translation

    from linli.directory.shown import rate
    from linli.dispatch.routing import load_words

    with translation.override("zh-hans"):
        assert (_words("kind of township", "Township"), _words("column", "Township")) == (
            "乡",
            "乡镇（街道）",
        )
        assert (rate(9, 10), load_words(1), load_words(2)) == ("90%", "在办1件", "在办2件")
    with translation.override("en"):
        assert (rate(9, 10), load_words(1), load_words(2)) == (
            "90\u00a0%",
            "1 open order",
            "2 open orders",
        )


def _words(context: str, message: str) -> str:
    from django.utils.translation import pgettext

    return pgettext(context, message)
