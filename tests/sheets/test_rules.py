"""What holds for every import: who moves it, what is kept of it, and what it never does."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from linli.kernel.access import permissions
from linli.kernel.accounts.models import Post
from linli.kernel.flow.machine import Stale
from linli.kernel.scope import unscoped
from linli.kernel.sheets import actions, work
from linli.kernel.sheets.enums import ImportState
from linli.kernel.sheets.models import Import, Row
from linli.kernel.sheets.reading import read
from linli.kernel.sheets.workflow import IMPORT
from linli.lib.uuid7 import uuid7
from linli.lib.xlsx import MarkedRow, write_marked
from linli.people.models import Person

from ..conftest import acting
from ..house.test_flows import faults, moves_of
from ..people.hands import OTHER_ID, on_file, signed_in
from ..world import World
from .hands import (
    checked,
    drive,
    fresh,
    outcomes,
    person_row,
    problems,
    run,
    undo,
    upload,
    workbook,
)

pytestmark = pytest.mark.django_db
LATER = timedelta(days=15)


def one_sheet(count: int = 3) -> bytes:
    return workbook([person_row(one) for one in range(1, count + 1)])


def test_the_table_of_moves_is_whole() -> None:
    assert faults(IMPORT, {one.name for one in permissions()}) == []
    assert IMPORT.states() == set(ImportState.values)


def test_only_the_unit_itself_moves_its_imports(world: World) -> None:
    batch = checked(world, one_sheet())
    found = {
        name: moves_of(IMPORT, batch, world.actor(name))
        for name in ("head", "sharing_head", "sibling_head", "dispatcher", "worker", "officer")
    }
    assert found == {
        "head": ["check", "run", "cancel"],
        "sharing_head": [],
        "sibling_head": [],
        "dispatcher": [],
        "worker": [],
        "officer": [],
    }


def test_of_two_who_press_at_once_the_second_is_told(world: World) -> None:
    batch = checked(world, one_sheet())
    other = fresh(batch)
    with acting(world.actor("head")) as actor:
        actions.run_import(batch, actor=actor)
        with pytest.raises(Stale):
            actions.run_import(other, actor=actor)


def test_the_same_file_is_at_work_once(world: World) -> None:
    blob = one_sheet()
    first, second = checked(world, blob), checked(world, blob)
    page = signed_in(world, "head").get(f"/desk/imports/{second.pk}/")
    assert "uploaded the same file" in page.content.decode()
    with acting(world.actor("head")) as actor:
        actions.run_import(first, actor=actor)
        with pytest.raises(actions.AtWork):
            actions.run_import(second, actor=actor)
    drive(first)
    assert outcomes(run(world, second)) == {"already": 3}, "whoever comes later makes nobody twice"


def test_pausing_keeps_what_is_stored_and_going_on_does_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "STORED_AT_ONCE", 2)
    batch = checked(world, one_sheet(7))
    with acting(world.actor("head")) as actor:
        actions.run_import(batch, actor=actor)
    work.store_rows(str(batch.pk))
    with acting(world.actor("head")) as actor:
        actions.pause_import(fresh(batch), actor=actor)
    work.store_rows(str(batch.pk))
    assert outcomes(batch) == {"accepted": 5, "done": 2}
    with acting(world.actor("head")) as actor:
        actions.resume_import(fresh(batch), actor=actor)
    assert outcomes(drive(batch)) == {"done": 7}


def test_a_row_that_has_become_wrong_since_is_refused_and_listed(world: World) -> None:
    batch = checked(world, workbook([person_row(1), person_row(2, citizen_id=OTHER_ID)]))
    assert outcomes(batch) == {"accepted": 2}
    on_file(world, by="sibling_head", name="别处", citizen_id=OTHER_ID, area=350502005001)
    batch = run(world, batch)
    assert outcomes(batch) == {"done": 1, "refused": 1}
    assert [(row, column) for row, column, _text in problems(batch)] == [(3, "citizen_id")]


def test_a_row_that_breaks_spoils_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from linli.people import sheets

    batch = checked(world, one_sheet(3))
    store = sheets.actions.import_person

    def broken(**given: Any) -> Any:
        made = store(**given)
        if given["entry"].details.name == "测试2":
            raise RuntimeError("planted")
        return made

    monkeypatch.setattr(sheets.actions, "import_person", broken)
    assert outcomes(run(world, batch)) == {"done": 2, "refused": 1}
    with unscoped("tests"):
        assert Person.objects.count() == 2, "nor is it stored by half"


def test_when_its_owners_post_ends_an_import_waits_for_a_colleague(world: World) -> None:
    batch = checked(world, one_sheet())
    with acting(world.actor("head")) as actor:
        actions.run_import(batch, actor=actor)
        Post.objects.filter(user=world.users["head"]).update(
            valid_to=actor.today - timedelta(days=1)
        )
    assert drive(batch).state == ImportState.PAUSED
    with unscoped("tests"):
        assert Person.objects.count() == 0


def test_what_is_in_a_file_lies_in_the_database_sealed_and_is_deleted(world: World) -> None:
    batch = checked(world, workbook([person_row(1, phone="12"), person_row(2)]))
    run(world, batch)
    with connection.cursor() as cursor:
        for table in ("sheets_import", "sheets_row", "sheets_mapping", "timeline_event"):
            cursor.execute(f"SELECT string_agg(t::text, '') FROM {table} t")
            told = cursor.fetchone()[0] or ""
            assert "测试1" not in told, table
            assert "测试1".encode().hex() not in told, table
    work.delete_expired(now=timezone.now())
    assert fresh(batch).content
    work.delete_expired(now=timezone.now() + LATER)
    assert (fresh(batch).content, fresh(batch).plan, fresh(batch).state) == ("", "", "done")
    assert signed_in(world, "head").get(f"/desk/imports/{batch.pk}/").status_code == 200
    # For taking back, nothing of the file is needed.
    assert outcomes(undo(world, batch)) == {"removed": 1, "refused": 1}


def test_what_waited_too_long_is_thrown_away(world: World) -> None:
    batch = drive(upload(world, one_sheet()))
    work.delete_expired(now=timezone.now() + LATER)
    assert (fresh(batch).state, fresh(batch).content) == (ImportState.CANCELLED, "")


def test_after_thirty_days_nothing_is_taken_back_and_rows_are_forgotten(world: World) -> None:
    batch = run(world, checked(world, one_sheet()))
    later = timezone.now() + timedelta(days=31)
    with acting(world.actor("head", now=later)) as actor, pytest.raises(actions.TooLate):
        actions.undo_import(batch, actor=actor)
    work.delete_expired(now=later)
    assert not Row.objects.filter(batch=batch).exists()
    assert outcomes(fresh(batch)) == {"done": 3}, "the totals stay"


def test_a_refused_file_is_deleted_at_once(world: World) -> None:
    batch = drive(upload(world, b"PK\x03\x04 no workbook"))
    assert (batch.state, batch.reason, batch.content) == (ImportState.REFUSED, "broken", "")
    page = signed_in(world, "head").get(f"/desk/imports/{batch.pk}/").content.decode()
    assert "damaged" in page


def test_what_goes_back_in_their_sheet_runs_nowhere() -> None:
    texts = ["=1+1", "+86", "-1", "@x", "\t=2", "＝1", "测试"]
    blob = write_marked("a", [MarkedRow(1, texts, {0: "=2", 9: "empty"}, "=3")], note_column=10)
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in text
    (row,) = read(blob)[0]["rows"]
    assert row[1][:7] == texts, "and comes back as it was"


def test_another_file_under_the_same_id_is_not_taken_for_the_first(world: World) -> None:
    client = signed_in(world, "head")
    operation = str(uuid7())

    def send(blob: bytes) -> Any:
        file = SimpleUploadedFile("a.xlsx", blob)
        told = {"kind": "people", "file": file, "operation": operation}
        return client.post("/desk/imports/new/", told)

    blob = one_sheet(1)
    assert send(blob)["Location"] == send(blob)["Location"]
    assert send(one_sheet(2)).status_code == 409
    with unscoped("tests"):
        assert Import.objects.count() == 1


def test_nobody_else_is_sent_a_file(world: World) -> None:
    """A page that asks for none keeps none."""
    client = signed_in(world, "head")
    file = SimpleUploadedFile("a.bin", b"x" * 3_000_000)
    assert client.post("/desk/people/new/", {"name": file}).status_code == 422
