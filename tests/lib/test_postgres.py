"""Real servers, started and killed. Folders stand directly in the system's temporary folder: as
root the server runs as another user, who cannot pass pytest's private folders."""

import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

from linli.lib.postgres import Cluster, ClusterError, find_binaries, install
from linli.lib.postgres.tuning import GIGABYTE, settings


def fresh_folder(prefix: str = "linli-test-") -> Path:
    return Path(tempfile.gettempdir()) / f"{prefix}{secrets.token_hex(4)}"


def make(folder: Path, *, turbo: bool = True) -> Cluster:
    bin_dir = find_binaries()
    assert bin_dir is not None
    return Cluster(folder, bin_dir, turbo=turbo)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    made = make(fresh_folder())
    yield made
    made.remove()


def value(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def up_in_another_process(folder: Path) -> int | None:
    return make(folder).up().pid


def test_a_server_goes_from_absent_to_running_to_stopped(cluster: Cluster) -> None:
    states = [cluster.status().state]
    states.append(cluster.up().state)
    states.append(cluster.down().state)
    states.append(cluster.down().state)

    assert states == ["absent", "running", "stopped", "stopped"]


def test_the_server_lets_nobody_in_without_a_password(cluster: Cluster) -> None:
    socket_dir = cluster.up().socket_dir

    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host=str(socket_dir), user="postgres", dbname="postgres")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=str(socket_dir), user="postgres", dbname="postgres", password="x")
    assert value(cluster, "SHOW listen_addresses") == ""
    assert (
        value(
            cluster, "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"
        )
        == 0
    )
    assert [path.stat().st_mode & 0o777 for path in (cluster.data_dir, socket_dir)] == [0o700] * 2


def test_the_server_keeps_chinese_letters_and_checksums(cluster: Cluster) -> None:
    cluster.up()

    assert value(cluster, "SHOW server_encoding") == "UTF8"
    assert value(cluster, "SHOW data_checksums") == "on"
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
    assert value(cluster, "SELECT cardinality(show_trgm('社区'))") == 3


def test_a_killed_server_comes_back_with_what_was_committed(cluster: Cluster) -> None:
    durable = make(cluster.data_dir, turbo=False)
    pid = durable.up().pid
    assert pid is not None
    with psycopg.connect(durable.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 100) AS n")
        os.kill(pid, signal.SIGKILL)

    status = durable.up()

    assert (status.state, status.pid == pid) == ("running", False)
    assert value(durable, "SELECT sum(n) FROM kept") == 5050


def test_a_process_id_of_a_stranger_is_not_taken_for_the_server(cluster: Cluster) -> None:
    pid = cluster.up().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while cluster.status().pid is not None:
        time.sleep(0.05)
    note = cluster.pgdata / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{cluster.pgdata}\n")

    assert cluster.status().state == "stopped"
    assert cluster.up().state == "running"


def test_processes_that_start_it_at_once_share_one_server(cluster: Cluster) -> None:
    with get_context("spawn").Pool(3) as pool:
        pids = set(pool.map(up_in_another_process, [cluster.data_dir] * 3))

    assert pids == {cluster.status().pid}


def test_after_a_crash_those_who_come_at_once_share_one_server(cluster: Cluster) -> None:
    pid = cluster.up().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    with ThreadPoolExecutor(3) as pool:
        pids = {status.pid for status in pool.map(lambda _: cluster.up(), range(3))}

    assert len(pids) == 1
    assert pids != {pid}


def test_a_creation_that_was_interrupted_is_begun_again(cluster: Cluster) -> None:
    draft = cluster.data_dir / "pgdata.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("15")
    (cluster.data_dir / "password").write_text("half")

    assert cluster.up().state == "running"
    assert value(cluster, "SELECT 1") == 1


def test_turbo_is_visible_and_can_be_taken_back(cluster: Cluster) -> None:
    names = ("fsync", "full_page_writes", "synchronous_commit")
    cluster.up()
    before = [value(cluster, f"SHOW {name}") for name in names]
    make(cluster.data_dir, turbo=False).up()
    time.sleep(0.3)
    after = [value(cluster, f"SHOW {name}") for name in names]

    assert (before, after) == (["off"] * 3, ["on"] * 3)


def test_an_administrators_setting_outlives_a_restart(cluster: Cluster) -> None:
    cluster.up()
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET work_mem = '7MB'")
        connection.execute("ALTER SYSTEM SET random_page_cost = 2")
    cluster.down()
    cluster.up()

    assert (value(cluster, "SHOW work_mem"), value(cluster, "SHOW random_page_cost")) == (
        "7MB",
        "2",
    )


def test_a_long_path_gets_a_short_private_socket_folder() -> None:
    parent = fresh_folder()
    parent.mkdir(mode=0o755)
    cluster = make(parent / ("很长的文件夹" * 10))
    try:
        status = cluster.up()
        assert status.is_running
        assert len(os.fsencode(status.socket_dir)) < 86
        assert status.socket_dir.stat().st_mode & 0o777 == 0o700
    finally:
        cluster.remove()
        shutil.rmtree(parent)


def test_a_socket_folder_that_somebody_else_has_taken_is_refused() -> None:
    parent, elsewhere = fresh_folder(), fresh_folder()
    for folder in (parent, elsewhere):
        folder.mkdir(mode=0o755)
    cluster = make(parent / ("x" * 120))
    cluster.socket_dir.symlink_to(elsewhere)
    try:
        with pytest.raises(ClusterError, match="is a link"):
            cluster.up()
        assert list(elsewhere.iterdir()) == []
    finally:
        cluster.socket_dir.unlink()
        shutil.rmtree(parent)
        shutil.rmtree(elsewhere)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the folder to another user")
def test_a_folder_the_server_cannot_reach_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    with pytest.raises(ClusterError, match="a parent folder is closed"):
        make(tmp_path / "data").up()


def test_named_programs_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="does not hold PostgreSQL 15 or newer"):
        find_binaries({"LINLI_PG_BIN": str(tmp_path)})


def test_named_programs_are_taken_before_all_others(tmp_path: Path) -> None:
    found = find_binaries({})
    assert found is not None
    named = tmp_path / "bin"
    named.symlink_to(found)

    assert find_binaries({"LINLI_PG_BIN": str(named)}) == named


def test_a_version_that_is_not_here_is_not_replaced_by_another() -> None:
    assert find_binaries({}, major=12) is None


def test_installing_does_nothing_where_there_are_programs() -> None:
    assert install() == find_binaries()


def test_memory_is_an_eighth_of_a_small_machine_and_one_gigabyte_at_most() -> None:
    assert settings(4 * GIGABYTE, False)["shared_buffers"] == "512MB"
    assert settings(24 * GIGABYTE, False)["shared_buffers"] == "1024MB"
    assert settings(24 * GIGABYTE, False)["effective_cache_size"] == "12288MB"
