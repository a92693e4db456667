from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.kernel.accounts.actors import Actor
from linli.kernel.hooks.queries import hooks_by_id
from linli.kernel.ui.registry import DutyLine, Panel, duty_lines, panel, place


def _who_looked(actor: Actor, person: Any) -> Panel | None:
    """The way from a file to everybody who has looked at it, for those who may ask."""
    if not person.may_looks:
        return None
    url = reverse("audit:person", args=[person.pk])
    context = {"url": url, "url_label": _("Everybody who looked")}
    return Panel(_("Who looked"), "site/_looks.html", context)


panel("people.person", _who_looked, order=90)

place(
    name="home",
    label=pgettext_lazy("place", "Home"),
    icon="home",
    url_name="site:home",
    needs="",
    order=0,
    key="h",
)
place(
    name="statistics",
    label=pgettext_lazy("place", "Statistics"),
    icon="chart",
    url_name="site:statistics",
    needs="services.count",
    order=50,
    key="t",
)
place(
    name="looks",
    label=pgettext_lazy("place", "Looks"),
    icon="eye",
    url_name="audit:workers",
    needs="staff.looks",
    order=65,
)
place(
    name="accounts",
    label=pgettext_lazy("place", "Users"),
    icon="person",
    url_name="accounts:list",
    needs="staff.view",
    order=70,
    key="u",
)
place(
    name="areas",
    label=pgettext_lazy("place", "Areas"),
    icon="pin",
    url_name="areas:list",
    needs="reorganise.view",
    order=80,
)


def _about_hooks(actor: Actor, hook_ids: list[UUID]) -> dict[UUID, DutyLine]:
    """A message that nobody took for three days is for whoever registered the hook."""
    return {
        one.pk: DutyLine(
            what=_("A web hook does not answer"),
            where=one.url,
            url=reverse("accounts:hook", args=[one.pk]),
            verb_url=reverse("accounts:hook", args=[one.pk]),
        )
        for one in hooks_by_id(hook_ids).values()
    }


duty_lines("hooks.hook", _about_hooks, verbs={"look": pgettext_lazy("duty", "Look")})
