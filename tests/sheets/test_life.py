"""The life of an import, from the file to the register and back."""

import pytest

from linli.kernel.scope import unscoped
from linli.kernel.sheets.enums import ImportState
from linli.people.models import Basis, Household, Membership, NameToken, Person, PersonCategory

from ..people.hands import CITIZEN_ID, OTHER_ID, on_file
from ..world import VILLAGE, World
from .hands import checked, outcomes, person_row, problems, run, undo, workbook

pytestmark = pytest.mark.django_db
TABLES = (Person, PersonCategory, Basis, NameToken, Household, Membership)


def stored() -> list[int]:
    with unscoped("tests"):
        return [one._base_manager.count() for one in TABLES]


def test_rows_become_people_and_are_taken_back(world: World) -> None:
    before = stored()
    batch = checked(world, workbook([person_row(one) for one in range(1, 8)]))
    assert (batch.state, outcomes(batch), problems(batch)) == ("checked", {"accepted": 7}, [])
    assert stored() == before, "a trial stores nothing"

    batch = run(world, batch)
    assert (batch.state, outcomes(batch)) == (ImportState.DONE, {"done": 7})
    with unscoped("tests"):
        made = Person.objects.get(name="测试3")
        held = PersonCategory.objects.get(person=made)
    assert (made.sex, made.phone, made.area_id) == ("female", "13800000003", VILLAGE)
    assert (made.unit_id, held.code, held.source) == (
        world.unit_id("station"),
        "dibao",
        "测试民政局",
    )

    batch = undo(world, batch)
    assert (batch.state, outcomes(batch)) == (ImportState.UNDONE, {"removed": 7})
    assert stored() == before


def test_every_row_is_accepted_refused_or_there_already(world: World) -> None:
    on_file(world, by="head", name="测试3", phone="13800000003")
    on_file(world, by="sibling_head", name="别处", citizen_id=OTHER_ID, area=350502005001)
    rows = [
        person_row(1),
        person_row(2, name=""),
        person_row(3),
        person_row(4, citizen_id=CITIZEN_ID[:-1] + "1"),
        person_row(5, citizen_id=OTHER_ID),
        person_row(6, area="没有的社区"),
        person_row(7, category="别的"),
        person_row(8, source=""),
        person_row(9, phone="123"),
        person_row(10),
        person_row(10),
    ]
    batch = checked(world, workbook(rows))
    assert outcomes(batch) == {"accepted": 2, "refused": 8, "already": 1}
    assert batch.total == 11 == sum(outcomes(batch).values())
    assert [(row, column) for row, column, _text in problems(batch)] == [
        (3, "name"),
        (5, "citizen_id"),
        (6, "citizen_id"),
        (7, "area"),
        (8, "categories"),
        (9, "source"),
        (10, "phone"),
        (12, ""),
    ]
    assert outcomes(run(world, batch)) == {"done": 2, "refused": 8, "already": 1}
