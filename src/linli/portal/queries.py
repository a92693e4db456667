from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Max, Min, Q, prefetch_related_objects

from linli.directory.queries import sites_serving
from linli.kernel.areas.queries import Place, children, exists, path, path_labels, search
from linli.kernel.units.models import UnitKind
from linli.kernel.units.queries import centre_for, units
from linli.lib.areacodes import COUNTY, NATION, TOWNSHIP, ancestors, expand, level_of, range_of

if TYPE_CHECKING:
    from linli.directory.models import Site

WORDS_AT_MOST = 6


@dataclass(frozen=True)
class Here:
    """An area somebody stands on while tapping down: the way to it, and what lies below.

    `is_served` is False where no guidance centre answers; above the counties it is not asked.
    """

    code: int
    path: list[Place]
    below: list[Place]
    is_served: bool

    @property
    def label(self) -> str:
        return self.path[-1].label if self.path else ""

    @property
    def is_precise(self) -> bool:
        """Whether a request can be sent from here: a township or a village is enough."""
        return is_precise(self.code)


def is_precise(code: int) -> bool:
    return level_of(code) >= TOWNSHIP


def home_area(*, on: date) -> int:
    """Where the tapping begins: the setting LINLI_HOME_AREA (a code of 2 to 12 digits), or else
    the lowest area that holds the seats of all guidance centres."""
    if settings.LINLI_HOME_AREA:
        return expand(str(settings.LINLI_HOME_AREA))
    seats = units(UnitKind.CENTRE, among=Q(), on=on).aggregate(low=Min("area"), high=Max("area"))
    low, high = seats["low"], seats["high"]
    if low is None:
        return NATION
    # Areas are ranges of codes: what holds the lowest and the highest seat holds all between.
    above = {*ancestors(high), high}
    shared = [one for one in (*ancestors(low), low) if one in above]
    named = path(shared[-1])
    return named[-1].code if named else NATION


def here(code: int, *, on: date) -> Here | None:
    """The area with its surroundings; None if there is no such area today."""
    if not _is_code(code) or not exists(code, on=on):
        return None
    is_served = level_of(code) < COUNTY or centre_for(code, on=on) is not None
    return Here(code, path(code), children(code), is_served)


def _is_code(code: int) -> bool:
    try:
        level_of(code)
    except ValueError:
        return False
    return True


def places_named(text: str, *, home: int) -> list[tuple[Place, str]]:
    """Areas that fit what was typed, with the names above them; those at home come first.

    Several words narrow one another: the last that is a place is meant, the others lie above it.
    """
    words = text.replace("·", " ").split()[:WORDS_AT_MOST]
    hits = [found for word in words if (found := _named(word, home=home))]
    if not hits:
        return []
    *above, meant = hits
    outer = [{one.code for one in found} for found in above]
    kept = [one for one in meant if all(codes & {*ancestors(one.code)} for codes in outer)]
    full = path_labels([one.code for one in kept], below=0)
    return [(one, full[one.code]) for one in kept]


def _named(word: str, *, home: int) -> list[Place]:
    return search(word, inside=[range_of(home)]) or search(word)


def sites_here(area: int, *, on: date) -> list["Site"]:
    """Sites that serve a place, the most local first, with their opening hours."""
    found = sites_serving(area, on=on)
    prefetch_related_objects(found, "hours")
    return found


def nearest_site(area: int, *, on: date) -> "Site | None":
    """The most local site with a phone that a resident of the area can call."""
    return next((one for one in sites_here(area, on=on) if one.phone), None)
