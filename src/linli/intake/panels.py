from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import path_labels
from linli.kernel.ui import moments
from linli.kernel.ui.registry import DutyLine, Found, Panel, duty_lines, finder, panel, place
from linli.lib.receipts import grouped

from . import actions, queries
from .display import BELOW_COUNTY, need_of, state_of, url_of
from .enums import Door, ForWhom
from .workflow import REQUEST


def _lines(actor: Actor, request_ids: list[UUID]) -> dict[UUID, DutyLine]:
    found = queries.by_ids(actor, request_ids)
    places = path_labels({one.area_id for one in found.values()}, below=BELOW_COUNTY)
    return {
        pk: DutyLine(
            what=need_of(one),
            where=places[one.area_id],
            url=url_of(one),
            number=grouped(one.number),
        )
        for pk, one in found.items()
    }


def _find(actor: Actor, text: str) -> Iterable[Found]:
    one = queries.request_by_number(actor, text)
    if one is None:
        return []
    label = f"{grouped(one.number)} {need_of(one)}"
    return [Found(label, str(state_of(one)["label"]), url_of(one))]


def _behind_order(actor: Actor, order: Any) -> Panel | None:
    """The request behind an order, in the person's own words; name and phone are a step away.

    That it was read is put on record here, wherever the panel hangs.
    """
    one = queries.of_order(actor, order.pk)
    if one is None:
        return None
    actions.note_read(one, actor=actor)
    context = {
        "words": one.words,
        "additions": [
            {"words": added.words, "when": moments.short(added.at, now=actor.now)}
            for added in sorted(one.additions.all(), key=lambda added: added.at)
        ],
        "door": Door(one.door).label,
        "for_whom": ForWhom(one.for_whom).label,
        "registered": moments.short(one.registered_at, now=actor.now),
        "has_contact": bool(one.name or one.phone or one.where),
        "url": reverse("intake:request", args=[one.pk]),
        "url_label": _("The request"),
        "subjects": [(REQUEST.name, one.pk)],
    }
    return Panel(_("In their own words"), "intake/_order_panel.html", context)


place(
    name="intake",
    label=_("Requests"),
    icon="inbox",
    url_name="intake:list",
    needs="intake.view",
    order=10,
    key="r",
)
duty_lines("intake.request", _lines, verbs={"screen": pgettext_lazy("duty", "Screen")})
finder("intake.requests", _("Requests"), "intake.view", _find)
panel("dispatch.order", _behind_order, order=10)
