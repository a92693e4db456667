from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import children, labels
from linli.kernel.tables import Cell, Column, Filter, Table
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.ui.addresses import row_address
from linli.kernel.ui.wording import joined
from linli.kernel.units.models import UnitKind
from linli.lib.areacodes import COUNTY, ancestors, county_of, level_of

from .models import Organisation, Site
from .queries import agencies_around, areas_served, inside, named, operated_by, sites_around

KINDS = (UnitKind.CENTRE, UnitKind.STATION, UnitKind.ROOM, UnitKind.FACILITY)
SHOWN_AREAS = 3


@dataclass(frozen=True)
class Known:
    """What one page of sites needs besides its rows."""

    places: dict[int, str]
    serves: dict[UUID, list[int]]
    names: dict[int, str]


def _know(rows: list[Site], actor: Actor) -> Known:
    serves = areas_served([one.pk for one in rows], on=actor.today)
    served = {code for codes in serves.values() for code in codes}
    seats = {one.unit.area_id for one in rows}
    highest = COUNTY - (level_of(actor.area or 0) < COUNTY)
    chains = {seat: [*ancestors(seat), seat] for seat in seats}
    names = labels({*served, *(code for chain in chains.values() for code in chain)})
    paths = {
        seat: " · ".join(
            dict.fromkeys(names.get(code, "") for code in chain if level_of(code) > highest)
        )
        for seat, chain in chains.items()
    }
    return Known({one: paths[one] or names.get(one, "") for one in seats}, serves, names)


def _serves(row: Site, known: Known) -> Cell:
    names = [known.names.get(code, "") for code in known.serves.get(row.pk, [])]
    shown = joined(names[:SHOWN_AREAS])
    rest = len(names) - SHOWN_AREAS
    more = _("and %(count)s more") % {"count": rest} if rest > 0 else ""
    return Cell(shown, more, value=joined(names))


def _areas(actor: Actor) -> list[tuple[str, str]]:
    """The areas just below the actor's, e.g. the counties of a city."""
    return [(str(one.code), one.label) for one in children(county_of(actor.area or 0))]


def _actions(actor: Actor) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"url": reverse("directory:coverage"), "label": _("Coverage")},
        {"url": reverse("directory:agencies"), "label": _("Agencies")},
    ]
    if holds(actor, "directory.manage"):
        made.append({"url": reverse("directory:new"), "label": _("Open a site"), "primary": True})
    return made


DIRECTORY = Table(
    name="directory",
    title=pgettext_lazy("place", "Directory"),
    needs="directory.view",
    rows=sites_around,
    columns=(
        Column("name", _("Name"), lambda row, known: Cell(row.unit.label), width=32),
        Column(
            "kind",
            pgettext_lazy("unit", "Kind"),
            lambda row, known: Cell(row.unit.get_kind_display()),
            width=24,
        ),
        Column("area", _("Area"), lambda row, known: Cell(known.places.get(row.unit.area_id, ""))),
        Column("serves", _("Serves"), _serves, width=32),
        Column("phone", _("Phone"), lambda row, known: Cell(row.phone), kind="time"),
        Column(
            "capacity",
            _("Capacity (orders)"),
            lambda row, known: Cell(str(row.capacity), value=row.capacity),
            kind="number",
        ),
        Column(
            "competent_body",
            _("Competent body"),
            lambda row, known: Cell(label(TermList.COMPETENT_BODY, row.unit.competent_body)),
            width=28,
        ),
    ),
    sort="updated_at",
    row_url=row_address("directory:site"),
    filters=(
        Filter(
            "kind",
            pgettext_lazy("unit", "Kind"),
            lambda actor: [(one.value, one.label) for one in KINDS],
            lambda rows, value, actor: rows.filter(unit__kind=value),
        ),
        Filter("area", _("Area"), _areas, lambda rows, value, actor: inside(rows, int(value))),
    ),
    know=_know,
    search=lambda rows, text, actor: named(rows, text),
    search_hint=_("Name of a station"),
    empty_title=_("No site here yet"),
    empty_hint=_("Centres, stations and rooms appear here when they are opened."),
    actions=_actions,
)


@dataclass(frozen=True)
class KnownAgencies:
    """What one page of agencies needs besides its rows."""

    places: dict[int, str]
    sites: dict[UUID, list[Site]]


def _know_agencies(rows: list[Organisation], actor: Actor) -> KnownAgencies:
    return KnownAgencies(
        labels({one.unit.area_id for one in rows}),
        operated_by([one.pk for one in rows], on=actor.today),
    )


def _operates(row: Organisation, known: KnownAgencies) -> Cell:
    held = known.sites.get(row.pk, [])
    names = [one.unit.label for one in held]
    shown = joined(names[:SHOWN_AREAS])
    rest = len(held) - SHOWN_AREAS
    more = _("and %(count)s more") % {"count": rest} if rest > 0 else ""
    return Cell(shown, more, value=joined(names))


def _agency_actions(actor: Actor) -> list[dict[str, Any]]:
    if not holds(actor, "agencies.manage"):
        return []
    url = reverse("directory:agency_new")
    return [{"url": url, "label": _("Register an agency"), "primary": True}]


AGENCIES = Table(
    name="agencies",
    title=_("Agencies"),
    needs="agencies.view",
    rows=agencies_around,
    columns=(
        Column("name", _("Name"), lambda row, known: Cell(row.unit.label), width=32),
        Column("operates", _("Operates"), _operates, width=48),
        Column(
            "area",
            _("Where it is registered"),
            lambda row, known: Cell(known.places.get(row.unit.area_id, "")),
        ),
        Column("phone", _("Phone"), lambda row, known: Cell(row.phone), kind="time"),
        Column(
            "credit_code",
            _("Unified social credit code"),
            lambda row, known: Cell(row.credit_code),
            width=22,
        ),
    ),
    sort="updated_at",
    row_url=row_address("directory:agency"),
    know=_know_agencies,
    search=lambda rows, text, actor: named(rows, text),
    search_hint=_("Name of an agency"),
    empty_title=_("No agency here yet"),
    empty_hint=_("Agencies that operate stations appear here when they are registered."),
    actions=_agency_actions,
)
