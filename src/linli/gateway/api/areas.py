from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Schema

from linli.kernel.accounts.enums import KeyScope
from linli.kernel.areas import queries
from linli.kernel.areas.models import ChangeKind
from linli.kernel.areas.queries import Place, is_code
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label_of, terms
from linli.kernel.ui.pages import actor_of
from linli.lib.areacodes import range_of

from .door import Door
from .errors import NotFound, Unfit
from .paging import cut
from .schemas import OLDER, After, AskedArea, Day, text

# Areas, lists and the network are public knowledge: whoever may see the directory sees them.
NO_AREA = _("This is not the code of an area in force.")
NEEDS = "directory.view"
Beginning = text(80, "Xijie", "how a name, its pinyin or a code begins")
door = Door("areas", reads=KeyScope.AREAS_READ)
lists = Door("terms", reads=KeyScope.AREAS_READ)


class AreaOut(Schema):
    """An area: level 0 nation, 1 province, 2 city, 3 county, 4 township, 5 village."""

    code: int
    level: int
    name: str


class AreasOut(Schema):
    items: list[AreaOut]


class OneAreaOut(AreaOut):
    """An area with those above it, from the nation down, and those directly below it."""

    is_in_force: bool
    above: list[AreaOut]
    below: list[AreaOut]


class ChangeOut(Schema):
    """From a day on, `before` is (a part of) `after`."""

    kind: ChangeKind
    before: int
    after: int
    on: date


class ChangePage(Schema):
    items: list[ChangeOut]
    older: str | None = OLDER


class TermOut(Schema):
    code: str
    name: str
    zh: str
    en: str
    area: int | None
    valid_from: date
    valid_to: date | None


class TermsOut(Schema):
    items: list[TermOut]


def _out(place: Place) -> dict[str, Any]:
    return {"code": place.code, "level": place.level, "name": place.label}


@door.get("", needs=NEEDS, gives=AreasOut)
def find_areas(
    request: HttpRequest,
    search: Beginning,  # type: ignore[valid-type]
    inside: AskedArea | None = None,
) -> Any:
    """The first 20 areas found by name, pinyin, initials or code, the larger ones first."""
    if inside is not None and not is_code(inside):
        raise Unfit(NO_AREA, "inside")
    spans = () if inside is None else (range_of(inside),)
    return {"items": [_out(one) for one in queries.search(search, inside=spans)]}


@door.get("/changes", needs=NEEDS, gives=ChangePage)
def list_area_changes(request: HttpRequest, after: After = "") -> Any:
    """Areas merged, split, renumbered or renamed, newest first, 25 a page."""
    page = cut(queries.changes(), sort="on_day", after=after)
    items = [
        {"kind": one.kind, "before": one.before_id, "after": one.after_id, "on": one.on_day}
        for one in page.rows
    ]
    return {"items": items, "older": page.older or None}


@door.get("/{int:code}", needs=NEEDS, gives=OneAreaOut)
def get_area(request: HttpRequest, code: int) -> Any:
    """One area by its 12-digit code."""
    above = queries.path(code) if is_code(code) else []
    if not above or above[-1].code != code:
        raise NotFound
    return {
        **_out(above[-1]),
        "is_in_force": queries.exists(code, on=actor_of(request).today),
        "above": [_out(one) for one in above[:-1]],
        "below": [_out(one) for one in queries.children(code)],
    }


@lists.get("", needs=NEEDS, gives=TermsOut)
def list_terms(
    request: HttpRequest,
    list: Literal[tuple(TermList.values)],  # type: ignore[valid-type]
    on: Day | None = None,
    area: AskedArea | None = None,
) -> Any:
    """The codes of a list in force on a day (default: today), everywhere or also in an area."""
    if area is not None and not is_code(area):
        raise Unfit(NO_AREA, "area")
    found = terms(TermList(list), on=on or actor_of(request).today, area=area)
    items = [
        {
            "code": one.code,
            "name": label_of(one),
            "zh": one.zh,
            "en": one.en,
            "area": one.area,
            "valid_from": one.valid_from,
            "valid_to": one.valid_to,
        }
        for one in found
    ]
    return {"items": items}
