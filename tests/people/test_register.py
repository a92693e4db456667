from datetime import date, timedelta

import pytest
from django.utils import timezone

from linli.kernel.scope import unscoped
from linli.people.models import Basis, NameToken, Person

from ..world import NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .hands import ADDRESS, CITIZEN_ID, OTHER_ID, PHONE, on_file, signed_in, typed

pytestmark = pytest.mark.django_db
NEW = "/desk/people/new/"


def count() -> int:
    with unscoped("tests"):
        return int(Person.objects.count())


def test_a_new_person_is_on_file_with_the_basis(world: World) -> None:
    answer = signed_in(world, "worker").post(NEW, typed(citizen_id=CITIZEN_ID))
    with unscoped("tests"):
        made = Person.objects.get()
        basis = Basis.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/people/{made.pk}/")
    assert (made.name, made.phone, made.citizen_id) == ("陈测试", PHONE, CITIZEN_ID)
    assert (made.unit_id, made.area_id, made.address) == (
        world.unit_id("station"),
        VILLAGE,
        ADDRESS,
    )
    assert (basis.code, basis.form) == ("consent", "spoken")


def test_the_birth_date_is_read_from_the_number_if_left_out_and_the_sex_never(
    world: World,
) -> None:
    given = typed(citizen_id=OTHER_ID, born_on="", sex="unstated")
    signed_in(world, "worker").post(NEW, given)
    with unscoped("tests"):
        made = Person.objects.get()
    assert (made.born_on, made.sex) == (date(1962, 3, 4), "unstated")


@pytest.mark.parametrize(
    "name", ["dispatcher", "officer", "city_officer", "grid_worker", "administrator"]
)
def test_only_a_station_registers(world: World, name: str) -> None:
    client = signed_in(world, name)
    assert client.get(NEW).status_code == 404
    assert client.post(NEW, typed()).status_code == 404
    assert count() == 0


@pytest.mark.parametrize("area", [NEXT_VILLAGE, OTHER_VILLAGE, 350502000000])
def test_the_area_must_be_one_that_the_station_serves(world: World, area: int) -> None:
    assert signed_in(world, "worker").post(NEW, typed(area=str(area))).status_code == 422
    assert count() == 0


def test_a_township_is_fine_enough(world: World) -> None:
    assert signed_in(world, "worker").post(NEW, typed(area=str(TOWNSHIP))).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("phone", "1380013"),
        ("citizen_id", CITIZEN_ID[:-1] + "1"),
        ("born_on", (timezone.localdate() + timedelta(days=1)).isoformat()),
        ("born_on", "0001-01-01"),
        ("born_on", "1849-12-31"),
        ("form", ""),
        ("basis", "whatever"),
        ("sex", "third"),
    ],
)
def test_an_error_keeps_what_was_typed(world: World, field: str, value: str) -> None:
    answer = signed_in(world, "worker").post(NEW, typed(**{field: value}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{field}"' in page or f'href="#id_{field}' in page
    kept = {"preferred_name": "陈阿婆", "address": ADDRESS, "phone": PHONE} | {field: value}
    assert all(f'value="{one}"' in page for name, one in kept.items() if name in KEPT and one)
    assert count() == 0


KEPT = {"preferred_name", "address", "phone", "citizen_id", "name"}


def test_somebody_alike_is_shown_before_anything_is_stored(world: World) -> None:
    held = on_file(world, phone=PHONE)
    client = signed_in(world, "worker")
    answer = client.post(NEW, typed(name="陈新人", phone=PHONE))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert (f'href="/desk/people/{held.pk}/"' in page, "It is this person" in page) == (True, True)
    assert 'value="陈新人"' in page
    assert count() == 1
    again = client.post(NEW, typed(name="陈新人", phone=PHONE) | {"confirmed": "yes"})
    assert (again.status_code, count()) == (302, 2)


@pytest.mark.parametrize(
    ("born_on", "status"), [("1950-01-01", 409), ("", 409), ("1951-02-03", 302)]
)
def test_a_namesake_of_another_age_is_somebody_else(
    world: World, born_on: str, status: int
) -> None:
    on_file(world, born_on=date(1950, 1, 1))
    answer = signed_in(world, "worker").post(NEW, typed(born_on=born_on, phone=""))
    assert answer.status_code == status


def test_a_neighbours_person_is_neither_shown_nor_compared(world: World) -> None:
    on_file(world, "sharing_worker", phone=PHONE)
    answer = signed_in(world, "worker").post(NEW, typed())
    assert (answer.status_code, count()) == (302, 2)


def test_a_citizen_id_known_at_the_neighbours_is_a_neutral_sentence_at_its_field(
    world: World,
) -> None:
    held = on_file(world, "sharing_worker", name="王别人", citizen_id=CITIZEN_ID)
    answer = signed_in(world, "worker").post(NEW, typed(citizen_id=CITIZEN_ID))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This number may already be known elsewhere. Please ask the county centre." in page
    assert "王别人" not in page
    assert str(held.pk) not in page
    assert 'id="id_citizen_id_error"' in page
    assert count() == 1


def test_a_citizen_id_known_here_shows_whose_it_is(world: World) -> None:
    held = on_file(world, name="王别人", citizen_id=CITIZEN_ID)
    answer = signed_in(world, "worker").post(NEW, typed(citizen_id=CITIZEN_ID))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert f'href="/desk/people/{held.pk}/"' in page
    assert page.count(CITIZEN_ID) == 1  # in the field where it was typed


def test_registering_for_an_order_leads_back_to_it(world: World) -> None:
    order = "0192d3c0-0000-7000-8000-000000000001"
    client = signed_in(world, "worker")
    answer = client.post(f"{NEW}?order={order}", typed())
    with unscoped("tests"):
        made = Person.objects.get()
    assert answer["Location"] == f"/desk/dispatch/{order}/person/?person={made.pk}"
    page = client.post(f"{NEW}?order={order}", typed()).content.decode()
    assert f'href="/desk/dispatch/{order}/person/?person={made.pk}"' in page


def test_a_wrong_method_and_a_strange_order(world: World) -> None:
    client = signed_in(world, "worker")
    assert client.put(NEW).status_code == 405
    answer = client.post(f"{NEW}?order=https://example.org", typed())
    with unscoped("tests"):
        assert answer["Location"] == f"/desk/people/{Person.objects.get().pk}/"


def changed(**given: str) -> dict[str, str]:
    kept = {"name", "preferred_name", "sex", "born_on", "area"}
    return {name: value for name, value in typed().items() if name in kept} | given


def test_an_edit_shows_no_number_and_keeps_what_is_left_empty(world: World) -> None:
    held = on_file(world, phone=PHONE, citizen_id=CITIZEN_ID, address=ADDRESS)
    client, url = signed_in(world, "worker"), f"/desk/people/{held.pk}/edit/"
    page = client.get(url).content.decode()
    assert not any(one in page for one in (PHONE, CITIZEN_ID, ADDRESS))
    assert ("138****8000" in page, "000" + "*" * 13 + "1X" in page) == (True, True)
    answer = client.post(url, changed(name="陈改名", area=str(TOWNSHIP)))
    assert answer["Location"] == f"/desk/people/{held.pk}/"
    with unscoped("tests"):
        after = Person.objects.get()
        tokens = set(NameToken.objects.values_list("token", "area_id"))
    assert (after.name, after.pinyin_key, after.area_id) == ("陈改名", "chen gai ming", TOWNSHIP)
    assert (after.phone, after.citizen_id, after.address) == (PHONE, CITIZEN_ID, ADDRESS)
    assert ("改名", TOWNSHIP) in tokens
    assert not any(word.startswith("陈测") for word, _area in tokens)


def test_an_edit_replaces_and_forgets(world: World) -> None:
    held = on_file(world, phone=PHONE, citizen_id=CITIZEN_ID, address=ADDRESS)
    given = changed(phone="13900139000") | {"forget": ["citizen_id", "address"]}
    signed_in(world, "worker").post(f"/desk/people/{held.pk}/edit/", given)
    with unscoped("tests"):
        after = Person.objects.get()
    assert (after.phone, after.citizen_id, after.address) == ("13900139000", "", "")
    assert after.citizen_id_index is None


def test_an_edit_to_a_known_citizen_id_keeps_what_was_typed(world: World) -> None:
    on_file(world, "sharing_worker", citizen_id=CITIZEN_ID)
    held = on_file(world, name="王本站")
    answer = signed_in(world, "worker").post(
        f"/desk/people/{held.pk}/edit/", changed(name="王改名", citizen_id=CITIZEN_ID)
    )
    assert answer.status_code == 422
    assert 'value="王改名"' in answer.content.decode()
    with unscoped("tests"):
        assert Person.objects.get(pk=held.pk).name == "王本站"


@pytest.mark.parametrize(
    "name",
    ["dispatcher", "sharing_worker", "sharing_head", "sibling_head", "other_head", "officer"],
)
def test_nobody_else_edits(world: World, name: str) -> None:
    held = on_file(world)
    client, url = signed_in(world, name), f"/desk/people/{held.pk}/edit/"
    assert (client.get(url).status_code, client.post(url, changed()).status_code) == (404, 404)


def test_where_the_person_lives_is_chosen_and_not_presumed(world: World) -> None:
    page = signed_in(world, "worker").get(NEW).content.decode()
    assert f'<option value="{VILLAGE}">' in page
    assert f'<option value="{TOWNSHIP}" selected>' not in page
    assert signed_in(world, "worker").post(NEW, typed(area="")).status_code == 422
