"""What pages show of a service: codes as labels, days in words."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from linli.kernel.accounts.actors import Actor
from linli.kernel.areas.queries import local_label
from linli.kernel.terms.models import TermList
from linli.kernel.terms.queries import label
from linli.kernel.timeline.queries import lines
from linli.kernel.ui import story
from linli.kernel.ui.moments import day, exact, minutes, short
from linli.kernel.ui.wording import labelled
from linli.people.queries import names

from . import queries
from .actions import Words
from .enums import Method, Place
from .models import Service, Version


def facts(service: Service) -> dict[str, str]:
    """What is counted, in words."""
    method, content = Method(service.method).label, label(TermList.CONTENT, service.content)
    return {
        "title": labelled(method, content),
        "day": day(service.occurred_on),
        "minutes": minutes(service.minutes),
        "place": str(Place(service.place).label),
        "area": local_label(service.area_id),
        "worker": service.worker.name,
        "station": service.unit.label,
        "recorded_at": exact(service.recorded_at),
    }


def recipients(service: Service, actor: Actor) -> dict[str, Any]:
    """Who received it: names the actor may see, and how many others."""
    ids = queries.recipients(service.pk)
    known = names(actor, ids)
    return {
        "persons": [
            {"name": known[one], "url": reverse("people:person", args=[one])}
            for one in ids
            if one in known
        ],
        "hidden": len(ids) - len(known),
        "anonymous": service.anonymous,
        "total": service.person_times,
        "is_household": service.household_id is not None,
    }


def earlier(versions: list[Version], words: list[Words], actor: Actor) -> list[dict[str, Any]]:
    """The record as it stood before each correction."""
    told = {one.version: one for one in words}
    return [
        {
            "number": one.number,
            "until": short(one.replaced_at, now=actor.now),
            "by": one.replaced_by.name if one.replaced_by else "",
            "facts": _before(one.values),
            "words": told.get(one.number),
        }
        for one in versions
    ]


def _before(values: dict[str, Any]) -> list[tuple[str, str]]:
    times = len(values["persons"]) + values["anonymous"]
    return [
        (_("Day"), day(date.fromisoformat(values["occurred_on"]))),
        (_("Time of service"), minutes(values["minutes"])),
        (_("Method"), str(Method(values["method"]).label)),
        (_("Content"), label(TermList.CONTENT, values["content"])),
        (_("Place"), str(Place(values["place"]).label)),
        (pgettext("service", "Where"), local_label(values["area"])),
        (_("For"), person_times(times)),
    ]


def person_times(count: int) -> str:
    return ngettext("%(count)s person-time", "%(count)s person-times", count) % {"count": count}


def history(service: Service, actor: Actor) -> list[dict[str, str]]:
    """What was done with the record, the newest first."""
    return story.events(lines([("services.service", service.pk)], words=_words), actor)


def _words(verb: str, data: dict[str, Any]) -> dict[str, Any]:
    if "method" in data:
        data["method"] = str(Method(data["method"]).label)
    return data
