"""What a published list of changes says: areas merged, split, renumbered or renamed on a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from linli.lib.areacodes import NATION, expand
from linli.lib.divisions import LONGEST_NAME, AreaFileError, read_name, rows

from .models import Area, AreaChange, AreaVersion, ChangeKind
from .moves import MOVING

COLUMNS = ("kind", "before", "after", "day", "name")


@dataclass(frozen=True)
class Change:
    """A line of the list; `name` is the new name of an area that was renamed."""

    where: str
    kind: ChangeKind
    before: int
    after: int
    day: date
    name: str = ""


def changes(text: Iterable[str], source: str) -> Iterator[Change]:
    """The changes in CSV with the COLUMNS: `kind` is merge, split, recode or rename, `before` and
    `after` are codes, `name` is for a rename.

    Raises AreaFileError at the first line that is none.
    """
    for line, (told, code, new_code, on, name) in rows(text, source, COLUMNS):
        where = f"{source}, line {line}"
        try:
            kind, day = ChangeKind(told), date.fromisoformat(on)
            before, after = expand(code), expand(new_code or code)
        except ValueError:
            raise AreaFileError(f"{where}: {told!r} {code!r} {on!r} is no change") from None
        is_rename = kind == ChangeKind.RENAME
        if (before == after) != is_rename or NATION in {before, after}:
            raise AreaFileError(f"{where}: a rename is of one area, every other change of two")
        if is_rename and (not 0 < len(name) <= LONGEST_NAME or "\x00" in name):
            raise AreaFileError(f"{where}: a renamed area needs its new name")
        yield Change(where, kind, before, after, day, name)


def record(told: Iterable[Change], *, using: str, today: date) -> int:
    """Put changes into the log, oldest first; returns how many were not there yet.

    Raises AreaFileError for an area that is not known, for one that has gone already, and for a
    change of a day to come: a change that is in the log is in force.
    """
    told = list(told)
    for one in told:
        if one.day > today:
            raise AreaFileError(f"{one.where}: {one.day} is still to come; import it on that day")
    return sum(_record(one, using) for one in sorted(told, key=lambda one: one.day))


def _record(change: Change, using: str) -> bool:
    log = AreaChange.objects.using(using)
    key = {"before_id": change.before, "after_id": change.after, "on_day": change.day}
    if log.filter(**key).exists():
        return False
    for code in (change.before, change.after):
        if not Area.objects.using(using).filter(code=code, is_pseudo=False).exists():
            raise AreaFileError(f"{change.where}: {code:012d} is not known; import it first")
    if log.filter(before_id=change.before, kind__in=MOVING).exists():
        raise AreaFileError(f"{change.where}: {change.before:012d} has gone before")
    log.create(kind=change.kind, **key)
    if change.kind == ChangeKind.RENAME:
        _rename(change, using)
    elif change.kind in MOVING:
        _end(change, using)
    return True


def _current(change: Change, using: str) -> AreaVersion:
    """The present version of the area before a change, which began before it."""
    versions = AreaVersion.objects.using(using)
    held = versions.filter(area_id=change.before, valid_to__isnull=True).first()
    if held is None:
        raise AreaFileError(f"{change.where}: {change.before:012d} has ended")
    if held.valid_from >= change.day:
        raise AreaFileError(f"{change.where}: the area as it is began on {held.valid_from}")
    return held


def _rename(change: Change, using: str) -> None:
    held, reading = _current(change, using), read_name(change.name)
    held.valid_to = change.day - timedelta(days=1)
    held.save(using=using, update_fields=["valid_to"])
    AreaVersion.objects.using(using).create(
        area_id=held.area_id,
        parent_id=held.parent_id,
        zh=change.name,
        pinyin=reading.pinyin,
        initials=reading.initials,
        en=reading.en,
        valid_from=change.day,
    )


def _end(change: Change, using: str) -> None:
    """From the day on the area is no more; what was recorded under it counts where it went."""
    held = _current(change, using)
    held.valid_to = change.day - timedelta(days=1)
    held.save(using=using, update_fields=["valid_to"])
    Area.objects.using(using).filter(pk=change.before).update(valid_to=held.valid_to)
