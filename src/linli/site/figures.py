"""How the installation is at this moment, as numbers: for `linli status` and for Prometheus."""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from linli.lib.postgres import archive
from linli.site import databases
from linli.site.backup.notes import note_of
from linli.site.home import Home

# A worker that has not told of itself for so long is gone.
WORKER_SECONDS = 60
FIGURES = """
SELECT pg_database_size(current_database()),
       (SELECT numbackends FROM pg_stat_database WHERE datname = current_database()),
       current_setting('server_version'),
       (SELECT count(*) FROM procrastinate_jobs
        WHERE status = 'todo' AND coalesce(scheduled_at, now()) <= now()),
       (SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'),
       (SELECT extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at)))
        FROM procrastinate_jobs j
        LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'
        WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()),
       (SELECT count(*) FROM procrastinate_workers
        WHERE last_heartbeat > now() - make_interval(secs => %s)),
       (SELECT extract(epoch FROM now() - max(sealed_at)) FROM timeline_seal),
       (SELECT coalesce(encode(head, 'hex'), '') FROM timeline_seal ORDER BY number DESC LIMIT 1),
       (SELECT extract(epoch FROM now() - min(at)) FROM timeline_event
        WHERE transaction >= coalesce((SELECT max(before) FROM timeline_seal), 0)),
       (SELECT count(*) FROM stats_delta),
       (SELECT id FROM operations_epoch ORDER BY began_at DESC, id DESC LIMIT 1),
       (SELECT until FROM operations_epoch ORDER BY began_at DESC, id DESC LIMIT 1)
"""
ARCHIVER = """
SELECT extract(epoch FROM now() - last_archived_time),
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
       last_archived_wal
FROM pg_stat_archiver
"""


@dataclass(frozen=True)
class Disk:
    """How full a disk is on which something of ours stands; `used` from 0 to 1."""

    name: str
    folder: str
    free: int
    used: float


@dataclass(frozen=True)
class Figures:
    """Ages are seconds; None where there is nothing to tell an age of."""

    database_bytes: int
    connections: int
    server: str
    jobs_waiting: int
    jobs_failed: int
    oldest_job_seconds: float | None
    workers: int
    seal_seconds: float | None
    head: str
    unsealed_seconds: float | None
    deltas: int
    epoch: str
    restored_to: str
    archived_seconds: float | None
    is_failing: bool | None
    archived_part: str
    backup: str
    backup_seconds: float | None
    disks: list[Disk] = field(default_factory=list)


def figures(home: Home) -> Figures:
    """Ask everything. Raises DatabaseError when the database does not answer."""
    # A savepoint of its own: a page that asks goes on when this fails.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FIGURES, [WORKER_SECONDS])
        (
            size, connections, server, waiting, failed, oldest, workers, sealed, head, unsealed,
            deltas, epoch, until,
        ) = cursor.fetchone()  # fmt: skip
        cursor.execute(ARCHIVER)
        archived, is_failing, part = cursor.fetchone()
    folder = note_of(home).path
    held = archive.bases(folder) if folder and folder.is_dir() else []
    return Figures(
        database_bytes=size,
        connections=connections,
        server=server,
        jobs_waiting=waiting,
        jobs_failed=failed,
        oldest_job_seconds=number(oldest),
        workers=workers,
        seal_seconds=number(sealed),
        head=head or "",
        unsealed_seconds=number(unsealed),
        deltas=deltas,
        epoch=str(epoch or ""),
        restored_to=until.isoformat() if until else "",
        archived_seconds=number(archived) if folder else None,
        is_failing=is_failing if folder else None,
        archived_part=part or "",
        backup=held[-1].name if held else "",
        backup_seconds=(datetime.now(UTC) - held[-1].is_from).total_seconds() if held else None,
        disks=disks(home, folder),
    )


def number(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)


def disks(home: Home, backup: Path | None) -> list[Disk]:
    """The disks of the home, of the database and of the backups, where we can see them."""
    places = {"home": home.folder}
    if databases.is_embedded():
        places["database"] = databases.cluster_folder(home)
    if backup is not None:
        places["backup"] = backup
    found = []
    for name, folder in places.items():
        try:
            one = shutil.disk_usage(folder)
        except OSError:
            continue
        found.append(Disk(name, str(folder), one.free, round(1 - one.free / one.total, 4)))
    return found
