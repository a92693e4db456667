"""`linli status`: how the installation is, and what is wrong with it, as lines and as JSON."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

import linli
from linli.kernel.timeline.models import Event
from linli.lib import postgres
from linli.site import databases
from linli.site.backup.keys import fingerprint
from linli.site.backup.notes import note_of
from linli.site.backup.proof import unapplied
from linli.site.figures import Figures, figures
from linli.site.home import Home

FULL = 0.85
LATE_JOB_SECONDS = 300
UNSEALED_SECONDS = 300
OLD_BACKUP_SECONDS = 26 * 3600
MANY_DELTAS = 100_000
CLOCK_SECONDS = 5
DECIDING = (
    "ALLOWED_HOSTS", "HTTPS", "DEBUG", "LINLI_TRUSTED_PROXIES", "LINLI_HOME_AREA", "LINLI_LOG_DAYS",
    "LINLI_LOG_MEGABYTES", "SESSION_COOKIE_AGE", "MIDDLEWARE", "PASSWORD_HASHERS",
)  # fmt: skip


@dataclass(frozen=True)
class Status:
    """What was found; `troubles` is empty when all is well."""

    version: str
    database: str
    migrations_missing: int
    settings: str
    # None while the tables are not those of this version.
    figures: Figures | None
    troubles: list[str]

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


def status(home: Home) -> Status:
    """Look at everything. Raises DatabaseError when the database does not answer."""
    missing = unapplied()
    now, troubles = None, [*behind(missing)]
    if not missing:
        now = figures(home)
        troubles += [*of_clocks(), *of_work(now), *of_backups(home, now), *of_disks(now)]
    server = f"PostgreSQL {now.server}" if now else "PostgreSQL"
    return Status(
        version=linli.__version__,
        database=f"{server}, {way(home)}",
        migrations_missing=missing,
        settings=settings_mark(),
        figures=now,
        troubles=troubles,
    )


def way(home: Home) -> str:
    """Whose server it is."""
    if not databases.is_embedded():
        return "LINLI_DATABASE_URL"
    return f"own ({postgres.told(databases.cluster(home).bin_dir)})"


def settings_mark() -> str:
    """Names the settings in force: the same on two machines exactly when they are the same."""
    told = {name: _plain(getattr(settings, name)) for name in DECIDING}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def behind(missing: int) -> Iterator[str]:
    if missing:
        told = _("The database is %(count)s migrations behind this version; run: linli upgrade")
        yield told % {"count": missing}


def of_clocks() -> Iterator[str]:
    """Of this machine and of the database, now and before."""
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        (theirs,) = cursor.fetchone()
    off = float(theirs) - before
    if abs(off) > CLOCK_SECONDS:
        told = _("The clocks of this machine and of the database differ by %(seconds)s seconds.")
        yield told % {"seconds": round(off)}
    newest = Event.objects.order_by("-at").values_list("at", flat=True).first()
    if newest is not None and newest.timestamp() > before + UNSEALED_SECONDS:
        ahead = timedelta(seconds=round(newest.timestamp() - before))
        told = _("The newest event is %(ahead)s in the future: the clock was put back.")
        yield told % {"ahead": ahead}


def of_work(now: Figures) -> Iterator[str]:
    if not now.workers:
        yield _("No worker runs; start it: linli work")
    if (now.oldest_job_seconds or 0) > LATE_JOB_SECONDS:
        told = _("The oldest job has been waiting for %(seconds)s seconds.")
        yield told % {"seconds": round(now.oldest_job_seconds or 0)}
    if now.jobs_failed:
        yield _("%(count)s jobs have failed; the log names them.") % {"count": now.jobs_failed}
    if (now.unsealed_seconds or 0) > UNSEALED_SECONDS:
        told = _("The timeline has not been sealed for %(seconds)s seconds.")
        yield told % {"seconds": round(now.unsealed_seconds or 0)}
    if now.deltas > MANY_DELTAS:
        told = _("%(count)s changes wait to be folded into the statistics.")
        yield told % {"count": now.deltas}


def of_backups(home: Home, now: Figures) -> Iterator[str]:
    note = note_of(home)
    if databases.is_embedded() and note.path is None:
        yield _("There are no backups; run: linli backup start --to FOLDER")
    elif note.path is not None and not note.path.is_dir():
        yield _("The folder of the backups is not there: %(path)s") % {"path": note.folder}
    elif note.path is not None:
        if now.backup_seconds is None:
            yield _("There is no whole backup yet; run: linli backup now")
        elif now.backup_seconds > OLD_BACKUP_SECONDS:
            told = _("The last whole backup is %(hours)s hours old.")
            yield told % {"hours": round(now.backup_seconds / 3600)}
        if now.is_failing:
            yield _("What the database writes cannot be copied to the backups; see its log.")
    if note.keys != fingerprint(home):
        yield _("The keys were not put away; run: linli backup keys --to FILE")


def of_disks(now: Figures) -> Iterator[str]:
    for one in now.disks:
        if one.used >= FULL:
            told = _("The disk of %(folder)s is %(percent)s%% full; %(megabytes)s MB are left.")
            yield told % {
                "folder": one.folder,
                "percent": round(one.used * 100),
                "megabytes": one.free // 2**20,
            }


def lines(found: Status) -> Iterator[str]:
    """What to show at the terminal."""
    now = found.figures
    yield f"Linli {found.version}  settings {found.settings}"
    yield f"database   {found.database}, {found.migrations_missing} migrations missing"
    if now is None:
        return
    yield f"           {now.database_bytes / 1e6:.1f} MB, {now.connections} connections"
    restored = f", restored to {now.restored_to}" if now.restored_to else ""
    yield f"epoch      {now.epoch or 'none'}{restored}"
    yield (
        f"jobs       {now.workers} workers, {now.jobs_waiting} waiting (oldest "
        f"{ago(now.oldest_job_seconds)}), {now.jobs_failed} failed"
    )
    yield f"timeline   sealed {ago(now.seal_seconds)} ago, head {now.head or 'none'}"
    yield f"statistics {now.deltas} changes to be folded in"
    yield f"backup     {now.backup or 'none'}, {ago(now.backup_seconds)} ago"
    yield f"log copied {now.archived_part or 'none'}, {ago(now.archived_seconds)} ago"
    for one in now.disks:
        yield f"disk       {one.name}: {one.used:.0%} full, {one.free / 1e9:.1f} GB left"


def ago(seconds: float | None) -> str:
    return "-" if seconds is None else str(timedelta(seconds=round(seconds)))
