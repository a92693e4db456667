"""Every kind of sheet: who may import it, and that a row does what the page for one does."""

from typing import Any

import pytest
from stdnum.cn import uscc

from linli.directory.models import Organisation, Site
from linli.kernel.scope import unscoped
from linli.kernel.sheets.declare import kinds, kinds_for
from linli.kernel.stats import verify as stats
from linli.kernel.timeline.models import Event
from linli.people import actions as people
from linli.people.models import Basis, Membership, NameToken, Person, PersonCategory
from linli.services import actions as services
from linli.services.models import Note, Recipient, Service

from ..conftest import acting
from ..people.hands import on_file, signed_in
from ..world import VILLAGE, World
from .hands import checked, outcomes, problems, run, undo, workbook

pytestmark = pytest.mark.django_db
SERVICE_HEADINGS = (
    "走访日期",
    "时长（分钟）",
    "方式",
    "内容",
    "社区",
    "姓名",
    "人数",
    "走访情况",
    "社工",
)
NAME = "测试街道社工站"


def service_row(**given: str) -> list[str]:
    told = {
        "day": "2026年3月2日",
        "minutes": "45",
        "method": "入户走访",
        "content": "政策咨询",
        "area": str(VILLAGE),
        "persons": "陈测试",
        "others": "",
        "facts": "看望",
        "worker": "Test worker",
    } | given
    return list(told.values())


def rows_of(model: Any, without: set[str]) -> list[dict[str, Any]]:
    """The rows of a model without what differs by itself."""
    held = [name for one in model._meta.fields if (name := one.attname) not in without | {"id"}]
    return [
        {name: value for name, value in row.items() if name in held}
        for row in model._base_manager.order_by("pk").values()
    ]


def verbs() -> list[tuple[str, str]]:
    found = Event.objects.filter(subject_type__in=("people.person", "services.service"))
    return [(one.verb, str(sorted(one.data))) for one in found.order_by("at", "id")]


def test_every_kind_is_for_those_who_may(world: World) -> None:
    held = {
        name: {one.name for one in kinds_for(world.actor(name))}
        for name in ("head", "dispatcher", "administrator", "worker", "officer", "grid_worker")
    }
    assert held == {
        "head": {"people", "services"},
        "dispatcher": {"people", "services", "sites", "agencies"},
        "administrator": {"sites", "agencies"},
        "worker": set(),
        "officer": set(),
        "grid_worker": set(),
    }


def test_every_kind_has_a_sheet_to_fill_in_with_known_names(world: World) -> None:
    client = signed_in(world, "dispatcher")
    actor = world.actor("dispatcher")
    for kind in kinds():
        columns = {one.name for one in kind.columns(actor)}
        told = kind.aliases()
        assert set(told.titles) <= columns, kind.name
        assert set(told.examples) <= columns, kind.name
        for name, words in told.words.items():
            column = next(one for one in kind.columns(actor) if one.name == name)
            assert column.codes is not None
            assert set(words.values()) <= {code for code, _label in column.codes(actor)}
        assert client.get(f"/desk/imports/template/{kind.name}/").status_code == 200


def test_an_imported_person_is_the_same_as_one_registered_by_hand(world: World) -> None:
    """Same rows in every table and the same events, but for keys, times and the person's name."""
    headings = (
        "姓名",
        "性别",
        "出生日期",
        "手机号码",
        "村居",
        "类别",
        "来源",
        "认定日期",
        "户号",
        "关系",
    )
    cells = ["陈测试", "女", "1950.1.2", "13800138000", str(VILLAGE), "低保、独居老人", "测试局"]
    sheet = workbook([[*cells, "2026/1/1", "1", "本人"]], headings)
    batch = run(world, checked(world, sheet, relation="self", basis="statutory_duty"))
    assert outcomes(batch) == {"done": 1}, problems(batch)
    tables = (Person, PersonCategory, Basis, NameToken, Membership)
    skipped = {"person_id", "household_id", "recorded_at", "phone", "valid_to"}
    with unscoped("tests"):
        imported = {one: rows_of(one, skipped) for one in tables}
    told = verbs()
    assert outcomes(undo(world, batch)) == {"removed": 1}
    with unscoped("tests"):
        assert not any(one._base_manager.exists() for one in tables)

    with acting(world.actor("head")) as actor:
        details = people.Details(
            name="陈测试",
            area=VILLAGE,
            sex="female",
            born_on=actor.today.replace(1950, 1, 2),
            phone="13800138000",
        )
        made = people.register_person(actor=actor, details=details, basis="statutory_duty")
        for code in ("dibao", "older_alone"):
            people.add_category(
                made,
                actor=actor,
                code=code,
                source="测试局",
                valid_from=actor.today.replace(2026, 1, 1),
            )
        people.join_household(made, actor=actor, relation="self")
    with unscoped("tests"):
        assert {one: rows_of(one, skipped) for one in tables} == imported
    by_hand = verbs()[len(told) + 1 :]
    assert sorted(by_hand) == sorted(told)


def test_a_household_is_one_for_all_its_rows(world: World) -> None:
    headings = ("姓名", "村居", "户号", "与户主关系")
    rows = [["测甲", str(VILLAGE), "7", "户主"], ["测乙", str(VILLAGE), "7", "妻"]]
    rows.append(["测丙", str(VILLAGE), "8", "户主"])
    batch = run(world, checked(world, workbook(rows, headings), basis="statutory_duty"))
    with unscoped("tests"):
        homes = Membership.objects.order_by("person__name").values_list("household_id", flat=True)
        assert (len(homes), len(set(homes))) == (3, 2)
    assert outcomes(undo(world, batch)) == {"removed": 3}


def test_services_are_recorded_for_their_workers_and_counted(world: World) -> None:
    on_file(world, name="陈测试")
    rows = [
        service_row(),
        service_row(persons="", others="12", method="小组", worker=""),
        service_row(persons="没有的人"),
        service_row(day="2099-01-01"),
        service_row(worker="别人"),
        service_row(minutes="0"),
        service_row(persons="", others=""),
    ]
    batch = checked(world, workbook(rows, SERVICE_HEADINGS), kind="services", place="station")
    assert outcomes(batch) == {"accepted": 2, "refused": 5}
    assert [(row, name) for row, name, _text in problems(batch)] == [
        (4, "persons"),
        (5, "occurred_on"),
        (6, "worker"),
        (7, "minutes"),
        (8, "persons"),
    ]
    batch = run(world, batch)
    with unscoped("tests"):
        one, many = Service.objects.order_by("anonymous")
        assert (one.worker_id, one.minutes, one.person_times) == (
            world.users["worker"].pk,
            45,
            1,
        )
        assert (many.worker_id, many.anonymous) == (world.users["head"].pk, 12)
        assert (Recipient.objects.count(), Note.objects.get(service=one).facts) == (1, "看望")
        assert list(stats.verify()) == []
    again = checked(world, workbook(rows[:1], SERVICE_HEADINGS), kind="services", place="station")
    assert outcomes(again) == {"already": 1}

    assert outcomes(undo(world, batch)) == {"removed": 2, "refused": 5}
    with unscoped("tests"):
        assert Service.objects.count() == 0
        assert list(stats.verify()) == []


def test_what_others_have_built_on_is_kept(world: World) -> None:
    headings = ("姓名", "村居")
    rows = [["测甲", str(VILLAGE)], ["测乙", str(VILLAGE)], ["测丙", str(VILLAGE)]]
    batch = run(world, checked(world, workbook(rows, headings), basis="statutory_duty"))
    with unscoped("tests"):
        first, second = Person.objects.order_by("recorded_at", "name")[:2]
    with acting(world.actor("worker")) as actor:
        people.add_category(
            first, actor=actor, code="dibao", source="测试局", valid_from=actor.today
        )
        account = services.Account(
            method="visit",
            content="policy",
            place="home",
            occurred_on=actor.today,
            minutes=30,
            area=VILLAGE,
            person_ids=(second.pk,),
        )
        services.record_service(actor=actor, account=account)
    batch = undo(world, batch)
    assert outcomes(batch) == {"kept": 2, "removed": 1}
    with unscoped("tests"):
        assert set(Person.objects.values_list("pk", flat=True)) == {first.pk, second.pk}
        assert list(stats.verify()) == []
    page = signed_in(world, "head").get(f"/desk/imports/{batch.pk}/")
    assert f"/desk/people/{first.pk}/" in page.content.decode()


def test_a_dispatcher_names_the_station(world: World) -> None:
    headings = ("社工站", "姓名", "村居")
    rows = [
        ["测试sibling", "测甲", "350502005001"],
        ["测试other_station", "测乙", "350502005001"],
        ["", "测丙", "350502005001"],
    ]
    batch = checked(world, workbook(rows, headings), by="dispatcher", basis="statutory_duty")
    assert outcomes(batch) == {"accepted": 1, "refused": 2}
    run(world, batch, by="dispatcher")
    with unscoped("tests"):
        assert Person.objects.get().unit_id == world.unit_id("sibling")
    assert outcomes(undo(world, batch, by="dispatcher")) == {"removed": 1, "refused": 2}


def test_sites_and_agencies_come_from_sheets(world: World) -> None:
    number = "52350502MA0000000"
    code = number + uscc.calc_check_digit(number)
    agency = workbook(
        [["测试社工机构", code, "350502000000"]] * 2, ("机构名称", "信用代码", "登记地")
    )
    batch = checked(world, agency, by="dispatcher", kind="agencies", phone="")
    assert outcomes(batch) == {"accepted": 1, "refused": 1}
    agencies = run(world, batch, by="dispatcher")
    headings = ("名称", "类型", "所在街道", "服务社区", "承接机构")
    rows = [
        [NAME, "社工站", "350502004000", "350502004001、350502004002", "测试社工机构"],
        ["测试station", "社工站", "350502004000", "", ""],
        ["测试室", "别的", "350502004000", "", ""],
        ["测试室", "社工室", "350503001001", "", ""],
    ]
    batch = checked(world, workbook(rows, headings), by="dispatcher", kind="sites", capacity="30")
    assert outcomes(batch) == {"accepted": 1, "refused": 2, "already": 1}
    batch = run(world, batch, by="dispatcher")
    made = Site.objects.get(unit__zh=NAME)
    assert (made.capacity, made.operator_id) == (30, Organisation.objects.get(credit_code=code).pk)
    assert made.unit.service_areas.count() == 2
    # The site is operated by the agency: as long as it is there, the agency stays.
    assert outcomes(undo(world, agencies, by="dispatcher")) == {"kept": 1, "refused": 1}
    assert outcomes(undo(world, batch, by="dispatcher"))["removed"] == 1
    assert not Site.objects.filter(unit__zh=NAME).exists()
