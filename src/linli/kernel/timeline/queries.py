from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from linli.kernel.accounts.actors import Actor
from linli.kernel.accounts.enums import ActorKind, Role
from linli.kernel.accounts.models import Post, User
from linli.kernel.units.queries import unit_labels

from .looks import IS_LOOK, LOOKS, Look, Looker
from .models import Event
from .record import known_verbs

SHOWN_AT_MOST = 200
NOW_DONE = f"""
SELECT subject_type, subject_id FROM timeline_event
WHERE transaction = pg_current_xact_id()::text::bigint AND at = %s
  AND NOT ({IS_LOOK})
ORDER BY id LIMIT 1
"""


@dataclass(frozen=True)
class Line:
    """An event as a page shows it; `who` is a post, or a resident without a name."""

    at: datetime
    who: str
    sentence: str
    verb: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """A change of a row that carries a version: who, when, and the names of the fields (none for an
    event that does not say)."""

    who: str
    at: datetime
    fields: frozenset[str]


def lines(
    subjects: Iterable[tuple[str, UUID]], *, words: Any = None, with_names: bool = True
) -> list[Line]:
    """Events of some subjects, oldest first, as sentences in the current language.

    `words(event, data)` may turn codes of a room into labels for its sentences. With
    `with_names=False` (the resident's view) staff appear by unit and role only.
    """
    events: list[Event] = []
    for subject_type, subject_id in subjects:
        found = Event.objects.filter(subject_type=subject_type, subject_id=subject_id)
        # Apart: many looks must not push out what has changed.
        for some in (found.exclude(LOOKS), found.filter(LOOKS)):
            events += some.order_by("-at", "-id")[:SHOWN_AT_MOST]
    events.sort(key=lambda event: (event.at, event.id))
    told = _who(events, with_names=with_names)
    units = unit_labels(_unit_ids(events))
    made = []
    for event in events:
        data = dict(event.data)
        for key, value in event.data.items():
            if key.endswith("_unit") and value:
                data[key] = units.get(UUID(value), "")
        if words is not None:
            data = words(event.verb, data)
        sentence = said(event.verb, data)
        made.append(Line(event.at, told[event.id], sentence, event.verb, event.data))
    return made


def has_done(actor: Actor, verb: str, subject: tuple[str, UUID], *, since: datetime) -> bool:
    """Whether the same user has done this to a subject since a moment."""
    subject_type, subject_id = subject
    found = Event.objects.filter(subject_type=subject_type, subject_id=subject_id, at__gt=since)
    return found.filter(user=actor.user_id, verb=verb).exists()


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _unit_ids(events: list[Event]) -> set[UUID]:
    return {
        UUID(value)
        for event in events
        for key, value in event.data.items()
        if key.endswith("_unit") and value
    }


def whose(
    found: Iterable[Event | Look | Looker], *, with_names: bool = True
) -> list[tuple[str, str]]:
    """Who did each of some events: the name (or kind) and the post, in the current language."""
    held = list(found)
    posts = Post.objects.filter(pk__in={one.post for one in held if one.post})
    labels = {
        post.pk: f"{post.unit.label} · {Role(post.role).label}"
        for post in posts.select_related("unit")
    }
    users = User.objects.filter(pk__in={one.user for one in held if one.user})
    names = {user.pk: user.name for user in users} if with_names else {}
    return [
        (
            names.get(one.user, "")
            if one.user and one.actor_kind == ActorKind.USER
            else str(ActorKind(one.actor_kind).label),
            labels.get(one.post, "") if one.post else "",
        )
        for one in held
    ]


def _who(events: list[Event], *, with_names: bool) -> dict[UUID, str]:
    told = zip(events, whose(events, with_names=with_names), strict=True)
    return {event.id: _in_one(event, *parts) for event, parts in told}


def _in_one(event: Event, name: str, label: str) -> str:
    parts = (name, label) if event.actor_kind == ActorKind.USER else (label, name)
    return " ".join(part for part in parts if part)


def said(verb: str, data: dict[str, Any]) -> str:
    """What an event says, in the current language."""
    return str(known_verbs().get(verb, verb)).format_map(_Blank(data))


def edits(
    subject_type: str, subject_id: UUID, *, since: int, with_names: bool = True
) -> list[Edit]:
    """The changes that led beyond version `since` of a row, oldest first."""
    found = Event.objects.filter(
        subject_type=subject_type, subject_id=subject_id, data__version__gt=since
    )
    events = list(found.order_by("at", "id"))
    told = _who(events, with_names=with_names)
    return [
        Edit(told[one.id], one.at, frozenset(one.data.get("fields", "").split())) for one in events
    ]


def done_now(at: datetime) -> tuple[str, UUID | None] | None:
    """The subject of the first thing that was done in this transaction by who acts at this moment;
    None if nothing was (a look is nothing done)."""
    with connection.cursor() as cursor:
        cursor.execute(NOW_DONE, [at])
        found: tuple[str, UUID | None] | None = cursor.fetchone()
    return found


def touched_since(subjects: Iterable[tuple[str, UUID]], moment: datetime) -> bool:
    """Whether anything was done with one of some subjects after a moment; looking is not doing."""
    asked = Q(pk__in=[])
    for subject_type, subject_id in subjects:
        asked |= Q(subject_type=subject_type, subject_id=subject_id)
    return Event.objects.filter(asked, at__gt=moment).exclude(LOOKS).exists()
