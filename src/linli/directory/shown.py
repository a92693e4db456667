"""What pages show of a site and of coverage: labels, links, words."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import label as label_of_area
from linli.kernel.areas.queries import labels, path, path_labels
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import story
from linli.kernel.ui.wording import joined
from linli.kernel.units.models import Unit
from linli.lib.areacodes import COUNTY
from linli.lib.xlsx import SheetColumn

from . import queries
from .enums import OperatingModel, Weekday
from .models import Organisation, Site
from .queries import Coverage, Rollup

Fact = tuple[str, str, str]


def site_facts(site: Site) -> list[Fact]:
    """The organisation behind a site: label, value, and where the value leads."""
    operator, code, url = "", "", ""
    if site.operator is not None:
        operator, code = site.operator.unit.label, site.operator.credit_code
        url = agency_url(site.operator)
    return [
        (pgettext("site", "Where"), _place(site.unit.area_id), ""),
        (_("Address"), site.address, ""),
        (_("Phone for residents"), site.phone, ""),
        (_("Competent body"), label(TermList.COMPETENT_BODY, site.unit.competent_body), ""),
        (_("How it is run"), str(OperatingModel(site.operating_model).label), ""),
        (_("Operator"), operator, url),
        (_("Unified social credit code"), code, ""),
        (_("Open orders it can hold"), str(site.capacity), ""),
    ]


def agency_facts(agency: Organisation) -> list[Fact]:
    return [
        (_("Unified social credit code"), agency.credit_code, ""),
        (_("Where it is registered"), _place(agency.unit.area_id), ""),
        (_("Phone"), agency.phone, ""),
        (_("Competent body"), label(TermList.COMPETENT_BODY, agency.unit.competent_body), ""),
    ]


def agency_url(agency: Organisation) -> str:
    return reverse("directory:agency", args=[agency.pk])


def operated(agency: Organisation, on: date) -> list[dict[str, str]]:
    """The sites an agency operates today, with their kind and place."""
    held = queries.operated_by([agency.pk], on=on).get(agency.pk, [])
    places = path_labels({one.unit.area_id for one in held}, below=COUNTY - 1)
    return [_unit(one.unit, True) | {"place": places[one.unit.area_id]} for one in held]


def _place(code: int) -> str:
    return path_labels([code], below=COUNTY - 1)[code] or label_of_area(code)


def areas(site: Site, on: date) -> list[str]:
    codes = queries.areas_served([site.pk], on=on).get(site.pk, [])
    names = labels(codes)
    return [names.get(one, "") for one in codes]


def hours(site: Site) -> list[tuple[str, str]]:
    """Each weekday with its spans, or that it is closed."""
    held: dict[int, list[str]] = {}
    for one in site.hours.all():
        held.setdefault(one.weekday, []).append(f"{one.opens:%H:%M}–{one.closes:%H:%M}")
    if not held:
        return []
    return [(str(day.label), joined(held.get(day.value, [])) or _("closed")) for day in Weekday]


def above(site: Site) -> dict[str, str] | None:
    parent = site.unit.parent
    return _unit(parent, queries.has_site(parent.pk)) if parent else None


def below(site: Site, on: date) -> list[dict[str, str]]:
    return [_unit(*one) for one in queries.units_below(site.pk, on=on)]


def _unit(unit: Unit, has_site: bool) -> dict[str, str]:
    return {
        "name": unit.label,
        "kind": unit.get_kind_display(),
        "url": reverse("directory:site", args=[unit.pk]) if has_site else "",
    }


def history(row: Site | Organisation, actor: Actor) -> list[dict[str, str]]:
    return story.events(lines([("directory.site", row.pk)], with_names=False), actor)


def area_path(code: int) -> list[dict[str, str]]:
    return [{"label": one.label, "url": coverage_url(one.code)} for one in path(code)]


def coverage_url(code: int) -> str:
    return f"{reverse('directory:coverage')}?area={code:012d}"


def townships(found: Iterable[Coverage]) -> dict[str, Any]:
    """Townships with their stations: gaps first, quasi-areas last and not counted."""
    rows = sorted(found, key=lambda one: (one.is_quasi, bool(one.stations), one.place.code))
    counted = [one for one in rows if not one.is_quasi]
    covered = sum(1 for one in counted if one.stations)
    return {
        "rows": [
            {
                "name": one.place.label,
                "kind": _kind(one.kind),
                "is_gap": not one.stations and not one.is_quasi,
                "is_quasi": one.is_quasi,
                "stations": [
                    {"name": name, "url": reverse("directory:site", args=[unit_id])}
                    for unit_id, name in one.stations
                ],
            }
            for one in rows
        ],
        "sentence": _sentence(len(counted), covered),
    }


def areas_below(found: Iterable[Rollup]) -> dict[str, Any]:
    """Areas with how far their townships are covered, the largest gaps first."""
    rows = _gaps_first(found)
    total, covered = sum(one.townships for one in rows), sum(one.covered for one in rows)
    return {
        "rows": [
            {
                "name": one.place.label,
                "url": coverage_url(one.place.code),
                "townships": f"{one.townships:,}",
                "covered": f"{one.covered:,}",
                "stations": f"{one.stations:,}",
                "rate": rate(one.covered, one.townships),
                "gaps": one.townships - one.covered,
            }
            for one in rows
        ],
        "sentence": _sentence(total, covered),
    }


def townships_sheet(found: Iterable[Coverage]) -> tuple[list[SheetColumn], list[list[Any]]]:
    """The same townships as columns and rows of a sheet."""
    columns = [
        SheetColumn(pgettext("column", "Township"), 26),
        SheetColumn(pgettext("unit", "Kind")),
        SheetColumn(_("Stations"), 60),
    ]
    rows = townships(found)["rows"]
    return columns, [[one["name"], one["kind"], _stations_or_gap(one)] for one in rows]


def areas_sheet(found: Iterable[Rollup]) -> tuple[list[SheetColumn], list[list[Any]]]:
    """The same areas as columns and rows of a sheet."""
    numbers = (_("Townships"), _("Covered"), _("Gaps"), _("Stations"))
    columns = [
        SheetColumn(_("Area"), 26),
        *(SheetColumn(one, 12, "number") for one in numbers),
        SheetColumn(_("Rate"), 12),
    ]
    return columns, [
        [
            one.place.label,
            one.townships,
            one.covered,
            one.townships - one.covered,
            one.stations,
            rate(one.covered, one.townships),
        ]
        for one in _gaps_first(found)
    ]


def _gaps_first(found: Iterable[Rollup]) -> list[Rollup]:
    return sorted(found, key=lambda one: (one.covered - one.townships, one.place.code))


def _stations_or_gap(row: dict[str, Any]) -> str:
    if row["is_gap"]:
        return _("Gap: no station serves it")
    return joined(one["name"] for one in row["stations"])


def rate(covered: int, townships: int) -> str:
    """Whole per cent; never 100 while there is a gap."""
    if not townships:
        return "—"
    return _("%(share)s %%") % {"share": covered * 100 // townships}


def _sentence(townships: int, covered: int) -> str:
    if not townships:
        return _("There are no townships here.")
    gaps = townships - covered
    told = {"covered": f"{covered:,}", "townships": f"{townships:,}", "gaps": f"{gaps:,}"}
    if not gaps:
        return _("All %(townships)s townships are served by a station.") % told
    return (
        _("%(covered)s of %(townships)s townships are served by a station; %(gaps)s are not.")
        % told
    )


def _kind(kind: str) -> str:
    words = {
        "street": pgettext("kind of township", "Subdistrict"),
        "town": pgettext("kind of township", "Town"),
        "township": pgettext("kind of township", "Township"),
        "quasi": _("Quasi-area, not counted"),
    }
    return words.get(kind, "")
