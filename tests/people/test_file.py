from datetime import date, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.scope import unscoped
from linli.kernel.timeline.models import Event
from linli.people import actions, queries
from linli.people.models import Basis, Household, Membership, Person, PersonCategory

from ..conftest import acting
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, World
from .hands import ADDRESS, CITIZEN_ID, PHONE, on_file, signed_in

pytestmark = pytest.mark.django_db
STRANGERS = (
    "sharing_worker",
    "sharing_head",
    "sibling_worker",
    "other_worker",
    "other_dispatcher",
    "officer",
    "city_officer",
    "grid_worker",
)


def full(world: World) -> Person:
    return on_file(
        world,
        basis="consent",
        preferred_name="陈阿婆",
        phone=PHONE,
        citizen_id=CITIZEN_ID,
        address=ADDRESS,
        born_on=date(1950, 1, 1),
    )


def url(person: Person, *parts: object) -> str:
    return "/".join(["/desk/people", str(person.pk), *map(str, parts), ""])


def verbs(person: Person) -> list[str]:
    held = Event.objects.filter(subject_id=person.pk).order_by("id")
    return [one.verb.partition(".")[2] for one in held]


@pytest.mark.parametrize("name", ["worker", "second_worker", "head"])
def test_a_station_opens_its_files_masked_and_that_is_on_record(world: World, name: str) -> None:
    held = full(world)
    page = signed_in(world, name).get(url(held)).content.decode()
    assert not any(one in page for one in (PHONE, CITIZEN_ID, ADDRESS))
    assert ("138****8000" in page, "Change details" in page) == (True, True)
    assert "Show numbers and address" in page
    assert f"Test {name}" in page
    event = Event.objects.get(subject_id=held.pk, verb="people.read")
    assert event.user == world.users[name].pk


@pytest.mark.parametrize("name", STRANGERS)
def test_a_file_is_hidden_from_everybody_else(world: World, name: str) -> None:
    held = full(world)
    assert signed_in(world, name).get(url(held)).status_code == 404
    assert "read" not in verbs(held)


def test_a_dispatcher_sees_the_masked_page_and_can_change_nothing(world: World) -> None:
    held = full(world)
    client = signed_in(world, "dispatcher")
    page = client.get(url(held)).content.decode()
    assert "138****8000" in page
    assert not any(one in page for one in ("/edit/", "/reveal/", "/category/", "/basis/"))
    for part in ("reveal", "edit", "category", "household", "household/leave", "basis"):
        assert client.post(url(held, part)).status_code == 404, part


def test_numbers_are_shown_once_and_that_is_on_record(world: World) -> None:
    held = full(world)
    client = signed_in(world, "worker")
    answer = client.post(url(held, "reveal"))
    page = answer.content.decode()
    assert all(one in page for one in (PHONE, CITIZEN_ID, ADDRESS))
    assert "no-store" in answer["Cache-Control"]
    assert verbs(held)[-1] == "revealed"
    assert client.get(url(held, "reveal")).status_code == 405


@pytest.mark.parametrize("name", ["sharing_head", "dispatcher", "officer"])
def test_the_action_refuses_to_reveal_to_others(world: World, name: str) -> None:
    held = full(world)
    with acting(world.actor(name)) as actor, pytest.raises(Refused):
        actions.reveal(held, actor=actor)
    assert "revealed" not in verbs(held)


def test_a_category_begins_has_a_source_and_ends(world: World) -> None:
    held = full(world)
    client = signed_in(world, "worker")
    given = {"code": "dibao", "source": "区民政局", "valid_from": "2024-01-01"}
    assert client.post(url(held, "category"), given).status_code == 302
    assert client.post(url(held, "category"), given).status_code == 302  # already held: once
    category = PersonCategory.objects.get()
    page = client.get(url(held)).content.decode()
    assert ("Minimum living allowance recipient" in page, "区民政局" in page) == (True, True)
    end = url(held, "category", category.pk, "end")
    assert client.post(end, {"valid_to": "2023-12-31"}).status_code == 422
    later = timezone.localdate() + timedelta(days=1)
    assert client.post(end, {"valid_to": later.isoformat()}).status_code == 422
    assert client.post(end, {"valid_to": "2024-06-30"}).status_code == 302
    category.refresh_from_db()
    assert category.valid_to == date(2024, 6, 30)
    again = client.post(end, {"valid_to": "2024-07-31"})
    assert (again.status_code, again["X-Linli-Refused"]) == (302, "Stale")


@pytest.mark.parametrize(
    ("field", "value"), [("code", ""), ("code", "rich"), ("source", ""), ("valid_from", "gestern")]
)
def test_a_wrong_category_keeps_what_was_typed(world: World, field: str, value: str) -> None:
    held = full(world)
    given = {"code": "dibao", "source": "区民政局", "valid_from": "2024-01-01", field: value}
    answer = signed_in(world, "worker").post(url(held, "category"), given)
    assert answer.status_code == 422
    assert f'value="{given["source"]}"' in answer.content.decode() or field == "source"
    assert PersonCategory.objects.count() == 0


def test_another_persons_category_cannot_be_ended_here(world: World) -> None:
    held, other = full(world), on_file(world, name="别人")
    with acting(world.actor("worker")) as actor:
        foreign = actions.add_category(
            other, actor=actor, code="dibao", source="民政", valid_from=date(2024, 1, 1)
        )
    end = url(held, "category", foreign.pk, "end")
    assert signed_in(world, "worker").post(end, {"valid_to": "2024-06-30"}).status_code == 404


def test_consent_is_given_and_taken_back_and_only_consent_is(world: World) -> None:
    held = full(world)
    client = signed_in(world, "worker")
    assert "Consent (Signed on paper)" in client.get(url(held)).content.decode()
    consent = Basis.objects.get()
    back = url(held, "basis", consent.pk, "withdraw")
    assert client.get(back).status_code == 200
    assert client.post(back).status_code == 302
    assert client.post(back)["X-Linli-Refused"] == "Stale"
    assert "Consent withdrawn" in client.get(url(held)).content.decode()
    client.post(url(held, "basis"), {"basis": "statutory_duty", "form": "signed"})
    duty = Basis.objects.get(code="statutory_duty")
    assert duty.form == ""
    assert client.post(url(held, "basis", duty.pk, "withdraw")).status_code == 404
    assert verbs(held).count("consent_withdrawn") == 1


def test_consent_says_how_it_was_given(world: World) -> None:
    held = on_file(world)
    answer = signed_in(world, "worker").post(url(held, "basis"), {"basis": "consent", "form": ""})
    assert answer.status_code == 422
    assert Basis.objects.filter(code="consent").count() == 0


def household(world: World, person: Person, by: str = "worker") -> Household:
    with acting(world.actor(by)) as actor:
        return actions.join_household(person, actor=actor, relation="self")


def test_somebody_moves_into_the_household_of_a_member_found_by_name(world: World) -> None:
    mother, son = on_file(world, name="陈母亲"), on_file(world, name="王儿子")
    home = household(world, mother)
    client = signed_in(world, "worker")
    page = client.get(url(son, "household"), {"q": "陈母"}).content.decode()
    assert f'value="{home.pk}"' in page
    given = {"household": str(home.pk), "relation": "child"}
    assert client.post(url(son, "household") + "?q=陈母", given).status_code == 302
    assert queries.present_households([son.pk]) == {son.pk: home.pk}
    shown = client.get(url(mother)).content.decode()
    assert ("王儿子" in shown, f'href="{url(son)}"' in shown) == (True, True)


def test_a_household_that_was_not_offered_is_refused(world: World) -> None:
    neighbour = on_file(world, "sharing_worker", name="陈邻居")
    home = household(world, neighbour, "sharing_worker")
    mine = on_file(world, name="王本站")
    client = signed_in(world, "worker")
    page = client.get(url(mine, "household"), {"q": "陈邻"}).content.decode()
    assert str(home.pk) not in page
    given = {"household": str(home.pk), "relation": "child"}
    assert client.post(url(mine, "household") + "?q=陈邻", given).status_code == 422
    with acting(world.actor("worker")) as actor, pytest.raises(Refused):
        actions.join_household(mine, actor=actor, relation="child", household=home)


def test_moving_ends_the_stay_before_and_both_are_shown(world: World) -> None:
    held = full(world)
    household(world, held)
    client = signed_in(world, "worker")
    client.post(url(held, "household"), {"household": "new", "relation": "self", "version": "2"})
    with unscoped("tests"):
        assert Household.objects.count() == 2
    assert Membership.objects.filter(valid_to__isnull=True).count() == 1
    page = client.get(url(held)).content.decode()
    assert ("Former household" in page, 'name="version" value="3"' in page) == (True, True)
    assert client.post(url(held, "household", "leave"), {"version": "3"}).status_code == 302
    assert Membership.objects.filter(valid_to__isnull=True).count() == 0
    assert client.get(url(held, "household", "leave")).status_code == 405


def test_a_member_whose_file_is_kept_elsewhere_has_no_name_here(world: World) -> None:
    mine, theirs = on_file(world, name="王本站"), on_file(world, "sharing_worker", name="陈他站")
    home = household(world, mine)
    Membership.objects.create(
        household=home, person=theirs, relation="spouse", valid_from=date(2024, 1, 1)
    )
    page = signed_in(world, "worker").get(url(mine)).content.decode()
    assert ("陈他站" in page, "a person whose file is kept elsewhere" in page) == (False, True)


@pytest.mark.parametrize("name", STRANGERS)
def test_no_verb_of_a_file_works_for_strangers(world: World, name: str) -> None:
    held = full(world)
    some_id = UUID(int=1)
    client = signed_in(world, name)
    parts = (
        ("category",),
        ("category", some_id, "end"),
        ("household",),
        ("household", "leave"),
        ("basis",),
        ("basis", some_id, "withdraw"),
        ("reveal",),
    )
    assert {client.post(url(held, *part)).status_code for part in parts} == {404}


def test_the_actions_refuse_strangers(world: World) -> None:
    held = full(world)
    basis = Basis.objects.get()
    with acting(world.actor("worker")) as actor:
        category = actions.add_category(
            held, actor=actor, code="dibao", source="民政", valid_from=date(2024, 1, 1)
        )
    today = timezone.localdate()
    for name in ("sharing_head", "dispatcher", "officer", "other_head"):
        with acting(world.actor(name)) as actor:
            for refused in (
                lambda: actions.change_person(
                    held, actor=actor, details=actions.Details("别名", NEXT_VILLAGE)
                ),
                lambda: actions.record_basis(held, actor=actor, basis="consent"),
                lambda: actions.withdraw_consent(basis, actor=actor),
                lambda: actions.end_category(category, actor=actor, valid_to=today),
                lambda: actions.join_household(held, actor=actor, relation="self"),
                lambda: actions.leave_household(held, actor=actor),
                lambda: actions.add_category(
                    held, actor=actor, code="dibao", source="x", valid_from=today
                ),
            ):
                with pytest.raises(Refused):
                    refused()


def test_a_station_of_another_county_may_not_file_under_an_office(world: World) -> None:
    with acting(world.actor("officer")) as actor, pytest.raises(Refused):
        actions.register_person(
            actor=actor, details=actions.Details("甲", OTHER_VILLAGE), basis="consent"
        )


def test_two_withdrawals_are_one(world: World) -> None:
    full(world)
    with acting(world.actor("worker")) as actor:
        first, second = Basis.objects.get(), Basis.objects.get()
        actions.withdraw_consent(first, actor=actor)
        with pytest.raises(Stale):
            actions.withdraw_consent(second, actor=actor)
