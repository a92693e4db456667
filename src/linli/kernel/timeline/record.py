from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.types.json import Jsonb

from linli.kernel.accounts.actors import Actor

from .models import Event

JsonValue = str | int | bool | None
# Every action comes by here: written out, it costs a quarter of what `Event.save` does.
INSERT = """
INSERT INTO timeline_event (id, at, actor_kind, "user", post, reason, verb,
                            subject_type, subject_id, area, unit, data, about)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class UnknownVerb(LookupError):
    """A verb was recorded for which no room has a sentence."""


_sentences: dict[str, Any] = {}


def sentences(table: dict[str, Any]) -> None:
    """Enter a room's verbs with their translatable sentences."""
    _sentences.update(table)


def known_verbs() -> dict[str, Any]:
    return dict(_sentences)


def record(
    actor: Actor,
    verb: str,
    *,
    subject_type: str,
    subject_id: UUID | None,
    area: int | None = None,
    unit: UUID | None = None,
    **data: JsonValue,
) -> Event:
    """Write an event in the present transaction.

    `verb` is `<room>.<what happened>` and must have a sentence; `data` holds codes and ids only.
    """
    return _enter(actor, verb, (subject_type, subject_id, area, unit), data, ())


def record_shown(
    actor: Actor,
    verb: str,
    *,
    about: Iterable[UUID],
    subject_type: str,
    subject_id: UUID | None,
    area: int | None = None,
    unit: UUID | None = None,
    **data: int | str,
) -> Event:
    """The same for a look that has shown further rows, which can be asked who looked at them."""
    return _enter(actor, verb, (subject_type, subject_id, area, unit), data, about)


def _enter(
    actor: Actor,
    verb: str,
    subject: tuple[str, UUID | None, int | None, UUID | None],
    data: Mapping[str, JsonValue],
    about: Iterable[UUID],
) -> Event:
    if verb not in _sentences:
        raise UnknownVerb(verb)
    subject_type, subject_id, area, unit = subject
    made = Event(
        at=actor.now,
        actor_kind=actor.kind,
        user=actor.user_id,
        post=actor.post_id,
        reason=actor.reason,
        verb=verb,
        subject_type=subject_type,
        subject_id=subject_id,
        area=area,
        unit=unit,
        data=dict(data),
        about=list(dict.fromkeys(about)) or None,
    )
    write(made)
    return made


def write(event: Event, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Insert an event as it is; hash and transaction are the database's."""
    values: list[Any] = [
        event.id, event.at, str(event.actor_kind), event.user, event.post, event.reason,
        event.verb, event.subject_type, event.subject_id, event.area, event.unit,
        Jsonb(event.data), event.about,
    ]  # fmt: skip
    with connections[using].cursor() as cursor:
        cursor.execute(INSERT, values)
