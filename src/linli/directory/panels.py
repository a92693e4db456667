from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.ui.registry import Found, finder, place

from .queries import agencies_around, named, sites_around

FOUND_AT_MOST = 10

place(
    name="directory",
    label=pgettext_lazy("place", "Directory"),
    icon="station",
    url_name="directory:list",
    needs="directory.view",
    order=60,
    key="d",
)


def _find(actor: Actor, text: str) -> Iterable[Found]:
    """Sites by a part of their name."""
    rows = named(sites_around(actor), text).select_related(None).select_related("unit")
    for one in rows.order_by("unit__area_id", "pk")[:FOUND_AT_MOST]:
        sub = " · ".join(part for part in (one.unit.get_kind_display(), one.phone) if part)
        yield Found(one.unit.label, sub, reverse("directory:site", args=[one.pk]))


def _find_agencies(actor: Actor, text: str) -> Iterable[Found]:
    """Agencies by a part of their name."""
    for one in named(agencies_around(actor), text).order_by("unit__zh", "pk")[:FOUND_AT_MOST]:
        yield Found(one.unit.label, one.phone, reverse("directory:agency", args=[one.pk]))


finder("stations", _("Stations"), "directory.view", _find)
finder("agencies", _("Agencies"), "agencies.view", _find_agencies)
