"""The pages of the division tree and of its reorganisations, and the same at the terminal."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from linli.kernel.areas.changes import read_changes
from linli.kernel.areas.enact import apply
from linli.kernel.areas.models import Area, AreaVersion, Reorganisation
from linli.site.cli import main

from ..conftest import acting
from ..kernel.facts import fact, store
from ..kernel.test_reorganise import BEFORE, DAY, HEAD, MERGE, in_force, listing
from ..people.hands import signed_in
from ..world import CITY, COUNTY, NEXT_TOWNSHIP, OTHER_COUNTY, TOWNSHIP, VILLAGE, World

pytestmark = pytest.mark.django_db
AREAS = "/desk/areas/"


def sent(client: Client, text: str, name: str = "变更.csv") -> str:
    """Upload a list; the address of what it would change, or the page that refuses it."""
    file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
    answer = client.post(f"{AREAS}import/", {"file": file, "day": str(DAY)})
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def called(code: int) -> str:
    return AreaVersion.objects.get(area_id=code, valid_to=None).zh


def test_an_administrator_walks_down_the_tree_of_their_area(world: World) -> None:
    client = signed_in(world, "administrator")
    page = client.get(AREAS).content.decode()
    assert f"area={TOWNSHIP:012d}" in page
    below = client.get(f"{AREAS}?area={TOWNSHIP}").content.decode()
    assert f"{VILLAGE:012d}" in below
    assert "1949" in below


@pytest.mark.parametrize("asked", [str(CITY), str(OTHER_COUNTY), "999999999999", "12345"])
def test_what_is_not_theirs_is_not_found(world: World, asked: str) -> None:
    assert signed_in(world, "administrator").get(f"{AREAS}?area={asked}").status_code == 404


@pytest.mark.parametrize("name", ["worker", "dispatcher", "officer", "city_officer"])
def test_nobody_else_comes_here(world: World, name: str) -> None:
    held = Reorganisation.objects.create(area=COUNTY, asked_at="2025-07-01T00:00:00Z")
    client = signed_in(world, name)
    for path in ("", "import/", f"reorganisations/{held.pk}/"):
        assert client.get(f"{AREAS}{path}").status_code == 404, path
    for path in ("apply/", "take-back/"):
        assert client.post(f"{AREAS}reorganisations/{held.pk}/{path}").status_code == 404, path


def test_a_list_is_looked_at_put_into_force_and_taken_back(world: World) -> None:
    client = signed_in(world, "administrator")
    where = sent(client, f"{MERGE}rename,{TOWNSHIP},,{DAY},新名街道\n")
    page = client.get(where).content.decode()
    assert "新名街道" in page
    assert Area.objects.get(code=NEXT_TOWNSHIP).valid_to is None
    assert client.post(f"{where}apply/").status_code == 302
    assert called(TOWNSHIP) == "新名街道"
    assert "take-back/" in client.get(where).content.decode()
    assert client.post(f"{where}take-back/").status_code == 302
    assert called(TOWNSHIP) != "新名街道"
    assert where in client.get(AREAS).content.decode()


def test_what_is_open_is_asked_and_what_was_answered_stays(world: World) -> None:
    client = signed_in(world, "administrator")
    where = sent(client, listing(VILLAGE, 350502005001))
    page = client.get(where).content.decode()
    (first, second) = re.findall(r'name="(answer-\d+)"', page)
    refused = client.post(f"{where}apply/", {first: f"{TOWNSHIP}"})
    assert refused.status_code == 422
    assert f'value="{TOWNSHIP}" selected' in refused.content.decode()
    assert Area.objects.get(code=VILLAGE).valid_to is None
    done = client.post(f"{where}apply/", {first: f"{TOWNSHIP}", second: f"{NEXT_TOWNSHIP}"})
    assert done.status_code == 302
    assert Area.objects.get(code=VILLAGE).valid_to == BEFORE


def test_a_bad_line_is_said_at_the_file(world: World) -> None:
    client = signed_in(world, "administrator")
    page = sent(client, f"{HEAD}merge,{TOWNSHIP},1,{DAY},\n")
    assert "变更.csv" in page
    assert Reorganisation.objects.count() == 0
    nothing = SimpleUploadedFile("a.csv", b"\xff\xfe\xff\xff\xff")
    answer = client.post(f"{AREAS}import/", {"file": nothing, "day": str(DAY)})
    assert answer.status_code == 422


STATISTICS = "/desk/statistics/?period=year&on=2025-07-01"


def test_the_choice_of_areas_stands_only_where_something_has_changed(world: World) -> None:
    client = signed_in(world, "officer")
    assert "areas_on=" not in client.get(STATISTICS).content.decode()
    in_force(world, f"{HEAD}split,{TOWNSHIP},350502099000,{DAY},新街道\n")
    with acting(world.actor("worker")):
        store(fact(world, area_id=TOWNSHIP, occurred_on=BEFORE))
        store(fact(world, area_id=350502099000, occurred_on=DAY))
    page = client.get(STATISTICS).content.decode()
    assert f"areas_on={BEFORE}" in page
    assert "area=350502099000" in page
    then = client.get(f"{STATISTICS}&areas_on={BEFORE}").content.decode()
    assert "area=350502099000" not in then
    # Another year has nothing to choose.
    assert "areas_on=" not in client.get(STATISTICS.replace("2025", "2024")).content.decode()


def test_areas_as_they_were_show_nothing_of_other_offices(world: World) -> None:
    """A county that has lost a part to another counts it no more, not as areas were either."""
    told = read_changes(f"{HEAD}recode,{TOWNSHIP},350503099000,{DAY},新街道\n", "list")
    apply(told, now=timezone.now(), today=timezone.localdate())
    client = signed_in(world, "officer")
    assert client.get(STATISTICS).status_code == 200
    assert client.get(f"{STATISTICS}&areas_on={BEFORE}").status_code == 404
    city = signed_in(world, "city_officer")
    found = city.get(f"{STATISTICS}&area={COUNTY}&areas_on={BEFORE}")
    assert found.status_code == 200


def told(*given: str) -> str:
    done = CliRunner().invoke(main, ["areas", *given])
    return f"{done.exit_code} {done.output}"


def test_at_the_terminal(world: World, tmp_path: Path) -> None:
    path, out = tmp_path / "list.csv", tmp_path / "out.csv"
    path.write_text(MERGE, encoding="utf-8")
    said = told("preview", str(path), "--out", str(out))
    assert said.startswith("0 1 changes: 1 merge")
    assert out.read_text("utf-8").splitlines()[1].endswith("certain")
    assert Reorganisation.objects.count() == 0
    assert told("apply", str(path)).startswith("0 In force: 1 changes")
    held = Reorganisation.objects.get()
    assert str(held.pk) in told("log")
    assert told("apply", str(path)).startswith("0 ")
    assert Reorganisation.objects.count() == 1
    assert told("take-back", str(held.pk)) == "0 Taken back.\n"
    assert told("take-back", str(held.pk)).startswith("1 ")
