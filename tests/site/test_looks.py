"""Who looked at this person, what did this worker look at: answered to those who may ask."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from linli.dispatch import actions as dispatch
from linli.intake import actions as intake
from linli.kernel.timeline.models import Event
from linli.people import actions as people
from linli.people.models import Person
from linli.services import actions as services

from ..conftest import acting
from ..people.test_merging import merged
from ..world import VILLAGE, World

pytestmark = pytest.mark.django_db
NAME = "王测试"


def person(world: World, who: str = "worker", name: str = NAME) -> Person:
    with acting(world.actor(who)) as actor:
        details = people.Details(name=name, area=VILLAGE, born_on=date(1950, 1, 1))
        return people.register_person(actor=actor, details=details, basis="consent", form="signed")


def client(world: World, who: str) -> Client:
    made = Client(headers={"Accept-Language": "en"})
    made.force_login(world.users[who], backend="linli.kernel.accounts.backends.PhoneBackend")
    return made


def order_for(world: World, one: Person) -> Any:
    asked = intake.Asked(area=VILLAGE, need="care", words="words", for_whom="other")
    with acting(world.actor("dispatcher")) as actor:
        receipt = intake.register_request(actor=actor, asked=asked, door="window")
        order = intake.accept_request(
            receipt.request, actor=actor, area=VILLAGE, need="care", urgency="week", task="task"
        )
        dispatch.dispatch_order(order, actor=actor, station_id=world.unit_id("station"))
    with acting(world.actor("head")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.assign_order(order, actor=actor, worker=world.users["worker"])
    with acting(world.actor("worker")) as actor:
        dispatch.name_person(order, actor=actor, person_id=one.pk)
    return receipt, order


def lookers(world: World, one: Person, who: str = "head") -> dict[str, list[str]]:
    answer = client(world, who).get(f"/desk/audit/person/{one.pk}/")
    assert answer.status_code == 200
    return {held["who"]: held["how"] for held in answer.context["lookers"]}


def test_every_way_to_a_person_leaves_a_look(world: World) -> None:
    one = person(world)
    receipt, _order = order_for(world, one)
    with acting(world.actor("worker")) as actor:
        account = services.Account(
            method="visit",
            content="daily_care",
            place="home",
            occurred_on=actor.today,
            minutes=10,
            area=VILLAGE,
            person_ids=(one.pk,),
            facts="facts",
        )
        service = services.record_service(actor=actor, account=account)
    assert lookers(world, one) == {}

    worker = client(world, "worker")
    steps = {
        "opened the file": lambda: worker.get(f"/desk/people/{one.pk}/"),
        "looked at numbers and address": lambda: worker.post(f"/desk/people/{one.pk}/reveal/"),
        "found by a search": lambda: worker.get("/desk/people/", {"q": NAME[0]}),
        "read a request": lambda: worker.get(f"/desk/intake/{receipt.request.pk}/"),
        "read the note of a service": lambda: worker.get(f"/desk/services/{service.pk}/"),
        "in an export": lambda: worker.get("/desk/people/", {"export": "xlsx"}),
    }
    for done, (how, step) in enumerate(steps.items(), start=1):
        assert step().status_code == 200, how
        ways = lookers(world, one)["Test worker"]
        assert how in ways and len(ways) == done, (how, ways)
    dispatcher = client(world, "dispatcher")
    assert dispatcher.get(f"/desk/services/{service.pk}/").status_code == 200
    assert lookers(world, one)["Test dispatcher"] == ["opened a service"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/desk/people/pick/?kind=radio&name=person", {"who": NAME}),
        ("/desk/services/new/", {"who": NAME, "look": "1"}),
    ],
)
def test_a_search_in_a_form_leaves_a_look_too(world: World, path: str, data: Any) -> None:
    one = person(world)
    assert client(world, "worker").post(path, data).status_code == 200
    assert lookers(world, one) == {"Test worker": ["found by a search"]}


def test_the_search_of_the_desk_and_a_form_about_somebody_leave_a_look(world: World) -> None:
    one = person(world)
    worker = client(world, "second_worker")
    assert NAME in worker.get("/desk/search/", {"q": NAME}).text
    assert lookers(world, one) == {"Test second_worker": ["found by a search"]}
    assert worker.get(f"/desk/people/{one.pk}/edit/").status_code == 200
    assert "opened the file" in lookers(world, one)["Test second_worker"]


def test_an_export_is_found_by_each_of_its_persons_and_by_nobody_elses(world: World) -> None:
    inside, outside = person(world), person(world, "sharing_worker", "李测试")
    assert client(world, "worker").get("/desk/people/?export=xlsx").status_code == 200
    assert lookers(world, inside) == {"Test worker": ["in an export"]}
    assert lookers(world, outside, "sharing_head") == {}


def test_a_look_before_the_person_was_named_counts_as_well(world: World) -> None:
    """The request was read when nobody knew yet who it was for."""
    one = person(world)
    asked = intake.Asked(area=VILLAGE, need="care", words="words", for_whom="other")
    with acting(world.actor("dispatcher")) as actor:
        receipt = intake.register_request(actor=actor, asked=asked, door="window")
    assert client(world, "dispatcher").get(f"/desk/intake/{receipt.request.pk}/").status_code == 200
    with acting(world.actor("dispatcher")) as actor:
        order = intake.accept_request(
            receipt.request, actor=actor, area=VILLAGE, need="care", urgency="week", task="task"
        )
        dispatch.dispatch_order(order, actor=actor, station_id=world.unit_id("station"))
    with acting(world.actor("head")) as actor:
        dispatch.accept_order(order, actor=actor)
        dispatch.name_person(order, actor=actor, person_id=one.pk)
    assert lookers(world, one) == {"Test dispatcher": ["read a request"]}


def test_the_audit_administrator_learns_who_looked_and_not_at_whom(world: World) -> None:
    one = person(world)
    client(world, "worker").get(f"/desk/people/{one.pk}/")
    auditor = client(world, "auditor")
    answer = auditor.get(f"/desk/audit/person/{one.pk}/")
    assert [held["who"] for held in answer.context["lookers"]] == ["Test worker"]
    assert NAME not in answer.text
    assert NAME not in auditor.get(f"/desk/audit/worker/{world.users['worker'].pk}/").text
    assert auditor.get(f"/desk/people/{one.pk}/").status_code == 404
    # That they asked is on record, and told to those of the house.
    told = Event.objects.get(verb="site.looks_asked", subject_id=one.pk)
    assert told.user == world.users["auditor"].pk


@pytest.mark.parametrize("who", ["worker", "sharing_head", "officer", "other_dispatcher"])
def test_nobody_else_may_ask(world: World, who: str) -> None:
    one = person(world)
    asking = client(world, who)
    assert asking.get(f"/desk/audit/person/{one.pk}/").status_code == 404
    assert asking.get(f"/desk/audit/worker/{world.users['worker'].pk}/").status_code == 404


def test_a_receipt_leads_to_the_person_or_to_the_request(world: World) -> None:
    one = person(world)
    receipt, _order = order_for(world, one)
    auditor = client(world, "auditor")
    answer = auditor.post("/desk/audit/find/", {"q": receipt.number})
    assert answer.headers["Location"] == f"/desk/audit/person/{one.pk}/"
    asked = intake.Asked(area=VILLAGE, need="care", words="words", for_whom="other")
    with acting(world.actor("dispatcher")) as actor:
        bare = intake.register_request(actor=actor, asked=asked, door="window")
    answer = auditor.post("/desk/audit/find/", {"q": bare.number})
    assert answer.headers["Location"] == f"/desk/audit/request/{bare.request.pk}/"
    client(world, "dispatcher").get(f"/desk/intake/{bare.request.pk}/")
    shown = auditor.get(answer.headers["Location"])
    assert [held["who"] for held in shown.context["lookers"]] == ["Test dispatcher"]
    assert (
        auditor.post("/desk/audit/find/", {"q": str(one.pk)})
        .headers["Location"]
        .endswith(f"{one.pk}/")
    )
    for nothing in ("", "x", "\x00", "01890000-0000-7000-8000-000000000000"):
        answer = auditor.post("/desk/audit/find/", {"q": nothing})
        assert answer.headers["Location"] == "/desk/audit/"


def test_what_lies_outside_somebodys_work_stands_out(world: World) -> None:
    own, with_order, other = (
        person(world),
        person(world, name="赵测试"),
        person(world, name="钱测试"),
    )
    Person._base_manager.filter(pk__in=(with_order.pk, other.pk)).update(
        registered_by_id=world.users["head"].pk
    )
    order_for(world, with_order)
    worker = client(world, "worker")
    for one in (own, with_order, other, other):
        worker.get(f"/desk/people/{one.pk}/")
    answer = client(world, "head").get(f"/desk/audit/worker/{world.users['worker'].pk}/")
    seen = {one["what"]: one for one in answer.context["seen"]}
    assert {name for name, one in seen.items() if one["is_outside"]} == {"钱测试"}
    assert (seen["钱测试"]["times"], seen[NAME]["times"]) == ("2", "1")
    (today,) = answer.context["days"]
    assert (today["times"], today["files"]) == (4, 3)
    listed = client(world, "head").get("/desk/audit/")
    assert "Test worker" in listed.text and "Test sharing_worker" not in listed.text


def test_looks_from_a_post_elsewhere_stay_there(world: World) -> None:
    """A head asks about their own station, whatever else somebody does in another post."""
    one = person(world)
    client(world, "worker").get(f"/desk/people/{one.pk}/")
    post = world.users["worker"].posts.get()
    post.unit = world.sibling
    post.save()
    user = world.users["worker"].pk
    assert client(world, "head").get(f"/desk/audit/worker/{user}/").status_code == 404
    answer = client(world, "sibling_head").get(f"/desk/audit/worker/{user}/")
    assert [held["what"] for held in answer.context["seen"]] == [
        f"Person’s file {str(one.pk)[-12:]}"
    ]


def test_both_answers_are_exported(world: World) -> None:
    one = person(world)
    client(world, "worker").get(f"/desk/people/{one.pk}/")
    head = client(world, "head")
    for path, words in (
        (f"/desk/audit/person/{one.pk}/", ["Test worker", "opened the file"]),
        (f"/desk/audit/worker/{world.users['worker'].pk}/", [NAME, "opened the file"]),
    ):
        answer = head.get(path, {"export": "xlsx"})
        (name,) = CalamineWorkbook.from_filelike(BytesIO(answer.content)).sheet_names
        book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
        cells = " ".join(
            str(cell) for row in book.get_sheet_by_name(name).to_python() for cell in row
        )
        assert all(word in cells for word in words), cells


def test_older_looks_are_asked_for_by_time(world: World) -> None:
    one = person(world)
    with acting(world.actor("worker").at(timezone.now() - timedelta(days=200))) as actor:
        people.note_read(one, actor=actor)
    assert lookers(world, one) == {}
    answer = client(world, "head").get(f"/desk/audit/person/{one.pk}/?days=365")
    assert [held["who"] for held in answer.context["lookers"]] == ["Test worker"]


def test_who_looked_at_a_file_that_was_merged_looked_at_the_person(world: World) -> None:
    kept, other = person(world), person(world, name="王测验")
    with acting(world.actor("second_worker")) as actor:
        people.note_read(other, actor=actor)
    before = lookers(world, kept)
    merged(world, kept, other)
    looker = world.users["second_worker"].name
    assert looker not in before
    assert lookers(world, kept)[looker] == ["opened the file"]
