from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.access import holds
from linli.kernel.accounts.actors import Actor
from linli.kernel.ui.registry import Panel, panel, place

from .queries import is_late, of_person
from .shown import facts

SHOWN_ROWS = 5

place(
    name="services",
    label=pgettext_lazy("place", "Services"),
    icon="heart",
    url_name="services:list",
    needs="services.view",
    order=40,
    key="s",
)


def _received(actor: Actor, person: Any) -> Panel | None:
    """The latest services that a person received, and the way to record the next."""
    if not holds(actor, "services.view"):
        return None
    asked = urlencode({"person": str(person.pk)})
    rows = list(of_person(actor, person.pk).select_related("worker", "unit")[: SHOWN_ROWS + 1])
    context = {
        "rows": [
            {
                "url": reverse("services:service", args=[one.pk]),
                "is_late": is_late(one),
                **facts(one),
            }
            for one in rows[:SHOWN_ROWS]
        ],
        "all_url": f"{reverse('services:list')}?{asked}" if len(rows) > SHOWN_ROWS else "",
        "url": f"{reverse('services:new')}?{asked}" if holds(actor, "services.record") else "",
        "url_label": _("Record a service"),
        "is_action": True,
    }
    return Panel(_("Services received"), "services/_received.html", context)


panel("people.person", _received, order=10)
