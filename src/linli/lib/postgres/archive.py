"""A copy of one of our servers from which every later second can be made again.

An archive is one folder:

    base/<name>/    a copy of the whole server, made while it works: pgdata.tar.gz, manifest.json
    wal/            what it has written since then, in parts of 16 MB, packed; none is ever replaced

Only what a base copy's manifest names by its hash counts, and a manifest is written last. Of
PostgreSQL's programs nothing is needed but the server: those that npm brings are three.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from .binaries import ClusterError
from .cluster import Cluster

MANIFEST, PACKED = "manifest.json", "pgdata.tar.gz"
PART = re.compile(r"[0-9A-F]{24}")
PARTS_PER_LOG = 256
CHUNK = 1 << 20
# What a server makes anew when it starts, or must not take over from another.
LEFT_OUT = {
    "pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_subtrans",
    "pg_stat_tmp", "pgsql_tmp",
}  # fmt: skip
UNWANTED = {"postmaster.pid", "postmaster.opts", "pg_internal.init", "backup_label.old"}
SCRIPT = """\
# Copies one finished part of the log away: whole or not at all, and never over another.
set -eu
from="$1"; to={folder}/"$2".gz; draft={folder}/."$2".part
if [ -e "$to" ]; then
  gzip -dc "$to" | cmp -s - "$from"
  exit
fi
gzip -1 < "$from" > "$draft"
sync "$draft"
mv "$draft" "$to"
sync {folder}
"""
TOO_SHORT = "recovery ended before configured recovery target was reached"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Base:
    """A whole base copy, as its manifest tells."""

    name: str
    major: int
    system: str
    first_part: str
    last_part: str
    started_at: str
    finished_at: str
    size: int
    sha256: str
    more: dict[str, Any]

    @property
    def is_from(self) -> datetime:
        """The earliest moment that can be made again from it."""
        return datetime.fromisoformat(self.finished_at)


def begin(cluster: Cluster, folder: Path) -> None:
    """From now on, copy what the server writes into `folder`, which is made if absent.

    Raises `ClusterError` when the server's user cannot write there, or the server was started by
    an older version of Linli and has to be started anew.
    """
    for each in (folder, folder / "base", folder / "wal"):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
        cluster.give(each)
    if not re.fullmatch(r"[\w./-]+", str(folder), re.ASCII):
        raise ClusterError(f"{folder} is not fit for backups: letters, digits and ./-_ only.")
    if not cluster.can_write(folder / "wal"):
        raise ClusterError(f"PostgreSQL cannot write to {folder}: a parent folder is closed.")
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        if _one(connection, "SHOW archive_mode") != "on":
            raise ClusterError("PostgreSQL must be started anew: linli db down, then linli db up.")
    cluster.write_script("archive.sh", SCRIPT.format(folder=folder / "wal"))
    cluster.up()


def end(cluster: Cluster) -> None:
    """Copy nothing away any more."""
    cluster.write_script("archive.sh", None)
    cluster.up()


def copy(cluster: Cluster, folder: Path, *, progress: Progress, more: dict[str, Any]) -> Base:
    """Copy the whole server into `folder` while it works; `more` goes into the manifest."""
    began = datetime.now(UTC)
    name = f"{began:%Y%m%dT%H%M%SZ}"
    draft = folder / "base" / f".{name}.part"
    for left in (folder / "base").glob(".*.part"):
        shutil.rmtree(left)
    draft.mkdir(mode=0o700)
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        if _one(connection, "SELECT count(*) FROM pg_tablespace") > 2:
            raise ClusterError("The server has tablespaces; only its own folder is backed up.")
        first = _one(connection, "SELECT pg_walfile_name(pg_backup_start('linli', true))")
        packed = _pack(cluster.pgdata, draft / PACKED, progress)
        row = connection.execute("SELECT lsn, labelfile FROM pg_backup_stop(true)").fetchone()
        assert row is not None  # noqa: S101  (a function's one row)
        system = _one(connection, "SELECT system_identifier::text FROM pg_control_system()")
        # The very end of a part belongs to it, and the function names the one before.
        last = _one(connection, "SELECT pg_walfile_name(%s::pg_lsn)", row[0])
    (draft / "backup_label").write_text(row[1], encoding="utf-8")
    base = Base(
        name=name,
        major=int((cluster.pgdata / "PG_VERSION").read_text()),
        system=system,
        first_part=first,
        last_part=last,
        started_at=began.isoformat(),
        finished_at=datetime.now(UTC).isoformat(),
        size=(draft / PACKED).stat().st_size,
        sha256=packed,
        more=more | {"label": hashlib.sha256(row[1].encode()).hexdigest()},
    )
    write_synced(draft / MANIFEST, json.dumps(asdict(base), indent=2).encode())
    draft.rename(folder / "base" / name)
    sync_folder(folder / "base")
    return base


def bases(folder: Path) -> list[Base]:
    """Every whole base copy, oldest first."""
    found = [
        Base(**json.loads(path.read_text("utf-8")))
        for path in sorted((folder / "base").glob(f"[0-9]*/{MANIFEST}"))
    ]
    return sorted(found, key=lambda one: one.name)


def parts(folder: Path) -> list[str]:
    """The names of the parts of the log, oldest first."""
    names = (path.name.removesuffix(".gz") for path in (folder / "wal").glob("[0-9A-F]*.gz"))
    return sorted(one for one in names if PART.fullmatch(one))


def flaws(folder: Path, base: Base) -> Iterator[str]:
    """What keeps `base` from being restored: a changed file, a damaged or missing part."""
    at = folder / "base" / base.name
    if not (at / PACKED).exists() or digest(at / PACKED) != base.sha256:
        yield f"{at / PACKED} is not what was written."
    label = at / "backup_label"
    if not label.exists() or digest(label) != base.more["label"]:
        yield f"{label} is not what was written."
    here = [
        one for one in parts(folder) if one >= base.first_part and one[:8] == base.first_part[:8]
    ]
    expected = base.first_part
    for part in here:
        while expected < part:
            yield f"{expected} is missing in {folder / 'wal'}."
            expected = following(expected)
        expected = following(part)
        if not _unpacks(folder / "wal" / f"{part}.gz"):
            yield f"{part} in {folder / 'wal'} is damaged."
    if not here or here[-1] < base.last_part:
        yield f"The log ends before {base.last_part}."


def following(part: str) -> str:
    """The part after a part of the same timeline, with the usual 16 MB."""
    number = int(part[8:16], 16) * PARTS_PER_LOG + int(part[16:], 16) + 1
    return f"{part[:8]}{number // PARTS_PER_LOG:08X}{number % PARTS_PER_LOG:08X}"


def prune(folder: Path, *, keep: int) -> list[str]:
    """Remove all base copies but the newest `keep`, and the parts of the log only they needed."""
    held = bases(folder)
    gone = held[: max(0, len(held) - keep)]
    for one in gone:
        # Without its manifest it is none, however far the removal comes.
        (folder / "base" / one.name / MANIFEST).unlink()
        shutil.rmtree(folder / "base" / one.name)
    if gone and (left := held[len(gone) :]):
        first = min(one.first_part[8:] for one in left)
        for part in parts(folder):
            if part[8:] < first:
                (folder / "wal" / f"{part}.gz").unlink()
    return [one.name for one in gone]


def recover(
    cluster: Cluster,
    folder: Path,
    base: Base,
    *,
    until: datetime | None,
    waiting: Callable[[float], None] = lambda _seconds: None,
) -> None:
    """Make a new server from `base` and the log, as it was at `until` or at the newest moment.

    Raises `ClusterError` when there is a server already, when the copy is not what was written, or
    when the log ends before `until`.
    """
    at = folder / "base" / base.name
    if digest(at / PACKED) != base.sha256:
        raise ClusterError(f"{at / PACKED} is not what was written.")
    wal = folder / "wal"
    wanted = {
        "restore_command": f'test -f "{wal}/%f.gz" && gzip -dc "{wal}/%f.gz" > "%p"',
        "recovery_target_action": "promote",
        # Nobody is let in before the chosen moment is reached.
        "hot_standby": "off",
        "archive_command": "/bin/true",
    }
    if until is not None:
        wanted["recovery_target_time"] = until.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")

    def fill(draft: Path) -> None:
        _unpack(at / PACKED, draft)
        for name in LEFT_OUT - {"pgsql_tmp"}:
            (draft / name).mkdir(mode=0o700, exist_ok=True)
        (draft / "pg_wal" / "archive_status").mkdir(mode=0o700, exist_ok=True)
        label = (at / "backup_label").read_bytes()
        write_synced(draft / "backup_label", label)
        write_synced(draft / "recovery.signal", b"")
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)

    try:
        cluster.recover(fill, wanted, waiting)
    except ClusterError as error:
        told = "".join(path.read_text(errors="replace") for path in cluster.data_dir.glob("log/*"))
        if TOO_SHORT in told:
            raise ClusterError(
                f"The backup ends before {until}; without --to, all that it holds is restored."
            ) from error
        raise


def digest(path: Path) -> str:
    """SHA-256 of a file, as text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Make a rename last."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pack(pgdata: Path, target: Path, progress: Progress) -> str:
    """Pack a server's folder while it is written to; returns the SHA-256 of what was written."""
    paths = list(_wanted(pgdata))
    total = sum(size for _path, size in paths)
    done = 0
    with target.open("wb") as raw:
        with (
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|") as archive,
        ):
            for path, size in paths:
                _add(archive, path, path.relative_to(pgdata))
                done += size
                progress(done, total)
        raw.flush()
        os.fsync(raw.fileno())
    return digest(target)


def _unpack(source: Path, draft: Path) -> None:
    """The reverse of `_pack`: folders and files, and nothing outside of `draft`."""
    with tarfile.open(source, mode="r|gz") as packed:
        for member in packed:
            target = (draft / member.name).resolve()
            if not target.is_relative_to(draft.resolve()):
                raise ClusterError(f"{source} would write to {member.name}.")
            if member.isdir():
                target.mkdir(mode=0o700, parents=True, exist_ok=True)
            elif (file := packed.extractfile(member)) is not None:
                with target.open("wb") as written:
                    shutil.copyfileobj(file, written, CHUNK)


def _wanted(folder: Path) -> Iterator[tuple[Path, int]]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT or path.name in UNWANTED or path.name.startswith("pgsql_tmp"):
            continue
        if path.is_dir() and not path.is_symlink():
            yield path, 0
            yield from _wanted(path)
        elif path.is_file():
            try:
                yield path, path.stat().st_size
            except FileNotFoundError:
                continue


def _add(archive: tarfile.TarFile, path: Path, name: Path) -> None:
    """One file as it is now. What changes meanwhile is made good from the log, and what is gone
    has gone there, too."""
    member = tarfile.TarInfo(str(name))
    if path.is_dir():
        member.type, member.mode = tarfile.DIRTYPE, 0o700
        archive.addfile(member)
        return
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        member.size, member.mode = os.fstat(file.fileno()).st_size, 0o600
        archive.addfile(member, io.BufferedReader(_Steady(file, member.size)))


class _Steady(io.RawIOBase):
    """A file that has a certain size, whatever happens to it: cut off, or filled up with zeros."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self.file, self.left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self.left)
        read = self.file.read(wanted)
        buffer[: len(read)] = read
        buffer[len(read) : wanted] = bytes(wanted - len(read))
        self.left -= wanted
        return wanted


def _unpacks(path: Path) -> bool:
    """Whether a packed part is whole: gzip keeps a check sum of its own."""
    try:
        with gzip.open(path) as file:
            while file.read(CHUNK):
                pass
    except (OSError, EOFError, ValueError):
        return False
    return True


def _one(connection: psycopg.Connection, query: str, *values: Any) -> Any:
    row = connection.execute(query.encode(), values or None).fetchone()
    assert row is not None  # noqa: S101  (such a query has one row)
    return row[0]
