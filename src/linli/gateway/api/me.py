from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema

from linli.kernel.accounts.enums import KeyScope, Role
from linli.kernel.accounts.middleware import is_program, key_of
from linli.kernel.ui.pages import actor_of

from .door import Door

door = Door("me", reads=None)


class KeyOut(Schema):
    """The key of this call."""

    id: UUID
    scopes: list[KeyScope]
    valid_until: datetime
    used_on: date | None


class MeOut(Schema):
    """In which post a call acts, and for which areas; `key` is null for a session."""

    user: UUID
    post: UUID | None
    role: Role | None
    unit: UUID | None
    unit_kind: str
    area: int | None
    key: KeyOut | None


@door.get("", needs="", gives=MeOut)
def get_me(request: HttpRequest) -> Any:
    """The post in which this call acts and the scopes of its key; needs no scope."""
    actor = actor_of(request)
    key = key_of(request, now=actor.now) if is_program(request) else None
    return {
        "user": actor.user_id,
        "post": actor.post_id,
        "role": actor.role or None,
        "unit": actor.unit_id,
        "unit_kind": actor.unit_kind,
        "area": actor.area,
        "key": key
        and {
            "id": key.pk,
            "scopes": key.scopes,
            "valid_until": key.valid_until,
            "used_on": key.used_on,
        },
    }
