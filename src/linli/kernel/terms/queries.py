import time
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import get_language

from linli.lib.areacodes import ancestors

from .models import Term, TermList

# Code tables change a few times a year and every page reads them.
KEPT_SECONDS = 30.0


@dataclass(frozen=True)
class Kept:
    """The tables as they were read at a moment; of several terms with a code the national one goes
    first and then the newest."""

    moment: float
    rows: list[Term]
    by_code: dict[tuple[str, str], Term]

    @classmethod
    def read(cls) -> "Kept":
        rows = list(Term.objects.all())
        # The last one stays.
        ranked = sorted(rows, key=lambda term: (term.area is None, term.valid_from))
        return cls(time.monotonic(), rows, {(one.list, one.code): one for one in ranked})


_kept: Kept | None = None


def _all() -> Kept:
    global _kept  # noqa: PLW0603 - one process-wide copy, replaced as a whole
    held = _kept
    if held is None or not held.rows or time.monotonic() - held.moment > KEPT_SECONDS:
        held = _kept = Kept.read()
    return held


def forget() -> None:
    """Drop the kept copy after a change in this process."""
    global _kept  # noqa: PLW0603
    _kept = None


def terms(which: TermList, *, on: date, area: int | None = None) -> list[Term]:
    """Terms of a list in force on a day, national ones and those of the area and above it."""
    places = {None} if area is None else {None, area, *ancestors(area)}
    return [
        term
        for term in _all().rows
        if term.list == which
        and term.area in places
        and term.valid_from <= on
        and (term.valid_to is None or term.valid_to >= on)
    ]


def choices(which: TermList, *, on: date, area: int | None = None) -> list[tuple[str, str]]:
    """(code, label in the current language) pairs for a form field."""
    return [(term.code, label_of(term)) for term in terms(which, on=on, area=area)]


def label(which: TermList, code: str) -> str:
    """The label of a code in the current language, in force or not; the code itself if unknown."""
    found = _all().by_code.get((which, code))
    return label_of(found) if found else code


def label_of(term: Term) -> str:
    return term.zh if (get_language() or "zh").startswith("zh") else term.en


def in_force(which: TermList, on: date) -> Q:
    """Condition for a query on terms of a list in force on a day."""
    return Q(list=which, valid_from__lte=on) & (Q(valid_to__isnull=True) | Q(valid_to__gte=on))
