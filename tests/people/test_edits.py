"""Two colleagues at the same file: the later one is told, and nothing typed is lost."""

import re
from typing import Any

import pytest
from django.utils import timezone

from linli.kernel.flow.machine import Refused
from linli.kernel.scope import unscoped
from linli.people import actions
from linli.people.models import Membership, Person, PersonCategory

from ..conftest import acting
from ..portal.browser import text
from ..world import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .hands import ADDRESS, PHONE, on_file, signed_in

pytestmark = pytest.mark.django_db


def url(person: Person, *parts: str) -> str:
    return "/".join(["/desk/people", str(person.pk), *parts, ""])


def version_of(page: Any) -> str:
    (found,) = set(re.findall(r'name="version" value="(\d+)"', page.content.decode()))
    return found


def details(page: Any, **given: str) -> dict[str, str]:
    """What the edit form sends that was opened as `page`."""
    told = {"name": "陈测试", "preferred_name": "", "sex": "unstated", "born_on": ""}
    return told | {"area": str(VILLAGE), "version": version_of(page)} | given


def now(person: Person) -> Person:
    with unscoped("test"):
        return Person.objects.get(pk=person.pk)


def test_the_later_one_sees_who_changed_what_and_keeps_what_was_typed(world: World) -> None:
    person = on_file(world)
    mine, theirs = signed_in(world, "worker"), signed_in(world, "head")
    opened = mine.get(url(person, "edit"))
    also_opened = theirs.get(url(person, "edit"))
    theirs.post(url(person, "edit"), details(also_opened, preferred_name="陈奶奶", sex="female"))

    answer = mine.post(url(person, "edit"), details(opened, preferred_name="阿婆", sex="female"))
    page = text(answer)
    assert answer.status_code == 422
    today = timezone.localtime().strftime("%Y-%m-%d")
    assert f"Test head Test station · Station head changed this on {today}" in page
    assert "Called." in page
    assert "Sex." not in page
    assert "Now it says: 陈奶奶" in page
    assert 'value="阿婆"' in answer.content.decode()
    assert now(person).preferred_name == "陈奶奶"

    # The page that came back carries the version it has shown: sent again, it is meant.
    again = details(answer, preferred_name="阿婆", sex="female")
    assert again["version"] == "2"
    assert mine.post(url(person, "edit"), again).status_code == 302
    assert now(person).preferred_name == "阿婆"


def test_what_the_form_never_showed_is_not_told_in_clear(world: World) -> None:
    person = on_file(world, phone=PHONE)
    mine, theirs = signed_in(world, "worker"), signed_in(world, "head")
    opened = mine.get(url(person, "edit"))
    theirs.post(url(person, "edit"), details(theirs.get(url(person, "edit")), phone="13900139000"))
    answer = mine.post(url(person, "edit"), details(opened, phone="13700137000"))
    assert answer.status_code == 422
    assert "Now it says: 139****9000" in text(answer)
    assert "13900139000" not in answer.content.decode()
    # Left empty, the number stays as the colleague has stored it: nothing is lost, nobody asked.
    assert mine.post(url(person, "edit"), details(opened, sex="female")).status_code == 302
    assert (now(person).phone, now(person).sex) == ("13900139000", "female")


def test_a_form_without_a_version_has_seen_nothing(world: World) -> None:
    person = on_file(world)
    theirs = signed_in(world, "head")
    theirs.post(url(person, "edit"), details(theirs.get(url(person, "edit")), name="陈改名"))
    told = details(theirs.get(url(person, "edit")), name="陈另名")
    del told["version"]
    answer = signed_in(world, "worker").post(url(person, "edit"), told)
    assert answer.status_code == 422
    assert now(person).name == "陈改名"


def test_two_households_at_once(world: World) -> None:
    person = on_file(world)
    mine, theirs = signed_in(world, "worker"), signed_in(world, "head")
    opened = mine.get(url(person, "household"))
    told = {"household": "new", "relation": "self", "version": version_of(opened)}
    assert theirs.post(url(person, "household"), told).status_code == 302
    answer = mine.post(url(person, "household"), told | {"relation": "other"})
    assert answer.status_code == 422
    assert "Test head Test station · Station head changed this on" in text(answer)
    held = Membership.objects.get(valid_to__isnull=True)
    assert held.relation == "self"
    again = told | {"relation": "other", "version": version_of(answer)}
    assert mine.post(url(person, "household"), again).status_code == 302


def test_who_ends_a_stay_ends_the_one_they_saw(world: World) -> None:
    person = on_file(world)
    mine, theirs = signed_in(world, "worker"), signed_in(world, "head")
    with acting(world.actor("head")) as actor:
        actions.join_household(person, actor=actor, relation="self")
    opened = version_of(mine.get(url(person)))
    told = {"household": "new", "relation": "other", "version": opened}
    theirs.post(url(person, "household"), told)
    answer = mine.post(url(person, "household", "leave"), {"version": opened})
    assert (answer.status_code, answer["X-Linli-Refused"]) == (302, "Overtaken")
    assert Membership.objects.get(valid_to__isnull=True).relation == "other"
    opened = version_of(mine.get(url(person)))
    mine.post(url(person, "household", "leave"), {"version": opened})
    assert not Membership.objects.filter(valid_to__isnull=True).exists()


def test_a_household_and_the_details_do_not_hold_each_other_up(world: World) -> None:
    person = on_file(world, address=ADDRESS)
    mine, theirs = signed_in(world, "worker"), signed_in(world, "head")
    opened = mine.get(url(person, "edit"))
    told = {"household": "new", "relation": "self", "version": version_of(opened)}
    assert theirs.post(url(person, "household"), told).status_code == 302
    assert mine.post(url(person, "edit"), details(opened, sex="female")).status_code == 302
    assert now(person).version == 3


@pytest.mark.parametrize("area", [OTHER_VILLAGE, NEXT_VILLAGE, COUNTY, 0])
def test_nobody_is_put_on_file_outside_the_area_that_is_looked_after(
    world: World, area: int
) -> None:
    person = on_file(world)
    with acting(world.actor("worker")) as actor:
        with pytest.raises(Refused):
            actions.register_person(
                actor=actor, details=actions.Details("王别处", area), basis="statutory_duty"
            )
        with pytest.raises(Refused):
            actions.change_person(
                person, actor=actor, details=actions.Details("陈测试", area), seen=1
            )
    assert (now(person).area_id, now(person).version) == (VILLAGE, 1)


def test_who_lives_elsewhere_already_may_stay_there_in_a_change(world: World) -> None:
    person = on_file(world)
    Person._base_manager.filter(pk=person.pk).update(area_id=OTHER_VILLAGE)
    with acting(world.actor("worker")) as actor:
        held = Person.objects.get(pk=person.pk)
        actions.change_person(held, actor=actor, details=actions.Details("陈改名", OTHER_VILLAGE))
        actions.change_person(held, actor=actor, details=actions.Details("陈改名", TOWNSHIP))
        with pytest.raises(Refused):
            actions.change_person(
                held, actor=actor, details=actions.Details("陈改名", OTHER_VILLAGE)
            )
    assert now(person).area_id == TOWNSHIP


def test_a_category_that_a_colleague_has_recorded_otherwise_is_not_dropped(world: World) -> None:
    person = on_file(world)
    mine, theirs = signed_in(world, "worker"), signed_in(world, "head")
    told = {"code": "dibao", "source": "区民政局", "valid_from": "2024-01-01"}
    assert theirs.post(url(person, "category"), told).status_code == 302
    assert mine.post(url(person, "category"), told).status_code == 302
    answer = mine.post(url(person, "category"), told | {"source": "本人"})
    assert answer.status_code == 422
    assert "It is on file already, since 1 January 2024, by: 区民政局." in text(answer)
    assert 'value="本人"' in answer.content.decode()
    assert PersonCategory.objects.count() == 1
