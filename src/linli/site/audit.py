"""Who has looked at whom: the timeline's looks with what the rooms know about them.

Names of persons are shown to those who may open the file. The audit administrator sees who looked,
when and how, and of the person no more than an id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from linli.dispatch import queries as dispatch
from linli.intake import queries as intake
from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.models import Post, User
from linli.kernel.staff import queries as staff
from linli.kernel.timeline import looks
from linli.kernel.timeline.queries import said, whose
from linli.kernel.timeline.record import record
from linli.kernel.ui.moments import exact, local
from linli.lib.receipts import grouped
from linli.people import queries as people
from linli.services import queries as services

from .shown import post_label

PERSON, REQUEST, SERVICE, ORDER = (
    "people.person",
    "intake.request",
    "services.service",
    "dispatch.order",
)
SPANS = (30, 90, 365)
SHOWN_LOOKS = 200
Subjects = list[tuple[str, UUID]]


@dataclass(frozen=True)
class Span:
    """The time that is asked about: the last so many days, today included."""

    days: int
    since: datetime
    until: datetime

    @property
    def first(self) -> date:
        return local(self.since).date()


def span(asked: str, actor: Actor) -> Span:
    """The last days that an address asks for; 90 where it asks for none that is offered."""
    days = int(asked) if asked.isascii() and asked.isdigit() and int(asked) in SPANS else SPANS[1]
    midnight = local(actor.now).replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(days, midnight - timedelta(days=days - 1), midnight + timedelta(days=1))


def span_tabs(held: Span) -> list[dict[str, Any]]:
    return [
        {
            "label": ngettext("The last %(count)s day", "The last %(count)s days", days)
            % {"count": days},
            "url": f"?days={days}",
            "is_current": days == held.days,
        }
        for days in SPANS
    ]


def subjects_of(person_id: UUID) -> Subjects:
    """A person's file, those merged into it, and everything that is about the person now."""
    orders = dispatch.for_person(person_id)
    found: Subjects = [(PERSON, one) for one in sorted(people.family(person_id))]
    found += [(ORDER, one) for one in orders]
    found += [(REQUEST, one) for one in intake.behind_orders(orders)]
    return found + [(SERVICE, one) for one in services.received_services(person_id)]


def tell_asked(actor: Actor, verb: str, subject: tuple[str, UUID], **place: Any) -> None:
    """Whoever asks about looks is on record as well."""
    kind, key = subject
    record(actor, f"site.{verb}", subject_type=kind, subject_id=key, **place)


def short(key: UUID | None) -> str:
    """An id as it is shown where no name is: its last part tells ids of one day apart."""
    return str(key)[-12:] if key else ""


def looker_rows(found: Sequence[looks.Looker]) -> list[dict[str, Any]]:
    """Everybody who looked, each post once, the latest first."""
    return [
        {
            "who": who,
            "post": post,
            "times": f"{one.times:,}",
            "days": f"{one.days:,}",
            "first": exact(one.first),
            "last": exact(one.last),
            "how": _ways(one.verbs),
        }
        for one, (who, post) in zip(found, whose(found), strict=True)
    ]


def _ways(verbs: Iterable[str]) -> list[str]:
    """Ways of looking in words, each once."""
    return list(dict.fromkeys(way(one) for one in verbs))


def way(verb: str) -> str:
    """What kind of look a verb is."""
    named = {
        "people.read": _("opened the file"),
        "people.revealed": _("looked at numbers and address"),
        "people.found": _("found by a search"),
        "intake.read": _("read a request"),
        "services.read": _("opened a service"),
        "services.note_read": _("read the note of a service"),
        "ui.exported": _("in an export"),
    }
    return named.get(verb) or said(verb, {})


def look_rows(found: Sequence[looks.Look]) -> list[dict[str, Any]]:
    """Looks one by one; what they were at is told where it is not the file itself."""
    numbers = _numbers(found)
    return [
        {
            "when": exact(one.at),
            "who": who,
            "post": post,
            "how": way(one.verb),
            "what": _through(one, numbers),
        }
        for one, (who, post) in zip(found, whose(found), strict=True)
    ]


def _numbers(found: Sequence[looks.Look | looks.Seen]) -> dict[UUID, str]:
    """Numbers of the requests among what was looked at."""
    wanted = {one.subject_id for one in found if one.subject_type == REQUEST and one.subject_id}
    return {pk: grouped(number) for pk, number in intake.numbers(wanted).items()}


def _through(one: looks.Look, numbers: dict[UUID, str]) -> str:
    if one.subject_type == REQUEST and one.subject_id in numbers:
        return numbers[one.subject_id]
    if one.verb == "ui.exported":
        count = int(one.data.get("rows", 0))
        told = ngettext("%(count)s row", "%(count)s rows", count) % {"count": f"{count:,}"}
        return f"{one.data.get('list', '')} · {told}"
    if one.verb == "people.found":
        count = int(one.data.get("persons", 0))
        return ngettext("%(count)s person found", "%(count)s persons found", count) % {
            "count": count
        }
    return short(one.subject_id) if one.subject_type == SERVICE else ""


@dataclass(frozen=True)
class Watch:
    """What is known of one worker's looks over a time."""

    user: User
    posts: list[Post]
    days: list[looks.Day]
    seen: list[dict[str, Any]]
    outside: int

    @property
    def times(self) -> int:
        return sum(one.times for one in self.days)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.days)


def post_labels(posts: Iterable[Post]) -> list[str]:
    return [post_label(one) for one in posts]


def watch(actor: Actor, user: User, held: Span) -> Watch:
    """What somebody has looked at from the posts that the actor may ask about."""
    posts = staff.watched_posts(actor, [user.pk])
    asked = looks.Watched(user.pk, [one.pk for one in posts], held.since, held.until)
    found = looks.by_subject(asked)
    outside = _outside(user.pk, found)
    rows = seen_rows(actor, found, outside)
    return Watch(user, posts, looks.by_day(asked), rows, len(outside))


def _outside(user_id: UUID, found: Sequence[looks.Seen]) -> set[UUID]:
    """Files somebody opened of persons whom they neither put on file nor had an order for nor
    served."""
    opened = {one.subject_id for one in found if one.subject_type == PERSON and one.subject_id}
    read = people.survivors(opened)
    asked = set(read.values())
    known = dispatch.worked_for(user_id, asked) | services.served_by(user_id, asked)
    own = people.registered_by(user_id, opened)
    return {one for one in opened - own if read[one] not in known}


def seen_rows(
    actor: Actor, found: Sequence[looks.Seen], outside: set[UUID]
) -> list[dict[str, Any]]:
    persons = [one.subject_id for one in found if one.subject_type == PERSON]
    names, numbers = people.names(actor, persons), _numbers(found)
    return [
        {
            "what": _what(one, names, numbers),
            "url": _url(one),
            "times": f"{one.times:,}",
            "shown": f"{one.shown:,}" if one.shown else "",
            "first": exact(one.first),
            "last": exact(one.last),
            "how": _ways(one.verbs),
            "is_outside": one.subject_id in outside,
        }
        for one in found
    ]


def _what(one: looks.Seen, names: dict[UUID, str], numbers: dict[UUID, str]) -> str:
    key = one.subject_id
    if one.subject_type == PERSON:
        named = names.get(key) if key else ""
        return named or _("Person’s file %(id)s") % {"id": short(key)}
    if one.subject_type == REQUEST:
        number = numbers.get(key) if key else None
        return _("Request %(number)s") % {"number": number or short(key)}
    if one.subject_type == SERVICE:
        return _("Service %(id)s") % {"id": short(key)}
    return _("Searches") if one.subject_type == "people.search" else _("Exports")


def _url(one: looks.Seen) -> str:
    """Where to ask who else looked."""
    pages = {PERSON: "audit:person", REQUEST: "audit:request"}
    page = pages.get(one.subject_type)
    return reverse(page, args=[one.subject_id]) if page and one.subject_id else ""
