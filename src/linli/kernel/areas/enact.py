"""Puts a list of changes into force as a whole, and takes it back."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections, models, transaction
from django.utils.translation import gettext as _

from linli.lib.areacodes import NATION, kind_of, level_of
from linli.lib.divisions import read_name
from linli.lib.uuid7 import uuid7

from .changes import Change, Refused
from .effects import Effects, Ledger
from .models import Area, AreaChange, AreaVersion, ChangeKind, Reorganisation

# One at a time: the newest line then says which log this is (moves.moves).
LOCK = 7_305_019
AT_ONCE = 5_000
CLOSE = """
UPDATE areas_areaversion version SET valid_to = told.day
FROM unnest(%s::uuid[], %s::date[]) AS told(id, day) WHERE version.id = told.id
"""
END = """
UPDATE areas_area area SET valid_to = told.day
FROM unnest(%s::bigint[], %s::date[]) AS told(code, day) WHERE area.code = told.code
"""


def effects_of(told: Iterable[Change], *, today: date, using: str = "default") -> Effects:
    """What a list would do. Raises Refused with a sentence for each line that cannot be."""
    return Ledger(told, using=using, today=today).go_through()


def lock(using: str) -> None:
    """Wait until no other reorganisation is being put into force or taken back."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def apply(
    told: Iterable[Change],
    *,
    now: datetime,
    today: date,
    held: Reorganisation | None = None,
    using: str = "default",
) -> Effects:
    """Put a list into force in one transaction; of what is in force already nothing is done again.

    Raises Refused with a sentence for each line that cannot be; nothing is stored then.
    """
    lines = list(told)
    with transaction.atomic(using=using):
        lock(using)
        found = effects_of(lines, today=today, using=using)
        if found.lines or held is not None:
            record = held or Reorganisation(area=NATION, asked_at=now)
            record.lines = record.lines or [as_kept(one) for one in lines]
            record.applied_at = now
            record.save(using=using)
            record.made = _write(found, record, using=using)
            record.save(using=using, update_fields=["made"])
    return found


def as_kept(
    one: Change, *, certainty: str = "certain", others: Iterable[int] = (), old: str = ""
) -> dict[str, Any]:
    """A change as it is kept: what it says, how sure that is, other answers, the name before."""
    return {
        "kind": str(one.kind),
        "before": one.before,
        "after": one.after,
        "day": one.day.isoformat(),
        "name": one.name,
        "certainty": certainty,
        "others": list(others),
        "old": old,
    }


def change_of(line: dict[str, Any], where: str) -> Change:
    """A change as it was kept by `as_kept`."""
    day = date.fromisoformat(line["day"])
    kind = ChangeKind(line["kind"])
    return Change(where, kind, line["before"], line["after"], day, line["name"])


def _write(found: Effects, record: Reorganisation, *, using: str) -> dict[str, Any]:
    Area.objects.using(using).bulk_create(
        (
            Area(code=one.code, level=level_of(one.code), kind=kind_of(one.code),
                 valid_from=one.since)
            for one in sorted(found.new, key=lambda one: one.code)
        ),
        batch_size=AT_ONCE,
    )  # fmt: skip
    with connections[using].cursor() as cursor:
        cursor.execute(CLOSE, [list(found.closed), list(found.closed.values())])
        cursor.execute(END, [list(found.ended), list(found.ended.values())])
    versions = [_version(*one) for one in found.versions]
    for at in range(0, len(versions), AT_ONCE):
        AreaVersion.objects.using(using).bulk_create(versions[at : at + AT_ONCE])
    AreaChange.objects.using(using).bulk_create(
        (
            AreaChange(
                kind=kind, before_id=before, after_id=after, on_day=day, reorganisation=record
            )
            for kind, before, after, day in found.lines
        ),
        batch_size=AT_ONCE,
    )
    return {
        "areas": [one.code for one in found.new],
        "ended": list(found.ended),
        "closed": [str(one) for one in found.closed],
        "versions": [str(one.pk) for one in versions],
    }


def _version(
    code: int, parent: int | None, zh: str, since: date, until: date | None
) -> AreaVersion:
    reading = read_name(zh)
    return AreaVersion(
        id=uuid7(),
        area_id=code,
        parent_id=parent,
        zh=zh,
        pinyin=reading.pinyin,
        initials=reading.initials,
        en=reading.en,
        valid_from=since,
        valid_to=until,
    )


def links_to_areas() -> list[tuple[type[models.Model], str]]:
    """Every column of the rooms that holds an area, and its model: facts, units, settings."""
    ours = {Area, AreaVersion, AreaChange}
    return [
        (model, one.attname)
        for model in apps.get_models()
        if model not in ours
        for one in model._meta.fields
        if one.remote_field is not None and one.remote_field.model is Area
    ]


def why_not_back(record: Reorganisation) -> list[str]:
    """Why a reorganisation cannot be taken back; empty if it can be."""
    if record.applied_at is None or record.taken_back_at is not None:
        return [_("It is not in force.")]
    newer = Reorganisation.objects.filter(
        applied_at__gt=record.applied_at, taken_back_at__isnull=True
    )
    if newer.exists():
        return [_("A later reorganisation is in force; take that one back first.")]
    made = record.made.get("areas", [])
    reasons = []
    for model, column in links_to_areas():
        found = model._base_manager.filter(**{f"{column}__in": made}) if made else None
        if found is not None and (count := found.count()):
            reasons.append(
                _("%(count)s records (%(what)s) already stand under its new codes.")
                % {"count": count, "what": model._meta.label}
            )
    return reasons


def take_back(record: Reorganisation, *, now: datetime) -> None:
    """Undo just what putting it into force has written; the record of it stays.

    Raises Refused when facts stand under its new codes, or when another came after it.
    """
    with transaction.atomic():
        lock("default")
        record.refresh_from_db()
        if reasons := why_not_back(record):
            raise Refused(reasons)
        made = record.made
        AreaChange.objects.filter(reorganisation=record).delete()
        AreaVersion.objects.filter(pk__in=[UUID(one) for one in made["versions"]]).delete()
        AreaVersion.objects.filter(pk__in=[UUID(one) for one in made["closed"]]).update(
            valid_to=None
        )
        Area.objects.filter(code__in=made["ended"]).update(valid_to=None)
        Area.objects.filter(code__in=made["areas"]).delete()
        record.taken_back_at = now
        record.save(update_fields=["taken_back_at"])
