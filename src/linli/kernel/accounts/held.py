"""The posts of a user with all that a request needs of them, read in one statement.

Every request begins with this; built from models it cost more than what most pages then ask for.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import get_language

from linli.kernel.areas.moves import SPAN

from .enums import Role

# With those among a post's areas, and the county it sits in, into or out of which anything was ever
# merged or got a new code. That is nearly never so, and then nothing else is asked.
POSTS = f"""
SELECT post.id, post.role, unit.id, unit.kind, unit.zh, unit.en, unit.area_id, area.zh, area.en,
       served.codes,
       ARRAY(SELECT place.code
             FROM (SELECT code, code + {SPAN.format(code="code")} - 1 AS top
                   FROM unnest(served.codes || unit.area_id
                               || (unit.area_id - unit.area_id %% 1000000)) AS one(code)) place
             WHERE EXISTS (SELECT 1 FROM areas_areachange gone
                           WHERE gone.kind IN ('merge', 'recode', 'reparent')
                             AND gone.before_id BETWEEN place.code AND place.top
                             AND gone.after_id NOT BETWEEN place.code AND place.top)
                OR EXISTS (SELECT 1 FROM areas_areachange come
                           WHERE come.kind IN ('merge', 'recode', 'reparent')
                             AND come.after_id BETWEEN place.code AND place.top
                             AND come.before_id NOT BETWEEN place.code AND place.top))
FROM accounts_post post
JOIN units_unit unit ON unit.id = post.unit_id
JOIN LATERAL (SELECT ARRAY(SELECT one.area_id FROM units_servicearea one
                           WHERE one.unit_id = unit.id AND one.valid_from <= %(on)s
                             AND (one.valid_to IS NULL OR one.valid_to >= %(on)s)) AS codes
             ) served ON true
LEFT JOIN LATERAL (SELECT zh, en FROM areas_areaversion WHERE area_id = unit.area_id
                   ORDER BY valid_from DESC LIMIT 1) area ON true
WHERE post.user_id = %(user)s
  AND post.valid_from <= %(on)s AND (post.valid_to IS NULL OR post.valid_to >= %(on)s)
  AND unit.valid_from <= %(on)s AND (unit.valid_to IS NULL OR unit.valid_to >= %(on)s)
ORDER BY post.valid_from, post.id
"""  # noqa: S608 - put together from our own text


@dataclass(frozen=True)
class HeldPost:
    """A post somebody holds: role, unit, the unit's seat and the areas it serves.

    Into or out of `moved`, of these areas and the county of the seat, something was merged or got
    a new code.
    """

    id: UUID
    role: str
    unit_id: UUID
    unit_kind: str
    unit_zh: str
    unit_en: str
    area: int
    area_zh: str
    area_en: str
    served: tuple[int, ...]
    moved: frozenset[int] = frozenset()

    @property
    def label(self) -> str:
        """Unit and role in the current language."""
        return f"{self.unit_zh if _is_chinese() else self.unit_en} · {Role(self.role).label}"

    @property
    def area_label(self) -> str:
        """The unit's seat in the current language; its code if it has no name."""
        return (self.area_zh if _is_chinese() else self.area_en) or f"{self.area:012d}"


def _is_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def held_posts(user_id: UUID, *, on: date) -> tuple[HeldPost, ...]:
    """The posts a user holds on a day at units in force, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(POSTS, {"user": user_id, "on": on})
        return tuple(_held(row) for row in cursor.fetchall())


def _held(row: tuple[Any, ...]) -> HeldPost:
    post, role, unit, kind, zh, en, area, area_zh, area_en, served, moved = row
    return HeldPost(
        post, role, unit, kind, zh, en, area, area_zh or "", area_en or "",
        tuple(served), frozenset(moved),
    )  # fmt: skip
