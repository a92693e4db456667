"""The pages of an import, as a station head meets them."""

from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from linli.kernel.scope import unscoped
from linli.kernel.sheets import actions
from linli.kernel.sheets.models import Import
from linli.kernel.sheets.reading import read
from linli.people.models import Person

from ..people.hands import signed_in
from ..world import World
from .hands import drive, outcomes, person_row, workbook

pytestmark = pytest.mark.django_db
NEW = "/desk/imports/new/"


def sent(client: Client, blob: bytes, name: str = "花名册.xlsx", kind: str = "people") -> Any:
    file = SimpleUploadedFile(name, blob)
    return client.post(NEW, {"kind": kind, "file": file})


def uploaded(client: Client, blob: bytes) -> Import:
    answer = sent(client, blob)
    assert answer.status_code == 302, answer.content.decode()
    with unscoped("tests"):
        return drive(Import.objects.latest("uploaded_at"))


def plan_sent(client: Client, batch: Import, **given: str) -> Any:
    """The form of the columns as it is offered, with some values filled in."""
    path = f"/desk/imports/{batch.pk}/mapping/"
    form = client.get(path).context["form"]
    told = {
        name: value
        for name in form.fields
        if (value := form.get_initial_for_field(form.fields[name], name)) not in (None, "")
    }
    return client.post(path, told | given)


def test_a_sheet_goes_all_the_way(world: World) -> None:
    client = signed_in(world, "head")
    rows = [person_row(1), person_row(2, phone="12"), person_row(3)]
    batch = uploaded(client, workbook(rows))
    assert plan_sent(client, batch).status_code == 422, "nobody has said why the data may be kept"
    answer = plan_sent(client, batch, fixed_basis="statutory_duty")
    assert answer.status_code == 302, answer.context["form"].errors
    batch = drive(batch)
    page = client.get(f"/desk/imports/{batch.pk}/")
    assert outcomes(batch) == {"accepted": 2, "refused": 1}
    assert "E3" in page.content.decode()

    marked = client.get(f"/desk/imports/{batch.pk}/marked/")
    sheet = read(marked.content)[0]["rows"]
    assert [number for number, _cells in sheet] == [1, 2, 3, 4]
    assert "phone number" in sheet[2][1][-1]
    only = read(client.get(f"/desk/imports/{batch.pk}/marked/?only=refused").content)[0]["rows"]
    assert [cells[1] for _number, cells in only] == ["服务对象姓名", "测试2"]

    assert client.post(f"/desk/imports/{batch.pk}/run/").status_code == 302
    drive(batch)
    with unscoped("tests"):
        assert Person.objects.count() == 2
    # The mended sheet, with its column of errors: what is imported is there already.
    batch = uploaded(client, marked.content)
    answer = plan_sent(client, batch)
    assert answer.status_code == 302, "what was said is remembered"
    assert outcomes(drive(batch)) == {"already": 2, "refused": 1}
    assert client.post(f"/desk/imports/{batch.pk}/cancel/").status_code == 302


def test_words_are_asked_for_once(world: World) -> None:
    client = signed_in(world, "head")
    blob = workbook([person_row(1, category="本地困难户")])
    batch = uploaded(client, blob)
    answer = plan_sent(client, batch, fixed_basis="statutory_duty")
    form = answer.context["form"] if answer.context else None
    if form is None:
        raise AssertionError("the word was not asked for")
    (word,) = (name for name in form.fields if name.startswith("word_"))
    answer = plan_sent(client, batch, **{"fixed_basis": "statutory_duty", word: "dibao"})
    assert answer.status_code == 302
    assert outcomes(drive(batch)) == {"accepted": 1}

    batch = uploaded(client, blob)
    answer = plan_sent(client, batch)
    assert answer.status_code == 302, "the word is known now"


@pytest.mark.parametrize("name", ["worker", "officer", "grid_worker"])
def test_who_may_not_import_finds_nothing(world: World, name: str) -> None:
    client = signed_in(world, name)
    assert client.get("/desk/imports/").status_code == 404
    assert sent(client, workbook([person_row(1)])).status_code == 404


def test_another_station_finds_nothing(world: World) -> None:
    batch = uploaded(signed_in(world, "head"), workbook([person_row(1)]))
    client = signed_in(world, "sharing_head")
    for tail in ("", "mapping/", "marked/"):
        assert client.get(f"/desk/imports/{batch.pk}/{tail}").status_code == 404
    for tail in ("run", "pause", "resume", "stop", "cancel", "undo"):
        assert client.post(f"/desk/imports/{batch.pk}/{tail}/").status_code == 404


def test_a_file_that_is_too_large_is_answered_and_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = sent(signed_in(world, "head"), b"x" * (actions.MOST_BYTES + 1))
    assert answer.status_code == 422
    assert "5 MB" in answer.content.decode()


def test_an_empty_sheet_can_be_filled_in(world: World) -> None:
    client = signed_in(world, "head")
    answer = client.get("/desk/imports/template/people/")
    first = read(BytesIO(answer.getvalue()).read())[0]["rows"][0][1]
    assert first[0] == "Name"
    assert client.get("/desk/imports/template/none/").status_code == 404
