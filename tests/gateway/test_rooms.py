"""What each room gives and takes over the API, beside requests and orders (test_api)."""

from typing import Any

import pytest
from django.utils import timezone

from linli.directory.models import Site
from linli.kernel.timeline.models import Event
from linli.people.models import Person

from ..conftest import acting
from ..world import COUNTY, NEXT_VILLAGE, OTHER_VILLAGE, TOWNSHIP, VILLAGE, World
from .test_api import accepted, call, caller, visit

pytestmark = pytest.mark.django_db
NUMBER = "13800138000"
NEW = {"name": "王测试", "area": VILLAGE, "phone": NUMBER, "basis": "statutory_duty"}


def registered(world: World, **changes: Any) -> str:
    made = call(caller(world, "worker"), "post", "people", NEW | changes)
    assert made.status_code == 201, made.content
    return str(made.json()["id"])


def verbs() -> list[str]:
    return list(Event.objects.order_by("id").values_list("verb", flat=True))


def test_a_file_is_masked_and_opening_it_is_on_record(world: World) -> None:
    one = registered(world)
    shown = call(caller(world, "worker"), "get", f"people/{one}")
    assert shown.json()["phone_masked"] == "138****8000"
    assert NUMBER not in shown.content.decode()
    assert verbs()[-1] == "people.read"


def test_numbers_are_told_by_a_call_of_its_own_to_who_may(world: World) -> None:
    one = registered(world)
    told = call(caller(world, "worker"), "post", f"people/{one}/reveal")
    assert told.json()["phone"] == NUMBER
    assert verbs()[-1] == "people.revealed"
    for other in ("dispatcher", "sharing_head", "officer"):
        assert call(caller(world, other), "post", f"people/{one}/reveal").status_code == 404


def test_somebody_is_found_by_name_or_by_exactly_one_number(world: World) -> None:
    one = registered(world)
    for text, found in (("王测", [one]), ("wcs", [one]), (NUMBER, [one]), ("1380013", [])):
        answer = call(caller(world, "worker"), "post", "people/find", {"search": text})
        assert [each["id"] for each in answer.json()["items"]] == found, text
    other = call(caller(world, "sharing_head"), "post", "people/find", {"search": NUMBER})
    assert other.json()["items"] == []


def test_two_changes_of_one_field_meet_and_of_two_fields_do_not(world: World) -> None:
    one, worker = registered(world), caller(world, "worker")
    path = f"people/{one}/change"
    assert call(worker, "post", path, {"name": "李测试", "version": 1}).json()["version"] == 2
    late = call(worker, "post", path, {"name": "赵测试", "version": 1})
    assert (late.status_code, [at["at"] for at in late.json()["errors"]]) == (409, ["name"])
    assert call(worker, "post", path, {"preferred_name": "小李", "version": 1}).status_code == 200
    with acting(world.actor("worker")):
        held = Person.objects.get(pk=one)
    assert (held.name, held.preferred_name, held.phone) == ("李测试", "小李", NUMBER)


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"area": OTHER_VILLAGE}, "area"),
        ({"phone": "12"}, "phone"),
        ({"citizen_id": "110101190001011234"}, "citizen_id"),
        ({"born_on": "2190-01-01"}, "born_on"),
        ({"basis": "consent"}, "form"),
        ({"name": " "}, "name"),
        ({"name": "a\ud800"}, "name"),
        ({"nickname": "x"}, "nickname"),
        ({"area": "350502004001"}, "area"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(
    world: World, change: dict[str, Any], at: str
) -> None:
    answer = call(caller(world, "worker"), "post", "people", NEW | change)
    assert (answer.status_code, answer.json()["errors"][0]["at"]) == (422, at)


def test_refusals_speak_the_language_that_is_asked_for(world: World) -> None:
    worker = caller(world, "worker")
    for language, sentence in (("en", "This value is missing."), ("zh-hans", "缺少该值。")):
        worker.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        answer = call(worker, "post", "people", {"name": "王测试"})
        assert answer.json()["errors"][0]["problem"] == sentence


def test_categories_bases_and_households(world: World) -> None:
    one, worker = registered(world), caller(world, "worker")
    today = timezone.localdate().isoformat()
    category = call(
        worker,
        "post",
        f"people/{one}/categories",
        {"code": "older_alone", "source": "民政", "valid_from": today},
    ).json()["id"]
    ended = call(worker, "post", f"people/{one}/categories/{category}/end", {"valid_to": today})
    assert ended.status_code == 200
    basis = call(worker, "post", f"people/{one}/bases", {"basis": "consent", "form": "signed"})
    withdrawn = call(worker, "post", f"people/{one}/bases/{basis.json()['id']}/withdraw")
    assert withdrawn.status_code == 200
    home = call(worker, "post", f"people/{one}/household", {"relation": "self"})
    assert home.status_code == 200
    assert call(worker, "post", f"people/{one}/household/leave", {}).status_code == 200
    shown = call(worker, "get", f"people/{one}").json()
    assert shown["categories"][0]["valid_to"] == today
    assert {one["withdrawn_on"] for one in shown["bases"]} == {None, today}
    assert shown["households"][0]["until"] == today
    lines = call(worker, "get", f"people/{one}/timeline").json()["items"]
    assert [each["verb"] for each in lines][:2] == ["people.registered", "people.basis_recorded"]


def test_a_service_is_recorded_corrected_and_its_note_read(world: World) -> None:
    one, worker = registered(world), caller(world, "worker")
    body = visit() | {"persons": [one], "anonymous": 0, "facts": "换了灯泡"}
    made = call(worker, "post", "services", body).json()["id"]
    changed = call(worker, "post", f"services/{made}/correct", body | {"minutes": 45, "version": 1})
    assert changed.json()["version"] == 2
    late = call(worker, "post", f"services/{made}/correct", body | {"minutes": 50, "version": 1})
    assert late.status_code == 409
    note = call(worker, "post", f"services/{made}/note").json()["items"]
    assert [each["version"] for each in note] == [2, 1]
    assert verbs()[-1] == "services.note_read"
    assert call(caller(world, "dispatcher"), "post", f"services/{made}/note").status_code == 404
    listed = call(worker, "get", f"services?person={one}").json()["items"]
    assert [each["id"] for each in listed] == [made]


def test_numbers_say_unit_source_and_instant_and_break_down(world: World) -> None:
    call(caller(world, "worker"), "post", "services", visit())
    today = timezone.localdate()
    span = f"first={today.replace(day=1)}&last={today}"
    officer = caller(world, "officer")
    path = f"statistics/numbers?measure=services&{span}&by=method"
    told = call(officer, "get", path).json()
    assert (told["number"], told["area"], told["whose"]) == (1, COUNTY, None)
    assert told["parts"] == [{"value": "visit", "label": told["parts"][0]["label"], "number": 1}]
    assert told["unit"]
    assert told["source"]
    assert told["as_of"]
    by_area = call(officer, "get", f"statistics/numbers?measure=services&{span}&by=area").json()
    assert by_area["parts"][0] == {
        "value": f"{TOWNSHIP:012d}",
        "label": by_area["parts"][0]["label"],
        "number": 1,
    }
    elsewhere = call(officer, "get", f"{path}&area=350503000000")
    assert elsewhere.status_code == 404
    assert call(caller(world, "grid_worker"), "get", path).status_code == 404


def test_single_verdicts_are_kept_back_as_on_the_page(world: World) -> None:
    today = timezone.localdate()
    asked = f"statistics/numbers?measure=verdicts&first={today}&last={today}&by=value"
    told = call(caller(world, "head"), "get", asked).json()
    assert (told["is_kept_back"], told["parts"]) == (True, [])


def test_a_site_is_opened_changed_and_closed(world: World) -> None:
    dispatcher = caller(world, "dispatcher")
    body = {
        "kind": "room",
        "area": NEXT_VILLAGE,
        "zh": "某某社区社工室",
        "en": "Some Room",
        "operating_model": "direct",
        "serves": [],
    }
    made = call(dispatcher, "post", "directory/sites", body)
    assert made.status_code == 201, made.content
    one = made.json()["id"]
    shown = call(dispatcher, "get", f"directory/sites/{one}").json()
    assert (shown["serves"], shown["version"]) == ([NEXT_VILLAGE], 1)
    change = {key: body[key] for key in ("zh", "en", "operating_model")} | {
        "serves": [VILLAGE, NEXT_VILLAGE],
        "version": 1,
    }
    changed = call(dispatcher, "post", f"directory/sites/{one}/change", change)
    assert changed.json()["version"] == 2
    hours = {"hours": [{"weekday": 0, "opens": "08:30", "closes": "12:00"}]}
    assert call(dispatcher, "post", f"directory/sites/{one}/hours", hours).status_code == 200
    elsewhere = change | {"serves": [OTHER_VILLAGE], "version": 3}
    refused = call(dispatcher, "post", f"directory/sites/{one}/change", elsewhere)
    assert refused.json()["errors"][0]["at"] == "serves"
    last = {"last_day": timezone.localdate().isoformat()}
    assert call(dispatcher, "post", f"directory/sites/{one}/close", last).status_code == 200
    assert call(dispatcher, "post", f"directory/sites/{one}/close", last).status_code == 409
    assert Site.objects.get(pk=one).unit.valid_to == timezone.localdate()
    for name in ("worker", "other_dispatcher"):
        refused = call(caller(world, name), "post", f"directory/sites/{one}/close", last)
        assert refused.status_code == 404


def test_areas_terms_units_and_coverage(world: World) -> None:
    worker = caller(world, "worker")
    village = call(worker, "get", f"areas/{VILLAGE}").json()
    assert [one["code"] for one in village["above"]][-1] == TOWNSHIP
    found = call(worker, "get", "areas?search=3505020040").json()["items"]
    assert TOWNSHIP in {one["code"] for one in found}
    assert call(worker, "get", "areas/12").status_code == 404
    assert call(worker, "get", "areas/99999999999999999999").status_code == 404
    assert call(worker, "get", "areas/changes").json() == {"items": [], "older": None}
    codes = {one["code"] for one in call(worker, "get", "terms?list=need").json()["items"]}
    assert "care" in codes
    units = call(caller(world, "dispatcher"), "get", "directory/units?kind=station").json()
    ids = {one["id"] for one in units["items"]}
    assert ids == {str(world.unit_id(name)) for name in ("station", "sharing", "sibling")}
    covered = call(worker, "get", f"directory/coverage?area={COUNTY}").json()["items"]
    here = next(one for one in covered if one["area"] == TOWNSHIP)
    assert set(here["stations"]) == {str(world.unit_id(name)) for name in ("station", "sharing")}


def test_what_was_written_is_read_by_calls_that_leave_a_trace(world: World) -> None:
    order = accepted(world)
    dispatcher = caller(world, "dispatcher")
    request = call(dispatcher, "get", "requests").json()["items"][0]["id"]
    told = call(dispatcher, "post", f"requests/{request}/words").json()
    assert (told["words"], told["name"]) == ("灯泡坏了", "")
    assert verbs()[-1] == "intake.read"
    assert call(dispatcher, "get", f"orders/{order}/words").json()["task"] == "上门"
    lines = call(dispatcher, "get", f"orders/{order}/timeline").json()["items"]
    assert [one["verb"] for one in lines] == ["dispatch.order.opened", "dispatch.order.dispatch"]


def test_an_order_goes_the_long_way(world: World) -> None:
    order, dispatcher, head = accepted(world), caller(world, "dispatcher"), caller(world, "head")
    station = {"station": str(world.unit_id("station"))}
    for _twice in range(2):
        body = {"reason": "no_capacity", "words": "满了"}
        assert call(head, "post", f"orders/{order}/return", body).status_code == 200
        state = call(dispatcher, "get", f"orders/{order}").json()
        if "dispatch" in state["moves"]:
            assert call(dispatcher, "post", f"orders/{order}/dispatch", station).status_code == 200
    decided = station | {"words": "由你站承接"}
    steps = [
        (dispatcher, "arbitrate", decided),
        (dispatcher, "urge", None),
        (head, "accept", None),
        (head, "assign", {"worker": str(world.users["worker"].pk)}),
        (caller(world, "worker"), "services", visit()),
        (caller(world, "worker"), "finish", {"result": "solved"}),
        (dispatcher, "follow-up", {"contact": "reached"}),
        (dispatcher, "say", {"value": "helped"}),
        (dispatcher, "reopen", {"words": "又坏了"}),
        (dispatcher, "withdraw", {"words": "已修好"}),
    ]
    for who, verb, body in steps:
        answer = call(who, "post", f"orders/{order}/{verb}", body)
        assert answer.status_code in {200, 201}, (verb, answer.content)
    assert call(dispatcher, "get", f"orders/{order}").json()["state"] == "withdrawn"
