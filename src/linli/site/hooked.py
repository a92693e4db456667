"""What the pages about web hooks show: addresses, messages, and what came of each try."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.hooks.kinds import kind
from linli.kernel.hooks.models import Attempt, Delivery, Hook, Outcome
from linli.kernel.hooks.outbox import SUBJECT
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import story
from linli.kernel.ui.moments import exact, short

from .shown import post_label

PHASES = {
    Outcome.WAITING: "waiting",
    Outcome.DELIVERED: "done",
    Outcome.GIVEN_UP: "stopped",
    Outcome.WITHHELD: "plain",
}
PROBLEMS = {
    "form": gettext_lazy("the address is not allowed"),
    "host": gettext_lazy("the host is not on the list"),
    "address": gettext_lazy("the name leads to an address that is not public"),
    "dns": gettext_lazy("the name was not found"),
    "tls": gettext_lazy("the certificate is not valid"),
    "timeout": gettext_lazy("no answer in time"),
    "connection": gettext_lazy("no connection"),
}


def kind_label(name: str) -> str:
    held = kind(name)
    return str(held.label) if held else name


def state_of(hook: Hook) -> dict[str, str]:
    if hook.ended_at is not None:
        return {"label": pgettext("web hook", "Removed"), "phase": "stopped"}
    return {"label": pgettext("web hook", "In use"), "phase": "running"}


def facts(hook: Hook) -> list[tuple[str, str]]:
    return [
        (_("Post"), post_label(hook.post)),
        (_("Told of"), " · ".join(kind_label(one) for one in hook.kinds)),
        (_("Registered"), exact(hook.made_at)),
    ]


def verbs(hook: Hook) -> list[dict[str, Any]]:
    if hook.ended_at is not None:
        return []
    offered = (
        ("rotate_hook", _("Make a new secret")),
        ("remove_hook", pgettext("web hook", "Remove")),
    )
    return [
        {
            "name": name,
            "label": words,
            "method": "get",
            "url": reverse(f"accounts:{name}", args=[hook.pk]),
        }
        for name, words in offered
    ]


def rows(hooks: Iterable[Hook]) -> list[dict[str, Any]]:
    """The hooks of a user's posts, each a way to its page."""
    return [
        {
            "url": one.url,
            "page_url": reverse("accounts:hook", args=[one.pk]),
            "post": post_label(one.post),
            "kinds": " · ".join(kind_label(name) for name in one.kinds),
            "state": state_of(one),
        }
        for one in hooks
    ]


def deliveries(found: Iterable[Delivery], hook: Hook, actor: Actor) -> list[dict[str, Any]]:
    made = []
    for one in found:
        again = {
            "name": "send_again",
            "label": _("Send again"),
            "method": "post",
            "url": reverse("accounts:send_again", args=[one.pk]),
        }
        made.append(
            {
                "id": f"msg_{one.pk.hex}",
                "kind": kind_label(one.kind),
                "when": short(one.at, now=actor.now),
                "exact": exact(one.at),
                "state": {
                    "label": Outcome(one.outcome).label,
                    "phase": PHASES[Outcome(one.outcome)],
                },
                "next": short(one.next_at, now=actor.now) if one.tries and one.next_at else "",
                "tries": [_tried(each, actor) for each in one.attempts.all()],
                "verbs": [again]
                if hook.ended_at is None and one.outcome != Outcome.WAITING
                else [],
            }
        )
    return made


def _tried(one: Attempt, actor: Actor) -> str:
    came = str(PROBLEMS.get(one.problem, one.problem)) if one.problem else str(one.status)
    return _("%(when)s: %(came)s, %(milliseconds)s ms") % {
        "when": short(one.at, now=actor.now),
        "came": came,
        "milliseconds": one.milliseconds,
    }


def history(hook: Hook, actor: Actor) -> list[dict[str, str]]:
    return story.events(lines([(SUBJECT, hook.pk)], words=_words), actor)


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    told = dict(data)
    if "kind" in data:
        told["kind"] = kind_label(data["kind"])
    if "kinds" in data:
        told["kinds"] = ", ".join(kind_label(one) for one in data["kinds"].split())
    return told
