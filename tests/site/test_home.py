from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.site.home import Home, HomeError, checked, folder_from


def open_in(folder: Path) -> Home:
    return Home.open({"LINLI_HOME": str(folder)})


def read_both(folder: Path) -> tuple[str, bytes]:
    home = open_in(folder)
    return home.secret("session"), home.keyring("fields")["k1"]


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}


def test_open_creates_a_private_folder_with_its_parents(tmp_path: Path) -> None:
    home = open_in(tmp_path / "county" / "home")

    assert home.folder.stat().st_mode & 0o777 == 0o700


def test_the_default_folder_follows_the_users_data_directory(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path)}

    assert folder_from(environ) == tmp_path / "linli"
    assert folder_from({"LINLI_HOME": "/srv/linli", **environ}) == Path("/srv/linli")


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o740, 0o755])
def test_open_refuses_a_folder_that_others_can_enter_or_list(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)

    with pytest.raises(HomeError, match=r"open to other users; run: chmod 700"):
        open_in(tmp_path)


def test_open_refuses_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")

    with pytest.raises(HomeError, match="cannot be used"):
        open_in(tmp_path / "home")


def test_a_secret_is_made_once_and_stays(tmp_path: Path) -> None:
    first = open_in(tmp_path / "home").secret("session")
    again = open_in(tmp_path / "home").secret("session")
    other = open_in(tmp_path / "other").secret("session")

    assert first == again != other
    assert len(first) == 64
    assert modes(tmp_path / "home") == {0o600}


def test_a_secret_that_was_cut_short_is_refused_and_not_replaced(tmp_path: Path) -> None:
    home = open_in(tmp_path / "home")
    home.secret("session")
    home.path("secrets", "session").write_text("short")

    with pytest.raises(HomeError, match="damaged"):
        home.secret("session")
    assert home.path("secrets", "session").read_text() == "short"


def test_a_key_ring_keeps_its_order_and_its_newest_key_is_last(tmp_path: Path) -> None:
    home = open_in(tmp_path / "home")
    (key,) = home.keyring("fields").values()
    path = home.path("keys", "fields.json")
    path.write_text(path.read_text().replace("}", f', "k2": "{"A" * 43}="}}'))

    assert list(home.keyring("fields").items()) == [("k1", key), ("k2", bytes(32))]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"k1": "AAAA"}', '{"k1": 7}', '{"k1": "é"}'])
def test_a_damaged_key_ring_is_refused(tmp_path: Path, text: str) -> None:
    home = open_in(tmp_path / "home")
    home.keyring("fields")
    home.path("keys", "fields.json").write_text(text)

    with pytest.raises(HomeError):
        home.keyring("fields")


def test_processes_that_race_for_the_first_secret_all_get_the_same(tmp_path: Path) -> None:
    with get_context("spawn").Pool(4) as pool:
        seen = set(pool.map(read_both, [tmp_path / "home"] * 16))

    assert len(seen) == 1


def test_threads_that_race_leave_no_draft_behind(tmp_path: Path) -> None:
    home = open_in(tmp_path / "home")
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(home.secret, ["session"] * 64))

    assert len(seen) == 1
    assert [path.name for path in home.path("secrets").iterdir()] == ["session"]


@given(st.text().filter(lambda name: "/" in name or "." in name or not name.isascii()))
def test_no_name_of_a_secret_leads_out_of_its_folder(name: str) -> None:
    with pytest.raises(HomeError):
        checked(name)
