from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.kernel.flow.machine import Refused, Stale
from linli.kernel.scope import unscoped
from linli.kernel.stats.fold import fold
from linli.kernel.stats.verify import verify
from linli.kernel.timeline.models import Event
from linli.people import actions as people
from linli.people.models import Person
from linli.services import actions
from linli.services.models import Note, Recipient, Service, Version

from ..conftest import acting
from ..people.hands import PHONE, on_file, signed_in
from ..portal.browser import text
from ..world import NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .hands import account, recorded, typed

pytestmark = pytest.mark.django_db
NEW = "/desk/services/new/"
STRANGERS = (
    "sharing_worker",
    "sharing_head",
    "sibling_head",
    "other_head",
    "other_dispatcher",
    "officer",
    "city_officer",
    "grid_worker",
)


def only() -> Service:
    with unscoped("tests"):
        return Service.objects.select_related("note").get()


def url(service: Service, part: str = "") -> str:
    return f"/desk/services/{service.pk}/" + (f"{part}/" if part else "")


def looks(service: Service) -> list[Any]:
    held = Event.objects.filter(subject_id=service.pk, verb="services.note_read")
    return list(held.order_by("id").values_list("user", flat=True))


def test_a_service_is_on_record_with_the_usual_place(world: World) -> None:
    person = on_file(world)
    answer = signed_in(world, "worker").post(NEW, typed(person.pk, anonymous="2"))
    made = only()
    assert answer["Location"] == url(made)
    assert (made.method, made.content, made.place) == ("visit", "counselling", "home")
    assert (made.minutes, made.person_times, made.anonymous) == (25, 3, 2)
    assert (made.unit_id, made.area_id) == (world.unit_id("station"), VILLAGE)
    assert (made.note.facts, made.note.analysis) == ("一起看了相册", "想念女儿")
    assert list(Recipient.objects.values_list("person_id", flat=True)) == [person.pk]
    assert verify() == []


@pytest.mark.parametrize("name", ["dispatcher", "officer", "grid_worker", "administrator"])
def test_only_a_station_records(world: World, name: str) -> None:
    client = signed_in(world, name)
    assert (client.get(NEW).status_code, client.post(NEW, typed()).status_code) == (404, 404)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_on", (timezone.localdate() + timedelta(days=1)).isoformat()),
        ("minutes", "0"),
        ("minutes", "1441"),
        ("method", ""),
        ("content", "nothing"),
        ("area", str(NEXT_VILLAGE)),
        ("anonymous", "-1"),
        ("anonymous", "0"),
    ],
)
def test_an_error_keeps_what_was_typed(world: World, field: str, value: str) -> None:
    given = typed(anonymous="3") | {field: value}
    answer = signed_in(world, "worker").post(NEW, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ("一起看了相册" in page, "想念女儿" in page) == (True, True)
    with unscoped("tests"):
        assert Service.objects.count() == 0


def test_a_method_without_a_usual_place_asks_for_one(world: World) -> None:
    client = signed_in(world, "worker")
    assert client.post(NEW, typed(method="group", anonymous="8")).status_code == 422
    given = typed(method="group", anonymous="8", place="station")
    assert client.post(NEW, given).status_code == 302
    assert only().place == "station"


def test_a_neighbours_person_cannot_be_named(world: World) -> None:
    theirs = on_file(world, "sharing_worker")
    assert signed_in(world, "worker").post(NEW, typed(theirs.pk)).status_code == 422
    with acting(world.actor("worker")) as actor, pytest.raises(Refused):
        actions.record_service(actor=actor, account=account(person_ids=(theirs.pk,)))


@pytest.mark.parametrize("pressed", [{"look": "yes"}, {}])
def test_looking_for_a_name_keeps_everything_and_stores_nothing(
    world: World, pressed: dict[str, str]
) -> None:
    chosen, found = on_file(world, name="王已选"), on_file(world, name="陈要找")
    on_file(world, "sharing_worker", name="陈他站")
    given = typed(chosen.pk, who="陈", method="") | pressed
    answer = signed_in(world, "worker").post(NEW, given)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'value="{chosen.pk}" checked' in page
    assert (f'value="{found.pk}"' in page, "陈他站" in page) == (True, False)
    assert ("一起看了相册" in page, "想念女儿" in page) == (True, True)
    assert 'id="error-summary"' not in page
    with unscoped("tests"):
        assert Service.objects.count() == 0


def test_a_name_whose_persons_were_shown_no_longer_holds_the_form_back(world: World) -> None:
    person = on_file(world)
    answer = signed_in(world, "worker").post(NEW, typed(person.pk, who="陈", looked="陈"))
    assert answer.status_code == 302


def test_a_posted_number_finds_the_person_and_stays_out_of_addresses(world: World) -> None:
    person = on_file(world, phone=PHONE)
    answer = signed_in(world, "worker").post(NEW, typed(who=PHONE, look="yes"))
    assert f'value="{person.pk}"' in answer.content.decode()


def test_the_page_begins_with_the_person_one_comes_from(world: World) -> None:
    person = on_file(world)
    page = signed_in(world, "worker").get(NEW, {"person": str(person.pk)}).content.decode()
    assert f'value="{person.pk}" checked' in page
    assert f'<option value="{VILLAGE}" selected>' in page
    foreign = on_file(world, "sharing_worker", name="陈他站")
    page = signed_in(world, "worker").get(NEW, {"person": str(foreign.pk)}).content.decode()
    assert f'value="{foreign.pk}"' not in page


def test_the_household_is_named_only_if_all_live_in_it(world: World) -> None:
    mother, son = on_file(world, name="陈母亲"), on_file(world, name="陈儿子")
    with acting(world.actor("worker")) as actor:
        home = people.join_household(mother, actor=actor, relation="self")
    client = signed_in(world, "worker")
    given = typed(mother.pk, son.pk, for_household="on")
    assert client.post(NEW, given).status_code == 422
    with acting(world.actor("worker")) as actor:
        people.join_household(son, actor=actor, relation="child", household=home)
    assert client.post(NEW, given).status_code == 302
    assert only().household_id == home.pk


@pytest.mark.parametrize("name", ["worker", "second_worker", "head"])
def test_what_was_written_is_read_on_record(world: World, name: str) -> None:
    made = recorded(world)
    page = signed_in(world, name).get(url(made)).content.decode()
    assert ("换了灯泡" in page, "夜里怕黑" in page) == (True, True)
    assert looks(made) == [world.users[name].pk]
    assert ("Correct the record" in page) == (name != "second_worker")


def test_a_dispatcher_sees_what_is_counted_and_not_what_was_written(world: World) -> None:
    made = recorded(world)
    client = signed_in(world, "dispatcher")
    page = client.get(url(made)).content.decode()
    assert ("换了灯泡" in page, "夜里怕黑" in page, "40 min" in page) == (False, False, True)
    assert looks(made) == []
    assert client.get(url(made, "correct")).status_code == 404
    with acting(world.actor("dispatcher")) as actor, pytest.raises(Refused):
        actions.note_read(made, actor=actor)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_service_is_hidden_from_everybody_else(world: World, name: str) -> None:
    made = recorded(world)
    client = signed_in(world, name)
    assert client.get(url(made)).status_code == 404
    assert client.post(url(made, "correct"), typed(anonymous="1")).status_code == 404
    assert looks(made) == []


def test_without_words_nothing_is_read_and_nothing_recorded(world: World) -> None:
    made = recorded(world, facts="", analysis="")
    page = signed_in(world, "worker").get(url(made)).content.decode()
    assert "Nothing was written." in page
    assert looks(made) == []


def test_a_colleague_cannot_correct_but_the_head_can(world: World) -> None:
    made = recorded(world)
    given = typed(anonymous="4", version="1")
    assert signed_in(world, "second_worker").post(url(made, "correct"), given).status_code == 404
    assert signed_in(world, "head").post(url(made, "correct"), given).status_code == 302


def test_a_correction_keeps_the_version_before_and_every_count_follows(world: World) -> None:
    person = on_file(world)
    made = recorded(world, person_ids=(person.pk,))
    client = signed_in(world, "worker")
    page = client.get(url(made, "correct")).content.decode()
    assert ("换了灯泡" in page, f'value="{person.pk}" checked' in page) == (True, True)
    given = typed(anonymous="5", version="1", area=str(TOWNSHIP), method="phone", place="")
    assert client.post(url(made, "correct"), given)["Location"] == url(made)
    now = only()
    assert (now.version, now.person_times, now.area_id) == (2, 5, TOWNSHIP)
    assert (now.method, now.place, now.note.facts) == ("phone", "remote", "一起看了相册")
    before = Version.objects.get()
    assert (before.number, before.facts, before.analysis) == (1, "换了灯泡", "夜里怕黑")
    assert before.values | {"household": None} == {
        "method": "visit",
        "content": "daily_care",
        "place": "home",
        "occurred_on": timezone.localdate().isoformat(),
        "minutes": 40,
        "area": VILLAGE,
        "household": None,
        "anonymous": 1,
        "persons": [str(person.pk)],
    }
    assert verify() == []
    fold()
    assert verify() == []
    shown = client.get(url(made)).content.decode()
    assert ("version 2" in shown, "换了灯泡" in shown, "一起看了相册" in shown) == (
        True,
        True,
        True,
    )


def test_a_correction_from_an_old_page_is_lost_to_the_faster_one_and_keeps_the_words(
    world: World,
) -> None:
    made = recorded(world)
    with acting(world.actor("head")) as actor:
        actions.correct_service(made, actor=actor, account=account(minutes=50), seen=1)
    answer = signed_in(world, "worker").post(
        url(made, "correct"), typed(anonymous="1", version="1")
    )
    page = text(answer)
    assert answer.status_code == 422
    assert "Test head Test station · Station head changed this on" in page
    assert ("Now it says: 50" in page, "一起看了相册" in page) == (True, True)
    assert only().minutes == 50
    # With the version that was shown now, what was typed is stored on purpose.
    again = signed_in(world, "worker").post(url(made, "correct"), typed(anonymous="1", version="2"))
    assert (again.status_code, only().minutes) == (302, 25)
    with acting(world.actor("worker")) as actor, pytest.raises(Stale):
        actions.correct_service(made, actor=actor, account=account(), seen=1)


def test_a_recipient_who_moved_to_another_station_stays_named(world: World) -> None:
    stays, moves = on_file(world, name="陈留下"), on_file(world, name="王搬走")
    made = recorded(world, person_ids=(stays.pk, moves.pk), anonymous=0)
    Person._base_manager.filter(pk=moves.pk).update(unit=world.sharing)
    client = signed_in(world, "worker")
    page = client.get(url(made, "correct")).content.decode()
    assert ("王搬走" in page, "One more person whose file is kept elsewhere" in page) == (
        False,
        True,
    )
    assert client.post(url(made, "correct"), typed(version="1")).status_code == 302
    assert list(Recipient.objects.values_list("person_id", flat=True)) == [moves.pk]
    assert only().person_times == 1
    assert "王搬走" not in client.get(url(made)).content.decode()
    assert verify() == []


def test_a_record_from_elsewhere_keeps_its_area_in_a_correction(world: World) -> None:
    made = recorded(world)
    Service._base_manager.filter(pk=made.pk).update(area_id=OTHER_VILLAGE)
    page = signed_in(world, "worker").get(url(made, "correct")).content.decode()
    assert f'<option value="{OTHER_VILLAGE}" selected>' in page
    with acting(world.actor("worker")) as actor:
        made = Service.objects.get(pk=made.pk)
        actions.correct_service(made, actor=actor, account=account(area=OTHER_VILLAGE, minutes=41))
    assert Service._base_manager.get(pk=made.pk).minutes == 41


@pytest.mark.parametrize(
    "given",
    [
        {"area": 110101001001},
        {"occurred_on": date(1, 1, 1)},
        {"occurred_on": timezone.localdate() + timedelta(days=1)},
    ],
)
def test_a_service_far_away_or_long_ago_is_refused(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(actions.Implausible):
        recorded(world, **given)


def test_methods(world: World) -> None:
    made = recorded(world)
    client = signed_in(world, "worker")
    assert client.put(NEW).status_code == 405
    assert client.post(url(made)).status_code == 405
    assert client.delete(url(made, "correct")).status_code == 405


def test_the_persons_file_lists_what_they_received(world: World) -> None:
    person = on_file(world)
    made = recorded(world, person_ids=(person.pk,))
    other = recorded(world, occurred_on=date(2024, 5, 6))
    page = signed_in(world, "worker").get(f"/desk/people/{person.pk}/").content.decode()
    assert (url(made) in page, url(other) in page) == (True, False)
    assert f"/desk/services/new/?person={person.pk}" in page
    assert Note.objects.count() == 2


def test_a_day_before_all_stations_keeps_what_was_written(world: World) -> None:
    told = typed(anonymous="1", occurred_on="1999-12-31", facts="一起看了很久的老相册")
    answer = signed_in(world, "worker").post("/desk/services/new/", told)
    assert answer.status_code == 422
    assert "一起看了很久的老相册" in answer.content.decode()
