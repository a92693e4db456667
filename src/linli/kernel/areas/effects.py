"""What a list of changes does to the areas: checked as a whole before anything is written."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from django.utils.translation import gettext as _

from linli.lib.areacodes import ancestors, level_of, range_of

from .changes import Change, Refused, fault
from .models import Area, AreaChange, AreaVersion, ChangeKind

ENDING = (ChangeKind.MERGE, ChangeKind.RECODE)
# Of one day: what is new comes first, what ends comes last.
ORDER = (
    ChangeKind.SPLIT,
    ChangeKind.RENAME,
    ChangeKind.REPARENT,
    ChangeKind.RECODE,
    ChangeKind.MERGE,
)
AT_ONCE = 10_000
DAY = timedelta(days=1)


@dataclass
class Held:
    """An area as it stands while a list is gone through; `id` is that of its version in the
    database, if it is still that one."""

    code: int
    since: date
    until: date | None
    zh: str
    parent: int | None
    version_since: date
    id: UUID | None = None
    is_pseudo: bool = False
    is_new: bool = False


@dataclass
class Effects:
    """What is to be written: areas and versions to make and to end, and lines of the log."""

    lines: list[tuple[str, int, int, date]] = field(default_factory=list)
    new: list[Held] = field(default_factory=list)
    ended: dict[int, date] = field(default_factory=dict)
    closed: dict[UUID, date] = field(default_factory=dict)
    versions: list[tuple[int, int | None, str, date, date | None]] = field(default_factory=list)
    known: int = 0


class Ledger:
    """The areas that a list concerns, read once; changes are tried on them in their order."""

    def __init__(self, told: Iterable[Change], *, using: str, today: date) -> None:
        self.told, self.using, self.today = list(told), using, today
        self.effects, self.faults = Effects(), list[str]()
        self.below: defaultdict[int, set[int]] = defaultdict(set)
        self.held: dict[int, Held] = {}
        self.logged: set[tuple[int, int, date]] = set()
        self._read()

    def _read(self) -> None:
        codes = {code for one in self.told for code in (one.before, one.after)}
        codes |= {above for code in codes for above in ancestors(code)}
        self._hold(codes)
        ending = [one.before for one in self.told if one.kind in ENDING]
        versions = AreaVersion.objects.using(self.using).filter(valid_to__isnull=True)
        below = [
            code
            for some in _chunks(ending)
            for code in versions.filter(parent__in=some).values_list("area_id", flat=True)
        ]
        self._hold(set(below) - self.held.keys())
        log = AreaChange.objects.using(self.using)
        for some in _chunks(sorted({one.before for one in self.told})):
            rows = log.filter(before__in=some)
            self.logged |= set(rows.values_list("before_id", "after_id", "on_day"))

    def _hold(self, codes: set[int]) -> None:
        for some in _chunks(sorted(codes)):
            areas = Area.objects.using(self.using).in_bulk(some)
            # An area without a version has no name, and nothing above it that is dated.
            for code, area in areas.items():
                self.held[code] = Held(
                    code, area.valid_from, area.valid_to, "", None, area.valid_from,
                    is_pseudo=area.is_pseudo,
                )  # fmt: skip
            versions = AreaVersion.objects.using(self.using).filter(area__in=some)
            for code, zh, parent, since, pk in versions.order_by("valid_from").values_list(
                "area_id", "zh", "parent_id", "valid_from", "id"
            ):
                one = self.held[code]
                one.zh, one.parent, one.version_since, one.id = zh, parent, since, pk
        for code in codes:
            if code in self.held and self.held[code].parent is not None:
                self.below[self.held[code].parent or 0].add(code)

    def go_through(self) -> Effects:
        """Try every change, the oldest first. Raises Refused with everything that cannot be."""
        for day, changes in groupby(sorted(self.told, key=_order), key=lambda one: one.day):
            some = list(changes)
            for one in some:
                self._begin(one)
            for one in some:
                self._try(one)
            self._take_along(some, day)
        if self.faults:
            raise Refused(self.faults)
        for held in self.held.values():
            self._close(held)
        return self.effects

    def _fault(self, one: Change, sentence: str, **given: object) -> bool:
        self.faults.append(fault(one.where, sentence % given))
        return False

    def _begin(self, one: Change) -> None:
        """An area that is new with a change exists from its day on."""
        if one.after in self.held or not one.name or one.kind == ChangeKind.RENAME:
            return
        above = ancestors(one.after)
        missing = next((code for code in above if code not in self.held), None)
        if missing is not None:
            waiting = {each.after for each in self.told if each.day <= one.day and each.name}
            if missing not in waiting:
                self._fault(
                    one,
                    _("%(code)012d is not known; it lies above %(new)012d and must come first."),
                    code=missing,
                    new=one.after,
                )
                return
        made = Held(one.after, one.day, None, one.name, above[-1], one.day, is_new=True)
        self.held[one.after] = made
        self.below[above[-1]].add(one.after)
        self.effects.new.append(made)

    def _try(self, one: Change) -> None:
        key = (one.before, one.after, one.day)
        if key in self.logged:
            self.effects.known += 1
            return
        if self._fits(one):
            self.logged.add(key)
            self.effects.lines.append((one.kind, *key))
            self._change(one)

    def _fits(self, one: Change) -> bool:
        if one.day > self.today:
            return self._fault(
                one, _("%(day)s is still to come; import it on that day."), day=one.day
            )
        for code in (one.before, one.after):
            if code not in self.held or self.held[code].is_pseudo:
                return self._fault(
                    one,
                    _("%(code)012d is not known; give its name, or import it first."),
                    code=code,
                )
        before, after = self.held[one.before], self.held[one.after]
        if before.until is not None:
            return self._fault(one, _("%(code)012d has gone before."), code=before.code)
        if after.until is not None:
            return self._fault(one, _("%(code)012d has gone before."), code=after.code)
        if after.since > one.day:
            return self._fault(
                one, _("%(code)012d began on %(day)s."), code=after.code, day=after.since
            )
        return one.kind == ChangeKind.SPLIT or self._fits_in_time(one, before)

    def _fits_in_time(self, one: Change, before: Held) -> bool:
        # A new name and a new parent of one day are one version.
        is_ours = before.id is None and not before.is_new and one.kind not in ENDING
        is_ours = is_ours and before.version_since == one.day
        if before.version_since >= one.day and not is_ours:
            return self._fault(
                one, _("The area as it is began on %(day)s."), day=before.version_since
            )
        low, high = range_of(before.code)
        if one.kind != ChangeKind.RENAME and low <= one.after <= high:
            return self._fault(one, _("An area cannot become a part of itself."))
        if one.kind != ChangeKind.RENAME and level_of(one.after) > level_of(before.code):
            return self._fault(one, _("An area cannot become a part of a smaller one."))
        is_higher = level_of(one.after) < level_of(before.code)
        if one.kind == ChangeKind.REPARENT and not is_higher:
            return self._fault(one, _("An area belongs to one of a higher level."))
        return True

    def _change(self, one: Change) -> None:
        before = self.held[one.before]
        if one.kind == ChangeKind.RENAME:
            self._renew(before, one.day, zh=one.name)
        elif one.kind == ChangeKind.REPARENT:
            self.below[before.parent or 0].discard(before.code)
            self.below[one.after].add(before.code)
            self._renew(before, one.day, parent=one.after)
        elif one.kind in ENDING:
            before.until = one.day - DAY
            self.effects.ended[before.code] = before.until

    def _renew(self, held: Held, day: date, *, zh: str = "", parent: int | None = None) -> None:
        """Another name or parent from a day on; two changes of one day make one version."""
        if held.version_since < day:
            if held.id is not None:
                self.effects.closed[held.id] = day - DAY
            else:
                self._keep(held, day - DAY)
            held.id, held.version_since = None, day
        held.zh, held.parent = zh or held.zh, held.parent if parent is None else parent

    def _take_along(self, changes: list[Change], day: date) -> None:
        """What lies in an area that has gone and is still there lies where that went, and the log
        says so: whoever divides the larger area later does not divide this."""
        for one in changes:
            gone = self.held.get(one.before)
            is_ended = gone is not None and gone.until is not None and gone.until + DAY == day
            if one.kind not in ENDING or not is_ended:
                continue
            for code in sorted(self.below[one.before]):
                child = self.held[code]
                if child.until is None and child.parent == one.before:
                    self.effects.lines.append((ChangeKind.REPARENT, code, one.after, day))
                    self.below[one.after].add(code)
                    self._renew(child, day, parent=one.after)

    def _close(self, held: Held) -> None:
        """Write down the last version, if it is not the one in the database."""
        until = self.effects.ended.get(held.code)
        if held.id is None:
            self._keep(held, until)
        elif until is not None:
            self.effects.closed[held.id] = until

    def _keep(self, held: Held, until: date | None) -> None:
        if not held.zh:
            return
        self.effects.versions.append((held.code, held.parent, held.zh, held.version_since, until))


def _order(one: Change) -> tuple[date, int]:
    return one.day, ORDER.index(one.kind)


def _chunks(codes: Iterable[int]) -> Iterable[list[int]]:
    held = list(codes)
    return (held[at : at + AT_ONCE] for at in range(0, len(held), AT_ONCE))
