"""A real server is copied while it works, and made again at chosen moments."""

import gzip
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from linli.lib.postgres import Cluster, ClusterError, archive, find_binaries
from linli.lib.postgres.archive import Base

from .test_postgres import fresh_folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder through which the database's user may pass; the server in it has an archive."""
    made = fresh_folder()
    made.mkdir(mode=0o755)
    cluster = server(made)
    cluster.up()
    archive.begin(cluster, made / "backup")
    tell(cluster, "CREATE TABLE told (what text)")
    yield made
    for path in made.iterdir():
        if (path / "pgdata").exists():
            server(made, path.name).remove()


def server(folder: Path, name: str = "server") -> Cluster:
    bin_dir = find_binaries()
    assert bin_dir is not None
    return Cluster(folder / name, bin_dir)


def tell(cluster: Cluster, statement: str) -> list[str]:
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return [str(value) for (value,) in cursor.fetchall()] if cursor.description else []


def switch(cluster: Cluster, folder: Path) -> str:
    """End the present part of the log and wait until it has been copied away."""
    (part,) = tell(cluster, "SELECT pg_walfile_name(pg_switch_wal())")
    until = time.monotonic() + 60
    while part not in archive.parts(folder) and time.monotonic() < until:
        time.sleep(0.05)
    return part


def copy(folder: Path) -> Base:
    told: list[tuple[int, int]] = []
    made = archive.copy(
        server(folder), folder / "backup", progress=lambda *at: told.append(at), more={}
    )
    assert told[-1][0] == told[-1][1] > 0
    return made


def test_every_moment_after_a_copy_can_be_made_again(folder: Path) -> None:
    source = server(folder)
    base = copy(folder)
    tell(source, "INSERT INTO told VALUES ('before')")
    (noted,) = tell(source, "SELECT clock_timestamp()::timestamptz(6)::text")
    moment = datetime.fromisoformat(noted)
    tell(source, "INSERT INTO told VALUES ('after')")
    switch(source, folder / "backup")

    then, newest = server(folder, "then"), server(folder, "newest")
    archive.recover(then, folder / "backup", base, until=moment)
    archive.recover(newest, folder / "backup", base, until=None)

    assert tell(then, "SELECT what FROM told") == ["before"]
    assert tell(newest, "SELECT what FROM told") == ["before", "after"]
    for made in (then, newest):
        assert tell(made, "SELECT pg_is_in_recovery()") == ["False"]
        assert tell(made, "SHOW synchronous_commit") == ["on"]
        # Its own log does not go into the archive of the one that it was made from.
        assert tell(made, "SHOW archive_command") == ["/bin/true"]
        tell(made, "INSERT INTO told VALUES ('more')")
    with pytest.raises(ClusterError, match="There is a server"):
        archive.recover(then, folder / "backup", base, until=None)
    late = server(folder, "late")
    with pytest.raises(ClusterError, match="The backup ends before"):
        archive.recover(late, folder / "backup", base, until=moment + timedelta(days=300))


def test_a_part_is_copied_once_and_never_over_another(folder: Path) -> None:
    source, wal = server(folder), folder / "backup" / "wal"
    tell(source, "INSERT INTO told VALUES ('x')")
    part = switch(source, folder / "backup")
    kept = (wal / f"{part}.gz").read_bytes()
    script = ["/bin/sh", str(source.data_dir / "archive.sh")]
    same, other = folder / "same", folder / "other"
    same.write_bytes(gzip.decompress(kept))
    other.write_bytes(b"other")

    again = source._as_server_user([*script, str(same), part]).returncode
    refused = source._as_server_user([*script, str(other), part]).returncode

    assert (again, refused != 0) == (0, True)
    assert (wal / f"{part}.gz").read_bytes() == kept


def test_a_copy_that_was_broken_off_is_none(folder: Path) -> None:
    half = folder / "backup" / "base" / ".20990101T000000Z.part"
    half.mkdir()
    (half / "pgdata.tar.gz").write_bytes(b"half")
    held = archive.bases(folder / "backup")
    assert "20990101T000000Z" not in [one.name for one in held]

    made = copy(folder)

    assert not half.exists()
    assert archive.bases(folder / "backup") == [*held, made]


def test_older_copies_go_with_the_log_only_they_needed(folder: Path) -> None:
    gone = copy(folder)
    switch(server(folder), folder / "backup")
    kept = copy(folder)

    assert gone.name in archive.prune(folder / "backup", keep=1)

    assert archive.bases(folder / "backup") == [kept]
    assert archive.parts(folder / "backup")[0] == kept.first_part
    assert list(archive.flaws(folder / "backup", kept)) == []


def test_a_folder_where_the_server_cannot_write_is_refused(folder: Path) -> None:
    with pytest.raises(ClusterError, match="is not fit for backups"):
        archive.begin(server(folder), folder / "it's")


def changed_pack(base: Path, _first: Path) -> None:
    with (base / "pgdata.tar.gz").open("r+b") as file:
        file.seek(1000)
        file.write(b"x")


def changed_label(base: Path, _first: Path) -> None:
    (base / "backup_label").write_text("x")


def missing_part(_base: Path, first: Path) -> None:
    first.unlink()


def damaged_part(_base: Path, first: Path) -> None:
    with first.open("r+b") as file:
        file.seek(200)
        file.write(b"xxxx")


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (changed_pack, "pgdata.tar.gz is not what was written"),
        (changed_label, "backup_label is not what was written"),
        (missing_part, "is missing"),
        (damaged_part, "is damaged"),
    ],
)
def test_what_is_wrong_with_a_copy_is_found(
    folder: Path, plant: Callable[[Path, Path], None], told: str
) -> None:
    source, backup = server(folder), folder / "backup"
    base = copy(folder)
    tell(source, "INSERT INTO told VALUES ('x')")
    switch(source, backup)
    assert list(archive.flaws(backup, base)) == []

    plant(backup / "base" / base.name, backup / "wal" / f"{base.first_part}.gz")

    (found,) = archive.flaws(backup, base)
    assert told in found


def test_the_part_after_the_last_of_a_log_begins_the_next() -> None:
    assert archive.following("0000000100000002000000FE") == "0000000100000002000000FF"
    assert archive.following("0000000100000002000000FF") == "000000010000000300000000"
