"""Tapping down the areas, or typing a name: the same on the way to a request and to a station."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from linli.kernel.areas.queries import Place

from .forms import PlaceForm
from .queries import Here, here, home_area, places_named

UrlOf = Callable[[int], str]


@dataclass(frozen=True)
class Link:
    """One area to tap on; `sub` says where it lies if the name alone does not."""

    label: str
    url: str
    sub: str = ""


@dataclass(frozen=True)
class Tapping:
    """The page of one area: the way up, the areas below, what the typed name found.

    `found` is None as long as nothing was typed.
    """

    spot: Here
    up: list[Link]
    below: list[Link]
    found: list[Link] | None
    q: str


def tapping(form: PlaceForm, *, url_of: UrlOf, on: date) -> Tapping | None:
    """Where the address says that somebody stands; None if no areas are loaded."""
    told = form.told()
    home = home_area(on=on)
    at = told["at"] if told["at"] is not None else home
    spot = here(at, on=on) or here(home, on=on)
    if spot is None:
        return None
    q = told["q"] or ""
    found = [_found(one, full, url_of) for one, full in places_named(q, home=home)]
    return Tapping(
        spot=spot,
        up=[_link(one, url_of) for one in spot.path],
        below=[_link(one, url_of) for one in spot.below],
        found=found if q else None,
        q=q,
    )


def _link(place: Place, url_of: UrlOf) -> Link:
    return Link(place.label, url_of(place.code))


def _found(place: Place, full: str, url_of: UrlOf) -> Link:
    return Link(place.label, url_of(place.code), full if full != place.label else "")
