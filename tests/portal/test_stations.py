from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from django.utils import timezone, translation

from linli.directory.models import OpeningHours, Site
from linli.kernel.units.models import Unit
from linli.portal.hours import dialled, hours_today
from linli.portal.queries import here, home_area, nearest_site, places_named

from ..world import CITY, COUNTY, NEXT_VILLAGE, SINCE, TOWNSHIP, VILLAGE, World
from .browser import links, resident, text

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


def opened(world: World) -> Site:
    site = Site.objects.get(pk=world.unit_id("station"))
    for opens, closes in ((time(8, 30), time(12)), (time(14, 30), time(17, 30))):
        for weekday in range(5):
            OpeningHours.objects.create(site=site, weekday=weekday, opens=opens, closes=closes)
    return site


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (at(2026, 11, 24), "Open today 08:30–\u206012:00, 14:30–\u206017:30"),
        (at(2026, 11, 22), "Closed today"),
        # The National Day falls on a Thursday.
        (at(2026, 10, 1), "Today is a holiday: it may be closed"),
        # In UTC it is still Sunday.
        (
            datetime(2026, 11, 23, 1, tzinfo=SHANGHAI),
            "Open today 08:30–\u206012:00, 14:30–\u206017:30",
        ),
    ],
)
def test_todays_hours_are_said_in_words(world: World, moment: datetime, told: str) -> None:
    with translation.override("en"):
        assert hours_today(opened(world), now=moment) == told


def test_without_hours_nothing_is_claimed(world: World) -> None:
    site = Site.objects.get(pk=world.unit_id("station"))
    assert hours_today(site, now=timezone.now()) == ""


def test_a_number_is_dialled_without_blanks() -> None:
    assert dialled("0595-2288 0000 ") == "059522880000"
    assert dialled("+86 595 22880000") == "+8659522880000"


def test_the_sites_of_a_place_are_shown_the_most_local_first(world: World) -> None:
    page = resident().get(f"/stations/?at={VILLAGE}")
    told = text(page)
    names = ["Test village", "Test station", "Test sharing", "Test centre"]
    places = [told.index(name) for name in names]
    assert places == sorted(places)
    assert "Test sibling" not in told
    assert "Test other_station" not in told
    assert page.content.decode().count('href="tel:059522880000"') == len(names)


def test_a_place_without_a_centre_is_told_so(world: World) -> None:
    page = resident().get("/stations/?at=350504000000")
    assert "No social work centre serves Luojiang District yet." in text(page)
    assert "tel:12345" in page.content.decode()


def test_tapping_begins_at_the_lowest_area_that_holds_all_centres(world: World) -> None:
    today = timezone.localdate()
    assert home_area(on=today) == CITY
    Unit.objects.filter(pk=world.unit_id("other_centre")).update(valid_to=SINCE)
    assert home_area(on=today) == COUNTY
    Unit.objects.filter(pk=world.unit_id("centre")).update(valid_to=SINCE)
    assert home_area(on=today) == 0


@pytest.mark.parametrize("given", ["3505", "350502004", 350502004000])
def test_the_installation_may_say_where_tapping_begins(world: World, given: str | int) -> None:
    with override_settings(LINLI_HOME_AREA=given):
        found = home_area(on=timezone.localdate())
    assert str(found).startswith(str(given))
    assert len(str(found)) == 12


def test_a_name_is_found_and_narrowed_by_the_names_above(world: World) -> None:
    found = places_named("开元", home=CITY)
    assert TOWNSHIP in [place.code for place, _full in found]
    assert places_named("鲤城 开元", home=CITY) == found
    for typed in ("Licheng District Kaiyuan", "licheng kaiyuan subdistrict", "泉州市·鲤城区 开元"):
        assert places_named(typed, home=CITY) == found
    assert places_named("晋江市 开元街道", home=CITY) == []
    assert places_named("   ", home=CITY) == []


def test_a_name_outside_home_is_found_as_well(world: World) -> None:
    assert [place.code for place, _full in places_named("福建省", home=CITY)] == [350000000000]


@pytest.mark.parametrize("code", [7, 10**12, 999999999999, 350502999000])
def test_a_code_that_is_no_area_is_nowhere(world: World, code: int) -> None:
    assert here(code, on=timezone.localdate()) is None


def test_a_typed_name_leads_on(world: World) -> None:
    page = resident(language="zh-hans").get("/ask/where/", {"need": "care", "q": "开元"})
    assert f"/ask/where/?need=care&at={TOWNSHIP}" in links(page)
    none = resident().get("/ask/where/", {"need": "care", "q": "<b>nowhere"})
    assert "No place of this name was found." in text(none)
    assert "<b>nowhere" not in none.content.decode()


def test_the_nearest_site_has_a_phone(world: World) -> None:
    today = timezone.localdate()
    village = nearest_site(VILLAGE, on=today)
    assert village is not None and village.pk == world.unit_id("village")
    Site.objects.filter(pk=world.unit_id("village")).update(phone="")
    nearest = nearest_site(VILLAGE, on=today)
    assert nearest is not None and nearest.pk in {
        world.unit_id("station"),
        world.unit_id("sharing"),
    }
    assert nearest_site(NEXT_VILLAGE, on=today) != nearest
