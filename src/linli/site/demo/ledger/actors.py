from dataclasses import replace
from datetime import datetime
from uuid import UUID

from linli.kernel.accounts.actors import (
    Actor,
    areas_of_post,
    receipt_holder,
    system,
    visitor,
)
from linli.kernel.accounts.enums import ActorKind
from linli.kernel.scope import scope_of

from ..steps import RECEIPT, SYSTEM, VISITOR
from .rows import Row


class Actors:
    """Who acts, made from rows that are not in the database yet."""

    def __init__(self) -> None:
        self._users: dict[str, Actor] = {}

    def enter(self, username: str, user: Row, post: Row, unit: Row, serves: list[int]) -> None:
        """Somebody in their first post, as `linli.kernel.accounts.actors.in_post` sees them."""
        areas = areas_of_post(post.role, unit.kind, seat=unit.area_id, serves=serves)
        self._users[username] = Actor(
            kind=ActorKind.USER,
            now=user.joined_at,
            locale=user.language,
            user_id=user.id,
            user_name=user.name,
            post_id=post.id,
            role=post.role,
            unit_id=unit.id,
            unit_kind=unit.kind,
            area=unit.area_id,
            scope=scope_of(areas, moved=(), unit_ids={unit.id}),
        )

    def user(self, username: str) -> Actor:
        return self._users[username]

    def find(
        self, who: str, at: datetime, requests: dict[str, Row], orders: dict[UUID, Row]
    ) -> Actor:
        """The actor that a step names."""
        if who == VISITOR:
            return visitor(now=at)
        if who.startswith(SYSTEM):
            return system(who.removeprefix(SYSTEM), now=at)
        if who.startswith(RECEIPT):
            request = requests[who.removeprefix(RECEIPT)]
            order = orders.get(request.order_id)
            held = [request, order] if order else [request]
            return receipt_holder(
                [one.id for one in held], areas={one.area_id for one in held}, now=at
            )
        return replace(self._users[who], now=at)
